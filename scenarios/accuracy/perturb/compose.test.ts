import { expect, test } from 'vitest';
import { Chance } from '../chance.ts';
import { generated, START, spansOf } from '../testing.ts';
import { compose } from './compose.ts';

const OPTIONS = { agentPrefix: 'mesh', serviceName: 'mesh-agents' };

test('two runs become one trace: one root, every span once, everything else as it was', async () => {
  const first = await generated({ scenario: 'fanout', fanout: 5 });
  const second = await generated({ scenario: 'chain', depth: 3 }, START + 1_000);
  const whole = compose([first, second], OPTIONS, new Chance(1));
  const spans = spansOf(whole.exports);
  const parts = [first, second].flatMap(({ exports }) => spansOf(exports));
  expect(whole.spanCount).toBe(spans.length);
  expect(spans.length).toBe(parts.length + 1);
  expect(new Set(spans.map(({ id }) => id)).size).toBe(spans.length);
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([whole.traceId]));

  const [root, ...others] = spans.filter(({ parent }) => parent === '');
  expect(others).toEqual([]);
  expect([root.start, root.end].map((ns) => Number(ns / 1_000_000n))).toEqual([
    whole.startUnixMs,
    whole.endUnixMs,
  ]);
  expect([whole.startUnixMs, whole.endUnixMs]).toEqual([START, second.endUnixMs + 1]);

  const before = new Map(parts.map((span) => [span.id, span]));
  for (const span of spans.filter(({ id }) => id !== root.id)) {
    const was = before.get(span.id)!;
    expect([span.start, span.end, span.atUnixMs]).toEqual([was.start, was.end, was.atUnixMs]);
    expect(span.parent).toBe(was.parent === '' ? root.id : was.parent);
  }
});
