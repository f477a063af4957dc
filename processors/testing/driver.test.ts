import { describe, expect, it } from 'vitest';
import { fanoutTrace, retryTrace } from '../detectors/testkit.ts';
import { PipelineDriver } from './driver.ts';
import { exportsOf, merged } from './exports.ts';
import { runPipeline } from './pipeline.ts';
import { testBatch } from './span-log.ts';

const START = 1_790_000_000_000;
const END = START + 700_000;
const PARTITIONS = 4;

const log = merged(
  ...[0, 1, 2, 3, 4].map((n) =>
    exportsOf(n % 2 === 0 ? retryTrace(0.2) : fanoutTrace(), {
      trace: `run-${n}`,
      startMs: START + n * 15_000,
      partitions: PARTITIONS,
    }),
  ),
);
const expected = runPipeline(log, { until: END });

/** Incidents in order of id and revision; those that came again must have the same bytes. */
function once(records: ReturnType<PipelineDriver['readIncidents']>): string[] {
  const found = new Map<string, string>();
  for (const { event, value } of records) {
    const id = `${event.incidentId} ${String(event.revision).padStart(4, '0')}`;
    const hex = Buffer.from(value).toString('hex');
    expect(found.get(id) ?? hex).toBe(hex);
    found.set(id, hex);
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, hex]) => hex);
}

const steady = once(expected.incidents.map((event, i) => ({ event, value: expected.incidentBytes[i] })));

describe('the driver', () => {
  it('is compared with a run that says something', () => {
    expect(steady.length).toBeGreaterThanOrEqual(4);
  });

  it('gives each output once, when it is due and not before', () => {
    const driver = new PipelineDriver({ partitions: 2 });
    driver.pipe(0, testBatch(START, [{ trace: 1, span: 1 }]));
    driver.tick(0, START + 5_999);
    expect(driver.readTraces()).toEqual([]);
    driver.tick(0, START + 6_000);
    expect(driver.readTraces().map((trace) => [trace.revision, trace.source.clock - START])).toEqual([
      [1, 6_000],
    ]);
    expect(driver.readTraces()).toEqual([]);
    expect([driver.clockOf(0) - START, driver.clockOf(1)]).toEqual([6_000, 0]);
    expect([driver.watermarkOf(0), driver.watermarkOf(1)]).toEqual([-1, -1]);
    driver.advanceTo(START + 7_000);
    expect([driver.watermarkOf(0), driver.watermarkOf(1)]).toEqual([START + 7_000, START + 7_000]);
  });

  it('names what it could not read', () => {
    const driver = new PipelineDriver();
    driver.pipe(3, Buffer.from('junk'));
    driver.pipeSignal(0, Buffer.from('junk'));
    expect(driver.deadLetters.map((letter) => letter.split(':')[0])).toEqual(['decode', 'decode']);
  });

  it.each([1, 7, 1000])('stage 2 in batches of %i: the same incidents', (fetch) => {
    const { incidents, incidentBytes } = runPipeline(log, { until: END, fetch });
    expect(once(incidents.map((event, i) => ({ event, value: incidentBytes[i] })))).toEqual(steady);
  });

  it('a restart after every few records changes nothing and says nothing twice', () => {
    const driver = new PipelineDriver();
    log.forEach(({ partition, batch }, i) => {
      driver.pipe(partition, batch);
      if (i % 5 === 0) driver.restart();
    });
    driver.restart();
    driver.advanceTo(END);
    driver.restart();
    const incidents = driver.readIncidents();
    expect(incidents.length).toBe(steady.length);
    expect(once(incidents)).toEqual(steady);
    expect(driver.readTraces()).toEqual(expected.traces);
    expect(driver.readSignals()).toEqual(expected.signals);
  });

  it('crashes between commits repeat outputs, with the same bytes', () => {
    const driver = new PipelineDriver({ autoCommit: false, fetch: 3 });
    log.forEach(({ partition, batch }, i) => {
      driver.pipe(partition, batch);
      if (i % 7 === 0) driver.commit();
      if (i % 11 === 0) driver.restart();
      if (i % 13 === 0) driver.assign({ assembly: [i % PARTITIONS] });
      if (i % 17 === 0) driver.assign({ incidents: [0, i % PARTITIONS] });
    });
    driver.advanceTo(END);
    driver.restart();
    expect(once(driver.readIncidents())).toEqual(steady);
    expect(driver.readTraces().length).toBeGreaterThan(expected.traces.length);
  });
});
