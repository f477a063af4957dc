/** For tests: ingests as processes, on a broker and in a data directory that the tests of a file share. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { connectKafka } from '#infra/kafka/client.ts';
import { type SpawnedBroker, spawnBroker } from '#infra/kafka/embedded/spawn.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import { silent } from '#infra/kafka/testing.ts';
import { type IngestProcess, spawnIngest } from './testing-process.ts';

export class TestIngests {
  dataDir = '';
  broker!: SpawnedBroker;
  kafka!: Kafka;
  readonly #running: IngestProcess[] = [];
  #prefixes = 0;

  /** Registers what must be done before and after the tests of the file. */
  constructor() {
    beforeAll(async () => {
      this.dataDir = await mkdtemp(join(tmpdir(), 'ati-ingest-'));
      this.broker = await spawnBroker({ dataDir: this.dataDir });
      this.kafka = await connectKafka({ brokers: this.broker.brokers, clientId: 'test', log: silent });
    });
    afterEach(async () => {
      for (const ingest of this.#running.splice(0)) await ingest.end('SIGKILL');
    });
    afterAll(async () => {
      await this.kafka.close();
      await this.broker.kill();
      await rm(this.dataDir, { recursive: true });
    });
  }

  /** After its end: on the same port and data. */
  async startBroker(): Promise<void> {
    this.broker = await spawnBroker({ dataDir: this.dataDir, port: this.broker.port });
  }

  /** For the topics of one test. */
  prefix(): string {
    return `t${this.#prefixes++}.`;
  }

  /** Not ready yet; it is killed after the test. `file`: another program than the ingest's own. */
  async start(prefix: string, env: Record<string, string> = {}, file?: string): Promise<IngestProcess> {
    const given = {
      ...env,
      ATI_DATA_DIR: this.dataDir,
      KAFKA_BROKERS: this.broker.brokers.join(),
      ATI_TOPIC_PREFIX: prefix,
    };
    const ingest = await spawnIngest(given, file);
    this.#running.push(ingest);
    return ingest;
  }

  /** Ready, with topics of its own. */
  async ready(): Promise<IngestProcess & { prefix: string }> {
    const prefix = this.prefix();
    const ingest = await this.start(prefix);
    await ingest.ready;
    return { ...ingest, prefix };
  }
}
