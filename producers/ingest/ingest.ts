/** The ingest as a whole: the HTTP service, the way to the log, when it is ready, how it stops. */
import type { FastifyInstance } from 'fastify';
import type { Access } from '#infra/access/access.ts';
import type { Config } from '#infra/config.ts';
import { UserError } from '#infra/errors.ts';
import { type Readiness, registerOps } from '#infra/http.ts';
import { ClockCheck } from '#infra/kafka/clock-check.ts';
import type { Producer } from '#infra/kafka/port.ts';
import type { Logger } from '#infra/log.ts';
import { metrics } from '#infra/metrics.ts';
import type { Tls } from '#infra/tls.ts';
import { topicName } from '#infra/topics.ts';
import { buildApp } from './app.ts';
import { Batcher } from './batcher.ts';
import { ByteBudget } from './budget.ts';
import { Gate } from './gate.ts';
import { LogHealth } from './log-health.ts';
import { observeDenials, observeRequests } from './observe.ts';
import { ByteRate } from './rate-limit.ts';
import type { Door, Observer } from './receive.ts';
import { RECORD_OF } from './records.ts';
import { type Refusal, unavailable } from './refusal.ts';
import { type BySignal, bySignal, SIGNALS, type Signal } from './signals.ts';
import { requestSplitters } from './split-request.ts';
import type { TenantHashes } from './tenant-hashes.ts';
import { Throttle } from './throttle.ts';

/** Of one send, and so of one record: Kafka brokers take 1 MiB by default. */
const MAX_BATCH_BYTES = 512 << 10;
/** Spans, data points or log records of one send. */
const MAX_BATCH_ITEMS = 10_000;
const LINGER_MS = 2;
/** Exporters give up after 10 s by default: they are told before that. */
const ACK_TIMEOUT_MS = 8_000;
const PING_MS = 2_000;
/** At most one line per tenant in this time. */
const PREPARE_LOG_MS = 10_000;
/** Bodies being decompressed at once: each may grow to the greatest body before its size is known. */
const DECOMPRESSIONS = 2;
/** What requests in flight get when the ingest stops; a stage of the lifecycle takes 10 s. */
const DRAIN_MS = 9_000;

export interface IngestOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly producer: Pick<Producer, 'send'>;
  /** True when a broker answers. */
  ping(): Promise<boolean>;
  readonly access: Access;
  readonly tls?: Tls;
  readonly hashes: TenantHashes;
  /** Unix milliseconds; this clock drives traces and windows. */
  now(): number;
}

export interface Ingest {
  /** Not listening yet. */
  readonly app: FastifyInstance;
  /** What a request of each signal passes; other doors share their batches and their bound. */
  readonly doors: BySignal<Door>;
  ready(): Readiness;
  /** Adds to what readiness depends on: `reason` gives why this ingest must not be ready, if so. */
  alsoReady(reason: () => string | undefined): void;
  /** Refuses what is new, answers what is in flight, closes every connection. */
  drain(): Promise<void>;
  /** Resolves when nothing is on its way to the log any more. */
  flush(): Promise<void>;
}

