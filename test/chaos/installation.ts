/** The whole system that is attacked: real processes, two processors and two sinks, and short times. */
import path from 'node:path';
import { pino } from 'pino';
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { type Config, readConfig } from '#infra/config.ts';
import { brokersOf, clickhouseUrlOf, urlOf } from '#infra/endpoints.ts';
import { UserError } from '#infra/errors.ts';
import { connectKafka } from '#infra/kafka/client.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import { freePort } from '#infra/ports.ts';
import { instanceOf, portOf, type Service, type ServiceName, servicesOf } from '#infra/stack/services.ts';
import { type Stack, startStack } from '#infra/stack/stack.ts';
import { type TemporaryPlace, temporaryPlace } from '#infra/stack/temporary.ts';
import { BrokerNode } from './broker-node.ts';
import type { BrokerKind } from './options.ts';
import type { Target } from './schedule.ts';

/** Traces close, windows settle and incidents resolve within seconds. */
const SHORT = {
  ATI_QUIET_GAP_MS: '600',
  ATI_REOPEN_MS: '1500',
  ATI_HARD_CAP_MS: '10000',
  ATI_WINDOW_MS: '5000',
  ATI_WINDOW_HOP_MS: '1000',
  ATI_WINDOW_GRACE_MS: '4000',
  ATI_SINK_FLUSH_MS: '200',
  ATI_WORKERS: '1',
  ATI_LOG_LEVEL: 'info',
};
const LOOK_MS = 2_000;

export class ChaosInstallation {
  readonly config: Config;
  readonly stack: Stack;
  readonly kafka: Kafka;
  readonly clickhouse: ClickHouse;
  /** Everything that it writes is in there; no other process names it. */
  readonly directory: string;
  /** Every process that it ever had, as far as was looked. */
  readonly pids = new Set<number>();
  readonly #place: TemporaryPlace;
  readonly #node: BrokerNode | undefined;
  readonly #names = new Map<Target, ServiceName>();
  readonly #ports = new Map<Target, number>();

  private constructor(
    place: TemporaryPlace,
    config: Config,
    stack: Stack,
    node: BrokerNode | undefined,
    kafka: Kafka,
  ) {
    this.#place = place;
    this.config = config;
    this.directory = config.ATI_DATA_DIR;
    this.stack = stack;
    this.#node = node;
    this.kafka = kafka;
    this.clickhouse = connectClickHouse({
      url: clickhouseUrlOf(config),
      database: config.CLICKHOUSE_DATABASE,
    });
  }

  static async start(
    broker: BrokerKind,
    say: (line: string) => void,
    onGiveUp: (error: UserError) => void,
    signal?: AbortSignal,
  ): Promise<ChaosInstallation> {
    const place = await temporaryPlace(SHORT);
    const directory = place.config.ATI_DATA_DIR;
    let node: BrokerNode | undefined;
    try {
      if (broker === 'kafka') node = await BrokerNode.start(path.join(directory, 'kafka-node'), say);
      const env = { ...place.env, KAFKA_BROKERS: node?.address ?? '', CLICKHOUSE_URL: '' };
      const read = readConfig(env);
      if (!read.ok) throw new UserError(read.message);
      const { config } = read;
      const second = {
        processor: instanceOf('processor', 2, config, await freePort()),
        sink: instanceOf('sink', 2, config, await freePort()),
      };
      const services = servicesOf(config, { agents: false }).flatMap((each): Service[] =>
        each.name === 'processor' || each.name === 'sink' ? [each, second[each.name]] : [each],
      );
      const stack = await startStack({ config, env, services, onGiveUp, ...(signal && { signal }) });
      const log = pino({ level: 'silent' });
      const kafka = await connectKafka({ brokers: brokersOf(config), clientId: 'ati-chaos', log });
      const made = new ChaosInstallation(place, config, stack, node, kafka);
      for (const service of services) made.#know(service);
      made.notePids();
      return made;
    } catch (error) {
      await node?.stop();
      await place.remove();
      throw error;
    }
  }

  get ingestUrl(): string {
    return urlOf(this.config, this.config.ATI_INGEST_PORT);
  }

  /** Of everything that may fail, as it is now. */
  get targets(): Target[] {
    return [...this.#names.keys(), ...(this.#node ? (['broker'] as const) : [])];
  }

  notePids(): void {
    for (const { name } of this.stack.services) {
      const pid = this.stack.pid(name);
      if (pid > 0) this.pids.add(pid);
    }
    if (this.#node?.pid !== undefined) this.pids.add(this.#node.pid);
  }

  /** Resolves when it is gone; it is started again. */
  async kill(target: Target): Promise<void> {
    this.notePids();
    if (target === 'broker' && this.#node) await this.#node.kill();
    else await this.stack.signal(this.#name(target), 'SIGKILL');
  }

  /** SIGSTOP; what it returns lets the same process go on, be it removed meanwhile. */
  freeze(target: Target): () => void {
    this.notePids();
    const pid = target === 'broker' && this.#node ? this.#node.pid : this.stack.pid(this.#name(target));
    send(pid, 'SIGSTOP');
    return () => send(pid, 'SIGCONT');
  }

  async add(target: Target): Promise<void> {
    const service = instanceOf('processor', Number(target.split('-')[1]), this.config, await freePort());
    await this.stack.add(service);
    this.#know(service);
    this.notePids();
  }

  async remove(target: Target): Promise<void> {
    this.notePids();
    const name = this.#name(target);
    this.#names.delete(target);
    await this.stack.remove(name);
  }

  /** As it says itself; a broker by an answer to its metadata, the engine to a ping. */
  async ready(target: Target): Promise<boolean> {
    if (target === 'broker') return within(this.kafka.ping());
    if (target === 'engine') return within(this.clickhouse.ping());
    const port = this.#ports.get(target) ?? 0;
    return within(
      fetch(urlOf(this.config, port, '/ready'), { signal: AbortSignal.timeout(LOOK_MS) }).then(
        async (response) => {
          await response.arrayBuffer();
          return response.ok;
        },
      ),
    );
  }

  /** Stops everything in order; the data directory stays. */
  async stop(): Promise<void> {
    this.notePids();
    await this.clickhouse.close();
    await this.kafka.close();
    await this.stack.stop();
    await this.#node?.stop();
  }

  discard(): Promise<void> {
    return this.#place.remove();
  }

  #know(service: Service): void {
    const target = targetOf(service.name);
    if (target === undefined) return;
    this.#names.set(target, service.name);
    this.#ports.set(target, portOf(service, this.config));
  }

  #name(target: Target): ServiceName {
    const name = this.#names.get(target);
    if (name === undefined) throw new Error(`there is no ${target}`);
    return name;
  }
}

/** Of a process that has ended meanwhile nothing more is wanted. */
function send(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined || pid <= 0) return;
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function targetOf(name: ServiceName): Target | undefined {
  if (name === 'processor' || name === 'sink') return `${name}-1`;
  if (name === 'ingest' || name === 'broker' || name === 'engine') return name;
  if (name.startsWith('processor-') || name.startsWith('sink-')) return name as Target;
  return undefined;
}

/** False where it takes longer than a moment, or fails. */
async function within(look: Promise<boolean>): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(resolve, LOOK_MS, false));
  return Promise.race([look.catch(() => false), late]);
}
