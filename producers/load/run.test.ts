import { NEVER, type Observable, Subject } from 'rxjs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Profile, parseProfile } from './profile.ts';
import { choose, runLoad, type Start } from './run.ts';
import { scheduleOf } from './schedule.ts';
import type { Played } from './workflow.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function profile(value: object): Profile {
  const parsed = parseProfile(JSON.stringify({ about: 'test', mix: MIX, ...value }));
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.profile;
}

const MIX = [{ weight: 1, workflow: { scenario: 'react' } }];
const concurrent = (stages: object[], steps = true) => ({ type: 'concurrent', steps, stages });

/** Plays with workflows that take `takesMs`, and keeps what happened. */
class Player {
  readonly starts: (Start & { readonly at: number })[] = [];
  readonly running = new Map<string, number>();
  /** Scenario → the most that ran at a time. */
  readonly most = new Map<string, number>();
  readonly began = performance.now();
  readonly takesMs: number;

  constructor(takesMs: number) {
    this.takesMs = takesMs;
  }

  get now(): number {
    return (performance.now() - this.began) / 1_000;
  }

  play = async (start: Start): Promise<Played> => {
    const { scenario } = start.workflow;
    this.starts.push({ ...start, at: this.now });
    const running = (this.running.get(scenario) ?? 0) + 1;
    this.running.set(scenario, running);
    this.most.set(scenario, Math.max(running, this.most.get(scenario) ?? 0));
    await new Promise((resolve) => setTimeout(resolve, this.takesMs));
    this.running.set(scenario, (this.running.get(scenario) ?? 0) - 1);
    return { scenario, latencyMs: this.takesMs, planted: [] };
  };
}

function load(of: Profile, player: Player, stop: Observable<unknown> = NEVER) {
  const schedule = scheduleOf(of.arrivals, of.durationS, 1, []);
  const ended = runLoad({ profile: of, schedule, seed: 1, stop, play: player.play });
  const state = { played: undefined as Played[] | undefined };
  void ended.then((played) => {
    state.played = played;
  });
  return state;
}

test('a closed loop holds its level, and never more', async () => {
  const player = new Player(95);
  const of = profile({ durationS: 10, arrivals: concurrent([{ atS: 0, workflows: 5 }]) });
  const state = load(of, player);
  for (let ms = 0; ms < 9_900; ms += 100) {
    await vi.advanceTimersByTimeAsync(100);
    expect(player.running.get('react')).toBeGreaterThanOrEqual(0);
  }
  await vi.advanceTimersByTimeAsync(1_000);
  expect(player.most.get('react')).toBe(5);
  // 5 at a time, each 95 ms and up to 10 ms until the next tick.
  expect(player.starts.length).toBeGreaterThan((5 * 10_000) / 110);
  expect(state.played).toHaveLength(player.starts.length);
});

test('the level falls by waiting, and rises at once', async () => {
  const player = new Player(3_000);
  const stages = [
    { atS: 0, workflows: 8 },
    { atS: 2, workflows: 2 },
    { atS: 6, workflows: 4 },
  ];
  load(profile({ durationS: 8, arrivals: concurrent(stages) }), player);
  await vi.advanceTimersByTimeAsync(2_500);
  expect(player.running.get('react')).toBe(8);
  await vi.advanceTimersByTimeAsync(1_500);
  expect(player.running.get('react')).toBe(2);
  expect(player.starts).toHaveLength(10);
  await vi.advanceTimersByTimeAsync(2_050);
  expect(player.running.get('react')).toBe(4);
});

test('no more start at the end, and what runs is waited for', async () => {
  const player = new Player(7_000);
  const of = profile({ durationS: 2, arrivals: concurrent([{ atS: 0, workflows: 3 }]) });
  const state = load(of, player);
  await vi.advanceTimersByTimeAsync(6_900);
  expect(state.played).toBeUndefined();
  await vi.advanceTimersByTimeAsync(200);
  expect(state.played).toHaveLength(3);
});

test('a stop ends the arrivals of both lanes, and what runs is waited for', async () => {
  const player = new Player(4_000);
  const stop = new Subject<void>();
  const of = profile({
    durationS: 60,
    arrivals: concurrent([{ atS: 0, workflows: 2 }]),
    streams: { count: 3, workflow: { scenario: 'stream' } },
  });
  const state = load(of, player, stop);
  await vi.advanceTimersByTimeAsync(1_000);
  stop.next();
  await vi.advanceTimersByTimeAsync(2_900);
  expect(state.played).toBeUndefined();
  await vi.advanceTimersByTimeAsync(200);
  expect(state.played).toHaveLength(5);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(player.starts).toHaveLength(5);
});

