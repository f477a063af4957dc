import picocolors from 'picocolors';
import { expect, test } from 'vitest';
import { incidentEvent } from '../testing.ts';
import { incidentEntry } from './entry.ts';

const colours = picocolors.createColors(false);
const NOW = 1_700_000_100_000;
const SEEN = 1_700_000_090_000;
const since = 1_700_000_002_000;
interface Around {
  /** 0: no terminal. */
  readonly columns?: number;
  readonly seen?: number;
}

const entry = (given = {}, { columns = 80, seen }: Around = {}) =>
  incidentEntry({ last: incidentEvent(given), since }, seen, NOW, { colours, columns: columns || undefined });

test('an open one: how bad, what, since when, last seen, what to do', () => {
  expect(entry({ settled: true, severity: 'critical' }, { seen: SEEN })).toBe(
    [
      '● 00000000  critical  Retry storm on search *',
      '  open since 2023-11-14T22:13:21Z, last seen 2023-11-14T22:14:50Z',
      '  → Allow at most 10 retries a minute.',
    ].join('\n'),
  );
});

test('without the API: when it changed last, if it has', () => {
  expect(entry()).toContain('\n  open (provisional) since 2023-11-14T22:13:21Z\n');
  expect(entry({ at: NOW }, { columns: 120 })).toContain(
    'since 2023-11-14T22:13:21Z, last changed 2023-11-14T22:15:00Z\n',
  );
});

test('one that is over: since when; one that was taken back advises nothing', () => {
  expect(entry({ event: 'resolved', at: NOW })).toMatch(
    /^✓ .*\n {2}resolved 2023-11-14T22:13:22Z, opened 2023-11-14T22:13:21Z\n {2}→ Allow/,
  );
  expect(entry({ event: 'retracted' })).toMatch(/^○ .*\n {2}retracted .*Z$/);
});

test('who looks after it, and until when it is muted', () => {
  const given = { acknowledgedBy: 'ann', mutedUntil: NOW + 61_000, note: 'bob: known' };
  expect(entry(given, { columns: 0 })).toContain(
    '  (acknowledged by ann, muted until 2023-11-14T22:16:01Z, “bob: known”)  →',
  );
  expect(entry({ mutedUntil: NOW, note: 'bob: was' })).not.toMatch(/muted|was/);
  expect(entry({ event: 'unmuted', note: 'unmuted by bob' })).not.toContain('bob');
});

test('no line is wider than the terminal; without one it is a line', () => {
  const recommendations = [{ action: 'a', text: 'word '.repeat(60).trim() }];
  for (const columns of [40, 80, 120])
    for (const line of entry({ recommendations }, { columns }).split('\n'))
      expect(line.length).toBeLessThanOrEqual(columns);
  expect(entry({ recommendations, title: 'a\nb' }, { columns: 0 })).not.toContain('\n');
});
