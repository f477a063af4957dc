import Table from 'cli-table3';
import { colours } from '#infra/colours.ts';
import { foundKinds, isRight, type Outcome } from './outcome.ts';

const COLUMNS = [
  { head: 'scenario', width: 20 },
  { head: 'what runs', width: 36 },
  { head: 'expected', width: 18 },
  { head: 'found', width: 25 },
];
/** With the borders; a narrower terminal goes without what runs. */
const WHOLE_WIDTH = 104;
const MOST_FAULTS = 5;

/** Scenario × expected × found, a row each; below it what is not as expected. */
export function outcomeTable(outcomes: readonly Outcome[], terminal = WHOLE_WIDTH): string {
  const shown = COLUMNS.filter(({ head }) => terminal >= WHOLE_WIDTH || head !== 'what runs');
  const across = { colSpan: shown.length - 1 };
  const table = new Table({
    head: shown.map(({ head }) => head),
    colWidths: shown.map(({ width }) => width),
    wordWrap: true,
    style: colours.isColorSupported ? { head: ['bold'], border: ['dim'] } : { head: [], border: [] },
  });
  for (const outcome of outcomes) {
    const { scenario, runs } = outcome;
    const expected = scenario.expects.length > 0 ? scenario.expects.join('\n') : 'nothing';
    const about = shown.length === COLUMNS.length ? [scenario.about] : [];
    table.push([`${mark(outcome)} ${scenario.name}`, ...about, expected, found(outcome)]);
    const faults = [
      ...runs.flatMap(({ seed, traceId, verdict }) =>
        verdict.faults.map((fault) => `seed ${seed}, trace ${traceId}: ${fault}`),
      ),
      ...outcome.faults,
    ];
    for (const fault of faults.slice(0, MOST_FAULTS))
      table.push(['', { ...across, content: colours.red(fault) }]);
    if (faults.length > MOST_FAULTS)
      table.push(['', { ...across, content: colours.red(`and ${faults.length - MOST_FAULTS} more`) }]);
  }
  return table.toString();
}

/** The closing lines: how many workflows, how many as expected, how many false incidents on controls. */
export function conclusion(outcomes: readonly Outcome[]): string {
  const runs = outcomes.flatMap((outcome) => outcome.runs);
  const right = runs.filter(({ verdict }) => verdict.faults.length === 0).length;
  const controls = outcomes.filter(({ scenario }) => scenario.expects.length === 0);
  const falseOnes = controls.reduce(
    (sum, outcome) =>
      sum +
      outcome.faults.length +
      outcome.runs.reduce((count, { verdict }) => count + (verdict.trace?.findings.length ?? 0), 0),
    0,
  );
  const wrong = outcomes.filter((outcome) => !isRight(outcome)).length;
  const colour = wrong === 0 ? colours.green : colours.red;
  return colour(
    `${right} of ${runs.length} workflows answered as expected; ` +
      `${falseOnes} false incidents on ${controls.reduce((sum, { runs: all }) => sum + all.length, 0)} runs without a failure.`,
  );
}

function mark(outcome: Outcome): string {
  return isRight(outcome) ? colours.green('✔') : colours.red('✘');
}

function found(outcome: Outcome): string {
  const kinds = foundKinds(outcome);
  const of = outcome.runs.length;
  if (kinds.length === 0) return `nothing ${of}/${of}`;
  return kinds.map(([kind, runs]) => `${kind} ${runs}/${of}`).join('\n');
}
