/** A steady open-loop load: traces to the ingest, and readers at the query API. */
import { setTimeout as wait } from 'node:timers/promises';
import { encodeTraces } from '#schemas/otlp/write.ts';
import { postUntilAcknowledged } from '../support/otlp-client.ts';
import {
  chainTrace,
  exportOf,
  fanoutTrace,
  healthyTrace,
  type MadeTrace,
  retryTrace,
} from '../support/workload.ts';

export interface Load {
  /** Spans that the ingest has acknowledged. */
  readonly acknowledged: number;
  readonly traces: number;
  /** Answers of the query API, and how many of them were no success. */
  readonly reads: number;
  readonly failedReads: number;
  /** Ends the arrivals and waits for what is on its way; throws what failed. */
  stop(): Promise<void>;
}

const KINDS: readonly ((name: string, startMs: number) => MadeTrace)[] = [
  healthyTrace,
  (name, at) => fanoutTrace(name, at),
  healthyTrace,
  (name, at) => chainTrace(name, at),
  healthyTrace,
  (name, at) => retryTrace(name, at),
];
const READS = [
  '/v1/incidents?limit=50',
  '/v1/traces?limit=20',
  '/v1/operations',
  { sql: 'SELECT count() AS spans FROM otel_traces FINAL' },
] as const;
const READ_EVERY_MS = 2_000;
/** Each subscriber to the incident stream goes away again, as browsers do. */
const SUBSCRIBED_MS = 5_000;

export function startLoad(at: {
  readonly ingestUrl: string;
  readonly apiUrl: string;
  readonly tracesPerSecond: number;
}): Load {
  const ended = new AbortController();
  const counts = { acknowledged: 0, traces: 0, reads: 0, failedReads: 0 };
  const failures: unknown[] = [];
  const running = new Set<Promise<void>>();
  const track = (work: Promise<void>) => {
    const tracked = work
      .catch((error: unknown) => void failures.push(error))
      .finally(() => running.delete(tracked));
    running.add(tracked);
  };

  const send = async (number: number) => {
    const { spans } = KINDS[number % KINDS.length](`soak-${process.pid}-${number}`, Date.now() - 2_000);
    await postUntilAcknowledged(
      `${at.ingestUrl}/v1/traces`,
      encodeTraces(exportOf(spans, `soak-${number % 5}`)),
    );
    counts.acknowledged += spans.length;
    counts.traces++;
  };
  const read = async (which: (typeof READS)[number]) => {
    const sql = typeof which === 'object';
    const response = await fetch(`${at.apiUrl}${sql ? '/v1/sql' : which}`, {
      signal: AbortSignal.timeout(60_000),
      ...(sql && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: which.sql }),
      }),
    });
    await response.arrayBuffer();
    counts.reads++;
    if (!response.ok) counts.failedReads++;
  };

  track(openLoop(1_000 / at.tracesPerSecond, ended.signal, (number) => track(send(number))));
  track(openLoop(READ_EVERY_MS, ended.signal, (number) => track(read(READS[number % READS.length]))));
  track(
    openLoop(SUBSCRIBED_MS, ended.signal, () =>
      track(subscribe(`${at.apiUrl}/v1/incidents/stream`, SUBSCRIBED_MS)),
    ),
  );
  return {
    get acknowledged() {
      return counts.acknowledged;
    },
    get traces() {
      return counts.traces;
    },
    get reads() {
      return counts.reads;
    },
    get failedReads() {
      return counts.failedReads;
    },
    async stop() {
      ended.abort();
      while (running.size > 0) await Promise.all(running);
      if (failures.length > 0)
        throw new AggregateError(failures, `${failures.length} requests failed: ${failures[0]}`);
    },
  };
}

/** Calls `start` at a fixed rate, whether or not what it started before has ended. */
async function openLoop(everyMs: number, ended: AbortSignal, start: (number: number) => void): Promise<void> {
  const began = performance.now();
  for (let number = 0; !ended.aborted; number++) {
    start(number);
    const next = began + (number + 1) * everyMs - performance.now();
    if (next > 0) await wait(next, undefined, { signal: ended }).catch(() => undefined);
  }
}

async function subscribe(url: string, forMs: number): Promise<void> {
  const gone = AbortSignal.timeout(forMs);
  try {
    const response = await fetch(url, { signal: gone });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    await response.arrayBuffer();
  } catch (error) {
    if (!gone.aborted) throw error;
  }
}
