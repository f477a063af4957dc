import { expect, test } from 'vitest';
import { picture } from './picture.ts';
import { page, section } from './report.ts';
import { type CaseRun, withRun } from './results.ts';

const run = (name: string, more: Partial<CaseRun['result']> = {}): CaseRun => ({
  name,
  about: `About ${name}.`,
  command: `npm run bench -- --case ${name} --rounds 7`,
  date: '2026-11-22T00:00Z',
  machine: 'A CPU, 2 cores',
  load: ['1.00 1.00 1.00', '2.00 1.00 1.00'],
  rounds: 7,
  broker: 'embedded',
  seconds: 61.7,
  result: { tables: [], ratios: [], checks: [], notes: [], ...more },
});

const costs = [
  { variant: 'ati', process: 'engine', counted: false, median: 20, min: 18, max: 30 },
  { variant: 'ati', process: 'sink', counted: true, median: 5.25, min: 5, max: 6 },
];

test('a section names its command, machine and load', () => {
  const text = section(run('sink'));
  expect(text).toContain('## sink\n\nAbout sink.');
  expect(text).toContain(
    '`npm run bench -- --case sink --rounds 7`, 2026-11-22T00:00Z, 7 rounds, 62 s, embedded broker.',
  );
  expect(text).toContain('A CPU, 2 cores. Load average 1.00 1.00 1.00 before, 2.00 1.00 1.00 after.');
});

test('ratios with what is promised, kept or missed', () => {
  const text = section(
    run('sink', {
      ratios: [
        { name: 'naive / ati', median: 11.04, min: 9.96, max: 12, atLeast: 10 },
        { name: 'memory', median: 3, min: 2, max: 4, atMost: 2.5 },
      ],
    }),
  );
  expect(text).toContain('| naive / ati |   11.0 | 9.96 |  12 | at least 10 | kept       |');
  expect(text).toContain('| memory      |      3 |    2 |   4 | at most 2.5 | **missed** |');
});

test('costs, tables, checks and notes', () => {
  const text = section(
    run('sink', {
      costs,
      tables: [{ title: 'Sizes', columns: ['what', 'bytes'], rows: [['a|b', 1_234_567]] }],
      checks: ['the same rows'],
      notes: ['a note'],
    }),
  );
  expect(text).toContain('| ati     | sink    |   5.25 |   5 |   6 | yes           |');
  expect(text).toContain('| a\\|b | 1,234,567 |');
  expect(text).toContain('Equal before any time counted:\n\n- the same rows');
  expect(text).toContain('Notes:\n\n- a note');
});

test('a run replaces the section of its case only', () => {
  const runs = withRun(withRun([run('sink')], run('detect')), run('sink', { notes: ['new'] }));
  expect(runs.map(({ name }) => name)).toEqual(['detect', 'sink']);
  const text = page(runs);
  expect(text.match(/^## /gm)).toHaveLength(2);
  expect(text).toContain('- new');
});

test('the page shows the picture once there are costs', () => {
  expect(page([run('sink')])).not.toContain('results.svg');
  expect(page([run('sink', { costs })])).toContain('(results.svg)');
});

test('the picture: a bar a variant, what counts first, each piece named', () => {
  const drawn = picture([run('sink', { costs })]);
  expect(drawn).toContain('<title>µs of CPU a span, by case, variant and process</title>');
  const pieces = [...drawn.matchAll(/<title>(ati, [^<]*)<\/title>/g)].map(([, title]) => title);
  expect(pieces).toEqual(['ati, sink: 5.25 µs', 'ati, engine: 20.00 µs (beside the ratio)']);
  expect(drawn).toContain('>25.3</text>');
});
