import { setTimeout as wait } from 'node:timers/promises';
import { until } from '#infra/testing/until.ts';
import { encodeTraces, type OtlpTraces } from '#schemas/otlp/write.ts';

/** Sends one export of spans until it is acknowledged: see `postUntilAcknowledged`. */
export async function exportUntilAcknowledged(
  endpoint: string,
  traces: OtlpTraces,
  deadlineMs = 60_000,
): Promise<void> {
  await postUntilAcknowledged(`${endpoint}/v1/traces`, encodeTraces(traces), deadlineMs);
}

/**
 * Posts one OTLP message until it is acknowledged, as an SDK's exporter does: 429, 502, 503, 504 and a lost connection
 * are tried again (the same bytes), anything else is final.
 */
export async function postUntilAcknowledged(
  url: string,
  body: Uint8Array,
  deadlineMs = 60_000,
): Promise<void> {
  const deadline = AbortSignal.timeout(deadlineMs);
  for (;;) {
    let status = 0;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
        body: new Uint8Array(body),
        signal: AbortSignal.any([deadline, AbortSignal.timeout(10_000)]),
      });
      const answer = Buffer.from(await response.arrayBuffer());
      status = response.status;
      if (status === 200) {
        if (!WHOLE.includes(answer.toString('hex'))) throw new Error('the export was accepted in part only');
        return;
      }
    } catch (error) {
      if (deadline.aborted || !isTransport(error)) throw error;
    }
    if (status !== 0 && ![429, 502, 503, 504].includes(status)) throw new Error(`export answered ${status}`);
    await wait(50, undefined, { signal: deadline });
  }
}

/** Nothing, or as a Collector says it: a partial success in which nothing was rejected. */
const WHOLE = ['', '0a00'];

/** fetch reports a refused or cut connection as a TypeError, our own limit of one try as a TimeoutError. */
function isTransport(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError');
}

/** Waits for what a whole installation does: it has a minute, and is asked ten times a second. */
export function eventually<T>(
  what: string,
  look: () => Promise<T | undefined>,
  deadlineMs = 60_000,
): Promise<T> {
  return until(what, look, deadlineMs, 100);
}
