/** Asks the API over HTTP, and says how long it took. */
import { performance } from 'node:perf_hooks';
import type { Question } from './questions.ts';
import { type Read, type Recorder, readOf } from './recorder.ts';

export interface Limits {
  /** Askings of one question. */
  readonly most: number;
  /** Ms for one question. */
  readonly withinMs: number;
}

/** Milliseconds of each asking, one after the other, after one that does not count. Throws where an answer is not 200. */
export async function times(apiUrl: string, question: Question, limits: Limits): Promise<number[]> {
  await ask(apiUrl, question.path(0));
  const taken: number[] = [];
  const deadline = performance.now() + limits.withinMs;
  for (let nth = 1; nth <= limits.most && (taken.length < 3 || performance.now() < deadline); nth++) {
    const start = performance.now();
    await ask(apiUrl, question.path(nth));
    taken.push(performance.now() - start);
  }
  return taken;
}

async function ask(apiUrl: string, path: string): Promise<void> {
  const answer = await fetch(`${apiUrl}${path}`);
  const body = await answer.text();
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${body.slice(0, 500)}`);
}

/** Rows and bytes that one asking reads, through an API whose ClickHouse is `recorder`. */
export async function reads(
  apiUrl: string,
  question: Question,
  recorder: Recorder,
  engineUrl: string,
): Promise<Read & { readonly statements: number }> {
  recorder.take();
  await ask(apiUrl, question.path(1));
  const statements = recorder.take();
  let [rows, bytes] = [0, 0];
  for (const statement of statements) {
    const read = await readOf(engineUrl, statement);
    rows += read.rows;
    bytes += read.bytes;
  }
  return { rows, bytes, statements: statements.length };
}
