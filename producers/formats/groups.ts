import { encodeSpans, type OtlpAttributes, type OtlpSpan } from '#schemas/otlp/write.ts';
import type { Collected } from './collected.ts';

/** Spans by the resource they come from; each group becomes one OTLP message. */
export class Groups {
  readonly #groups = new Map<string, { attributes: OtlpAttributes; members: OtlpSpan[] }>();

  /** `key` tells resources apart. */
  add(key: string, attributes: OtlpAttributes, span: OtlpSpan): void {
    const group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, { attributes, members: [span] });
    else group.members.push(span);
  }

  writeTo(into: Collected): void {
    for (const { attributes, members } of this.#groups.values()) {
      into.message(encodeSpans([{ resource: { attributes }, scopes: [{ members }] }]));
    }
  }
}
