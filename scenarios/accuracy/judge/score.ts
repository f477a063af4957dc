import { CONTROLS } from '../corpus/controls.ts';
import { MIXES } from '../corpus/mixes.ts';
import { NOMINAL, PATTERNS } from '../corpus/patterns.ts';
import { WINDOW_SERIES } from '../corpus/series.ts';
import { PROFILES } from '../perturb/profiles.ts';
import type { Answer, Outcome, TraceOutcome } from './outcome.ts';

/** How often something planted was found, and its root named. */
export interface Recall {
  readonly planted: number;
  readonly found: number;
  readonly root: number;
}

export interface Times {
  readonly count: number;
  /** ms; 0 where there are none. */
  readonly p50: number;
  readonly p95: number;
}

/** Where something was found that is not there. */
export interface Wrong {
  /** Findings on control traces. */
  readonly onControls: number;
  /** Findings on traces in which something else was planted, or that belong to a series. */
  readonly onOthers: number;
  /** Incidents that no trace shows, and that the truth of its windows does not either. */
  readonly ofWindows: number;
  readonly all: number;
}

export interface DetectorScore {
  readonly kind: string;
  /** At the nominal strength, by one trace. */
  readonly nominal: Recall;
  /** Wherever it was planted: every strength, mix and series. */
  readonly all: Recall;
  /** Found where it was not planted. */
  readonly wrong: Wrong;
  /** Of them what is counted for every thousand controls: on control traces, and incidents of windows. */
  readonly falseAlarms: number;
  /** Since the end of the trace that shows it. */
  readonly sinceEnd: Times;
  readonly sinceStart: Times;
}

export interface StrengthScore {
  readonly kind: string;
  readonly strength: string;
  readonly about: string;
  readonly recall: Recall;
  readonly undecided: number;
}

