/**
 * Configuration of every ATI process, from the environment, by zod: all errors at once, secrets redacted.
 *
 * Parsed once in a `main.ts` and passed down; nothing else reads `process.env`.
 */
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { number, wholeNumber } from './numbers.ts';

const port = (fallback: number) => wholeNumber(1, 65535).default(fallback);
/** A century: what Kafka and ClickHouse count with stays in their range. */
const MAX_RETENTION_DAYS = 36_500;
const positive = (fallback: number) => wholeNumber(1).default(fallback);
/** A thread takes over 100,000 spans/s, and each compiles its own code: where there are few processors, more threads only cost. */
const WORKERS = Math.max(1, availableParallelism() >> 1);
const HOST_PORT = /^[^\s:/]+:\d{1,5}$/;
const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );

function holdsPassword(url: string): boolean {
  const parsed = URL.parse(url);
  return parsed !== null && (parsed.password !== '' || parsed.searchParams.has('password'));
}

/** Environment variable → meaning. Defaults are the embedded, loopback-only installation. */
const schema = z.object({
  ATI_DATA_DIR: z
    .string()
    .min(1)
    .default('.ati')
    .describe('where the embedded broker and engine, and the salts, live'),
  ATI_TRUSTED_NETWORK: z
    .stringbool()
    .default(false)
    .describe(
      'true: only trusted peers reach ATI_HOST (a container network whose ports are published on loopback)',
    ),
  ATI_HOST: z.string().default('127.0.0.1').describe('address to bind; other than loopback needs tokens'),
  ATI_TOKENS_FILE: z
    .string()
    .default('')
    .describe('hashed bearer tokens (npm run tokens); default: tokens.json in ATI_DATA_DIR, if it is there'),
  ATI_TOKEN: z
    .string()
    .default('')
    .describe("secret; the bearer token that ATI's own commands and synthetic agents send"),
  ATI_TLS_CERT: z
    .string()
    .default('')
    .describe('PEM file: the HTTP services (but the synthetic agents) speak HTTPS'),
  ATI_TLS_KEY: z.string().default('').describe('PEM file of its private key'),
  ATI_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),

  KAFKA_BROKERS: list
    .refine((brokers) => brokers.every((each) => HOST_PORT.test(each)), 'must be host:port,…')
    .describe('host:port,… of a real Kafka; empty starts the embedded broker'),
  KAFKA_REQUEST_TIMEOUT_MS: positive(30_000).describe(
    "a broker that does not answer for so long counts as gone (Kafka's request.timeout.ms)",
  ),
  KAFKA_SSL: z.stringbool().default(false).describe('true: TLS to the brokers'),
  KAFKA_SSL_CA: z.string().default('').describe('PEM file of the authority that signed their certificates'),
  KAFKA_SSL_CERT: z.string().default('').describe('PEM file of the certificate that ATI shows (mutual TLS)'),
  KAFKA_SSL_KEY: z.string().default('').describe('PEM file of its private key'),
  KAFKA_SASL_MECHANISM: z
    .enum(['', 'plain', 'scram-sha-256', 'scram-sha-512'])
    .default('')
    .describe('plain, scram-sha-256 or scram-sha-512; empty: no SASL'),
  KAFKA_SASL_USERNAME: z.string().default(''),
  KAFKA_SASL_PASSWORD: z.string().default('').describe('secret'),
  ATI_TOPIC_PREFIX: z
    .string()
    .regex(/^[\w.-]*$/)
    .default('')
    .describe('put before every topic and group name'),
  ATI_PARTITIONS: positive(4).describe('partitions of ati.spans and the topics beside it'),
  ATI_LOG_RETENTION_HOURS: wholeNumber(24, MAX_RETENTION_DAYS * 24)
    .default(72)
    .describe('how long ati.spans, ati.telemetry, ati.traces and ati.signals keep records; at least 24'),
  ATI_INCIDENT_RETENTION_DAYS: wholeNumber(1, MAX_RETENTION_DAYS)
    .default(90)
    .describe('how long ati.incidents keeps records'),
  ATI_DEAD_LETTER_RETENTION_DAYS: wholeNumber(1, MAX_RETENTION_DAYS)
    .default(30)
    .describe('how long ati.dead-letters keeps records'),
  ATI_DEAD_LETTER_SHARE: number(0, 1)
    .default(0.5)
    .describe('of the last 1,000 records of a topic; beyond it their consumer stops; 1: no limit'),
  ATI_BROKER_PORT: port(9092).describe('port of the embedded broker'),
  ATI_BROKER_ADVERTISED: z
    .string()
    .default('')
    .refine((at) => at === '' || HOST_PORT.test(at), 'must be host:port')
    .describe('host:port that the embedded broker names to its clients; default: where it listens'),
  ATI_BROKER_FSYNC: z.stringbool().default(false).describe('fsync every append of the embedded broker'),
  ATI_BROKER_HOUSEKEEPING_MS: positive(30_000).describe('how often it looks at retention and compaction'),

  CLICKHOUSE_URL: z
    .string()
    .default('')
    .refine((url) => url === '' || (/^https?:/.test(url) && URL.canParse(url)), 'must be http(s)://host:port')
    // Messages name the URL.
    .refine((url) => !holdsPassword(url), 'must hold no password: CLICKHOUSE_PASSWORD is for it')
    .describe('http(s)://host:port of a real ClickHouse; empty starts the embedded engine'),
  CLICKHOUSE_USER: z.string().default('default'),
  CLICKHOUSE_PASSWORD: z.string().default('').describe('secret'),
  CLICKHOUSE_CA: z.string().default('').describe('PEM file of the authority that signed its certificate'),
  CLICKHOUSE_DATABASE: z.string().regex(/^\w+$/).default('ati'),
  ATI_ENGINE_PORT: port(8123).describe('port of the embedded engine'),
  ATI_ENGINE_FSYNC: z.stringbool().default(false).describe('fsync every insert of the embedded engine'),
  ATI_ENGINE_MAX_BODY_BYTES: positive(256 << 20).describe('greatest insert into the engine, decompressed'),
  ATI_TTL_DAYS: wholeNumber(1, MAX_RETENTION_DAYS).default(30).describe('how long ClickHouse keeps rows'),

  ATI_INGEST_PORT: port(4318).describe('OTLP/HTTP'),
  ATI_API_PORT: port(8001).describe('query API'),
  ATI_PROCESSOR_PORT: port(8002).describe('/live /ready /metrics of the processor'),
  ATI_SINK_PORT: port(8003).describe('/live /ready /metrics of the sink'),
  ATI_AGENT_PORT: port(8080).describe('synthetic agent app'),
  ATI_SECOND_AGENT_PORT: port(8082).describe('the agent app of the second mesh'),
  ATI_TOOL_PORT: port(8081).describe('synthetic tool service'),

  ATI_MAX_BODY_BYTES: positive(8 << 20).describe('greatest OTLP request body, compressed or not'),
  ATI_MAX_SPANS_PER_REQUEST: positive(50_000),
  ATI_MAX_ATTRIBUTES_PER_SPAN: positive(128),
  ATI_MAX_IN_FLIGHT_BYTES: positive(64 << 20).describe('bytes accepted and not yet on the log before 503'),
  ATI_INGEST_BYTES_PER_SECOND: wholeNumber(0)
    .default(0)
    .describe('of decompressed bodies a tenant may send, 429 beyond; 0: no limit'),
  ATI_API_REQUESTS_PER_MINUTE: wholeNumber(0)
    .default(6_000)
    .describe('of a token, or of an address without one, 429 beyond; 0: no limit'),
  ATI_SALT: z
    .string()
    .default('')
    .describe('secret; the same on every ingest, to hash alike; default: a salt kept in the data directory'),
  ATI_ALLOW_ATTRIBUTES: list.describe('attribute keys kept beside the built-in allowlist'),

  ATI_OTLP_TRACES_TOPICS: list.describe(
    "Kafka topics where a Collector's Kafka exporter (encoding otlp_proto) writes traces: otlp_spans,…",
  ),
  ATI_OTLP_METRICS_TOPICS: list.describe('the same for metrics: otlp_metrics,…'),
  ATI_OTLP_LOGS_TOPICS: list.describe('the same for logs: otlp_logs,…'),
  ATI_ALLOW_LOG_BODIES: z
    .stringbool()
    .default(false)
    .describe('true: keep the bodies of log records, which are content'),

  ATI_TICKS: z
    .stringbool()
    .default(true)
    .describe('false: whoever writes ati.spans writes the ticks of idle partitions too (virtual time)'),
  ATI_WORKERS: positive(WORKERS).describe(
    'worker threads of the processor (default: half as many as the machine has processors)',
  ),
  ATI_QUIET_GAP_MS: positive(6_000).describe('a rooted trace closes this long after its last span'),
  ATI_HARD_CAP_MS: positive(300_000).describe('a trace without a root closes after this long'),
  ATI_REOPEN_MS: positive(10_000).describe('late spans re-open a closed trace for this long'),
  ATI_WINDOW_MS: positive(60_000),
  ATI_WINDOW_HOP_MS: positive(10_000),
  ATI_WINDOW_GRACE_MS: positive(30_000).describe(
    'a window settles this long after its end: 2 x quiet gap + re-opening + what exporters wait, or late spans change it',
  ),
  ATI_DETECTORS: z
    .string()
    .default('{}')
    .transform((text, context): Record<string, unknown> => {
      try {
        const value: unknown = JSON.parse(text);
        if (typeof value === 'object' && value !== null && !Array.isArray(value))
          return value as Record<string, unknown>;
      } catch {
        // reported below, in one place
      }
      context.addIssue({
        code: 'custom',
        message:
          'must be a JSON object of thresholds by detector, such as {"retry_storm":{"minRetriedCalls":5}}',
      });
      return z.NEVER;
    })
    .describe('thresholds by detector, JSON: {"retry_storm":{"minRetriedCalls":5}}'),

  SERVICE_NAME: z.string().min(1).default('synthetic-agent-app').describe('service.name of the agent app'),
  AGENT_NAME: z
    .string()
    .default('')
    .describe('prefix of agent names, so that several meshes run side by side'),
  ATI_SECOND_AGENT_NAME: z.string().min(1).default('second').describe('AGENT_NAME of the second mesh'),
  TOOL_DELAY_MS: wholeNumber(0, 60_000).default(80).describe('latency of a tool call'),
  TOOL_ERROR_RATE: number(0, 1).default(0).describe('share of tool calls that fail'),
  TOOL_SERVICE_URL: z.string().default('').describe('default: the tool service on ATI_TOOL_PORT'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.string().default('').describe('default: the ingest on ATI_INGEST_PORT'),
  ATI_EXPORT_DELAY_MS: positive(200).describe('how often the synthetic agents export their spans and logs'),
  ATI_METRICS_INTERVAL_MS: positive(10_000).describe('how often they export their metrics'),

  ATI_MIGRATE: z
    .stringbool()
    .default(true)
    .describe(
      'the sink applies the migrations at its start; false: it refuses to start when they are missing',
    ),
  ATI_SINK_BATCH_ROWS: positive(50_000),
  ATI_SINK_BATCH_BYTES: positive(40 << 20).describe(
    'of rows and their records; each of the five projections holds two batches at most while ClickHouse is away',
  ),
  ATI_SINK_TIMEOUT_MS: positive(30_000).describe(
    'an insert without a sign of life from ClickHouse for so long is tried again',
  ),
  ATI_SINK_FLUSH_MS: positive(500).describe(
    'a smaller batch is written after this long; after four times as long where rows come fast',
  ),
});

