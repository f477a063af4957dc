/** The pages in docs/detectors/ name every threshold with its default, and nothing that is none. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DETECTORS } from './registry.ts';

const fileOf = (kind: string) =>
  new URL(`../../docs/detectors/${kind.replaceAll('_', '-')}.md`, import.meta.url);

/** `| `name` | default | …` of the tables under "Thresholds", by name. */
function thresholdsIn(page: string): Record<string, string> {
  const section = page.split(/^## /m).find((each) => each.startsWith('Thresholds')) ?? '';
  return Object.fromEntries(
    [...section.matchAll(/^\| `(\w+)` +\| ([^|]*?) +\|/gm)].map(([, name, value]) => [name, value]),
  );
}

const defaultsOf = (config: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(config as Record<string, unknown>).map(([name, value]) => [name, String(value)]),
  );

// A detector without thresholds has nothing that an operator could look up.
const TUNABLE = DETECTORS.filter(({ config }) => Object.keys(defaultsOf(config.parse({}))).length > 0);

describe.each(TUNABLE.map((detector) => [detector.kind, detector] as const))('%s', (kind, detector) => {
  const name = `${kind.replaceAll('_', '-')}.md`;
  const guide = 'see “A page” under "Adding one" in docs/detectors/README.md';

  test('has its page', () => {
    expect(existsSync(fileOf(kind)), `${kind} has thresholds: write docs/detectors/${name} (${guide})`).toBe(
      true,
    );
  });
  test.skipIf(!existsSync(fileOf(kind)))(
    'each threshold stands there with its default, and nothing else',
    () => {
      expect(
        thresholdsIn(readFileSync(fileOf(kind), 'utf8')),
        `the table under "## Thresholds" in docs/detectors/${name} must have a row for each threshold with its default (${guide})`,
      ).toEqual(defaultsOf(detector.config.parse({})));
    },
  );
  test('the index leads there', () => {
    const index = readFileSync(new URL('../../docs/detectors/README.md', import.meta.url), 'utf8');
    const row = `| [\`${kind}\`](${name})`;
    // Not by toContain: that would print the whole page.
    expect(
      index.includes(row),
      `docs/detectors/README.md must have a row “${row} …” in its first table`,
    ).toBe(true);
  });
});

test('a default that is not the code’s is seen', () => {
  const page =
    '# A\n\n| `before` | 1 | no |\n\n## Thresholds\n\n| name | default |\n| `one`  | 0.5     | x |\n';
  expect(thresholdsIn(page)).toEqual({ one: '0.5' });
});
