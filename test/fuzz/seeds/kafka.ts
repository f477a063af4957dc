/** A broker in this process, and right requests to it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SAMPLES, sample } from '#infra/kafka/embedded/api/samples.testkit.ts';
import { APIS } from '#infra/kafka/embedded/api/table.ts';
import { buildBatch } from '#infra/kafka/embedded/batch/build.ts';
import { Broker } from '#infra/kafka/embedded/broker.ts';
import { topicConfig } from '#infra/kafka/embedded/topics/config.ts';
import { Writer } from '#infra/kafka/embedded/wire/writer.ts';
import { OracleError } from '../target.ts';

export const TOPIC = 't';

export interface FuzzBroker {
  readonly broker: Broker;
  readonly directory: string;
  /** Throws the first error that the broker has logged as a bug or as a failing disk. */
  check(): void;
  remove(): void;
}

/** With a topic of two partitions and something in it. */
export function fuzzBroker(): FuzzBroker {
  const directory = mkdtempSync(join(tmpdir(), 'ati-fuzz-broker-'));
  let logged: unknown;
  const nothing = () => undefined;
  const error = (what: unknown, message?: string) => {
    const cause = (what as { err?: unknown }).err;
    logged ??= cause instanceof Error ? cause : new OracleError(`logged an error: ${message}`);
  };
  const log = { debug: nothing, info: nothing, warn: nothing, error };
  const broker = new Broker({
    directory,
    clusterId: 'c',
    verify: true,
    fsync: false,
    autoCreateTopics: true,
    log,
  });
  const config = topicConfig({});
  if (!config.ok) throw new Error('the defaults of a topic are wrong');
  broker.catalog.create(TOPIC, 2, config.config);
  return {
    broker,
    directory,
    check() {
      if (logged !== undefined) throw logged;
    },
    remove() {
      broker.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A request as it stands on a connection: length, header, body. */
export function frame(key: number, version: number, body: Uint8Array): Buffer {
  const out = new Writer().int16(key).int16(version).int32(7).string('fuzz');
  const head = Buffer.concat(out.pieces());
  const length = Buffer.alloc(4);
  length.writeInt32BE(head.length + body.length);
  return Buffer.concat([length, head, body]);
}

export interface SampleRequest {
  readonly key: number;
  readonly version: number;
  readonly body: Buffer;
}

export function requests(): SampleRequest[] {
  return [...SAMPLES.keys()].map((key) => ({ key, version: APIS.get(key)!.max, body: sample(key) }));
}

/** Record batches: plain, compressed, idempotent, with keys. */
export function batches(): Buffer[] {
  const timestamp = 1_700_000_000_000;
  const records = [
    { key: 'a', value: '1', timestamp },
    { key: null, value: null, timestamp: timestamp + 5 },
    { key: '', value: 'x'.repeat(100), timestamp },
  ];
  return [
    buildBatch({ records }),
    buildBatch({ records, compression: 1 }),
    buildBatch({ records, compression: 4 }),
    buildBatch({ records: records.slice(0, 1), producerId: 3, producerEpoch: 0, baseSequence: 0 }),
  ];
}
