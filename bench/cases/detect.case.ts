/** `npm run bench -- --case detect`: the log → trace summaries and incidents on topics. */
import type { BenchCase, CaseResult } from '#bench/harness/case.ts';
import {
  afterPhase,
  type Comparison,
  compare,
  contestantOf,
  mustEqual,
} from '#bench/harness/pipeline/compare.ts';
import { costsOf, countedMicros } from '#bench/harness/pipeline/costs.ts';
import { detectedBy, recordsOn } from '#bench/harness/pipeline/outputs.ts';
import { notesOf, runsTable } from '#bench/harness/pipeline/report.ts';
import { resultTopic, VARIANTS, type Variant } from '#bench/harness/pipeline/variants.ts';
import { ratios } from '#bench/harness/rounds.ts';

const SPANS = { warm: 800_000, main: 800_000 };
const QUICK_SPANS = { warm: 20_000, main: 60_000 };

const detect: BenchCase = {
  name: 'detect',
  about:
    'Spans on the log → trace summaries and incidents on topics: our processor against the detection stage of the naive ' +
    'and of the idiomatic pipeline.',
  quick: true,
  run: (context) =>
    compare<Variant>(
      context,
      {
        spans: context.quick ? QUICK_SPANS : SPANS,
        variants: VARIANTS,
        baseline: 'idiomatic',
        contestant: (variant, bench, truth) =>
          contestantOf(variant, 'detect', bench, {
            async progress({ prefix }, phase) {
              const { kafka } = bench.broker;
              const traces = await recordsOn(kafka, resultTopic(variant, 'traces', prefix));
              const incidents = await recordsOn(kafka, resultTopic(variant, 'incidents', prefix));
              const wanted = afterPhase(truth, phase);
              return (traces + incidents) / (wanted.traces + wanted.incidentEvents);
            },
            async verify({ prefix }) {
              const { traces, traceDigest, incidents, incidentDigest } = truth;
              const wanted = { traces, traceDigest, incidents, incidentDigest };
              mustEqual(variant, await detectedBy(bench.broker.kafka, variant, prefix), wanted);
            },
          }),
      },
      report,
    ),
};
export default detect;

function report(comparison: Comparison<Variant>): CaseResult {
  const { rounds, truth, spans } = comparison;
  const cost = (run: Parameters<typeof countedMicros>[0]) => countedMicros(run, spans);
  return {
    tables: [runsTable(VARIANTS, rounds, spans)],
    costs: costsOf(VARIANTS, rounds, spans),
    ratios: [
      ...ratios('detect: naive / ati', rounds, ['naive', 'ati'], cost),
      ...ratios('detect: idiomatic / ati', rounds, ['idiomatic', 'ati'], cost),
    ],
    checks: [
      `${truth.traces} trace summaries and the last events of ${truth.incidents} incidents, field by field, in every run of every variant; what they must be comes from both stages in memory`,
    ],
    notes: [...notesOf(comparison), ...rounds.notes],
  };
}
