/** docs/accuracy.md: what was done, the main table first, then where it comes from. */

import { number } from '#infra/format.ts';
import type { Outcome } from '../judge/outcome.ts';
import { NOTHING, type Recall, type Score, type Wrong } from '../judge/score.ts';
import { falsePerThousand, type Target } from '../judge/targets.ts';
import { bar, code, seconds, shareText, table } from './markdown.ts';
import { mistakes } from './mistakes.ts';
import {
  CONFUSION,
  CORPUS_TEXT,
  HOW_TO_READ,
  LIMITS,
  SERIES,
  STRENGTHS,
  STRENGTHS_READ,
  WAYS,
  WHERE_FALSE,
} from './texts.ts';

export interface ReportOptions {
  readonly seed: number;
  /** As on the command line; undefined: the whole corpus. */
  readonly traces?: number;
}

/** The page, a pure function of its arguments: no times of this machine, no dates. */
export function report(
  score: Score,
  outcome: Outcome,
  targets: readonly Target[],
  options: ReportOptions,
): string {
  const sections = [
    '# Accuracy',
    head(score, options),
    '## What was found',
    detectorTable(score),
    HOW_TO_READ,
    '## Where the false ones are',
    WHERE_FALSE,
    falseTable(score),
    '## Targets',
    targetTable(targets),
    '## How weak a failure may be',
    STRENGTHS,
    strengthTable(score),
    strengthPicture(score),
    STRENGTHS_READ,
    '## Failures that only several traces show',
    SERIES,
    seriesTable(score),
    '## Several failures in one trace',
    'Two workflows below one root. `all right`: every failure found at its root, and nothing else.',
    mixTable(score),
    '## Confusion',
    CONFUSION,
    confusionTable(score),
    '## By the spans’ way to the door',
    WAYS,
    profileTable(score),
    '## The controls',
    'Near misses are just short of a definition, or easily taken for a failure. `false`: findings of single traces.',
    familyTable(score),
    '## The corpus',
    corpusTable(score),
    CORPUS_TEXT,
    '## What went wrong',
    mistakes(outcome),
    '## Limits',
    LIMITS,
    '## How to repeat it',
    repeat(options),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** What gives the page again. */
export const commandOf = ({ seed, traces }: ReportOptions): string =>
  `npm run accuracy -- --seed ${seed}${traces === undefined ? '' : ` --traces ${traces}`}`;

/** The command that a page names as its own; undefined where it names none. */
export const commandIn = (page: string): string | undefined =>
  /`(npm run accuracy -- [^`\n]*)` plays/.exec(page)?.[1];

function head(score: Score, options: ReportOptions): string {
  return (
    `How often ATI finds what is there, and how often it cries wolf. ${code(commandOf(options))} plays ` +
    `${number(score.traces)} traces (${number(score.spans)} spans) in virtual time: ${number(score.planted)} with a failure ` +
    `planted in them, ${number(score.carriers)} of failures that only several traces show together, and ` +
    `${number(score.controls)} controls in which nothing has failed. They go through the pipeline’s own code, both stages; ` +
    'what it says is compared with what the generator planted. This page is what that command gives: the same seed gives ' +
    'the same bytes, on any machine and with any number of worker threads.'
  );
}

function detectorTable({ detectors, controls }: Score): string {
  return table(
    [
      'detector',
      'recall, nominal',
      'recall, all',
      'precision',
      'false per 1,000 controls',
      'root right',
      'opens after, p50',
      'p95',
    ],
    detectors.map(({ kind, nominal, all, wrong, falseAlarms, sinceEnd }) => [
      code(kind),
      `${shareText(nominal.found, nominal.planted)} (${nominal.found}/${nominal.planted})`,
      `${shareText(all.found, all.planted)} (${all.found}/${all.planted})`,
      shareText(all.found, all.found + wrong.all),
      `${((1_000 * falseAlarms) / Math.max(1, controls)).toFixed(2)} (${falseAlarms})`,
      shareText(all.root, all.found),
      sinceEnd.count === 0 ? '–' : seconds(sinceEnd.p50),
      sinceEnd.count === 0 ? '–' : seconds(sinceEnd.p95),
    ]),
  );
}

function falseTable({ detectors }: Score): string {
  const cellsOf = ({ onControls, onOthers, ofWindows, all }: Wrong) =>
    [onControls, ofWindows, onOthers, all].map(String);
  const sum = (part: keyof Wrong) => detectors.reduce((so, { wrong }) => so + wrong[part], 0);
  const whole: Wrong = {
    onControls: sum('onControls'),
    onOthers: sum('onOthers'),
    ofWindows: sum('ofWindows'),
    all: sum('all'),
  };
  return table(
    ['detector', 'on control traces', 'incidents of windows', 'on other traces', 'all'],
    [...detectors.map(({ kind, wrong }) => [code(kind), ...cellsOf(wrong)]), ['all', ...cellsOf(whole)]],
  );
}

function targetTable(targets: readonly Target[]): string {
  const value = (target: Target) =>
    Number.isInteger(target.value) && target.value > 1
      ? number(target.value)
      : target.value.toFixed(target.what.startsWith('recall') || target.what.startsWith('root') ? 3 : 2);
  return table(
    ['target', 'wanted', 'is', ''],
    targets.map((target) => [target.what, target.wanted, value(target), target.met ? 'met' : '**missed**']),
  );
}

const cells = ({ planted, found, root }: Recall) => [
  String(planted),
  shareText(found, planted),
  shareText(root, found),
];

function strengthTable({ strengths }: Score): string {
  return table(
    ['failure', 'strength', 'what', 'traces', 'recall', 'root right', 'undecided'],
    strengths.map(({ kind, strength, about, recall, undecided }) => [
      code(kind),
      strength,
      about,
      ...cells(recall),
      String(undecided),
    ]),
    3,
  );
}

function strengthPicture({ strengths }: Score): string {
  const widest = Math.max(...strengths.map(({ kind }) => kind.length));
  const lines = strengths.map(
    ({ kind, strength, recall }, i) =>
      `${(strengths[i - 1]?.kind === kind ? '' : kind).padEnd(widest)}  ${strength.padEnd(8)}  ` +
      `${bar(recall.found, recall.planted)}  ${shareText(recall.found, recall.planted)}`,
  );
  return `\`\`\`text\n${lines.join('\n')}\n\`\`\``;
}

