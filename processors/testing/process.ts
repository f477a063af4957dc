/** For integration tests: a processor in its own process, and what is on its topics. */
import { fileURLToPath } from 'node:url';
import type { Kafka } from '#infra/kafka/port.ts';
import { type ForkedProcess, forkProcess } from '#infra/testing/fork.ts';
import { decodeAs } from '#schemas/codec.ts';
import type { IncidentEvent } from '#schemas/events.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

/** Starts `processors/main.ts` and waits until it is ready; rejects with what it said when it is not. */
export async function spawnProcessor(env: Record<string, string>): Promise<ForkedProcess> {
  const forked = forkProcess(MAIN, { PATH: process.env.PATH, ...env });
  await forked.ready;
  return forked;
}

/** Incident events on a topic, once each (id and revision), sorted; two with the same number must have the same bytes. */
export async function incidentsOn(
  kafka: Kafka,
  topic: string,
  partitions: number,
): Promise<{ event: IncidentEvent; hex: string }[]> {
  const once = new Map<string, { event: IncidentEvent; hex: string }>();
  for (let partition = 0; partition < partitions; partition++) {
    for await (const record of kafka.read(topic, partition, 0)) {
      const decoded = decodeAs('IncidentEvent', record.value ?? new Uint8Array());
      if (!decoded.ok) throw new Error(decoded.reason);
      const id = `${decoded.value.incidentId} ${String(decoded.value.revision).padStart(6, '0')}`;
      const hex = (record.value as Buffer).toString('hex');
      const known = once.get(id);
      if (known !== undefined && known.hex !== hex) throw new Error(`two different events are ${id}`);
      once.set(id, { event: decoded.value, hex });
    }
  }
  return [...once].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}
