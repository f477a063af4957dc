import { metrics } from '@opentelemetry/api';
import { SCOPE } from './scope.ts';

/** A pool of slots as it is now. */
export interface Pool {
  readonly name: string;
  readonly size: number;
  readonly held: number;
  readonly waiting: number;
}

interface Totals {
  used: number;
  size: number;
  waiting: number;
}

/**
 * Observes pools by `ati.pool.name`: `ati.pool.used` and `ati.pool.size` in slots, `ati.pool.waiting` in those who wait for
 * one. They are added up by name (each run has a pool of its own), and a name that was seen goes on, as 0.
 *
 * They are up-down counters as OpenTelemetry's of connection pools (`db.client.connection.*`), since instances add up.
 * `pools` gives those there are, at each collection. The SDK must have been started.
 */
export function observePools(pools: () => Iterable<Pool>): void {
  const meter = metrics.getMeter(SCOPE);
  const used = meter.createObservableUpDownCounter('ati.pool.used', {
    unit: '{slot}',
    description: 'Slots that are held.',
  });
  const size = meter.createObservableUpDownCounter('ati.pool.size', {
    unit: '{slot}',
    description: 'Slots that there are.',
  });
  const waiting = meter.createObservableUpDownCounter('ati.pool.waiting', {
    unit: '{request}',
    description: 'Calls and checkpoints that wait for a slot.',
  });
  const seen = new Map<string, Totals>();
  meter.addBatchObservableCallback(
    (result) => {
      for (const name of seen.keys()) seen.set(name, { used: 0, size: 0, waiting: 0 });
      for (const pool of pools()) {
        const totals = seen.get(pool.name) ?? { used: 0, size: 0, waiting: 0 };
        totals.used += pool.held;
        totals.size += pool.size;
        totals.waiting += pool.waiting;
        seen.set(pool.name, totals);
      }
      for (const [name, totals] of seen) {
        const attributes = { 'ati.pool.name': name };
        result.observe(used, totals.used, attributes);
        result.observe(size, totals.size, attributes);
        result.observe(waiting, totals.waiting, attributes);
      }
    },
    [used, size, waiting],
  );
}
