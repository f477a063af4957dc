import { describe, expect, test } from 'vitest';
import { view } from '../explain/testing.ts';
import { columns } from '../explain/text.ts';
import type { Attribution, CriticalPath } from './api.ts';
import { page } from './page.ts';
import { attribution, cause, criticalPath, sharesOf } from './testing.ts';

const ASKED = { root: {}, words: [] };
const lines = (found: Partial<Attribution> = {}, path: Partial<CriticalPath> = {}, given = {}) =>
  page({ attribution: attribution(found), criticalPath: criticalPath(path), notes: [] }, ASKED, view(given));
const text = (...of: Parameters<typeof lines>) => lines(...of).join('\n');

test('the answer first, then the path, then causes; what may be chance is in one row', () => {
  expect(lines({}, {}, { width: 100 })).toEqual([
    'Why planner / plan trip (shop) is slow: 10 traces of 900 ms on average.',
    '2026-11-21T12:00:00.000Z to 2026-11-21T13:00:00.000Z: those of 500 ms or longer (p90 of these 100',
    'traces), against the others; waits for a person left out',
    '',
    'Critical path of all 100 traces: where 200 ms on average went',
    '                   a trace  share  traces  could save',
    '  op 0 × 2  tools    10 ms   50 %    50 %        5 ms  ██████████████████████▌',
    '  op 1 × 2  tools    10 ms   50 %    50 %        5 ms  ██████████████████████▌',
    '',
    'Causes: what has grown by 800 ms a trace',
    '                                         extra  share    traces  certain',
    '  search       tools                   +780 ms   97 %  10 of 10     high  █████████████████████████▎',
    '  plan → rank  network agents → tools   +20 ms    3 %  10 of 10   medium  ▋',
    '  … 1 more                               +4 ms    1 %                     ▏',
    '',
    '  Search of tools took 880 ms of a trace against 100 ms in the baseline.',
    `  npm run explain -- ${'a'.repeat(32)}`,
    '',
    '  The way took 30 ms.',
    `  npm run explain -- ${'a'.repeat(32)}`,
  ]);
});

test.each([60, 80, 120])('in %i columns every line fits', (width) => {
  for (const line of lines({}, { shares: sharesOf(12) }, { width }))
    expect(columns(line)).toBeLessThanOrEqual(width);
});

describe('the path', () => {
  test('beyond eight rows the others are one, with what the API left out', () => {
    const rest = { shares: 5, spans: 9, errors: 0, totalMs: 3, meanMs: 7, share: 0.25 };
    const all = { shares: sharesOf(10), rest };
    expect(text({}, all)).toMatch(/… 7 more +27 ms +45 %/);
    expect(text({}, all)).not.toMatch(/op 8/);
    const every = text({}, all, { all: true });
    expect(every).toMatch(/op 9/);
    expect(every).toMatch(/… 5 more +7 ms +25 %/);
  });

  test('a way and a wait say what they are', () => {
    const [share] = sharesOf(1);
    const shares = [
      { ...share, type: 'edge', callerService: 'agents', callerOperation: 'plan', spans: 50 },
      { ...share, type: 'idle', operation: 'approve', spans: 50 },
    ];
    expect(text({}, { shares }, { width: 120 })).toMatch(
      /plan → op 0 +network agents → tools .*\n +approve +a person /,
    );
  });
});

