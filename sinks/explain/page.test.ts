import picocolors from 'picocolors';
import { expect, test } from 'vitest';
import { page } from './page.ts';
import { closedTrace, finding, insight, view } from './testing.ts';
import { columns } from './text.ts';

test('a whole page, as it stands in a terminal of 80 columns', () => {
  expect(page(closedTrace(), false, view()).join('\n')).toBe(
    `
planner / workflow (agents): 600 ms, 303 spans, 1 finding
trace dec6c26cfbe76e43321a5a2e6eaeed4e, 2026-11-21T13:53:34.300Z

Critical path: where the 600 ms went
  worker               agents    400 ms   67 %  █████████████████████▍
  GET /tool/:name × 2  tools     140 ms   23 %  ███████▌
  human_feedback       a person   58 ms   10 %  ███▏
  tool_call            network     2 ms   <1 %  ▏

Findings
  fanout_collapse  warning  root: planner / planner → tool_call search
    → Reduce planner concurrency from 100 to 20: expected makespan 421 ms (5
      rounds of 84 ms) against 573 ms.

✔ Did one straggler delay the batch?
  search 17 took 400 ms where its 99 siblings took 80 ms: without it the batch
  ends 200 ms sooner.
  │   ██████████████   │ +100 ms  400 ms  search 17  ok
  │    ███             │ +120 ms   80 ms  search 18  failed: 503

– Do larger payloads take longer?
  Not payload-bound: all 5 payloads have one size.
`.trim(),
  );
});

test('nothing found, nothing asked, no path: it says so', () => {
  const bare = closedTrace({ criticalPath: [], findings: [], insights: [] });
  expect(page(bare, true, view())).toEqual([
    'planner / workflow (agents): 600 ms, 303 spans, no findings',
    'trace dec6c26cfbe76e43321a5a2e6eaeed4e (the newest), 2026-11-21T13:53:34.300Z',
    '',
    'Findings: none',
    '',
    'Insights: none; the shape of this trace raises no question',
  ]);
});

test('errors, a lost root and late spans stand in the head', () => {
  const { summary } = closedTrace();
  const lines = page(
    closedTrace({ summary: { ...summary, errorCount: 1, spanCount: 1, partial: true, revision: 2 } }),
    false,
    view({ width: 120 }),
  );
  expect(lines[0]).toContain('600 ms, 1 span, 1 error, 1 finding');
  expect(lines.slice(1, 3).join(' ')).toMatch(/partial: its root never came, revision 2, after late spans$/);
});

test('a symptom is told from the root, and without advice there is no arrow', () => {
  const lines = page(
    closedTrace({ findings: [finding({ root: false, severity: 'critical', recommendations: [] })] }),
    false,
    view(),
  );
  expect(lines).toContain('  fanout_collapse  critical  symptom: planner / planner → tool_call search');
  expect(lines.join('\n')).not.toContain('→ Reduce');
});

test('a question that this version does not know', () => {
  const lines = page(closedTrace({ insights: [insight({ kind: 'cache_misses' })] }), false, view());
  expect(lines).toContain('✔ cache misses?');
  const proto = page(closedTrace({ insights: [insight({ kind: 'constructor' })] }), false, view());
  expect(proto).toContain('✔ constructor?');
});

test('no line is wider than the terminal, whatever the names are', () => {
  const long = 'agent-with-a-very-long-name-'.repeat(8);
  const { summary, criticalPath } = closedTrace();
  const trace = closedTrace({
    summary: { ...summary, rootAgent: long, rootOperation: '計画を立てる'.repeat(12) },
    criticalPath: criticalPath.map((segment) => ({ ...segment, operation: long, service: '計'.repeat(40) })),
    findings: [finding({ agent: long, signature: long })],
    insights: [
      insight({
        answer: long,
        timeline: [{ label: long, startMs: 1e9, durationMs: 1e9, outcome: `${long} failed` }],
      }),
    ],
  });
  for (const width of [80, 100, 120]) {
    const wide = page(trace, true, view({ width })).filter((line) => columns(line) > width);
    expect(wide).toEqual([]);
  }
});

test('names from the trace cannot steer the terminal', () => {
  const evil = 'a\u001b[2Jb\u202ec\nd';
  const trace = closedTrace({
    summary: { ...closedTrace().summary, rootAgent: evil },
    findings: [finding({ signature: evil })],
    insights: [
      insight({
        kind: evil,
        answer: evil,
        timeline: [{ label: evil, startMs: 0, durationMs: 1, outcome: evil }],
      }),
    ],
  });
  for (const line of page(trace, false, view())) expect(line).not.toMatch(/[\u0000-\u001f\u202e]/);
});

test('colours only where they are asked for, and they move nothing', () => {
  const plain = page(closedTrace(), false, view()).join('\n');
  const coloured = page(closedTrace(), false, view({ colours: picocolors.createColors(true) })).join('\n');
  expect(plain).not.toContain('\u001b');
  expect(coloured).toContain('\u001b[32m✔\u001b[39m');
  expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(plain);
});
