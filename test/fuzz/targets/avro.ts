import { type Decoded, decode, encode } from '#schemas/codec.ts';
import { schemaById } from '#schemas/registry.ts';
import { events } from '../seeds/events.ts';
import { holds, same, type Target } from '../target.ts';

type Event = Extract<Decoded, { ok: true }>;

/** In the newest version, whatever it came in. */
const rewritten = (event: Event) => encode(event.name, event.value as never);

export const target: Target = {
  name: 'avro',
  about:
    'the Avro codec: what it decodes is encoded and decoded to the same bytes, and its schema is in the registry',
  share: 1.5,
  start: () => ({
    seeds: events(),
    mutators: [],
    run(input) {
      const decoded = decode(input);
      if (!decoded.ok) return holds(decoded.reason !== '', () => 'refused without a reason');
      const id = Buffer.from(input).readInt32BE(1);
      holds(
        schemaById(id) !== undefined,
        () => `decoded with schema ${id}, which the registry does not have`,
      );
      const once = rewritten(decoded);
      const again = decode(once);
      holds(again.ok, () => `what we wrote is not readable: ${again.ok ? '' : again.reason}`);
      same('event', again.name, decoded.name);
      holds(
        Buffer.compare(rewritten(again), once) === 0,
        () => `${again.name} changes when it is written again`,
      );
    },
  }),
};