describe('causes', () => {
  test('those that are worth it, each with its bar and an example', () => {
    const said = text({}, {}, { width: 120 });
    expect(said).toMatch(/Causes: what has grown by 800 ms a trace\n/);
    expect(said).toMatch(/ search +tools +\+780 ms +97 % +10 of 10 +high +█/);
    expect(said).toMatch(/ plan → rank +network agents → tools +\+20 ms/);
    expect(said).toMatch(/… 1 more +\+4 ms/);
    expect(said).toMatch(`npm run explain -- ${'a'.repeat(32)}`);
    expect(said).not.toMatch(/store|It could be chance/);
    expect(text({}, {}, { all: true })).toMatch(/store[\s\S]*It could be chance/);
  });

  test('on one instance, and new ones', () => {
    const causes = [
      cause({ kind: 'instance', slowInstances: ['host-3'] }),
      cause({ operation: 'x', isNew: true }),
    ];
    expect(text({ causes })).toMatch(/search +only on host-3 [\s\S]* x \(new\) /);
  });

  test('on very many instances: a few lines, whatever their names', () => {
    const slowInstances = Array.from({ length: 5 }, (_, i) => `${'pod'.repeat(40)}-${i}`);
    const said = lines({
      causes: [cause({ kind: 'instance', slowInstances, moreSlowInstances: 1234 })],
    });
    expect(said.length).toBeLessThan(35);
    expect(said.join(' ').replace(/ +/g, ' ')).toMatch(/only on .* and 1,237 more/);
  });

  test('most of the extra time is never folded away, however uncertain', () => {
    const causes = [
      cause({ operation: 'checkpoint', share: 0.16, extraMs: 16, confidence: 'medium' }),
      cause({ operation: 'GET /tool/:name', share: 0.48, extraMs: 48, confidence: 'low' }),
      cause({ operation: 'chat', share: 0.3, extraMs: 30, confidence: 'low' }),
      cause({ operation: 'tiny', share: 0.004, extraMs: 0.4, confidence: 'low' }),
    ];
    const said = text({ causes }, {}, { width: 120 });
    expect(said).toMatch(/GET .* 48 % .* low .*\n +chat .* low .*\n +checkpoint .* medium .*\n +… 1 more /);
  });

  test('many small ones: as many rows as leave less than half of it to the last row', () => {
    const causes = Array.from({ length: 20 }, (_, i) =>
      cause({ operation: `op ${i}`, share: 0.04, extraMs: 4, confidence: i > 17 ? 'medium' : 'low' }),
    );
    const rest = { causes: 5, extraMs: 20, share: 0.2 };
    const said = text({ causes, rest }, {}, { width: 120 });
    // 13 rows of 4 % leave 48 %; and the two that are certain.
    expect(said.match(/^ +op \d+ +tools .* (low|medium)/gm)).toHaveLength(15);
    expect(said).toMatch(/ … 10 more +\+40 ms +40 %/);
    expect(said).toMatch(/ op 18 .* medium[\s\S]* op 19 .* medium/);
  });

  test('none is certain: they are shown for what they are', () => {
    expect(text({ causes: [cause({ confidence: 'low' })] })).toMatch(/search .* low /);
  });

  test('refused: only the path', () => {
    const said = text({ refused: 'Too few: 2 traces.', summary: 'Too few: 2 traces.' });
    expect(said).toMatch(/^planner \/ plan trip \(shop\)\n/);
    expect(said).toMatch(/Critical path of all 100 traces/);
    expect(said).not.toMatch(/Causes|search|Too few/);
  });

  test('what is no cause', () => {
    const change = { ...sharesOf(1)[0], meanMs: 5000, baselineMeanMs: 100, extraMs: 4900 };
    const waits = [{ ...change, type: 'idle', operation: 'approve' }];
    const faster = [{ ...change, operation: 'cache', extraMs: -20 }];
    const said = text({ waits, faster }, {}, { width: 200 });
    expect(said).toMatch(/Faster, or no longer on the path: 20 ms a trace, most of it cache \(tools\)/);
    expect(said).toMatch(
      /Waited for a person, in no number here: 5,000 ms a trace against 100 ms \(approve\)/,
    );
    expect(text({ waits: [{ ...waits[0], extraMs: 0.5 }], faster, shrunkMs: 1 })).not.toMatch(
      /Waited|Faster/,
    );
  });
});

test('where errors begin', () => {
  const failure = {
    ...{
      role: 'tool',
      service: 'tools',
      agent: 'tools',
      operation: 'store',
      traces: 9,
      share: 0.9,
      errors: 11,
    },
    ...{ failingInstance: '', instances: [], moreInstances: 0, exemplarTraceIds: [] },
  };
  const failures = [failure, { ...failure, operation: 'rank', failingInstance: 'host-1' }];
  const said = text({ failures, slow: 'failing', thresholdMs: null }, {}, { width: 120 });
  expect(said).toMatch(/Errors begin in\n +store +tools +9 of 10 +90 % +11 errors/);
  expect(said).toMatch(/rank +only on host-1/);
  expect(said).toMatch(/: those with an error, against/);
  const more = { instances: 0, faster: 0, waits: 0, failures: 40 };
  expect(text({ failures, more })).toMatch(/… 40 more/);
});

test('what it is not about, as commands', () => {
  const others = [{ service: 'shop', agent: 'planner', operation: 'batch', traces: 40 }];
  expect(lines({ others }).slice(-2)).toEqual([
    'Not about',
    '  npm run why -- --operation batch  # 40 traces',
  ]);
  expect(text()).not.toMatch(/Not about/);
});

test('what was asked instead stands in the head', () => {
  const said = page(
    { attribution: attribution(), criticalPath: criticalPath(), notes: ['Of 46 traces p95 leaves too few.'] },
    ASKED,
    view({ width: 200 }),
  );
  expect(said[2]).toBe('Of 46 traces p95 leaves too few.');
});

describe('which are slow', () => {
  test.each([
    [{ slow: '800', thresholdMs: 800 }, 'those of 800 ms or longer, against the others'],
    [
      { slow: 'p50', thresholdMs: 8 },
      'those of 8 ms or longer (p50 of these 100 traces), against the others',
    ],
    [
      { slow: 'p50', thresholdMs: 8, baselineFrom: 'A', baselineTo: 'B' },
      'those of 8 ms or longer (p50 of the baseline), against traces of A to B',
    ],
    [
      { slow: 'p95', thresholdMs: null, baselineFrom: 'A', baselineTo: 'B' },
      'those above p95 of the baseline, which has no trace, against traces of A to B',
    ],
  ])('%j', (found, said) => {
    expect(text(found, {}, { width: 200 })).toContain(said);
  });
});

test('names steer no terminal', () => {
  const evil = 'a\u001b[31mb\u202ec\nd';
  const root = { service: evil, agent: evil, operation: evil };
  const [share] = sharesOf(1);
  const said = text(
    { root, causes: [cause({ operation: evil, service: evil, slowInstances: [evil], text: evil })] },
    { shares: [{ ...share, operation: evil, service: evil }] },
  );
  expect(said).not.toMatch(/\u001b|\u202e/);
});
