import { describe, expect, test } from 'vitest';
import { beginnings, type FailingTrace, failures } from './failures.ts';
import { NONE, sample, share } from './testing.ts';

const node = (id: number, operation: string, errors = 1) => ({
  ...{ id, operation, errors, role: 'tool', service: 'tools', agent: 'tools' },
});
const child = (from: number, to: number) => ({ from, to, type: 'child' as const });
const names = (nodes: FailingTrace['nodes']) => nodes.map(({ operation }) => operation);

describe('an error begins', () => {
  const chain = [child(0, 1), child(1, 2), child(1, 3)];
  test.each([
    [
      'where nothing beneath fails',
      [node(0, 'a'), node(1, 'b'), node(2, 'c'), node(3, 'd', 0)],
      chain,
      ['c'],
    ],
    ['at two callees', [node(0, 'a'), node(1, 'b'), node(2, 'c'), node(3, 'd')], chain, ['c', 'd']],
    ['in the middle, callees are well', [node(0, 'a'), node(1, 'b'), node(2, 'c', 0)], chain, ['b']],
    [
      'deeper, though between them all is well',
      [node(0, 'a'), node(1, 'b', 0), node(2, 'c')],
      chain,
      ['a', 'c'],
    ],
    ['at one that calls itself', [node(0, 'a'), node(1, 'b')], [child(0, 1), child(1, 1)], ['b']],
    ['in a circle', [node(0, 'a'), node(1, 'b')], [child(0, 1), child(1, 0)], ['a', 'b']],
    [
      'at both ends of a link',
      [node(0, 'a'), node(1, 'b')],
      [{ from: 0, to: 1, type: 'link' as const }],
      ['a', 'b'],
    ],
    ['nowhere', [node(0, 'a', 0)], [], []],
  ])('%s', (_what, nodes, edges, expected) => {
    expect(names(beginnings({ nodes, edges }))).toEqual(expected);
  });
});

const all = (traces: readonly FailingTrace[]) => ({ traces, total: traces.length });
const failing = (n: number, operation: string, hostOf: (i: number) => string): FailingTrace[] =>
  sample(n, (i) => [share('plan', 5), share(operation, 10, { instance: hostOf(i), errors: 1 })]).traces.map(
    (trace) => ({ ...trace, nodes: [node(0, 'plan'), node(1, operation, 2)], edges: [child(0, 1)] }),
  );
const well = (n: number, hosts: readonly string[]) =>
  sample(n, (i) => [share('search', 10, { instance: hosts[i % hosts.length] })]);

test('counted by trace, the most first, of equals the first by name', () => {
  const set = [
    ...failing(2, 'store', () => ''),
    ...failing(6, 'search', () => ''),
    ...failing(2, 'rank', () => ''),
  ];
  const { failures: found, more } = failures(all(set), NONE);
  expect(more).toBe(0);
  expect(found.map(({ operation, traces, share, errors }) => [operation, traces, share, errors])).toEqual([
    ['search', 6, 0.6, 12],
    ['rank', 2, 0.2, 4],
    ['store', 2, 0.2, 4],
  ]);
  expect(found[0].exemplarTraceIds).toEqual(set.slice(2, 5).map(({ traceId }) => traceId));
  expect(failures(all(set.toReversed()), NONE).failures).toEqual(found);
  expect(failures(all(set), NONE, 1)).toEqual({ failures: found.slice(0, 1), more: 2 });
  expect(failures(all([]), NONE)).toEqual({ failures: [], more: 0 });
});

describe('an instance', () => {
  const hosts = ['a', 'b', 'c', 'd'];
  test('that fails alone is named', () => {
    const [found] = failures(all(failing(12, 'search', () => 'c')), well(120, hosts)).failures;
    expect(found.failingInstance).toBe('c');
    expect(found.instances[0]).toMatchObject({ instance: 'c', traces: 12 });
    expect(found.instances[0].load).toBeCloseTo(42 / 132, 9);
  });

  test.each([
    ['all fail', failing(12, 'search', (i) => hosts[i % 4]), well(120, hosts)],
    ['it alone runs it', failing(12, 'search', () => 'c'), well(120, ['c'])],
    ['too few traces', failing(4, 'search', () => 'c'), well(120, hosts)],
    [
      'it has nearly all of the load',
      failing(12, 'search', () => 'c'),
      well(120, ['c', 'c', 'c', 'c', 'c', 'c', 'c', 'a']),
    ],
    ['none is named by the resources', failing(12, 'search', () => ''), well(120, [''])],
  ])('is not where %s', (_what, set, others) => {
    expect(failures(all(set), others).failures[0].failingInstance).toBe('');
  });
});

test('very many names, instances and long ones: a short answer, and how much it leaves out', () => {
  const long = 'x'.repeat(500);
  const operationOf = (i: number) => `${long}${i}`;
  const set = sample(300, (i) => [share(operationOf(i % 150), 10, { instance: `${long}-${i}`, errors: 1 })]);
  const traces = set.traces.map((trace, i) => ({
    ...{ ...trace, nodes: [node(0, operationOf(i % 150))], edges: [] },
  }));
  const found = failures(all(traces), NONE, 100);
  expect([found.failures.length, found.more]).toEqual([100, 50]);
  expect(JSON.stringify(found).length).toBeLessThan(150_000);
  expect(found.failures[0].operation.length).toBeLessThanOrEqual(200);
  const oneOperation = failures(all(failing(300, 'search', (i) => `pod-${i}`)), NONE).failures[0];
  expect([oneOperation.instances.length, oneOperation.moreInstances]).toEqual([10, 290]);
});
