/** Both stages as they run in production (worker threads and all), but fed by hand: no broker between them. */

import { unpackOutputs } from '#processors/assembly/outputs.ts';
import { pack } from '#processors/assembly/packing.ts';
import { FROM_THE_START } from '#processors/assembly/partition-processor.ts';
import type { ConfiguredDetectors } from '#processors/detectors/registry.ts';
import { FROM_THE_FIRST } from '#processors/incidents/position.ts';
import { SignalProcessor } from '#processors/incidents/signal-processor.ts';
import type { Stage1Runner } from '#processors/runtime/worker-pool.ts';
import type { WindowSettings } from '#processors/windows/settings.ts';
import type { IncidentEvent } from '#schemas/events.ts';

export interface Said {
  readonly event: IncidentEvent;
  /** The bytes on ati.incidents, hex. */
  readonly hex: string;
}

export interface Chances {
  /** Records in the next batch, at least one. */
  batch(): number;
  /** Whether what a batch gave is sent a second time, as after a crash before its commit. */
  again(): boolean;
}

export const ONE_BY_ONE: Chances = { batch: () => 1, again: () => false };

let epoch = 0;

/**
 * ati.spans (a log of encoded SpanBatches for each partition) through stage 1: what lands on each partition of
 * ati.signals, in an order between the sources that chance and the threads decide.
 */
export async function signalsOf(
  logs: readonly (readonly Uint8Array[])[],
  pool: Stage1Runner,
  chances: Chances,
): Promise<Uint8Array[][]> {
  const signals: Uint8Array[][] = logs.map(() => []);
  const mine = ++epoch;
  for (const partition of logs.keys())
    await pool.run({ type: 'assign', partition, epoch: mine, start: FROM_THE_START });
  await Promise.all(
    logs.map(async (log, partition) => {
      for (let at = 0; at < log.length; ) {
        const some = log.slice(at, at + chances.batch());
        const result = await pool.run({
          type: 'records',
          partition,
          epoch: mine,
          offsets: Float64Array.from(some, (_, i) => at + i),
          records: pack(some),
        });
        if (result === undefined || result.bug || result.refused.length > 0)
          throw new Error(`stage 1 did not take the records: ${JSON.stringify(result?.refused)}`);
        const outputs = unpackOutputs(result.outputs).filter(({ topic }) => topic === 'signals');
        for (let times = chances.again() ? 2 : 1; times > 0; times--)
          for (const { partition, value } of outputs) signals[partition].push(value);
        at += some.length;
      }
    }),
  );
  return signals;
}

/** ati.signals through stage 2: what it says on ati.incidents, each incident's events in order of their revision. */
export function incidentsOf(
  signals: readonly (readonly Uint8Array[])[],
  windows: WindowSettings,
  detectors: ConfiguredDetectors,
  chances: Chances,
): Said[] {
  const said: Said[] = [];
  for (const log of signals) {
    const stage2 = new SignalProcessor(windows, detectors, { ...FROM_THE_FIRST, offset: 0, incidents: [] });
    for (let at = 0; at < log.length; ) {
      const end = Math.min(at + chances.batch(), log.length);
      for (; at < end; at++) {
        const { outcome } = stage2.add(at, log[at]);
        if (outcome === 'deadLetter') throw new Error('stage 2 did not take a record');
      }
      for (const { event, value } of stage2.advance().events)
        said.push({ event, hex: Buffer.from(value).toString('hex') });
    }
  }
  const order = ({ event: { tenant, incidentId, revision } }: Said) =>
    `${tenant} ${incidentId} ${String(revision).padStart(8, '0')}`;
  return said.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}
