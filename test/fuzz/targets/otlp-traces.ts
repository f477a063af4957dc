import { splitTraces } from '#schemas/otlp/split.ts';
import { protoMutator } from '../mutate/proto.ts';
import { countOf, FILTER, ITEMS, nothingDropped, readableSpans } from '../oracles/otlp.ts';
import { traceExports, WORDS } from '../seeds/otlp.ts';
import { holds, same, type Target } from '../target.ts';

const OPTIONS = { ...FILTER, partitions: 3, maxSpans: 1_000 };

export const target: Target = {
  name: 'otlp-traces',
  about:
    'OTLP traces in protobuf: accepted + rejected = the spans that came; each part is read by stage 1 and the sink, and passes again unchanged',
  share: 2,
  start: () => ({
    seeds: traceExports(),
    dictionary: WORDS,
    mutators: [protoMutator],
    run(input) {
      const split = splitTraces(input, OPTIONS);
      if (!split.ok) return holds(split.reason !== '', () => 'refused without a reason');
      same('accepted and rejected', split.accepted + split.rejected, countOf(input, ITEMS));
      same(
        'spans in parts',
        split.parts.reduce((sum, part) => sum + part.spanCount, 0),
        split.accepted,
      );
      for (const { partition, spanCount, otlp } of split.parts) {
        readableSpans(otlp, spanCount);
        const again = splitTraces(otlp, OPTIONS);
        holds(again.ok && again.parts.length === 1, () => 'a part does not pass the door again as one');
        same('partition at the second passing', again.parts[0].partition, partition);
        holds(
          Buffer.compare(again.parts[0].otlp, otlp) === 0,
          () => 'a part is changed at its second passing',
        );
        nothingDropped(again.dropped);
      }
    },
  }),
};
