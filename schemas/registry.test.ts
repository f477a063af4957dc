import { expect, test } from 'vitest';
import { encode } from './codec.ts';
import { schemaById, subjects, subjectVersions } from './registry.ts';

test('lists a subject per topic and record, with the topic prefix', () => {
  expect(subjects()).toContain('ati.signals-ati.ClockMark');
  expect(subjects()).toContain('ati.signals-ati.Signal');
  expect(subjects()).toContain('ati.telemetry-ati.MetricBatch');
  expect(subjects()).toContain('ati.telemetry-ati.LogBatch');
  expect(subjects()).toHaveLength(9);
  expect(subjects('eu.').every((subject) => subject.startsWith('eu.ati.'))).toBe(true);
});

test('the id in an encoded event leads to the schema it was written with', () => {
  const bytes = encode('ClockMark', { source: { partition: 0, offset: 1, sequence: 0, clock: 5 } });
  const found = schemaById(bytes.readInt32BE(1));
  expect(found?.subject).toBe('ati.signals-ati.ClockMark');
  expect(JSON.parse(found?.schema ?? '')).toMatchObject({ type: 'record', name: 'ClockMark' });
});

test('versions of a subject start with 1; an unknown subject or id has none', () => {
  expect(subjectVersions('ati.spans-ati.SpanBatch').map((entry) => entry.version)[0]).toBe(1);
  expect(subjectVersions('ati.spans-ati.Signal')).toEqual([]);
  expect(subjectVersions('ati.spans-ati.SpanBatch', 'eu.')).toEqual([]);
  expect(schemaById(0)).toBeUndefined();
});
