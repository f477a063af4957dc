/** What stands once for all members of a group: its Resource or Scope, and its schema URL. The same in all signals. */
import type { Bytes } from './edits.ts';
import { ENVELOPE } from './fields.ts';
import type { Filter } from './filter.ts';
import { lengthEnd, next, skip, tag } from './wire.ts';

/** Tags of a group: the message that stands once for all its members, and the rest. */
interface Group {
  readonly message: number;
  readonly members: number;
  readonly schemaUrl: number;
}
export const RESOURCE_GROUP: Group = {
  message: ENVELOPE.resource,
  members: ENVELOPE.scopes,
  schemaUrl: ENVELOPE.schemaUrl,
};
export const SCOPE_GROUP: Group = {
  message: ENVELOPE.scope,
  members: ENVELOPE.members,
  schemaUrl: ENVELOPE.schemaUrl,
};

/**
 * Gathers the Resource or Scope of the group [from, end) and its schema URL into `into`, filtered; repeated messages
 * become one, as merged. `message` is then the content of that one.
 */
export function gatherGroup(
  filter: Filter,
  group: Group,
  from: number,
  end: number,
  message: Bytes,
  into: Bytes,
): void {
  const { b, edits, dropped } = filter;
  let present = false;
  let url = 0;
  let urlEnd = 0;
  message.n = 0;
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const start = next;
    p = skip(b, start, end, field);
    if (field === group.members) continue;
    if (field === group.message) {
      lengthEnd(b, start, end);
      const at = next;
      present = true;
      edits.clear();
      if (group === RESOURCE_GROUP) filter.resource(at, p);
      else filter.scope(at, p);
      edits.write(b, at, p, 0, message);
    } else if (field === group.schemaUrl) {
      lengthEnd(b, start, end);
      url = next;
      urlEnd = p;
    } else {
      dropped.unknownFields++;
    }
  }
  into.n = 0;
  if (present) {
    into.varint(group.message);
    into.varint(message.n);
    into.copy(message.buf, 0, message.n);
  }
  if (filter.schemaUrl(url, urlEnd)) into.field(group.schemaUrl, b.subarray(url, urlEnd));
}