/** Throws a UserError for limits that contradict each other. */
export function buildIngest(options: IngestOptions): Ingest {
  const { config, log, now } = options;
  const total = config.ATI_MAX_IN_FLIGHT_BYTES;
  const maxBodyBytes = config.ATI_MAX_BODY_BYTES;
  if (maxBodyBytes > total)
    throw new UserError('ATI_MAX_IN_FLIGHT_BYTES must be at least ATI_MAX_BODY_BYTES: no body could pass');

  const clock = new ClockCheck();
  const health = new LogHealth();
  const budget = new ByteBudget(total, Math.max(maxBodyBytes, Math.floor(total / 2)));
  const batchers = bySignal((signal) => batcherOf(signal, options, clock, health));
  let draining = false;
  const shared = {
    budget,
    rate: new ByteRate(config.ATI_INGEST_BYTES_PER_SECOND, now),
    decompressing: new Gate(DECOMPRESSIONS),
    maxBodyBytes,
    observer: withHealth(observeRequests(log, now), health, now),
    draining: () => draining,
  };
  const splitters = requestSplitters({
    partitions: config.ATI_PARTITIONS,
    maxItems: config.ATI_MAX_SPANS_PER_REQUEST,
    maxAttributes: config.ATI_MAX_ATTRIBUTES_PER_SPAN,
    maxPartBytes: MAX_BATCH_BYTES,
    allowAttributes: config.ATI_ALLOW_ATTRIBUTES,
    allowBodies: config.ATI_ALLOW_LOG_BODIES,
    hashOf: options.hashes.hashOf,
  });
  const doors = bySignal(
    (signal): Door => ({ ...shared, signal, batcher: batchers[signal], split: splitters[signal] }),
  );

  const more: (() => string | undefined)[] = [];
  const ready = (): Readiness => {
    const reasons = [draining ? 'shutting down' : undefined, health.reason(now()), clock.reason(now())];
    reasons.push(...more.map((reason) => reason()));
    const known = reasons.filter((reason) => reason !== undefined);
    return { ok: known.length === 0, reasons: known };
  };
  const app = buildApp({
    doors,
    access: options.access,
    tls: options.tls,
    prepare: preparer(options),
    onDenied: observeDenials(log, now),
    onBug: (error) => logBug(log, error),
  });
  registerOps(app, { ready });
  const watch = watchLog(options.ping, health, budget);
  app.addHook('onClose', async () => clearInterval(watch));

  return {
    app,
    doors,
    ready,
    alsoReady: (reason) => void more.push(reason),
    async drain() {
      draining = true;
      const late = setTimeout(() => app.server.closeAllConnections(), DRAIN_MS);
      await app.close();
      clearTimeout(late);
    },
    async flush() {
      await Promise.all(Object.values(batchers).map((batcher) => batcher.flush()));
    },
  };
}

function batcherOf(
  signal: Signal,
  { config, producer, now }: IngestOptions,
  clock: ClockCheck,
  health: LogHealth,
): Batcher {
  const topic = topicName(SIGNALS[signal].topic, config.ATI_TOPIC_PREFIX);
  return new Batcher({
    async send(records) {
      const acks = await producer.send(topic, records);
      if (signal === 'traces') metrics.batchesProduced.inc(records.length);
      else metrics.telemetryBatchesProduced.inc({ signal }, records.length);
      return acks;
    },
    now,
    maxBytes: MAX_BATCH_BYTES,
    maxItems: MAX_BATCH_ITEMS,
    recordOf: RECORD_OF[signal],
    lingerMs: LINGER_MS,
    ackTimeoutMs: ACK_TIMEOUT_MS,
    onAck(acks, sentAt, answeredAt) {
      health.acknowledged();
      clock.compare(acks, sentAt, answeredAt);
      metrics.clockDifference.set(clock.differenceMs);
    },
  });
}

/** A salt that cannot be made (a full disk) or used is ours to mend: the client may send the same again. */
function preparer({ hashes, log, now }: IngestOptions): (tenant: string) => Promise<Refusal | undefined> {
  const throttle = new Throttle(PREPARE_LOG_MS);
  return async (tenant) => {
    try {
      await hashes.prepare(tenant);
      return undefined;
    } catch (error) {
      metrics.requests.inc({ code: 503 });
      const unlogged = throttle.pass(tenant, now());
      if (unlogged !== undefined)
        log.error({ err: error, tenant, unlogged }, 'the salt of a tenant cannot be used');
      return unavailable('this tenant cannot be served now', 5);
    }
  };
}

/** Asks for a broker every two seconds, one question at a time. */
function watchLog(ping: () => Promise<boolean>, health: LogHealth, budget: ByteBudget): NodeJS.Timeout {
  let asking = false;
  const ask = async () => {
    asking = true;
    health.reached(await ping().catch(() => false));
    asking = false;
  };
  return setInterval(() => {
    metrics.bytesInFlight.set(budget.inFlight);
    if (!asking) void ask();
  }, PING_MS);
}

/** A request that the log has not acknowledged says something about the log, too. */
function withHealth(observer: Observer, health: LogHealth, now: () => number): Observer {
  return {
    accepted: (signal, split) => observer.accepted(signal, split),
    refused(signal, refusal, bytes) {
      if (refusal.cause !== undefined) health.failed(refusal.cause.message, now());
      observer.refused(signal, refusal, bytes);
    },
  };
}

/** Where it happened, without the message: that might quote the request. */
function logBug(log: Logger, error: Error): void {
  const at = error.stack?.split('\n').filter((line) => /^\s+at /.test(line));
  log.error({ type: error.name, at }, 'a request failed because of a bug');
}
