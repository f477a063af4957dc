import type { Compression } from './workload.ts';

/** The producing side of a client library, as far as the case needs it. */
export interface Sender {
  /** Resolves once all in-sync replicas have the values, in their order. */
  send(topic: string, partition: number, values: readonly Buffer[], timestamp: number): Promise<void>;
  close(): Promise<void>;
}

export interface SenderOptions {
  /** host:port */
  readonly broker: string;
  readonly compression: Compression;
}

export const VARIANTS = ['kafkajs', '@platformatic/kafka', 'ati'] as const;
export type Variant = (typeof VARIANTS)[number];
