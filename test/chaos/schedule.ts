/** Who fails when: the same for the same seed. */
import { Random, seedBytes } from '#producers/agents/virtual/random.ts';

export type Target = 'ingest' | 'broker' | 'engine' | `processor-${number}` | `sink-${number}`;

export type Fault = { readonly atMs: number; readonly target: Target } & (
  | { readonly kind: 'kill' | 'add' | 'remove' }
  /** SIGSTOP, and SIGCONT after `forMs`. */
  | { readonly kind: 'stop'; readonly forMs: number }
);

/** Longer than the session timeouts: 10 s of a processor, 6 s of a sink. */
const STOPPED_MS: Readonly<Record<string, readonly [number, number]>> = {
  ingest: [2_000, 8_000],
  broker: [2_000, 12_000],
  engine: [2_000, 12_000],
  processor: [11_000, 15_000],
  sink: [7_000, 11_000],
};
const STOP_SHARE = 0.35;
/** After its stop a process has so long, before it may be next. */
const PAUSE_MS = 1_000;
/** The load runs alone at first, so that there is something to lose. */
const FIRST_MS = 3_000;
const KILLS_PER_CHANGE = 5;

/** Two processors and two sinks are there from the start; of the processors there are two or three. */
export function scheduleOf(kills: number, durationMs: number, seed: number): Fault[] {
  const random = new Random(seedBytes('chaos', seed, kills));
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.between(0, from.length))];
  const processors = new Set([1, 2]);
  /** Until when a process is stopped. */
  const busy = new Map<Target, number>();
  const faults: Fault[] = [];
  const step = (durationMs - FIRST_MS) / kills;
  const changes = Math.max(2, Math.floor(kills / KILLS_PER_CHANGE));
  const free = (targets: readonly Target[], atMs: number) =>
    targets.filter((target) => (busy.get(target) ?? 0) <= atMs);

  const change = (atMs: number) => {
    if (processors.size === 2) {
      const number = [1, 2, 3].find((each) => !processors.has(each)) ?? 3;
      processors.add(number);
      faults.push({ kind: 'add', atMs, target: `processor-${number}` });
      return;
    }
    const target = pick(free(targetsOf(processors), atMs).filter((each) => each.startsWith('processor')));
    if (target === undefined) return;
    processors.delete(Number(target.slice('processor-'.length)));
    faults.push({ kind: 'remove', atMs, target });
  };

  /** Every component once, in a random order, before one comes again. */
  let deck: string[] = [];
  const victim = (atMs: number): Target => {
    const there = free(targetsOf(processors), atMs);
    if (!deck.some((component) => there.some((target) => componentOf(target) === component)))
      deck = [...new Set(targetsOf(processors).map(componentOf))];
    const component = pick(deck.filter((each) => there.some((target) => componentOf(target) === each)));
    deck = deck.filter((each) => each !== component);
    return pick(there.filter((target) => componentOf(target) === component));
  };

  for (let i = 0; i < kills; i++) {
    const atMs = Math.round(FIRST_MS + (i + random.between(0, 0.9)) * step);
    // Evenly between the kills, the first of them an addition.
    if (Math.floor(((i + 1) * changes) / (kills + 1)) > Math.floor((i * changes) / (kills + 1)))
      change(Math.round(atMs - step * 0.1));
    const target = victim(atMs);
    if (random.between(0, 1) >= STOP_SHARE) {
      faults.push({ kind: 'kill', atMs, target });
      continue;
    }
    const [least, most] = STOPPED_MS[componentOf(target)];
    const forMs = Math.round(random.between(least, most));
    busy.set(target, atMs + forMs + PAUSE_MS);
    faults.push({ kind: 'stop', atMs, target, forMs });
  }
  change(durationMs);
  return faults.sort((a, b) => a.atMs - b.atMs);
}

function targetsOf(processors: ReadonlySet<number>): Target[] {
  return [
    'ingest',
    'broker',
    'engine',
    ...[...processors].map((number): Target => `processor-${number}`),
    'sink-1',
    'sink-2',
  ];
}

/** What an instance is one of: processor, sink, … */
export function componentOf(target: Target): string {
  return target.replace(/-\d+$/, '');
}

export function describeFault(fault: Fault): string {
  if (fault.kind === 'stop') return `SIGSTOP ${fault.target} for ${(fault.forMs / 1_000).toFixed(1)} s`;
  return `${fault.kind === 'kill' ? 'kill -9' : fault.kind} ${fault.target}`;
}
