import path from 'node:path';
import type { Config } from '../config.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Services of which several may run: consumers, who share the partitions. */
export type ScalableName = 'processor' | 'sink';

/** The second instance of a service and those after it have a number: processor, processor-2, … */
export type ServiceName =
  | 'broker'
  | 'engine'
  | 'sink'
  | 'processor'
  | 'ingest'
  | 'api'
  | 'tool-service'
  | 'agent-app'
  | 'second-agent-app'
  | `${ScalableName}-${number}`;

/** One process of the installation. */
export interface Service {
  readonly name: ServiceName;
  /** What it is, for the progress line. */
  readonly title: string;
  /** Its program: an absolute path. */
  readonly file: string;
  /** Ready before this one starts; left out where the installation has no such service. */
  readonly after: readonly ServiceName[];
  /** The variable of the port it listens on. */
  readonly port: keyof Config;
  /** Where that is not the configuration's: one of several instances. */
  readonly ownPort?: number;
  /** Started with `--check` it only says what it would refuse to start with: exit 0, or one reason on standard error. */
  readonly checks?: true | undefined;
  /** Where it differs from the others' environment. */
  readonly env?: (config: Config) => Record<string, string>;
}

const service = (
  name: ServiceName,
  title: string,
  file: string,
  after: readonly ServiceName[],
  port: keyof Config,
): Service => ({ name, title, file: path.join(root, file), after, port });

const ALL: readonly Service[] = [
  service('broker', 'Kafka (embedded)', 'infra/kafka/embedded/main.ts', [], 'ATI_BROKER_PORT'),
  service('engine', 'ClickHouse (embedded)', 'infra/clickhouse/embedded/main.ts', [], 'ATI_ENGINE_PORT'),
  service('sink', 'sink', 'sinks/main.ts', ['broker', 'engine'], 'ATI_SINK_PORT'),
  // Its thresholds are its own: only it knows whether they are right.
  {
    ...service('processor', 'processor', 'processors/main.ts', ['broker'], 'ATI_PROCESSOR_PORT'),
    checks: true,
  },
  service('ingest', 'ingest', 'producers/ingest/main.ts', ['broker'], 'ATI_INGEST_PORT'),
  // The sink brings the tables into being.
  service('api', 'query API', 'sinks/api/main.ts', ['sink'], 'ATI_API_PORT'),
  service(
    'tool-service',
    'tool service',
    'producers/agents/tool-service/main.ts',
    ['ingest'],
    'ATI_TOOL_PORT',
  ),
  service('agent-app', 'agent app', 'producers/agents/agent-app/main.ts', ['tool-service'], 'ATI_AGENT_PORT'),
  {
    ...service(
      'second-agent-app',
      'agent app (second mesh)',
      'producers/agents/agent-app/main.ts',
      ['tool-service'],
      'ATI_SECOND_AGENT_PORT',
    ),
    // The ports change places: no two services of one configuration may have the same.
    env: (config) => ({
      ATI_AGENT_PORT: String(config.ATI_SECOND_AGENT_PORT),
      ATI_SECOND_AGENT_PORT: String(config.ATI_AGENT_PORT),
      SERVICE_NAME: `${config.SERVICE_NAME}-${config.ATI_SECOND_AGENT_NAME}`,
      AGENT_NAME: config.ATI_SECOND_AGENT_NAME,
    }),
  },
];

export interface ServicesOptions {
  readonly agents: boolean;
  /** How many of each, default 1. */
  readonly processors?: number;
  readonly sinks?: number;
}

/** The services of an installation: no broker or engine where real ones are named. */
export function servicesOf(config: Config, options: ServicesOptions): Service[] {
  const left = new Set<ServiceName>();
  if (config.KAFKA_BROKERS.length > 0) left.add('broker');
  if (config.CLICKHOUSE_URL !== '') left.add('engine');
  if (!options.agents) {
    left.add('tool-service');
    left.add('agent-app');
    left.add('second-agent-app');
  }
  const { processors = 1, sinks = 1 } = options;
  return ALL.filter(({ name }) => !left.has(name)).flatMap((first) => {
    if (first.name === 'processor') return [first, ...more('processor', processors, config)];
    if (first.name === 'sink') return [first, ...more('sink', sinks, config)];
    return [first];
  });
}

const more = (name: ScalableName, count: number, config: Config) =>
  Array.from({ length: count - 1 }, (_, i) => instanceOf(name, i + 2, config));

/** Between the ports of a service's instances: the next numbers are other services'. */
const PORTS_APART = 100;

/** One more instance of a service, from 2 on; its port is 100 above the one before, where none is given. */
export function instanceOf(name: ScalableName, number: number, config: Config, port?: number): Service {
  const first = ALL.find((each) => each.name === name);
  if (first === undefined) throw new Error(`no service ${name}`);
  const ownPort = port ?? Number(config[first.port]) + PORTS_APART * (number - 1);
  return {
    ...first,
    name: `${name}-${number}`,
    title: `${first.title} ${number}`,
    ownPort,
    // The first has said what there is to say.
    checks: undefined,
    env: () => ({ [first.port]: String(ownPort) }),
  };
}

/** The port that it listens on. */
export function portOf(service: Service, config: Config): number {
  return service.ownPort ?? Number(config[service.port]);
}
