import { beforeAll, describe, expect, test } from 'vitest';
import { SpanColumns } from '#schemas/otlp/columns.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';
import { SCENARIOS } from '../agent-app/parameters.ts';
import { type GeneratedRun, type GenerateOptions, generateRun } from './generate.ts';
import { completed } from './parameters.ts';

const START = 1_700_000_000_000;

const generate = (values: Record<string, unknown>, rest: Partial<GenerateOptions> = {}) =>
  generateRun({
    parameters: completed(values),
    seed: 1,
    agentPrefix: 'm1',
    serviceName: 'app',
    startUnixMs: START,
    ...rest,
  });

function spansOf(run: GeneratedRun): SpanColumns {
  const columns = new SpanColumns();
  for (const { otlp, spanCount } of run.exports)
    expect(skimSpans(otlp, columns)).toEqual({ ok: true, added: spanCount });
  return columns;
}

/** All that a run gives, as text: quicker to compare than bytes. */
const text = (run: GeneratedRun) =>
  JSON.stringify({
    ...run,
    exports: run.exports.map((each) => ({ ...each, otlp: Buffer.from(each.otlp).toString('base64') })),
  });

const ALL = SCENARIOS.map((scenario) => ({
  scenario,
  ...(scenario === 'stream' && { duration_s: 2, background_fanout: 60 }),
}));

describe('the same bytes', () => {
  let alone: GeneratedRun[];
  beforeAll(async () => {
    alone = [];
    for (const values of ALL) alone.push(await generate(values));
  });

  test('again', async () => {
    for (const [i, values] of ALL.entries()) expect(text(await generate(values))).toBe(text(alone[i]));
  });

  test('when many runs are generated side by side', async () => {
    const together = await Promise.all([...ALL, ...ALL].map((values) => generate(values)));
    expect(together.map(text)).toEqual([...alone, ...alone].map(text));
  });

  test('another seed, mesh, service or start gives another trace', async () => {
    const others = await Promise.all([
      generate(ALL[0], { seed: 2 }),
      generate(ALL[0], { agentPrefix: 'm2' }),
      generate(ALL[0], { serviceName: 'app-2' }),
      generate(ALL[0], { startUnixMs: START + 1 }),
      generate({ ...ALL[0], delay_ms: 81 }),
    ]);
    expect(new Set([alone[0], ...others].map((run) => run.traceId)).size).toBe(6);
  });

  test('tools that scatter wider take longer, and nothing else is different', async () => {
    const [quiet, wide] = [
      await generate(ALL[0], { toolSpread: 0.03 }),
      await generate(ALL[0], { toolSpread: 0.4 }),
    ];
    expect(text(quiet)).toBe(text(alone[0]));
    expect(wide.spanCount).toBe(quiet.spanCount);
    expect(wide.truth).toEqual(quiet.truth);
    expect(wide.endUnixMs - wide.startUnixMs).toBeGreaterThan(quiet.endUnixMs - quiet.startUnixMs);
  });

  test('another start changes ids and clock, and no duration', async () => {
    const later = await generate(ALL[0], { startUnixMs: START + 3_600_000 });
    expect(later.endUnixMs - later.startUnixMs).toBe(alone[0].endUnixMs - alone[0].startUnixMs);
    expect(later.exports.map(({ atUnixMs, spanCount }) => [atUnixMs - 3_600_000, spanCount])).toEqual(
      alone[0].exports.map(({ atUnixMs, spanCount }) => [atUnixMs, spanCount]),
    );
  });
});

describe.each(ALL)('$scenario', (values) => {
  let run: GeneratedRun;
  let spans: SpanColumns;
  beforeAll(async () => {
    run = await generate(values);
    spans = spansOf(run);
  });

  const hex = (bytes: Uint8Array, row: number, size: number) =>
    Buffer.from(bytes.subarray(row * size, row * size + size)).toString('hex');
  const ms = (at: number) =>
    Number(((BigInt(spans.time[at + 1]) << 32n) | BigInt(spans.time[at])) / 1_000n) / 1_000;

  test('one trace with one root, whose every other span has its parent in it', () => {
    expect(spans.n).toBe(run.spanCount);
    const ids = new Set<string>();
    const parents: string[] = [];
    for (let row = 0; row < spans.n; row++) {
      expect(hex(spans.traceId, row, 16)).toBe(run.traceId);
      ids.add(hex(spans.spanId, row, 8));
      const parent = hex(spans.parentId, row, 8);
      if (parent !== '0'.repeat(16)) parents.push(parent);
    }
    expect(ids.size).toBe(spans.n);
    expect(parents).toHaveLength(spans.n - 1);
    expect(parents.filter((parent) => !ids.has(parent))).toEqual([]);
  });

  test('lies within its times, and every export comes after its spans', () => {
    let row = 0;
    for (const { atUnixMs, spanCount } of run.exports)
      for (let i = 0; i < spanCount; i++, row++) {
        expect(ms(row * 4)).toBeGreaterThanOrEqual(run.startUnixMs);
        expect(ms(row * 4 + 2)).toBeLessThanOrEqual(run.endUnixMs);
        expect(ms(row * 4 + 2)).toBeLessThan(atUnixMs);
      }
    expect(run.exports.map((each) => each.atUnixMs)).toEqual(
      run.exports.map((each) => each.atUnixMs).sort((a, b) => a - b),
    );
  });
});

test('ids never collide over 10,000 runs', async () => {
  const runs = 10_000;
  const traces = new Set<string>();
  const spanIds = new Set<bigint>();
  let spans = 0;
  const one = completed({ scenario: 'fanout', fanout: 1 });
  for (let seed = 0; seed < runs; seed++) {
    const run = await generateRun({
      parameters: one,
      // Neighbouring seeds, and the same seed for two meshes and at two times.
      seed: seed >> 2,
      agentPrefix: seed & 1 ? 'm1' : '',
      serviceName: 'app',
      startUnixMs: START + (seed & 2),
    });
    traces.add(run.traceId);
    const columns = spansOf(run);
    spans += columns.n;
    const ids = Buffer.from(columns.spanId.buffer);
    for (let row = 0; row < columns.n; row++) spanIds.add(ids.readBigUInt64BE(row * 8));
  }
  expect(traces.size).toBe(runs);
  expect(spanIds.size).toBe(spans);
});

test('times that take a day are generated at once', async () => {
  const run = await generate({ scenario: 'react', max_steps: 200, delay_ms: 60_000, tools_per_step: 20 });
  expect(run.endUnixMs - run.startUnixMs).toBeGreaterThan(86_400_000);
});
