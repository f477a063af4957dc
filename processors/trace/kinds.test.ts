import { afterEach, expect, test } from 'vitest';
import { skimSpans } from '#schemas/otlp/skim.ts';
import { buildTraceView } from './build.ts';
import { DescribedColumns, SPAN_KEYS } from './kinds.ts';
import { boundNames, generation, nameOf } from './names.ts';
import { columnsOf, encodeSpans, type TestSpan } from './testkit.ts';

/** A name for each way a span can say what it is, and attributes that are read later. */
const SPANS: TestSpan[] = [
  { id: 1, name: 'invoke_agent planner 7', start: 0, end: 90, kind: 2 },
  {
    id: 2,
    parent: 1,
    name: 'call',
    start: 1,
    end: 40,
    kind: 3,
    attributes: { 'ati.role': 'tool', 'gen_ai.tool.name': 'search' },
  },
  {
    id: 3,
    parent: 2,
    name: 'call',
    start: 2,
    end: 30,
    service: 'other',
    instance: 'i-1',
    attributes: { 'http.response.status_code': 503 },
  },
  {
    id: 4,
    parent: 2,
    name: 'call',
    start: 3,
    end: 30,
    service: 'other',
    instance: 'i-2',
    attributes: { 'http.response.status_code': 200 },
  },
  {
    id: 5,
    parent: 2,
    name: 'call',
    start: 4,
    end: 30,
    attributes: { 'http.response.status_code': 70_000, 'gen_ai.agent.name': 'a' },
  },
  {
    id: 6,
    parent: 2,
    name: 'call',
    start: 5,
    end: 30,
    attributes: { 'http.response.status_code': '503', 'ati.attempt': 2 },
  },
  {
    id: 7,
    parent: 1,
    name: '',
    start: 6,
    end: 7,
    attributes: { 'ati.args_hash': 'x'.repeat(300), 'gen_ai.operation.name': 'chat' },
  },
  { id: 8, parent: 1, name: 'n'.repeat(200), start: 7, end: 8, links: [3] },
  { id: 9, parent: 1, name: 'call', start: 8, end: 9, attributes: { 'ati.role': 't'.repeat(140) } },
];

/** All that the view tells of each span. */
function told(columns: DescribedColumns | ReturnType<typeof columnsOf>): unknown {
  const view = buildTraceView(columns);
  return Array.from({ length: view.n }, (_, row) => [
    ...[view.name, view.operation, view.service, view.instance, view.agent, view.callee].map(
      (column) => view.strings[column[row]],
    ),
    view.role[row],
    view.parent[row],
    view.links(row),
    SPAN_KEYS.keys.map((key) => view.attribute(row, key) ?? null),
  ]).concat([[...view.strings]]);
}

function arrived(): DescribedColumns {
  const columns = new DescribedColumns(1);
  expect(skimSpans(encodeSpans(SPANS), columns)).toMatchObject({ ok: true });
  return columns;
}

/** Lets all names be forgotten. */
function forgetNames(): void {
  const before = generation();
  for (let i = 0; generation() === before; i++) {
    nameOf(`forget ${before} ${i}`);
    boundNames();
  }
}

afterEach(forgetNames);

test('spans that were described when they came are told of as those that are read from their bytes', () => {
  const expected = told(columnsOf(SPANS));
  // The first time of its kind nothing is kept of a span, from the second on it is.
  for (let time = 0; time < 3; time++) {
    const columns = arrived();
    const known = columns.kinds.filter((kind) => kind !== undefined).length;
    // Two have too much to say for that.
    expect(known).toBe(time === 0 ? 0 : SPANS.length - 2);
    expect(told(columns)).toEqual(expected);
  }
});

test('however often names are forgotten between their coming and the end of their trace', () => {
  const expected = told(columnsOf(SPANS));
  for (let time = 0; time < 3; time++) {
    const columns = arrived();
    forgetNames();
    expect(told(columns)).toEqual(expected);
  }
});

test('kinds of equal names and other attributes are not taken for each other', () => {
  arrived();
  const columns = arrived();
  const [, , one, other] = columns.kinds;
  expect([one?.httpStatus, other?.httpStatus]).toEqual([503, 200]);
});