export type Config = z.output<typeof schema>;

export type ConfigResult = { ok: true; config: Config } | { ok: false; message: string };

/** A rule over several variables: what is wrong, or undefined. It sees only those that are right by themselves. */
type Rule = (config: Partial<Config>) => string | undefined;

const below = (a: keyof Config, b: keyof Config): Rule => {
  return (config) => {
    const [low, high] = [Number(config[a]), Number(config[b])];
    return low >= high ? `${a}: must be less than ${b} (${high}), not ${low}` : undefined;
  };
};

const both = (a: keyof Config, b: keyof Config): Rule => {
  return (config) => {
    const [set, unset] = config[a] === '' ? [b, a] : [a, b];
    return config[set] !== undefined && config[set] !== '' && config[unset] === ''
      ? `${unset}: must be set together with ${set}`
      : undefined;
  };
};

/** `name` means something only where `needed` is given; `given` tells whether it is. */
const onlyWith = (name: keyof Config, needed: string, given: (config: Partial<Config>) => boolean): Rule => {
  return (config) => {
    const value = config[name];
    const isSet = value !== undefined && value !== '' && value !== false;
    return isSet && !given(config) ? `${name}: needs ${needed}` : undefined;
  };
};
/** The embedded broker speaks neither TLS nor SASL. */
const ownKafka = ({ KAFKA_BROKERS: brokers }: Partial<Config>) => brokers === undefined || brokers.length > 0;
const overTls = ({ KAFKA_SSL: ssl }: Partial<Config>) => ssl !== false;
const withSasl = ({ KAFKA_SASL_MECHANISM: mechanism }: Partial<Config>) => mechanism !== '';

