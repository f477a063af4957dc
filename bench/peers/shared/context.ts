import type { Kafka } from 'kafkajs';
import type { Config } from '#infra/config.ts';
import type { Logger } from '#infra/log.ts';
import { type ConfiguredDetectors, configureDetectors } from '#processors/detectors/registry.ts';
import { type ProcessorSettings, settingsOf } from '#processors/settings.ts';
import { createKafka, partitionsOf } from './kafka.ts';

/** Names on the broker. */
export interface PeerTopics {
  readonly input: string;
  readonly traces: string;
  readonly signals: string;
  readonly incidents: string;
}

/** What a peer's parts run on. */
export interface PeerContext {
  readonly config: Config;
  readonly log: Logger;
  readonly kafka: Kafka;
  readonly topics: PeerTopics;
  readonly prefix: string;
  readonly partitions: number;
  /** As ours would have them from the same variables. */
  readonly settings: ProcessorSettings;
  readonly detectors: ConfiguredDetectors;
  /** Ends the process with this error. */
  readonly onFatal: (error: unknown) => void;
}

/** Throws where the variables are wrong or the input topic is not there. */
export async function contextOf(
  { config, log }: Pick<PeerContext, 'config' | 'log'>,
  { input, prefix }: { readonly input: string; readonly prefix: string },
  onFatal: PeerContext['onFatal'],
): Promise<PeerContext> {
  const kafka = createKafka(config.KAFKA_BROKERS, `${prefix}peer`);
  const partitions = await partitionsOf(kafka, input);
  const settings = settingsOf({ ...config, ATI_PARTITIONS: partitions });
  const configured = configureDetectors(settings.detectors);
  if (!configured.ok) throw new Error(configured.message);
  const topics = {
    input,
    traces: `${prefix}traces`,
    signals: `${prefix}signals`,
    incidents: `${prefix}incidents`,
  };
  const { detectors } = configured;
  return { config, log, kafka, topics, prefix, partitions, settings, detectors, onFatal };
}
