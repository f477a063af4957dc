/** Metrics and logs in protobuf, through the same oracles. */
import { splitLogs } from '#schemas/otlp/split-logs.ts';
import { splitMetrics } from '#schemas/otlp/split-metrics.ts';
import type { TelemetrySplit } from '#schemas/otlp/split-telemetry.ts';
import type { Failure } from '#schemas/otlp/wire.ts';
import { protoMutator } from '../mutate/proto.ts';
import { logExports, metricExports, WORDS } from '../seeds/otlp.ts';
import { holds, same, type Target } from '../target.ts';
import { countOf, FILTER, ITEMS, nothingDropped, POINTS, readableTelemetry, type Step } from './otlp.ts';

const OPTIONS = { ...FILTER, maxItems: 1_000, maxPartBytes: 4_096, allowBodies: false };

interface Signal {
  readonly name: 'metrics' | 'logs';
  readonly event: 'MetricBatch' | 'LogBatch';
  readonly items: readonly Step[];
  split(body: Uint8Array, options: typeof OPTIONS): TelemetrySplit | Failure;
  seeds(): Uint8Array[];
}

const targetOf = ({ name, event, items, split, seeds }: Signal): Target => ({
  name: `otlp-${name}`,
  about: `OTLP ${name} in protobuf: counts add up, each part is a row each in the sink and passes again unchanged`,
  share: 1.5,
  start: () => ({
    seeds: seeds(),
    dictionary: WORDS,
    mutators: [protoMutator],
    run(input) {
      const passed = split(input, OPTIONS);
      if (!passed.ok) return holds(passed.reason !== '', () => 'refused without a reason');
      same('accepted and rejected', passed.accepted + passed.rejected, countOf(input, items));
      same(
        'items in parts',
        passed.parts.reduce((sum, part) => sum + part.count, 0),
        passed.accepted,
      );
      for (const { service, count, otlp } of passed.parts) {
        holds(otlp.length <= OPTIONS.maxPartBytes, () => `a part of ${otlp.length} bytes`);
        readableTelemetry(event, otlp, count);
        const again = split(otlp, OPTIONS);
        holds(again.ok && again.parts.length === 1, () => 'a part does not pass the door again as one');
        same('service at the second passing', again.parts[0].service, service);
        holds(
          Buffer.compare(again.parts[0].otlp, otlp) === 0,
          () => 'a part is changed at its second passing',
        );
        nothingDropped(again.dropped);
      }
    },
  }),
});

export const metricsTarget = targetOf({
  name: 'metrics',
  event: 'MetricBatch',
  items: POINTS,
  split: splitMetrics,
  seeds: metricExports,
});
export const logsTarget = targetOf({
  name: 'logs',
  event: 'LogBatch',
  items: ITEMS,
  split: splitLogs,
  seeds: logExports,
});