function seriesTable({ series }: Score): string {
  return table(
    ['failure', 'strength', 'what', 'meshes', 'recall', 'root right', 'undecided', 'opens after, p50', 'p95'],
    series.map(({ kind, strength, about, recall, undecided, times }) => [
      code(kind),
      strength,
      about,
      ...cells(recall),
      String(undecided),
      ...(times.count === 0 ? ['–', '–'] : [seconds(times.p50), seconds(times.p95)]),
    ]),
    3,
  );
}

function mixTable({ mixes }: Score): string {
  return table(
    ['mix', 'traces', 'failures', 'recall', 'root right', 'all right'],
    mixes.map(({ name, traces, recall, whole }) => [
      name,
      String(traces),
      ...cells(recall),
      shareText(whole, traces),
    ]),
  );
}

function confusionTable({ confusion }: Score): string {
  const rows = Object.keys(confusion);
  const columns = [...new Set(rows.flatMap((row) => Object.keys(confusion[row])))];
  const title = (name: string) => (name === NOTHING ? name : code(name));
  return table(
    ['planted ↓ found →', ...columns.map(title)],
    rows.map((row) => [title(row), ...columns.map((column) => String(confusion[row][column] ?? 0))]),
  );
}

function profileTable({ profiles }: Score): string {
  return table(
    ['way', 'what', 'failures', 'recall', 'root right', 'controls', 'false'],
    profiles.map(({ name, about, recall, controls, falseAlarms }) => [
      name,
      about,
      ...cells(recall),
      String(controls),
      String(falseAlarms),
    ]),
    2,
  );
}

function familyTable({ families }: Score): string {
  return table(
    ['control', 'near miss', 'traces', 'false'],
    families.map(({ name, near, traces, falseAlarms }) => [
      name,
      near ? 'yes' : '',
      String(traces),
      String(falseAlarms),
    ]),
    2,
  );
}

function corpusTable(score: Score): string {
  const rows: [string, number][] = [
    ['traces', score.traces],
    ['spans', score.spans],
    ['traces with a planted failure', score.planted],
    ['traces of failures that only several show', score.carriers],
    ['control traces', score.controls],
    ['failures that chance decides, not counted', score.undecided],
    ['traces that closed without their root, at the hard cap', score.partial],
    ['traces of which nothing arrived', score.missing],
    ['incidents opened by an incomplete trace and taken back', score.retracted],
    ['records that could not be read', score.deadLetters],
  ];
  return table(
    ['of the corpus', ''],
    [
      ...rows.map(([what, value]) => [what, number(value)]),
      ['false incidents per 1,000 control traces', falsePerThousand(score).toFixed(2)],
    ],
  );
}

function repeat(options: ReportOptions): string {
  const whole = options.traces === undefined;
  const out = whole ? '' : ' --out page.md';
  const rows = [
    [
      commandOf(options) + out,
      whole ? 'writes this page (about two minutes of one processor)' : 'writes this page',
    ],
    [
      `${commandOf(options)}${out} --check`,
      'fails where the page differs from what this run gives, or a target is missed',
    ],
    ['npm run accuracy -- --quick', 'a look: about 2,000 traces, printed and written nowhere'],
    ['npm run accuracy -- --quick --check', 'the same, of which only the targets are told'],
  ];
  const width = Math.max(...rows.map(([line]) => line.length));
  return ['```sh', ...rows.map(([line, what]) => `${line.padEnd(width)}  # ${what}`), '```'].join('\n');
}
