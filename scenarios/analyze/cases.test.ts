/** The public cases of critical paths (processors/trace/testdata), through the reader of Jaeger's JSON. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { buildTraceView } from '#processors/trace/build.ts';
import { criticalPath } from '#processors/trace/critical-path.ts';
import type { TraceView } from '#processors/trace/view.ts';
import { type Reading, readTraceFile } from '#producers/formats/read.ts';
import { byTrace } from './by-trace.ts';

const folder = new URL('../../processors/trace/testdata/', import.meta.url);
const filesOf = (kind: string) => readdirSync(new URL(`${kind}/`, folder)).sort();
const load = (kind: string, file: string) =>
  JSON.parse(readFileSync(new URL(`${kind}/${file}`, folder), 'utf8'));

interface Trace {
  spans: { spanID: string; startTime: number }[];
}

/** The view of a file with one trace, read whole. */
function viewOf(json: unknown): { view: TraceView; reading: Reading } {
  const reading = readTraceFile(Buffer.from(JSON.stringify(json)));
  expect([reading.formats, reading.faults.first, reading.skipped.first]).toEqual([['jaeger'], [], []]);
  const traces = byTrace([reading.messages]);
  expect(traces).toHaveLength(1);
  return { view: buildTraceView(traces[0].columns), reading };
}

const originOf = ({ spans }: Trace) => Math.min(...spans.map(({ startTime }) => startTime));

describe('cases of jaeger-ui', () => {
  test.each(filesOf('jaeger'))('%s', (file) => {
    const { trace, expectedCriticalPathSections } = load('jaeger', file);
    const { view, reading } = viewOf(trace);
    const path = criticalPath(view);
    const micros = (ns: number) => ns / 1e3 + originOf(trace);
    const sections = Array.from(path.row, (row, i) => ({
      spanID: reading.names.get(view.spanId(row)) ?? view.spanId(row),
      sectionStart: micros(path.start[i]),
      sectionEnd: micros(path.end[i]),
    }));
    expect(sections.reverse()).toEqual(expectedCriticalPathSections);
  });
});

/** Exclusive µs on the path by `[service] operation`; overlaps of sequential siblings as CRISP counts them. */
function exclusive(view: TraceView): Map<string, number> {
  const path = criticalPath(view);
  const own = new Map<string, number>();
  const add = (row: number, ns: number) => {
    const key = `[${view.strings[view.service[row]]}] ${view.strings[view.name[row]]}`;
    own.set(key, (own.get(key) ?? 0) + ns / 1e3);
  };
  const last = new Map(Array.from(path.row, (row, i) => [row, path.end[i]]));
  for (let i = 0; i < path.n; i++) add(path.row[i], path.end[i] - path.start[i]);
  for (const [row, end] of last) {
    const parent = view.parent[row];
    const successor = path.row.find((other, i) => path.start[i] === end && view.parent[other] === parent);
    if (parent < 0 || successor === undefined || successor === row || view.end[row] <= end) continue;
    add(row, view.end[row] - end);
    add(parent, end - view.end[row]);
  }
  return own;
}

describe('cases of CRISP', () => {
  test.each(filesOf('crisp'))('%s', (file) => {
    const { data, testing } = load('crisp', file);
    const expected = Object.entries<number>(Array.isArray(testing) ? testing[0] : testing.opTimeExclusive);
    const found = exclusive(viewOf({ data: [data[0]] }).view);
    for (const [operation, micros] of expected)
      expect([operation, found.get(operation) ?? 0]).toEqual([operation, micros]);
    const named = new Set(expected.map(([operation]) => operation));
    expect([...found.keys()].filter((operation) => !named.has(operation))).toEqual([]);
  });
});
