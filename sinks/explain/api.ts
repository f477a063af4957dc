/** What `npm run explain` asks of the query API. */
import { z } from 'zod';
import { traceDetail } from '../api/trace-json.ts';
import { type Answer, ask, parsed } from '../ask-api.ts';
import type { Trace } from './view.ts';

export type { Answer } from '../ask-api.ts';

const traceList = z.object({ traces: z.array(z.object({ traceId: z.string() })) });

export interface TraceAnswer {
  readonly trace: Trace;
  /** The body as it came. */
  readonly text: string;
}

/** A trace without its spans; `missing` where none of its spans is known. */
export async function askTrace(base: string, id: string): Promise<Answer<TraceAnswer>> {
  const answer = await ask(base, `/v1/traces/${id}?spans=0`, { missing: /^no trace / });
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
