import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { analyseFiles, example } from './testing.ts';

const EXAMPLES = readdirSync(new URL('../../producers/formats/testdata/', import.meta.url)).filter((file) =>
  file.endsWith('.json'),
);

describe.each(EXAMPLES)('%s', (file) => {
  const { report, lines, analysis } = analyseFiles(example(file));

  test('is analysed whole: every span is counted, and the path is as long as the trace', () => {
    expect(report).toMatchObject({ complete: true, traces: [{ summary: {} }] });
    const [{ summary, duplicates, nodes, criticalPath, shares }] = report.traces;
    expect(summary.spanCount + duplicates).toBe(report.files[0].spans);
    expect(nodes.reduce((sum, { count }) => sum + Number(count), 0)).toBe(summary.spanCount);
    const ns = Math.round(summary.durationMs * 1e6);
    expect(criticalPath.reduce((sum, { startNs, endNs }) => sum + Number(endNs) - Number(startNs), 0)).toBe(
      ns,
    );
    expect(shares.reduce((sum, { pathNs }) => sum + Number(pathNs), 0)).toBe(ns);
  });

  test('is printed: its id, each of its operations, its path, what was found', () => {
    const text = lines().join('\n');
    for (const { operation } of analysis.traces[0].summary.nodes) expect(text).toContain(operation);
    expect(text).toContain(report.traces[0].name);
    for (const head of ['Graph: ', 'Critical path: ', 'could save', 'Findings', 'Incidents'])
      expect(text).toContain(head);
  });

  test('in narrow terminals no line is wider, and nothing throws', () => {
    for (const width of [60, 80, 200])
      for (const line of lines({ width })) expect(line.length).toBeLessThanOrEqual(width + 20);
  });
});

test('the same trace in OTLP and in Jaeger has the same graph, path and shares', () => {
  const [otlp] = analyseFiles(example('otlp-to-jaeger-in.json')).report.traces;
  const [jaeger] = analyseFiles(example('otlp-to-jaeger-out.json')).report.traces;
  expect(otlp.nodes).not.toEqual([]);
  expect(jaeger).toEqual(otlp);
});

test('both together are one trace, from two files', () => {
  const { report } = analyseFiles(example('otlp-to-jaeger-in.json'), example('otlp-to-jaeger-out.json'));
  expect(report.traces).toMatchObject([{ files: [0, 1], duplicates: 3, summary: { spanCount: 1 } }]);
});

test("the agents of GenAI's trace have their roles, its tools hang below them", () => {
  const [{ nodes, edges }] = analyseFiles(example('jaeger-genai-agents.json')).report.traces;
  const role = (operation: string) => nodes.find((node) => node.operation === operation)?.role;
  expect([
    role('invoke_agent triage-agent'),
    role('chat model-a'),
    role('execute_tool search_traces'),
  ]).toEqual(['agent', 'chat', 'tool']);
  const id = (operation: string) => nodes.find((node) => node.operation === operation)?.id;
  const calls = {
    from: id('invoke_agent triage-agent'),
    to: id('execute_tool search_traces'),
    count: 3,
    type: 'child',
  };
  expect(edges).toContainEqual(calls);
});

test("Zipkin's message goes from its producer to its consumer", () => {
  const text = analyseFiles(example('zipkin-v2-messaging.json')).lines().join('\n');
  expect(text).toMatch(
    /get \/ \(frontend\).*\n.*└─ publish \(frontend\).*\n.*└─ next-message \(backend\).*\n.*└─ on-message/,
  );
});
