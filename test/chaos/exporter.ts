/** Sends an OTLP export as an OpenTelemetry exporter does: again while the answer says so or no answer comes. */
import { setTimeout as wait } from 'node:timers/promises';

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 5_000;
const ATTEMPT_MS = 10_000;
/** The Collector's default: `retry_on_failure.max_elapsed_time`. */
const GIVE_UP_MS = 300_000;
const TRY_AGAIN = [429, 502, 503, 504];
/** No answer body, or a partial success in which nothing was rejected. */
const WHOLE = ['', '0a00'];

export type Exported =
  | { readonly ok: true; readonly attempts: number }
  | { readonly ok: false; readonly reason: string };

export interface Attempts {
  /** Of each attempt: the status, or 0 without an answer. */
  onAnswer(status: number): void;
  /** From 0 to 1, for the jitter of the delays. */
  chance(): number;
}

/** Resolves when it is acknowledged, refused for good or given up. */
export async function exportSpans(
  url: string,
  otlp: Uint8Array,
  { onAnswer, chance }: Attempts,
): Promise<Exported> {
  const began = performance.now();
  let delayMs = FIRST_DELAY_MS;
  for (let attempts = 1; ; attempts++) {
    const answer = await post(url, otlp);
    onAnswer(answer.status);
    if (answer.status === 200)
      return WHOLE.includes(answer.body)
        ? { ok: true, attempts }
        : { ok: false, reason: 'some of its spans were rejected' };
    if (answer.status !== 0 && !TRY_AGAIN.includes(answer.status))
      return { ok: false, reason: `answered ${answer.status}` };
    if (performance.now() - began > GIVE_UP_MS) return { ok: false, reason: 'given up after five minutes' };
    const asked = Math.min(answer.retryAfterMs, LONGEST_DELAY_MS);
    await wait(Math.max(asked, delayMs * (0.5 + chance())));
    delayMs = Math.min(delayMs * 1.5, LONGEST_DELAY_MS);
  }
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly retryAfterMs: number;
}

async function post(url: string, otlp: Uint8Array): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: new Uint8Array(otlp),
      signal: AbortSignal.timeout(ATTEMPT_MS),
    });
    const body = Buffer.from(await response.arrayBuffer()).toString('hex');
    const retryAfterMs = Number(response.headers.get('retry-after') ?? 0) * 1_000;
    return { status: response.status, body, retryAfterMs };
  } catch (error) {
    // A connection that was refused or cut, or our own limit of one attempt.
    const lost =
      error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError');
    if (!lost) throw error;
    return { status: 0, body: '', retryAfterMs: 0 };
  }
}
