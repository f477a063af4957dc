/** The run as it would have been: the same log through production's two stages, in memory and without a fault. */
import type { Config } from '#infra/config.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import { topicName } from '#infra/topics.ts';
import { configureDetectors } from '#processors/detectors/registry.ts';
import { WorkerPool } from '#processors/runtime/worker-pool.ts';
import { settingsOf } from '#processors/settings.ts';
import { incidentsOf, type Said, signalsOf } from '../../promises/stages.ts';

export interface Undisturbed {
  /** By partition: what stage 1 makes of ati.spans. */
  readonly signals: readonly (readonly Uint8Array[])[];
  /** What both stages make of ati.spans. */
  readonly fromSpans: readonly Said[];
  /** What stage 2 makes of ati.signals as it is: with what came twice, and an operator's actions. */
  readonly fromSignals: readonly Said[];
}

const IN_FETCHES = { batch: () => 500, again: () => false };

export async function undisturbed(kafka: Kafka, config: Config): Promise<Undisturbed> {
  const settings = settingsOf(config);
  const configured = configureDetectors(settings.detectors);
  if (!configured.ok) throw new Error(configured.message);
  const pool = new WorkerPool(1, { assembly: settings.assembly, detectors: settings.detectors });
  try {
    const spans = await logOf(kafka, topicName('spans', config.ATI_TOPIC_PREFIX));
    const signals = await signalsOf(spans, pool, IN_FETCHES);
    const onTopic = await logOf(kafka, topicName('signals', config.ATI_TOPIC_PREFIX));
    const incidents = (log: readonly (readonly Uint8Array[])[]) =>
      incidentsOf(log, settings.windows, configured.detectors, IN_FETCHES);
    return { signals, fromSpans: incidents(signals), fromSignals: incidents(onTopic) };
  } finally {
    await pool.close();
  }
}

/** Every record's bytes, by partition, from the first one: nothing may have been deleted. */
export async function logOf(kafka: Kafka, topic: string): Promise<Uint8Array[][]> {
  const logs: Uint8Array[][] = [];
  for (const { partition, earliest } of await kafka.offsets(topic)) {
    if (earliest !== 0) throw new Error(`${topic}/${partition} begins at ${earliest}: the log is not whole`);
    const log: Uint8Array[] = [];
    for await (const { value } of kafka.read(topic, partition, 0)) log.push(value ?? new Uint8Array());
    logs[partition] = log;
  }
  return logs;
}
