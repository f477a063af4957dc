import { setTimeout as wait } from 'node:timers/promises';
import type { Finding } from '#schemas/events.ts';
import { openFindings, readTrace } from '../judge/read-back.ts';
import type { TraceAnswer } from '../judge/verdict.ts';

export interface Watched {
  readonly trace: TraceAnswer;
  /** Its findings whose incident is open. */
  readonly open: readonly Finding[];
}

export interface WatchOptions {
  readonly api: string;
  readonly traceId: string;
  readonly deadlineMs: number;
  /** Called for each thing that happens, in order. */
  readonly onEvent: (text: string) => void;
}

/** Follows a trace from its end until each of its findings has an open incident; undefined past the deadline. */
export async function watchTrace({
  api,
  traceId,
  deadlineMs,
  onEvent,
}: WatchOptions): Promise<Watched | undefined> {
  const deadline = performance.now() + deadlineMs;
  const known = new Set<string>();
  const once = (key: string, text: string) => {
    if (!known.has(key)) onEvent(text);
    known.add(key);
  };
  while (performance.now() < deadline) {
    const trace = await readTrace(api, traceId);
    if (trace !== undefined) once('seen', 'the first spans are stored');
    if (trace?.summary) {
      once('closed', `the trace is closed: ${trace.summary.spanCount} spans`);
      const open = await openFindings(api, trace);
      for (const { incidentId, kind, severity, agent } of open)
        once(incidentId, `incident ${kind} (${severity}) at ${agent}`);
      if (open.length === trace.findings.length) return { trace, open };
    }
    await wait(250);
  }
  return undefined;
}
