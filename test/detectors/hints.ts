/** What a failing test of a new detector says to do, beside what it expected. */
import { ASSEMBLY_DEFAULTS } from '#processors/assembly/settings.ts';

const GUIDE = 'see "Adding one" in docs/detectors/README.md';

/** Of a scenario whose run takes so long (virtual ms) that its trace is closed without its root; undefined: short enough. */
export function tooLong(name: string, durationMs: number): string | undefined {
  const { hardCapMs } = ASSEMBLY_DEFAULTS;
  if (durationMs < hardCapMs) return undefined;
  return (
    `${name}: its run takes ${durationMs / 1_000} s, but a trace is closed at the hard cap of ${hardCapMs / 1_000} s, ` +
    `before its root has ended: plant a shorter one (${GUIDE})`
  );
}

export const noDigit = (action: string) =>
  `the recommendation ${action} names no number: put one of the finding's evidence into its text (${GUIDE})`;

export const notPlanted = (name: string) =>
  `${name}: what is found is not what its parameters plant by design §5; a kind that producers/agents/truth.ts does not ` +
  `know is planted by the scenario's own \`plants: [{ kind, agent: 'mesh-…', callee, numbers }]\` (${GUIDE})`;

export const missingFile = (file: string) => `processors/detectors/${file} is missing (${GUIDE})`;

export const noScenario = (kind: string) =>
  `no scenarios/NAME.scenario.ts has \`expects: ['${kind}']\` (${GUIDE})`;

export const firesWrongly = (kind: string, name: string, expected: boolean) =>
  expected
    ? `scenario ${name} expects ${kind}, and no root finding of that kind is in its trace`
    : `${kind} is found in scenario ${name}, which does not expect it: make the detector stricter, or list it there in ` +
      `\`expects\` and \`roots\` where it is right (${GUIDE})`;
