/** One broker, one engine and one corpus that all variants of a case read, in every round. */
import type { CorpusOptions } from '#bench/corpus/span-log.ts';
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { MAX_MESSAGE_BYTES, TOPICS, type TopicKey, topicName } from '#infra/topics.ts';
import type { BenchContext } from '../case.ts';
import { cpuMeter } from '../cpu.ts';
import { type BenchEngine, startEngine } from '../engine.ts';
import { type BenchBroker, startBroker } from '../kafka.ts';
import type { Service } from '../service.ts';
import { PARTITIONS, writeSpanLog } from './log.ts';
import { type Addresses, peerTopics, stopAll } from './variants.ts';

const POLL_MS = 250;
/** Nothing more comes: something is lost, or stuck. */
const STALL_MS = 60_000;
const STARTS = 2;

/** A fresh place for one run of one variant. */
export interface Ground {
  readonly prefix: string;
  readonly database: string;
  readonly clickhouse: ClickHouse;
}

/** What a run cost: milliseconds of CPU by process, start-up taken off. */
export interface RunCost {
  readonly cpuMs: Readonly<Record<string, number>>;
  readonly seconds: number;
}

export interface Contestant {
  readonly name: string;
  /** Its processes, ready. */
  start(ground: Ground): Promise<Record<string, Service>>;
  /** How much of the work is done, 0 to 1; looked at a few times a second. */
  progress(ground: Ground): Promise<number>;
  /** True: `ati.spans` under the ground's prefix holds the corpus before it starts. */
  readonly ownLog: boolean;
  /** After the work: throws when the outputs are not what they must be. */
  verify(ground: Ground): Promise<void>;
}

export class PipelineBench {
  readonly broker: BenchBroker;
  readonly engine: BenchEngine;
  readonly corpus: CorpusOptions;
  readonly at: Addresses;
  readonly #startUps = new Map<string, Readonly<Record<string, number>>>();
  #grounds = 0;

  private constructor(broker: BenchBroker, engine: BenchEngine, corpus: CorpusOptions, directory: string) {
    this.broker = broker;
    this.engine = engine;
    this.corpus = corpus;
    this.at = { kafka: broker.address, clickhouse: engine.url, directory };
  }

  static async start(context: BenchContext, corpus: CorpusOptions): Promise<PipelineBench> {
    const broker = await startBroker(context);
    try {
      return new PipelineBench(broker, await startEngine(context), corpus, context.directory);
    } catch (error) {
      await broker.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.engine.stop();
    await this.broker.stop();
  }

  /** Runs it once on fresh topics and a fresh database, and takes them away again. */
  async run(contestant: Contestant): Promise<RunCost> {
    const startUp = await this.#startUpOf(contestant);
    return this.#onGround(async (ground) => {
      if (contestant.ownLog)
        await writeSpanLog(this.broker.kafka, topicName('spans', ground.prefix), this.corpus);
      const beside = cpuMeter({ broker: this.broker.pid, engine: this.engine.pid });
      const services = await contestant.start(ground);
      const started = performance.now();
      try {
        const died = Promise.race(Object.values(services).map((each) => each.died));
        await Promise.race([this.#done(contestant, ground), died]);
        const cpuMs: Record<string, number> = {};
        for (const [name, service] of Object.entries(services)) cpuMs[name] = service.cpuMs() - startUp[name];
        const seconds = (performance.now() - started) / 1000;
        Object.assign(cpuMs, beside.read());
        await stopAll(services);
        await contestant.verify(ground);
        return { cpuMs, seconds };
      } finally {
        await stopAll(services);
      }
    });
  }

  /** CPU until ready on empty topics: it is not the price of a span. The least of a few starts. */
  async #startUpOf(contestant: Contestant): Promise<Readonly<Record<string, number>>> {
    const known = this.#startUps.get(contestant.name);
    if (known !== undefined) return known;
    const least: Record<string, number> = {};
    for (let i = 0; i < STARTS; i++)
      await this.#onGround(async (ground) => {
        const services = await contestant.start(ground);
        for (const [name, service] of Object.entries(services))
          least[name] = Math.min(least[name] ?? Number.POSITIVE_INFINITY, service.cpuMs());
        await stopAll(services);
      });
    this.#startUps.set(contestant.name, least);
    return least;
  }

  async #onGround<T>(work: (ground: Ground) => Promise<T>): Promise<T> {
    const name = `run${this.#grounds++}`;
    const prefix = `${name}.`;
    const database = `ati_${name}`;
    await this.broker.createTopics(prefix, PARTITIONS);
    const config = { 'max.message.bytes': String(MAX_MESSAGE_BYTES) };
    await this.broker.kafka.ensureTopics(
      peerTopics(prefix).map((name) => ({ name, partitions: PARTITIONS, config })),
    );
    const clickhouse = this.engine.connect(database);
    try {
      return await work({ prefix, database, clickhouse });
    } finally {
      await clickhouse.command(`DROP DATABASE IF EXISTS ${database}`, { settings: { database: 'default' } });
      await clickhouse.close();
      const ours = (Object.keys(TOPICS) as TopicKey[]).map((key) => topicName(key, prefix));
      await this.broker.kafka.deleteTopics([...ours, ...peerTopics(prefix)]);
    }
  }

  async #done(contestant: Contestant, ground: Ground): Promise<void> {
    let best = 0;
    let movedAt = performance.now();
    for (;;) {
      const share = await contestant.progress(ground);
      if (share >= 1) return;
      if (share > best) {
        best = share;
        movedAt = performance.now();
      }
      if (performance.now() - movedAt > STALL_MS)
        throw new Error(`${contestant.name} stands still at ${(best * 100).toFixed(1)} % of its work`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