/** Of every service: no two may be equal. */
export const PORT_VARIABLES = [
  'ATI_BROKER_PORT',
  'ATI_ENGINE_PORT',
  'ATI_INGEST_PORT',
  'ATI_API_PORT',
  'ATI_PROCESSOR_PORT',
  'ATI_SINK_PORT',
  'ATI_AGENT_PORT',
  'ATI_SECOND_AGENT_PORT',
  'ATI_TOOL_PORT',
] as const satisfies readonly (keyof Config)[];

const RULES: readonly Rule[] = [
  ({ ATI_WINDOW_MS: window, ATI_WINDOW_HOP_MS: hop }) =>
    window !== undefined && hop !== undefined && window % hop !== 0
      ? `ATI_WINDOW_MS: must be a multiple of ATI_WINDOW_HOP_MS (${hop}), not ${window}`
      : undefined,
  (config) => {
    const { ATI_LOG_RETENTION_HOURS: hours } = config;
    // A restart reads an open trace, and the windows that wait for it, from the log again; twice that, as retention is rough.
    const least = Math.ceil((2 * reachMs(config)) / 3_600_000);
    return hours !== undefined && hours < least
      ? `ATI_LOG_RETENTION_HOURS: must be at least ${least}, twice what ATI_HARD_CAP_MS and the windows reach back, not ${hours}`
      : undefined;
  },
  both('ATI_TLS_CERT', 'ATI_TLS_KEY'),
  both('KAFKA_SSL_CERT', 'KAFKA_SSL_KEY'),
  onlyWith('KAFKA_SSL', 'KAFKA_BROKERS', ownKafka),
  onlyWith('KAFKA_SSL_CA', 'KAFKA_SSL=true', overTls),
  onlyWith('KAFKA_SSL_CERT', 'KAFKA_SSL=true', overTls),
  onlyWith('KAFKA_SASL_MECHANISM', 'KAFKA_BROKERS', ownKafka),
  onlyWith('KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', (config) => config.KAFKA_SASL_USERNAME !== ''),
  onlyWith('KAFKA_SASL_MECHANISM', 'KAFKA_SASL_PASSWORD', (config) => config.KAFKA_SASL_PASSWORD !== ''),
  onlyWith('KAFKA_SASL_USERNAME', 'KAFKA_SASL_MECHANISM', withSasl),
  onlyWith('KAFKA_SASL_PASSWORD', 'KAFKA_SASL_MECHANISM', withSasl),
  onlyWith(
    'CLICKHOUSE_CA',
    'CLICKHOUSE_URL=https://…',
    ({ CLICKHOUSE_URL: url }) => url === undefined || url.startsWith('https:'),
  ),
  below('ATI_QUIET_GAP_MS', 'ATI_HARD_CAP_MS'),
  below('ATI_REOPEN_MS', 'ATI_HARD_CAP_MS'),
  (config) => {
    const taken = PORT_VARIABLES.find(
      (name, at) =>
        config[name] !== undefined &&
        PORT_VARIABLES.some((other, i) => i < at && config[other] === config[name]),
    );
    return taken && `${taken}: another service has port ${String(config[taken])} too`;
  },
];

