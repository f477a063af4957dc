import { decode } from '#schemas/codec.ts';
import { protoMutator } from '../mutate/proto.ts';
import { traceExports, WORDS } from '../seeds/otlp.ts';
import { runStage1 } from '../seeds/stage1.ts';
import { holds, same, type Target } from '../target.ts';

export const target: Target = {
  name: 'stage1',
  about:
    'records of ati.spans that no door has seen: assembly, critical path, detectors and insights never throw, their events are readable, twice the same bytes, and no trace stays open',
  share: 2,
  quick: 400,
  start: () => ({
    seeds: traceExports(),
    dictionary: WORDS,
    mutators: [protoMutator],
    run(input) {
      const { outputs, openTraces } = runStage1(input);
      same('open traces at the end', openTraces, 0);
      for (const { value } of outputs) {
        const decoded = decode(value);
        holds(decoded.ok, () => `an event of ours is not readable: ${decoded.ok ? '' : decoded.reason}`);
      }
      const again = runStage1(input).outputs;
      same('events the second time', again.length, outputs.length);
      for (const [i, { value }] of outputs.entries())
        holds(Buffer.compare(value, again[i].value) === 0, () => `event ${i} differs the second time`);
    },
  }),
};
