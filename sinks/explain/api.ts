/** The query API, asked over HTTP. Answers and failures are values. */
import { z } from 'zod';
import { causeOf } from '#infra/errors.ts';
import { traceDetail } from '../api/trace-json.ts';
import type { Trace } from './view.ts';

/** Longer than the API lets a query run. */
const TIMEOUT_MS = 15_000;

const traceList = z.object({ traces: z.array(z.object({ traceId: z.string() })) });

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly missing: boolean; readonly reason: string };

export interface TraceAnswer {
  readonly trace: Trace;
  /** The body as it came. */
  readonly text: string;
}

/** What is at a URL of the API: JSON, that there is nothing, or why it cannot be said. */
async function ask(base: string, path: string): Promise<Answer<{ text: string; json: unknown }>> {
  const fail = (reason: string, missing = false) => ({ ok: false, missing, reason }) as const;
  const other = `${base} is not ATI's query API`;
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${base}${path}`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    text = await response.text();
  } catch (error) {
    return fail(
      `ATI's query API does not answer at ${base} (${causeOf(error)}): is ATI running? npm start, or --api URL`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return fail(`${other}: it answered ${response.status}, and no JSON`);
  }
  if (response.ok) return { ok: true, value: { text, json } };
  const said = errorOf(json);
  if (said === undefined) return fail(`${other}: it answered ${response.status}`);
  if (response.status !== 404) return fail(`the API at ${base} says: ${said}`);
  return /^no trace /.test(said) ? fail(said, true) : fail(`${other}: ${said}`);
}

/** The message of `{ error: { code, message } }`, as the API gives each of its errors. */
function errorOf(json: unknown): string | undefined {
  const error = typeof json === 'object' && json !== null && 'error' in json ? json.error : undefined;
  if (typeof error !== 'object' || error === null || !('message' in error)) return undefined;
  return typeof error.message === 'string' ? error.message : undefined;
}

function parsed<T>(base: string, type: z.ZodType<T>, json: unknown): Answer<T> {
  const result = type.safeParse(json);
  if (result.success) return { ok: true, value: result.data };
  const where = result.error.issues[0].path.join('.');
  return {
    ok: false,
    missing: false,
    reason: `${base} is an ATI of another version: ${where} is not as expected`,
  };
}

/** A trace without its spans; `missing` where none of its spans is known. */
export async function askTrace(base: string, id: string): Promise<Answer<TraceAnswer>> {
  const answer = await ask(base, `/v1/traces/${id}?spans=0`);
  if (!answer.ok) return answer;
  const trace = parsed(base, traceDetail, answer.value.json);
  return trace.ok ? { ok: true, value: { trace: trace.value, text: answer.value.text } } : trace;
}

/** Id of the trace that started last of those that have closed; `missing` where none has. */
export async function askNewest(base: string): Promise<Answer<string>> {
  const answer = await ask(base, '/v1/traces?limit=1');
  if (!answer.ok) return answer;
  const list = parsed(base, traceList, answer.value.json);
  if (!list.ok) return list;
  const [newest] = list.value.traces;
  return newest === undefined
    ? { ok: false, missing: true, reason: 'no trace has closed yet' }
    : { ok: true, value: newest.traceId };
}