test('streams are held open beside the mix: one that ends is followed by the next', async () => {
  const player = new Player(1_000);
  const of = profile({
    durationS: 10,
    arrivals: { type: 'poisson', stages: [{ atS: 0, perSecond: 3 }] },
    streams: { count: 6, workflow: { scenario: 'stream' } },
  });
  load(of, player);
  for (let s = 0; s < 9; s++) {
    await vi.advanceTimersByTimeAsync(1_000);
    expect(player.starts.filter(({ workflow }) => workflow.scenario === 'stream').length).toBeGreaterThan(
      6 * s,
    );
  }
  expect(player.most.get('stream')).toBe(6);
  expect(player.starts.some(({ workflow }) => workflow.scenario === 'react')).toBe(true);
});

test('numbers are unique over both lanes, and turns count each lane without a gap', async () => {
  const player = new Player(50);
  const of = profile({
    durationS: 3,
    arrivals: concurrent([{ atS: 0, workflows: 4 }]),
    streams: { count: 2, workflow: { scenario: 'stream' } },
  });
  load(of, player);
  await vi.advanceTimersByTimeAsync(4_000);
  expect(new Set(player.starts.map(({ number }) => number)).size).toBe(player.starts.length);
  for (const scenario of ['react', 'stream']) {
    const turns = player.starts
      .filter(({ workflow }) => workflow.scenario === scenario)
      .map(({ turn }) => turn);
    expect(turns).toEqual(turns.map((_, i) => i));
    expect(turns.length).toBeGreaterThan(20);
  }
});

test('an open loop does not wait for what runs', async () => {
  const player = new Player(60_000);
  const of = profile({ durationS: 20, arrivals: { type: 'poisson', stages: [{ atS: 0, perSecond: 10 }] } });
  load(of, player);
  await vi.advanceTimersByTimeAsync(20_100);
  expect(player.most.get('react')).toBe(player.starts.length);
  expect(player.starts.length).toBeGreaterThan(140);
});

test('level 0 starts nothing, and ends', async () => {
  const player = new Player(10);
  const state = load(profile({ durationS: 2, arrivals: concurrent([{ atS: 0, workflows: 0.4 }]) }), player);
  await vi.advanceTimersByTimeAsync(2_100);
  expect(state.played).toEqual([]);
});

const WEIGHTED = {
  mix: [
    { weight: 6, workflow: { scenario: 'rag' } },
    { weight: 3, workflow: { scenario: 'dag' } },
    { weight: 1, workflow: { scenario: 'chain' } },
  ],
} as const satisfies Pick<Profile, 'mix'>;

test.each([
  [0, 'rag'],
  [0.5999, 'rag'],
  [0.6001, 'dag'],
  [0.8999, 'dag'],
  [0.9001, 'chain'],
  [1 - Number.EPSILON / 2, 'chain'],
])('position %d of the mix is %s', (position, scenario) => {
  expect(choose(WEIGHTED, position).scenario).toBe(scenario);
});

test('over many numbers the mix has its weights, the same for the same seed', async () => {
  const of = {
    ...profile({ durationS: 100, arrivals: { type: 'poisson', stages: [{ atS: 0, perSecond: 100 }] } }),
  };
  const weighted = { ...of, mix: [...WEIGHTED.mix] };
  const [first, again] = [new Player(1), new Player(1)];
  load(weighted, first);
  load(weighted, again);
  await vi.advanceTimersByTimeAsync(101_000);
  const share = (scenario: string) =>
    first.starts.filter(({ workflow }) => workflow.scenario === scenario).length / first.starts.length;
  expect(first.starts.length).toBeGreaterThan(9_000);
  // Three standard errors of 10,000 draws are 0.015.
  expect(Math.abs(share('rag') - 0.6)).toBeLessThan(0.02);
  expect(Math.abs(share('dag') - 0.3)).toBeLessThan(0.02);
  expect(Math.abs(share('chain') - 0.1)).toBeLessThan(0.02);
  expect(again.starts.map(({ workflow }) => workflow.scenario)).toEqual(
    first.starts.map(({ workflow }) => workflow.scenario),
  );
});