/** How far behind the log's end a consumer may have to start, in ms; 0 for what is not known. */
function reachMs(config: Partial<Config>): number {
  const { ATI_HARD_CAP_MS: cap = 0, ATI_REOPEN_MS: reopen = 0 } = config;
  const { ATI_WINDOW_MS: window = 0, ATI_WINDOW_GRACE_MS: grace = 0 } = config;
  return cap + reopen + window + grace;
}

/** An address of this machine alone, by its name: nothing is looked up. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Reads the configuration; on failure `message` names every wrong variable, one a line. */
export function readConfig(env: Record<string, string | undefined>): ConfigResult {
  const values: Record<string, unknown> = {};
  const wrong: string[] = [];
  for (const [name, type] of Object.entries(schema.shape)) {
    // An empty variable (`KAFKA_BROKERS=`) means unset, as in Compose files.
    const parsed = type.safeParse(env[name] === '' ? undefined : env[name]);
    if (parsed.success) values[name] = parsed.data;
    else wrong.push(...parsed.error.issues.map((issue) => `${name}: ${issue.message}`));
  }
  for (const rule of RULES) {
    const reason = rule(values);
    if (reason !== undefined) wrong.push(reason);
  }
  if (wrong.length === 0) return { ok: true, config: values as Config };
  return { ok: false, message: `configuration is wrong:\n${wrong.map((line) => `  ${line}`).join('\n')}` };
}

/** For logs: the configuration with its secrets replaced. */
export function redacted(config: Config): Record<string, unknown> {
  const secret = (value: string) => (value === '' ? '' : '[redacted]');
  return {
    ...config,
    CLICKHOUSE_PASSWORD: secret(config.CLICKHOUSE_PASSWORD),
    KAFKA_SASL_PASSWORD: secret(config.KAFKA_SASL_PASSWORD),
    ATI_SALT: secret(config.ATI_SALT),
    ATI_TOKEN: secret(config.ATI_TOKEN),
  };
}
