import picocolors from 'picocolors';
import { expect, test } from 'vitest';
import { toIncidentJson } from '../api/incident-json.ts';
import { incidentEvent } from '../testing.ts';
import { deedLine, incidentLine, jsonLine } from './line.ts';

const plain = picocolors.createColors(false);
const coloured = picocolors.createColors(true);

test('one line says when, which, what happened, how bad, what, where, the numbers and what to do', () => {
  expect(
    incidentLine(incidentEvent({ incidentId: '0123456789abcdef'.repeat(2), settled: true }), plain),
  ).toBe(
    '2023-11-14T22:13:22.000Z  01234567  opened  warning  retry_storm  planner / plan trip → search *  ' +
      'amplification 1.11, attempts 111  Allow at most 10 retries a minute.  trace 00000000000000000000000000000abc',
  );
});

test('what is provisional or over says so', () => {
  expect(incidentLine(incidentEvent(), plain)).toContain('retry_storm (provisional)');
  expect(incidentLine(incidentEvent({ event: 'updated', severity: 'critical' }), plain)).toContain(
    '  updated  critical  ',
  );
  expect(incidentLine(incidentEvent({ event: 'resolved' }), plain)).toContain('  resolved  retry_storm');
  expect(incidentLine(incidentEvent({ event: 'retracted' }), plain)).toContain('  retracted  ');
});

test('three measures, with their units, not more', () => {
  const evidence = [
    { name: 'width', value: 100, unit: 'count' },
    { name: 'makespan', value: 412.3456, unit: 'ms' },
    { name: 'share', value: 0.51234, unit: 'ratio' },
    { name: 'more', value: 1, unit: '' },
  ];
  expect(incidentLine(incidentEvent({ evidence }), plain)).toContain(
    '  width 100, makespan 412 ms, share 0.512  ',
  );
});

test('no evidence and no advice leave no gaps', () => {
  const line = incidentLine(incidentEvent({ evidence: [], recommendations: [], evidenceTraceId: '' }), plain);
  expect(line.endsWith('search *')).toBe(true);
});

test('colours only where they are asked for', () => {
  expect(incidentLine(incidentEvent({ severity: 'critical' }), coloured)).toContain(
    '\u001b[31mcritical\u001b[39m',
  );
  expect(incidentLine(incidentEvent(), plain)).not.toContain('\u001b');
});

test('names from the log cannot steer the terminal or break the line', () => {
  const line = incidentLine(incidentEvent({ agent: 'a\u001b[2Jb\nc', signature: 'x\r\u0085\u2028y' }), plain);
  expect(line).not.toMatch(/[\u0000-\u001f\u0080-\u009f\u2028]/);
});

test('names can neither turn the order of the line nor hide in it', () => {
  const evil = 'a\u202eb\u2066c\u200dd\u{e0041}e';
  const event = incidentEvent({
    ...{ agent: evil, kind: evil, signature: evil, note: evil, event: 'acknowledged' },
  });
  for (const line of [
    incidentLine(event, plain),
    deedLine(toIncidentJson(event), 'acknowledged'),
    jsonLine(event),
  ])
    expect(line).not.toMatch(/\p{Cf}/u);
  expect(JSON.parse(jsonLine({ evil, c1: '\u009b' }))).toEqual({ evil, c1: '\u009b' });
  expect(jsonLine('\u009b')).toBe('"\\u009b"');
});

test('who looks after it, and until when it is muted; a mute that has run out is none', () => {
  const at = 1_700_000_002_000;
  const event = incidentEvent({ acknowledgedBy: 'ann', mutedUntil: at + 60_000, note: 'looking', at });
  expect(incidentLine(event, plain)).toContain(
    '→ search *  (acknowledged by ann, muted until 2023-11-14T22:14:22Z, “looking”)  amplification',
  );
  expect(incidentLine({ ...event, acknowledgedBy: '', mutedUntil: at }, plain)).toContain('→ search *  ampl');
});

test('an operator’s name alone is no word of theirs', () => {
  const at = 1_700_000_002_000;
  const event = incidentEvent({ event: 'muted', mutedUntil: at + 60_000, note: 'muted by ann', at });
  expect(incidentLine(event, plain)).toMatch(/\(muted until 2023-11-14T22:14:22Z, muted by ann\)$/);
});

test('advice that has been read already is left out', () => {
  expect(incidentLine(incidentEvent(), plain, false)).toMatch(/attempts 111 {2}trace /);
});

test('what an operator did is shown with what they said, without evidence and advice', () => {
  const event = incidentEvent({ event: 'acknowledged', acknowledgedBy: 'ann', note: 'looking\u001b[2J' });
  expect(incidentLine(event, plain)).toMatch(
    /acknowledged {2}warning {2}.* → search \* {2}\(acknowledged by ann, “looking\ufffd\[2J”\)$/,
  );
});
