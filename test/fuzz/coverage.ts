/** Which code an input reaches that none before has: V8's precise block coverage, read through the inspector. */
import { Session } from 'node:inspector';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = pathToFileURL(path.resolve(import.meta.dirname, '../..')).href;
const OURS = /\/(schemas|infra|producers|processors|sinks)\//;

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}
interface ScriptCoverage {
  readonly url: string;
  readonly functions: readonly { readonly ranges: readonly Range[] }[];
}
type Span = readonly [from: number, to: number];

/** Functions that ran, each with the characters of it that did not. */
export type Reading = ReadonlyMap<string, readonly Span[]>;

/**
 * Reading takes about two milliseconds, so it is done for a batch of inputs, and again for its halves only where the
 * batch has reached something new. Counts start anew with each reading.
 */
export class Coverage {
  readonly #session = new Session();
  /** For each function that has run, the characters of it that have not. */
  readonly #missing = new Map<string, readonly Span[]>();
  /** Functions and blocks reached. */
  reached = 0;

  start(): void {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  stop(): void {
    this.#session.disconnect();
  }

  /** What ran since the reading before. */
  read(): Reading {
    const ran = new Map<string, readonly Span[]>();
    for (const { url, functions } of this.#take()) {
      if (!url.startsWith(ROOT) || !OURS.test(url)) continue;
      for (const { ranges } of functions) {
        const [{ startOffset, endOffset, count }] = ranges;
        if (count > 0) ran.set(`${url}:${startOffset}:${endOffset}`, notRun(ranges));
      }
    }
    return ran;
  }

  /** Whether something ran that is not known to have run before. */
  isNew(reading: Reading): boolean {
    for (const [key, missing] of reading) {
      const known = this.#missing.get(key);
      if (known === undefined || sizeOf(common(known, missing)) < sizeOf(known)) return true;
    }
    return false;
  }

  /** From now on it is known. */
  keep(reading: Reading): void {
    for (const [key, missing] of reading) {
      const known = this.#missing.get(key);
      const left = known === undefined ? missing : common(known, missing);
      if (known !== undefined && sizeOf(left) === sizeOf(known)) continue;
      this.#missing.set(key, left);
      this.reached++;
    }
  }

  #take(): readonly ScriptCoverage[] {
    let scripts: readonly ScriptCoverage[] | undefined;
    // Answered before it returns: the session is of this very thread.
    this.#session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error !== null) throw error;
      scripts = taken.result;
    });
    if (scripts === undefined) throw new Error('the inspector did not answer at once');
    return scripts;
  }
}

/** Characters that did not run: ranges are nested, an inner one says it more exactly. */
function notRun(ranges: readonly Range[]): Span[] {
  const out: Span[] = [];
  for (const { startOffset, endOffset, count } of ranges) {
    if (count > 0) continue;
    const last = out.at(-1);
    if (last === undefined || startOffset >= last[1]) out.push([startOffset, endOffset]);
  }
  return out;
}

function common(a: readonly Span[], b: readonly Span[]): Span[] {
  const out: Span[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const from = Math.max(a[i][0], b[j][0]);
    const to = Math.min(a[i][1], b[j][1]);
    if (from < to) out.push([from, to]);
    if (a[i][1] < b[j][1]) i++;
    else j++;
  }
  return out;
}

const sizeOf = (spans: readonly Span[]) => spans.reduce((sum, [from, to]) => sum + to - from, 0);
