import { describe, expect, test } from 'vitest';
import { runPipeline } from '#processors/testing/pipeline.ts';
import { partitionOf } from '#schemas/murmur2.ts';
import { incidentJson } from '#sinks/api/incident-json.ts';
import { traceDetail } from '#sinks/api/trace-json.ts';
import { CONTROLS, SCENARIOS } from '../registry.ts';
import type { Scenario } from '../scenario.ts';
import { generateVirtualRun, type VirtualRun } from '../virtual/generate.ts';
import { analyseFiles } from './testing.ts';

const START = 1_790_000_000_000;

/** As the Collector's file exporter writes protobuf: each message behind four bytes of length. */
function protoFile(runs: readonly VirtualRun[]): Buffer {
  return Buffer.concat(
    runs.flatMap(({ exports }) =>
      exports.flatMap(({ otlp }) => {
        const length = Buffer.alloc(4);
        length.writeUInt32BE(otlp.length);
        return [length, otlp];
      }),
    ),
  );
}

/** What the pipeline says of the same spans when each arrives as it was exported. */
function live(runs: readonly VirtualRun[]) {
  const batches = runs.flatMap(({ traceId, exports }) =>
    exports.map(({ atUnixMs, spanCount, otlp }) => ({
      partition: partitionOf(Buffer.from(traceId, 'hex'), 4),
      batch: { tenant: 'default', receivedAt: atUnixMs, spanCount, otlp },
    })),
  );
  return runPipeline(batches.sort((a, b) => a.batch.receivedAt - b.batch.receivedAt));
}

const run = (scenario: Scenario, seed = 7, startMs = START) => generateVirtualRun(scenario, seed, startMs);

test.each([...SCENARIOS, ...CONTROLS].map((each) => [each.name, each] as const))(
  '%s: in a file is found what is found live, with the same incidents and the same numbers',
  async (_, scenario) => {
    const runs = [await run(scenario)];
    const { report } = analyseFiles(protoFile(runs));
    expect([...new Set(report.incidents.map(({ kind }) => kind))].sort()).toEqual(
      [...scenario.expects].sort(),
    );
    const lastOf = (events: readonly { incidentId: string; contentDigest: string; state?: string }[]) =>
      new Map(events.map((event) => [event.incidentId, event.contentDigest]));
    expect(lastOf(report.incidents)).toEqual(lastOf(live(runs).incidents));
    expect(report.incidents.every(({ state, settled }) => state === 'open' && settled)).toBe(true);
  },
);

describe('several traces', () => {
  test('of one failure, minutes apart, are one incident', async () => {
    const retry = SCENARIOS.find(({ name }) => name === 'retry')!;
    const runs = await Promise.all([0, 1, 2].map((i) => run(retry, i + 1, START + i * 120_000)));
    const { report } = analyseFiles(protoFile(runs));
    const [storm] = report.incidents.filter(({ kind }) => kind === 'retry_storm');
    expect(report.traces.map(({ traceId }) => traceId)).toEqual(runs.map(({ traceId }) => traceId));
    expect(report.incidents.filter(({ kind }) => kind === 'retry_storm')).toHaveLength(1);
    expect(storm.history[0]).toMatchObject({ event: 'opened', revision: 1 });
  });

  test('years apart take no longer, and each resolves before the next', async () => {
    const chain = SCENARIOS.find(({ name }) => name === 'chain')!;
    const years = 8 * 365 * 86_400_000;
    const runs = [await run(chain, 1, START - years), await run(chain, 2)];
    const { report } = analyseFiles(protoFile(runs));
    const [incident] = report.incidents;
    expect(incident).toMatchObject({ kind: 'blocking_chain', episode: 2, state: 'open' });
    expect(incident.history.map(({ event, episode }) => [event, episode])).toContainEqual(['resolved', 1]);
  });

  test('one trace in two files is one trace', async () => {
    const fanout = SCENARIOS.find(({ name }) => name === 'fanout')!;
    const whole = await run(fanout);
    const half = Math.floor(whole.exports.length / 2);
    const parts = [
      { ...whole, exports: whole.exports.slice(0, half) },
      { ...whole, exports: whole.exports.slice(half) },
    ];
    const together = analyseFiles(protoFile([parts[1]]), protoFile([parts[0]])).report;
    const alone = analyseFiles(protoFile([whole])).report;
    expect(together.traces.map(({ files, ...rest }) => rest)).toEqual(
      alone.traces.map(({ files, ...rest }) => rest),
    );
    expect(together.traces[0].files).toEqual([0, 1]);
    expect(together.incidents).toEqual(alone.incidents);
  });
});

test('the document has the shapes of the API', async () => {
  const runs = await Promise.all(SCENARIOS.slice(0, 3).map((scenario) => run(scenario)));
  const report = JSON.parse(JSON.stringify(analyseFiles(protoFile(runs)).report));
  expect(Object.keys(report)).toEqual(['version', 'complete', 'files', 'traces', 'incidents']);
  const detail = traceDetail.omit({ resources: true, spans: true, truncated: true, closed: true });
  for (const trace of report.traces) expect(detail.safeParse(trace).error).toBeUndefined();
  for (const incident of report.incidents) expect(incidentJson.safeParse(incident).error).toBeUndefined();
  expect(report.incidents.length).toBeGreaterThan(0);
});

describe('the page', () => {
  test('tells an incident with its evidence and what to do', async () => {
    const fanout = SCENARIOS.find(({ name }) => name === 'fanout')!;
    const { lines, report } = analyseFiles(protoFile([await run(fanout)]));
    const text = lines({ width: Number.POSITIVE_INFINITY }).join('\n');
    const [incident] = report.incidents;
    for (const part of [incident.explanation, `→ ${incident.recommendations[0].text}`, incident.incidentId])
      expect(text).toContain(part);
    for (const { name } of incident.evidence) expect(text).toContain(name);
  });

  test('of many traces shows some in full, names others, and counts the rest', async () => {
    const react = SCENARIOS.find(({ name }) => name === 'react')!;
    const runs = await Promise.all(
      Array.from({ length: 30 }, (_, i) => run(react, i + 1, START + i * 5_000)),
    );
    const { lines } = analyseFiles(protoFile(runs));
    const text = lines();
    const named = runs.filter(({ traceId }) => text.some((line) => line.includes(traceId)));
    expect(named).toHaveLength(3 + 20);
    expect(text.join('\n')).toMatch(/27 other traces[\s\S]*… 7 more/);
    expect(text.length).toBeLessThan(200);
    expect(lines({ all: true }).filter((line) => line.startsWith('Graph: '))).toHaveLength(30);
  });
});

test('nothing to analyse is no trace and no incident', () => {
  expect(analyseFiles('').report).toMatchObject({ complete: false, traces: [], incidents: [] });
  expect(analyseFiles('{"data":[]}').report).toMatchObject({ complete: true, traces: [], incidents: [] });
});
