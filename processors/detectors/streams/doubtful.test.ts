/** A stream in a trace that lost spans: what it waited for stays its own, what starved it stays the others'. Times in ms. */
import { describe, expect, test } from 'vitest';
import type { TestSpan } from '../../trace/testkit.ts';
import { findingsOf, measure } from '../analysed.testkit.ts';
import { type Drawn, drawn, tool } from './drawn.testkit.ts';

/** The gap of `drawn` starts at its 40th chunk. */
const GAP = 2000;
const LOST = 999;

/** The server's side of a call whose caller's side was lost. */
const served = (id: number, start: number, end: number): TestSpan => ({
  id,
  parent: LOST,
  name: 'GET /tool/:name',
  kind: 2,
  service: 'tool-service',
  start,
  end,
});

const starved = (options: Drawn, ...more: readonly TestSpan[]) =>
  findingsOf('starvation', [...drawn(options), ...more]);

describe("the stream's own tool, whose call was lost", () => {
  test('is what the stream waited for, whatever ran beside it', () => {
    expect(starved({ gapMs: 1550 })).toHaveLength(1);
    expect(starved({ gapMs: 1550 }, served(900, GAP + 1, GAP + 1500))).toEqual([]);
  });
  test('two of them, or one after a tool that is known', () => {
    const two = [served(900, GAP + 1, GAP + 1000), served(901, GAP + 1, GAP + 1500)];
    expect(starved({ gapMs: 1550 }, ...two)).toEqual([]);
    expect(starved({ gapMs: 2550, ownMs: 1000 }, served(900, GAP + 1001, GAP + 2500))).toEqual([]);
  });
  test('not with a stall left of the gap', () => {
    const [finding] = starved({ gapMs: 3000 }, served(900, GAP, GAP + 1500));
    expect(measure(finding, 'stalled')).toBe(3000);
    expect(starved({ gapMs: 1750 }, served(900, GAP, GAP + 1500))).toEqual([]);
    expect(starved({ gapMs: 1751 }, served(900, GAP, GAP + 1500))).toHaveLength(1);
  });
  test('not where chunks came while it ran', () => {
    expect(starved({ gapMs: 1550 }, served(900, GAP, GAP + 2000))).toHaveLength(1);
    expect(starved({ gapMs: 1550 }, served(900, GAP - 500, GAP + 1550))).toHaveLength(1);
  });
  test('not more at once than a stream has tools', () => {
    const three = [900, 901, 902].map((id) => served(id, GAP, GAP + 1500));
    expect(starved({ gapMs: 1550 }, ...three)).toHaveLength(1);
  });
});

describe('background work that was cut off', () => {
  const call = (name: string, from: number, to: number) =>
    tool({ id: 900, parent: LOST, name, start: from, end: to });

  test('whose worker was lost takes nothing from the stall', () => {
    const [finding] = starved({ gapMs: 1200, covered: 400 * 3 }, call('embed', GAP + 400, GAP + 800));
    expect(measure(finding, 'stalled')).toBe(1200);
    expect(measure(finding, 'background_calls')).toBe(21);
  });
  test('is known by its name, however exactly it fills the gap', () => {
    expect(starved({ gapMs: 1550 }, call('index', GAP, GAP + 1500))).toHaveLength(1);
    expect(starved({ gapMs: 1550 }, call('lookup', GAP, GAP + 1500))).toEqual([]);
  });
  test('not by a name that the stream calls itself', () => {
    const own = { ...tool({ id: 901, parent: 2, name: 'index', start: 100, end: 150 }) };
    expect(starved({ gapMs: 1550 }, own, call('index', GAP, GAP + 1500))).toEqual([]);
  });
  test('as a whole, with the agent that planned it', () => {
    const without = (options: Drawn) => drawn(options).filter(({ id }) => id !== 3);
    expect(findingsOf('starvation', without({ gapMs: 1500 }))).toHaveLength(1);
    expect(findingsOf('starvation', without({ gapMs: 1500, calls: 2 }))).toEqual([]);
  });
});

describe('the agent of the stream was lost', () => {
  const cutOff = (options: Drawn, ...more: readonly TestSpan[]) =>
    findingsOf('starvation', [
      ...drawn(options).map((span) => (span.id === 2 ? { ...span, parent: LOST } : span)),
      ...more,
    ]);

  test('its tools beside it are still what it waited for', () => {
    const lookup = tool({ id: 900, parent: LOST, name: 'lookup', start: GAP, end: GAP + 1500 });
    expect(cutOff({ gapMs: 1550 }, lookup)).toEqual([]);
  });
  test('a call of somebody else does not become one of them', () => {
    const alone = tool({ id: 900, parent: 1, name: 'export', start: GAP + 300, end: GAP + 700 });
    const [finding] = cutOff({ gapMs: 1550 }, alone);
    expect([measure(finding, 'stalled'), measure(finding, 'background_calls')]).toEqual([1550, 21]);
  });
});
