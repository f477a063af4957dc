/** What the trace alone reveals: each question with its answer and its picture. */
import type { InsightKind } from '#schemas/events.ts';
import { clean, wrap } from './text.ts';
import { timelineLines } from './timeline.ts';
import type { Insight, View } from './view.ts';

/** Each kind as the question that `found` answers with yes or no. */
export const QUESTIONS: Readonly<Record<InsightKind, string>> = {
  straggler: 'Did one straggler delay the batch?',
  chain: 'Do many small steps in a row make the time?',
  retries: 'Were calls tried again?',
  critical_path: 'Did the join wait for one branch while others were done?',
  steps: 'Did a loop make the time: by its count of steps, or by slow ones?',
  human: 'Was a person waited for?',
  payload: 'Do larger payloads take longer?',
  stream: 'Did background work stall the stream?',
};

/** Rows of a timeline; one under the answer `no` is an example only. */
const MOST_ROWS = { yes: 12, no: 4 };

/** A newer ATI may ask what this one does not know. */
const questionOf = (kind: string) =>
  Object.hasOwn(QUESTIONS, kind) ? QUESTIONS[kind as InsightKind] : `${clean(kind).replaceAll('_', ' ')}?`;

/** The answers, each with its timeline within `wholeMs`; those that say no are shorter. */
export function insightLines(insights: readonly Insight[], wholeMs: number, view: View): string[] {
  const { colours } = view;
  if (insights.length === 0)
    return [colours.bold('Insights: none; the shape of this trace raises no question')];
  return insights.flatMap(({ kind, found, answer, timeline }, i) => [
    ...(i === 0 ? [] : ['']),
    `${found ? colours.green('✔') : colours.dim('–')} ${colours.bold(questionOf(kind))}`,
    ...wrap(clean(answer), view.width - 2).map((line) => `  ${line}`),
    ...timelineLines(timeline, { wholeMs, most: found ? MOST_ROWS.yes : MOST_ROWS.no }, view),
  ]);
}
