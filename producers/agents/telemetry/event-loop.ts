import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { metrics } from '@opentelemetry/api';
import { SCOPE } from './scope.ts';

/** How often the loop is looked at. Each look wakes an idle process: not below 20. */
const RESOLUTION_MS = 20;

/**
 * Observes the event loop of this process, as of the last collection, by OpenTelemetry's conventions for Node.js:
 * `nodejs.eventloop.delay.*` (seconds) and `nodejs.eventloop.utilization` (0 to 1).
 * https://opentelemetry.io/docs/specs/semconv/runtime/nodejs-metrics/
 *
 * Node's histogram holds the time from one look to the next; the delay is what is beyond the resolution. (So an idle
 * loop has one near zero, however often it is looked at.)
 *
 * The SDK must have been started. Returns what ends it.
 */
export function observeEventLoop(): () => void {
  const meter = metrics.getMeter(SCOPE);
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const gauge = (name: string, of: string) =>
    meter.createObservableGauge(`nodejs.eventloop.${name}`, { unit: 's', description: `Event loop ${of}.` });
  const beyond = (ns: number) => Math.max(0, ns / 1e9 - RESOLUTION_MS / 1e3);
  const delays = [
    { gauge: gauge('delay.min', 'minimum delay'), seconds: () => beyond(histogram.min) },
    { gauge: gauge('delay.max', 'maximum delay'), seconds: () => beyond(histogram.max) },
    { gauge: gauge('delay.mean', 'mean delay'), seconds: () => beyond(histogram.mean) },
    { gauge: gauge('delay.stddev', 'standard deviation delay'), seconds: () => histogram.stddev / 1e9 },
    { gauge: gauge('delay.p50', '50 percentile delay'), seconds: () => beyond(histogram.percentile(50)) },
    { gauge: gauge('delay.p90', '90 percentile delay'), seconds: () => beyond(histogram.percentile(90)) },
    { gauge: gauge('delay.p99', '99 percentile delay'), seconds: () => beyond(histogram.percentile(99)) },
  ];
  const utilization = meter.createObservableGauge('nodejs.eventloop.utilization', {
    unit: '1',
    description: 'Event loop utilization.',
  });
  let last = performance.eventLoopUtilization();
  meter.addBatchObservableCallback(
    (result) => {
      const now = performance.eventLoopUtilization();
      result.observe(utilization, performance.eventLoopUtilization(now, last).utilization);
      last = now;
      // Without a look since the last collection it has no numbers.
      if (histogram.count === 0) return;
      for (const each of delays) result.observe(each.gauge, each.seconds());
      histogram.reset();
    },
    [utilization, ...delays.map((each) => each.gauge)],
  );
  histogram.enable();
  return () => void histogram.disable();
}