export interface Score {
  readonly traces: number;
  readonly spans: number;
  readonly planted: number;
  readonly carriers: number;
  readonly controls: number;
  readonly undecided: number;
  readonly partial: number;
  readonly missing: number;
  readonly retracted: number;
  readonly deadLetters: number;
  readonly detectors: readonly DetectorScore[];
  readonly strengths: readonly StrengthScore[];
  readonly series: readonly (StrengthScore & { readonly times: Times })[];
  readonly mixes: readonly {
    readonly name: string;
    readonly recall: Recall;
    readonly whole: number;
    readonly traces: number;
  }[];
  readonly profiles: readonly {
    readonly name: string;
    readonly about: string;
    readonly recall: Recall;
    readonly controls: number;
    readonly falseAlarms: number;
  }[];
  readonly families: readonly {
    readonly name: string;
    readonly near: boolean;
    readonly traces: number;
    readonly falseAlarms: number;
  }[];
  /** By what was planted and what was found; `nothing` is one of either. */
  readonly confusion: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export const NOTHING = 'nothing';

const recallOf = (answers: readonly Answer[]): Recall => ({
  planted: answers.length,
  found: answers.filter(({ found }) => found).length,
  root: answers.filter(({ root }) => root).length,
});

/** Nearest rank. */
function timesOf(values: readonly number[]): Times {
  const rising = [...values].sort((a, b) => a - b);
  const at = (q: number) => rising[Math.max(0, Math.ceil(q * rising.length) - 1)] ?? 0;
  return { count: rising.length, p50: at(0.5), p95: at(0.95) };
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

/** The numbers of a corpus; `kinds` are the detectors there are, each of which gets its line. */
export function scoreOf(outcome: Outcome, kinds: readonly string[]): Score {
  const { traces, series } = outcome;
  const byName = Map.groupBy(traces, ({ name }) => name);
  const of = (name: string) => byName.get(name) ?? [];
  const controls = traces.filter(({ group }) => group === 'control');
  return {
    traces: traces.length,
    spans: total(traces.map(({ spans }) => spans)),
    planted: traces.filter(({ group }) => group === 'planted').length,
    carriers: traces.filter(({ group }) => group === 'carrier').length,
    controls: controls.length,
    undecided:
      total(traces.map(({ undecided }) => undecided)) +
      series.filter(({ answer }) => answer === undefined).length,
    partial: traces.filter(({ partial }) => partial).length,
    missing: traces.filter(({ missing }) => missing).length,
    retracted: outcome.retracted,
    deadLetters: outcome.deadLetters.length,
    detectors: kinds.map((kind) => detectorScore(kind, outcome, controls)),
    strengths: PATTERNS.flatMap(({ kind, strengths }) =>
      strengths.map(({ name, about }) => {
        const mine = of(`${kind}/${name}`);
        return {
          kind,
          strength: name,
          about,
          recall: recallOf(answersOf(mine, kind)),
          undecided: mine.length - answersOf(mine, kind).length,
        };
      }),
    ),
    series: WINDOW_SERIES.map(({ kind, strength, about }) => {
      const mine = series.filter((each) => each.kind === kind && each.strength === strength);
      const answers = mine.flatMap(({ answer }) => answer ?? []);
      return {
        kind,
        strength,
        about,
        recall: recallOf(answers),
        undecided: mine.length - answers.length,
        times: timesOf(mine.flatMap(({ openedAfterMs }) => openedAfterMs ?? [])),
      };
    }),
    mixes: MIXES.map(({ name }) => {
      const mine = of(`mix/${name}`);
      return {
        name,
        recall: recallOf(mine.flatMap(({ planted }) => planted)),
        whole: mine.filter(({ planted, extra }) => extra.length === 0 && planted.every(({ root }) => root))
          .length,
        traces: mine.length,
      };
    }),
    profiles: PROFILES.map(({ name, about }) => {
      const mine = traces.filter(({ profile }) => profile === name);
      const healthy = mine.filter(({ group }) => group === 'control');
      return {
        name,
        about,
        recall: recallOf(mine.flatMap(({ planted }) => planted)),
        controls: healthy.length,
        falseAlarms: total(healthy.map(({ extra }) => extra.length)),
      };
    }),
    families: CONTROLS.map(({ name, near }) => {
      const mine = of(name);
      return {
        name,
        near,
        traces: mine.length,
        falseAlarms: total(mine.map(({ extra }) => extra.length)),
      };
    }),
    confusion: confusionOf(traces, kinds),
  };
}

const answersOf = (traces: readonly TraceOutcome[], kind: string) =>
  traces.flatMap(({ planted }) => planted.filter((answer) => answer.kind === kind));

function detectorScore(kind: string, outcome: Outcome, controls: readonly TraceOutcome[]): DetectorScore {
  const extraIn = (traces: readonly TraceOutcome[]) =>
    total(traces.map(({ extra }) => extra.filter((each) => each === kind).length));
  const ofWindows = outcome.falseIncidents.filter((each) => each.kind === kind).length;
  const nominal = outcome.traces.filter(({ name }) => name === `${kind}/${NOMINAL}`);
  const series = outcome.series.flatMap(({ answer }) => (answer?.kind === kind ? [answer] : []));
  const onControls = extraIn(controls);
  const all = extraIn(outcome.traces) + ofWindows;
  const opened = outcome.detections.filter((each) => each.kind === kind);
  return {
    kind,
    nominal: recallOf(answersOf(nominal, kind)),
    all: recallOf([...answersOf(outcome.traces, kind), ...series]),
    wrong: { onControls, onOthers: all - onControls - ofWindows, ofWindows, all },
    falseAlarms: onControls + ofWindows,
    sinceEnd: timesOf(opened.map(({ sinceEndMs }) => sinceEndMs)),
    sinceStart: timesOf(opened.map(({ sinceStartMs }) => sinceStartMs)),
  };
}

/**
 * What was planted against what was found, one count for each failure of a trace. A failure that was not found counts
 * with what was found in its stead, where there is anything; what was found beside all that was planted counts with nothing.
 */
function confusionOf(traces: readonly TraceOutcome[], kinds: readonly string[]): Score['confusion'] {
  const names = [...kinds, NOTHING];
  const cells: Record<string, Record<string, number>> = Object.fromEntries(
    names.map((row) => [row, Object.fromEntries(names.map((column) => [column, 0]))]),
  );
  const count = (planted: string, found: string) => {
    cells[planted] ??= Object.fromEntries(names.map((column) => [column, 0]));
    cells[planted][found] = (cells[planted][found] ?? 0) + 1;
  };
  for (const { planted, extra } of traces) {
    if (planted.length === 0 && extra.length === 0) count(NOTHING, NOTHING);
    const missed = planted.filter(({ found }) => !found);
    for (const { kind } of planted.filter(({ found }) => found)) count(kind, kind);
    for (const { kind } of missed)
      for (const found of extra.length > 0 ? extra : [NOTHING]) count(kind, found);
    if (missed.length === 0) for (const found of extra) count(NOTHING, found);
  }
  return cells;
}
