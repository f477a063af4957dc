/** One broker and one engine that all variants of a case run on, one after the other, in every round. */
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import type { BenchContext } from '../case.ts';
import { cpuMeter } from '../cpu.ts';
import { type BenchEngine, startEngine } from '../engine.ts';
import { type BenchBroker, startBroker } from '../kafka.ts';
import type { Service } from '../service.ts';
import { type Corpora, type Encoding, Logs, PARTITIONS, PHASES, type Phase } from './log.ts';
import { type Addresses, peerTopics, stopAll } from './variants.ts';

const POLL_MS = 200;
/** Nothing more comes: something is lost, or stuck. */
const STALL_MS = 60_000;

/** A fresh place for one run of one variant. */
export interface Ground {
  readonly prefix: string;
  readonly database: string;
  readonly clickhouse: ClickHouse;
}

/** What a run cost: milliseconds of CPU by process, for the corpus that is measured. */
export interface RunCost {
  readonly cpuMs: Readonly<Record<string, number>>;
  readonly seconds: number;
}

export interface Contestant {
  readonly name: string;
  readonly input: { readonly encoding: Encoding; topic(ground: Ground): string };
  /** Its processes, ready. */
  start(ground: Ground): Promise<Record<string, Service>>;
  /** How much of what there must be after this phase is there, 0 to 1; looked at a few times a second. */
  progress(ground: Ground, phase: Phase): Promise<number>;
  /** After the work: throws when the outputs are not what they must be. */
  verify(ground: Ground): Promise<void>;
}

export class PipelineBench {
  readonly broker: BenchBroker;
  readonly engine: BenchEngine;
  readonly at: Addresses;
  readonly #logs: Logs;
  #grounds = 0;

  private constructor(broker: BenchBroker, engine: BenchEngine, logs: Logs, directory: string) {
    this.broker = broker;
    this.engine = engine;
    this.#logs = logs;
    this.at = { kafka: broker.address, clickhouse: engine.url, directory };
  }

  static async start(context: BenchContext, corpora: Corpora): Promise<PipelineBench> {
    const broker = await startBroker(context);
    try {
      return new PipelineBench(broker, await startEngine(context), new Logs(corpora), context.directory);
    } catch (error) {
      await broker.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.engine.stop();
    await this.broker.stop();
  }

  /**
   * Runs it once on fresh topics and a fresh database: it starts, warms up until all that the first corpus gives is there, and
   * is measured from then until all that the second one gives is there.
   */
  async run(contestant: Contestant): Promise<RunCost> {
    const { encoding } = contestant.input;
    for (const phase of PHASES) this.#logs.prepare(encoding, phase);
    return this.onGround(async (ground) => {
      const topic = contestant.input.topic(ground);
      const write = (phase: Phase) => this.#logs.write(this.broker.kafka, topic, encoding, phase);
      await write('warm');
      const services = await contestant.start(ground);
      try {
        const died = Promise.race(Object.values(services).map((each) => each.died));
        await Promise.race([this.#done(contestant, ground, 'warm'), died]);
        const pids = Object.entries(services).map(([name, { pid }]) => [name, pid]);
        const meter = cpuMeter<string>({
          ...Object.fromEntries(pids),
          broker: this.broker.pid,
          engine: this.engine.pid,
        });
        const started = performance.now();
        await write('main');
        await Promise.race([this.#done(contestant, ground, 'main'), died]);
        const cpuMs = meter.read();
        const seconds = (performance.now() - started) / 1000;
        await stopAll(services);
        await contestant.verify(ground);
        return { cpuMs, seconds };
      } finally {
        await stopAll(services);
      }
    });
  }

  /** Fresh topics and a database of their own, gone afterwards. */
  async onGround<T>(work: (ground: Ground) => Promise<T>): Promise<T> {
    const name = `run${this.#grounds++}`;
    const prefix = `${name}.`;
    const database = `ati_${name}`;
    await this.broker.createTopics(prefix, PARTITIONS);
    await this.broker.kafka.ensureTopics(peerTopics(prefix));
    const clickhouse = this.engine.connect(database);
    try {
      return await work({ prefix, database, clickhouse });
    } finally {
      await clickhouse.command(`DROP DATABASE IF EXISTS ${database}`, { settings: { database: 'default' } });
      await clickhouse.close();
      await this.broker.deleteTopics(prefix);
      await this.broker.kafka.deleteTopics(peerTopics(prefix).map((each) => each.name));
    }
  }

  async #done(contestant: Contestant, ground: Ground, phase: Phase): Promise<void> {
    let best = 0;
    let movedAt = performance.now();
    for (;;) {
      const share = await contestant.progress(ground, phase);
      if (share >= 1) return;
      if (share > best) {
        best = share;
        movedAt = performance.now();
      }
      if (performance.now() - movedAt > STALL_MS)
        throw new Error(
          `${contestant.name} stands still at ${(best * 100).toFixed(1)} % of its work (${phase})`,
        );
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
