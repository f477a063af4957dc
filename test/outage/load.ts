/** An open-loop load of whole traces on the ingest: each is posted once, and what was answered is kept. */
import { setTimeout as wait } from 'node:timers/promises';
import { encodeTraces, type OtlpSpan, type OtlpValue } from '#schemas/otlp/write.ts';
import {
  chainTrace,
  exportOf,
  fanoutTrace,
  healthyTrace,
  type MadeTrace,
  retryTrace,
} from '../support/workload.ts';

/** What became of one export. */
export interface Answer {
  /** When it was sent, of `performance.now()`. */
  readonly at: number;
  /** 0: none came. */
  readonly status: number;
  readonly retryAfter: string | null;
  readonly ms: number;
  readonly spans: number;
}

export interface Load {
  readonly answers: readonly Answer[];
  /** Ids of the spans that were acknowledged. */
  readonly acknowledged: ReadonlySet<string>;
  /** Collapsing fan-outs whose agents nobody else has: an incident each. By the end of their agents' names. */
  readonly planted: ReadonlyMap<string, number>;
  /** Ends the arrivals and waits for the answers. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly ingestUrl: string;
  readonly tracesPerSecond: number;
  /** Every so many seconds one of them is a new incident; 0: none. */
  readonly plantEveryS: number;
}

const KINDS: readonly ((name: string, startMs: number) => MadeTrace)[] = [
  healthyTrace,
  (name, at) => fanoutTrace(name, at),
  healthyTrace,
  (name, at) => chainTrace(name, at),
  healthyTrace,
  (name, at) => retryTrace(name, at),
];
/** Longer than any answer may take. */
const PATIENCE_MS = 60_000;

export function startLoad({ ingestUrl, tracesPerSecond, plantEveryS }: LoadOptions): Load {
  const answers: Answer[] = [];
  const acknowledged = new Set<string>();
  const planted = new Map<string, number>();
  const ended = new AbortController();
  const running = new Set<Promise<void>>();
  const run = `outage-${process.pid}-${Date.now()}`;

  const send = async (spans: readonly OtlpSpan[]) => {
    const answer = await post(`${ingestUrl}/v1/traces`, encodeTraces(exportOf(spans)), spans.length);
    answers.push(answer);
    if (answer.status === 200) for (const { spanId } of spans) acknowledged.add(String(spanId));
    return answer;
  };
  const arrive = async (number: number) => {
    const plant = plantEveryS > 0 && number % Math.max(1, Math.round(plantEveryS * tracesPerSecond)) === 0;
    const name = `${run}-${number}`;
    if (!plant) return void (await send(KINDS[number % KINDS.length](name, Date.now() - 2_000).spans));
    const { status, at } = await send(renamed(fanoutTrace(name, Date.now() - 2_000).spans, letters(number)));
    if (status === 200) planted.set(letters(number), at);
  };
  const loop = (async () => {
    const began = performance.now();
    for (let number = 0; !ended.signal.aborted; number++) {
      const sending = arrive(number).finally(() => running.delete(sending));
      running.add(sending);
      const next = began + ((number + 1) * 1_000) / tracesPerSecond - performance.now();
      if (next > 0) await wait(next, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  })();
  return {
    answers,
    acknowledged,
    planted,
    async stop() {
      ended.abort();
      await loop;
      await Promise.all(running);
    },
  };
}

async function post(url: string, body: Uint8Array, spans: number): Promise<Answer> {
  const at = performance.now();
  const answer = (status: number, retryAfter: string | null) => ({
    ...{ at, status, retryAfter, spans },
    ms: performance.now() - at,
  });
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: new Uint8Array(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    await response.arrayBuffer();
    return answer(response.status, response.headers.get('retry-after'));
  } catch {
    return answer(0, null); // which is the answer
  }
}

/** The same spans with agents of their own. */
function renamed(spans: readonly OtlpSpan[], suffix: string): OtlpSpan[] {
  return spans.map((span) => {
    const attributes = Object.entries(span.attributes ?? {}).map(([key, value]): [string, OtlpValue] => [
      key,
      key === 'gen_ai.agent.name' ? `${value}-${suffix}` : value,
    ]);
    return { ...span, attributes };
  });
}

/** A number in letters alone: digits in names may be taken for ids. */
export function letters(number: number): string {
  return [...number.toString()].map((digit) => 'ghijklmnop'[Number(digit)]).join('');
}
