import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { criticalPath } from './critical-path.ts';
import { KIND } from './parents.ts';
import { type TestSpan, viewOf } from './testkit.ts';
import type { TraceView } from './view.ts';

interface JaegerTrace {
  spans: {
    spanID: string;
    operationName: string;
    references?: { refType: string; spanID: string }[];
    startTime: number;
    duration: number;
    processID: string;
    tags?: { key: string; value: unknown }[];
  }[];
  processes: Record<string, { serviceName: string }>;
}

/** Jaeger's µs become ms, which keeps them whole. FOLLOWS_FROM is a link: what follows is not waited for. */
function load(trace: JaegerTrace): { view: TraceView; idOf: (row: number) => string; origin: number } {
  const ids = trace.spans.map((span) => span.spanID);
  const origin = Math.min(...trace.spans.map((span) => span.startTime));
  const number = (id: string) => ids.indexOf(id) + 1;
  const spans = trace.spans.map((span): TestSpan => {
    const reference = (type: string) => span.references?.find((each) => each.refType === type)?.spanID;
    const parent = reference('CHILD_OF');
    const follows = reference('FOLLOWS_FROM');
    const kind = String(span.tags?.find((tag) => tag.key === 'span.kind')?.value ?? 'internal');
    return {
      id: number(span.spanID),
      parent: parent === undefined ? undefined : number(parent),
      links: follows === undefined ? [] : [number(follows)],
      name: span.operationName,
      start: span.startTime - origin,
      end: span.startTime - origin + span.duration,
      kind: KIND[kind as keyof typeof KIND],
      service: trace.processes[span.processID].serviceName,
    };
  });
  const view = viewOf(spans);
  return { view, origin, idOf: (row) => ids[Number.parseInt(view.spanId(row), 16) - 1] };
}

const folder = new URL('./testdata/', import.meta.url);
const files = (kind: string) => readdirSync(new URL(`${kind}/`, folder)).sort();
const read = (kind: string, file: string) =>
  JSON.parse(readFileSync(new URL(`${kind}/${file}`, folder), 'utf8'));
const MS = 1e6;

describe('cases of jaeger-ui', () => {
  test.each(files('jaeger'))('%s', (file) => {
    const data = read('jaeger', file) as {
      trace: JaegerTrace;
      expectedCriticalPathSections: { spanID: string; sectionStart: number; sectionEnd: number }[];
    };
    const { view, idOf, origin } = load(data.trace);
    const path = criticalPath(view);
    const sections = Array.from(path.row, (row, i) => ({
      spanID: idOf(row),
      sectionStart: path.start[i] / MS + origin,
      sectionEnd: path.end[i] / MS + origin,
    }));
    expect(sections.reverse()).toEqual(data.expectedCriticalPathSections);
  });
});

/** Exclusive ms on the path by `[service] operation`; overlaps of sequential siblings as CRISP counts them. */
function exclusive(view: TraceView): Record<string, number> {
  const path = criticalPath(view);
  const own = new Map<string, number>();
  const add = (row: number, ns: number) => {
    const key = `[${view.strings[view.service[row]]}] ${view.strings[view.name[row]]}`;
    own.set(key, (own.get(key) ?? 0) + ns / MS);
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
  return Object.fromEntries(own);
}

describe('cases of CRISP', () => {
  test.each(files('crisp'))('%s', (file) => {
    const data = read('crisp', file) as {
      data: JaegerTrace[];
      testing: Record<string, number>[] | { opTimeExclusive: Record<string, number> };
    };
    const expected = Array.isArray(data.testing) ? data.testing[0] : data.testing.opTimeExclusive;
    const { view } = load(data.data[0]);
    const found = exclusive(view);
    for (const [operation, ms] of Object.entries(expected))
      expect([operation, found[operation] ?? 0]).toEqual([operation, ms]);
    expect(Object.keys(found).filter((operation) => !(operation in expected))).toEqual([]);
  });
});
