import { describe, expect, test } from 'vitest';
import type { KafkaRecord, OutgoingRecord } from '#infra/kafka/port.ts';
import { topicName } from '#infra/topics.ts';
import { encode } from '#schemas/codec.ts';
import type { Signal } from '#schemas/events.ts';
import { finding, hex, incidentEvent, spanBatch, traceSummary } from './testing.ts';
import { eventually, PARTITIONS, record } from './testing-broker.ts';
import { TestSinks } from './testing-sinks.ts';

const sinks = new TestSinks();

let nextSpan = 0;
/** Batches of spans that are all different, with ticks between them, on all partitions in turn. */
function batches(count: number, spansEach: number): OutgoingRecord[] {
  return Array.from({ length: count }, (_, i) => {
    const spans = Array.from({ length: i % 4 === 3 ? 0 : spansEach }, () => {
      nextSpan++;
      return {
        traceId: hex(nextSpan >> 3, 32).replace(/^0/, 'f'),
        spanId: hex(nextSpan, 16),
        name: `step ${nextSpan % 5}`,
        startTimeUnixNano: 1_700_000_000_000_000_000n + BigInt(nextSpan),
        endTimeUnixNano: 1_700_000_000_000_000_000n + BigInt(nextSpan) + 1000n,
        attributes: { 'ati.role': 'tool', n: nextSpan },
      };
    });
    return record(i % PARTITIONS, 'SpanBatch', spanBatch(spans));
  });
}

const spansOf = (count: number, each: number) => (count - Math.floor(count / 4)) * each;

async function counts(): Promise<{ rows: number; ids: number }> {
  const [row] = await sinks.clickhouse.query<{ rows: string; ids: string }>(
    `SELECT count() AS rows, uniqExact(SpanId) AS ids FROM ${sinks.database}.otel_traces FINAL`,
  );
  return { rows: Number(row.rows), ids: Number(row.ids) };
}

const progress = () => sinks.progress('spans');

const headersOf = ({ headers }: KafkaRecord) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.toString()]));

describe('what is on the log is in the tables', () => {
  test('every span once, whatever the batches; offsets are committed behind it; SIGTERM leaves nothing', async () => {
    await sinks.produce('spans', batches(40, 25));
    const sink = await sinks.start({ ATI_SINK_BATCH_ROWS: '100' });
    await sink.ready;
    const total = spansOf(40, 25);
    await eventually(counts, ({ rows }) => rows >= total);
    // The same again, as a sender whose answer was lost would send it, and more.
    const again = batches(8, 10);
    await sinks.produce('spans', [...again, ...again]);
    await eventually(counts, ({ rows }) => rows >= total + spansOf(8, 10));
    expect(await sink.end('SIGTERM')).toBe(0);
    expect(await counts()).toEqual({ rows: total + spansOf(8, 10), ids: total + spansOf(8, 10) });
    const { committed, end } = await progress();
    expect(committed).toBe(end);
  });

  test('traces, signals and incidents too', async () => {
    const trace = traceSummary({ findings: [finding()] });
    const signal: Signal = {
      ...{
        tenant: 'default',
        scope: 'operation',
        agent: 'planner',
        operation: 'plan',
        traceId: trace.traceId,
      },
      ...{
        revision: 1,
        eventTime: 1_700_000_000_400,
        source: trace.source,
        calls: 3,
        errors: 1,
        durationMs: 1.5,
      },
      facts: [
        { kind: 'retry_storm', callee: 'search', values: [{ name: 'attempts', value: 4, unit: 'count' }] },
      ],
      findings: [finding()],
      callees: ['search'],
    };
    await sinks.produce('traces', [record(0, 'TraceSummary', trace)]);
    await sinks.produce('signals', [
      record(1, 'Signal', signal),
      record(1, 'ClockMark', { source: trace.source }),
      record(1, 'Signal', { ...signal, revision: 2, calls: 4 }),
    ]);
    await sinks.produce('incidents', [record(2, 'IncidentEvent', incidentEvent())]);
    await sinks.start();
    const one = async <Row>(sql: string) =>
      (
        await eventually(
          () => sinks.clickhouse.query<Row>(sql).catch(() => []),
          (rows) => rows.length > 0,
        )
      )[0];
    expect(
      await one(`SELECT * EXCEPT StoredAt FROM ${sinks.database}.ati_signals FINAL WHERE Revision = 2`),
    ).toEqual({
      ...{ TenantId: 'default', Scope: 'operation', Agent: 'planner', Operation: 'plan' },
      ...{ EventTime: '2023-11-14 22:13:20.400', TraceId: trace.traceId, Revision: 2, Calls: 4, Errors: 1 },
      DurationMs: 1.5,
      Facts: [
        { Kind: 'retry_storm', Callee: 'search', Values: [{ Name: 'attempts', Value: 4, Unit: 'count' }] },
      ],
      Findings: [expect.objectContaining({ Kind: 'retry_storm', Root: true, IncidentId: hex(1, 32) })],
      ...{ SourcePartition: 0, SourceOffset: '5', SourceClock: '2023-11-14 22:13:20.500' },
    });
    expect(
      await one(
        `SELECT Start, Duration, Path.Role AS roles, Findings.Kind AS kinds FROM ${sinks.database}.ati_traces FINAL`,
      ),
    ).toEqual({
      Start: '2023-11-14 22:13:20.123456789',
      Duration: '250000001',
      roles: ['workflow'],
      kinds: ['retry_storm'],
    });
    expect(await one(`SELECT State, Title, At FROM ${sinks.database}.ati_incidents`)).toEqual({
      State: 'open',
      Title: 'Retry storm on search *',
      At: '2023-11-14 22:13:22.000',
    });
  });
});

/** The record that a dead letter is of. */
function letterOf(letter: KafkaRecord): string {
  const { partition, offset } = headersOf(letter);
  return `${partition}-${offset}`;
}

describe('what goes wrong', () => {
  test('kill -9 in mid-run, twice: no span is lost or counted twice', async () => {
    await sinks.produce('spans', batches(200, 50));
    const total = spansOf(200, 50);
    for (const share of [0, 0.3]) {
      const sink = await sinks.start({ ATI_SINK_BATCH_ROWS: '100' });
      await sink.ready;
      await eventually(
        () => counts(),
        ({ rows }) => rows > total * share,
      );
      await sink.end('SIGKILL');
    }
    const sink = await sinks.start();
    await sink.ready;
    await eventually(progress, ({ committed, end }) => committed === end);
    expect(await counts()).toEqual({ rows: total, ids: total });
    expect(await sinks.deadLetters()).toEqual([]);
  });

  test('with the engine away nothing is committed and the sink says so; afterwards everything arrives', async () => {
    await sinks.produce('spans', batches(20, 20));
    const sink = await sinks.start({ ATI_SINK_BATCH_ROWS: '100' });
    await sink.ready;
    await eventually(progress, ({ committed, end }) => committed === end);
    const ready = async () => (await fetch(`${sink.url}/ready`)).json() as Promise<{ reasons: string[] }>;
    expect(await ready()).toEqual({ status: 'ok', reasons: [] });
    const before = await progress();

    const { port } = sinks.engine;
    await sinks.engine.kill();
    await sinks.produce('spans', batches(60, 20));
    const { reasons } = await eventually(ready, (answer) =>
      answer.reasons.some((reason) => reason.startsWith('spans: no answer')),
    );
    expect(reasons).toContain('ClickHouse does not answer');
    expect((await progress()).committed).toBe(before.committed);
    const retries = await (await fetch(`${sink.url}/metrics`)).text();
    expect(retries).toMatch(/ati_insert_retries_total\{table="otel_traces"\} [1-9]/);

    await sinks.startEngine(port);
    await eventually(progress, ({ committed, end }) => committed === end, 60_000);
    const total = spansOf(20, 20) + spansOf(60, 20);
    expect(await counts()).toEqual({ rows: total, ids: total });
    await eventually(ready, (answer) => answer.reasons.length === 0);
  });

  test('records that cannot be decoded or stored become dead letters; the others are stored', async () => {
    const first = await sinks.start();
    await first.ready;
    await sinks.clickhouse.command(
      `ALTER TABLE ${sinks.database}.otel_traces ADD CONSTRAINT clean CHECK SpanName != 'poison'`,
    );
    const good = batches(12, 5);
    const poison = record(
      0,
      'SpanBatch',
      spanBatch([
        {
          traceId: hex(1, 32),
          spanId: hex(1, 16),
          name: 'poison',
          startTimeUnixNano: 1_700_000_000_000_000_000n,
        },
      ]),
    );
    const garbage = { partition: 0, value: Buffer.from('garbage') };
    const broken = {
      partition: 1,
      value: encode('SpanBatch', { ...spanBatch([]), otlp: Buffer.from([0x0a, 9]) }),
    };
    const other = record(2, 'ClockMark', { source: { partition: 0, offset: 1, sequence: 1, clock: 1 } });
    await sinks.produce('spans', [...good.slice(0, 6), poison, garbage, broken, other, ...good.slice(6)]);
    await eventually(progress, ({ committed, end }) => committed === end);

    expect(await counts()).toEqual({ rows: spansOf(12, 5), ids: spansOf(12, 5) });
    const letters = await sinks.deadLetters();
    const byReason = (text: string) => letters.find((letter) => headersOf(letter).reason.includes(text))!;
    expect(letters.length).toBe(4);
    const topic = topicName('spans', sinks.prefix);
    expect(headersOf(byReason('not the Confluent wire format'))).toMatchObject({
      step: 'decode',
      topic,
      partition: '0',
    });
    expect(headersOf(byReason('length past the end'))).toMatchObject({ step: 'decode', partition: '1' });
    expect(headersOf(byReason('expected SpanBatch, found ClockMark'))).toMatchObject({ partition: '2' });
    expect(headersOf(byReason('clean'))).toMatchObject({ step: 'insert', topic, partition: '0' });
    // The bytes are the original ones, and the headers say where they stood.
    for (const letter of letters) {
      const { partition, offset, ts } = headersOf(letter);
      for await (const source of sinks.broker.kafka.read(
        topic,
        Number(partition),
        Number(offset),
        Number(offset) + 1,
      )) {
        expect(letter.value).toEqual(source.value);
        expect(Number(ts)).toBe(source.timestamp);
        expect(letter.key?.toString()).toBe(`${topic}-${partition}`);
      }
    }
  });

  test('a topic of nothing but garbage stops the sink instead of draining into the dead letters', async () => {
    const sink = await sinks.start();
    await sink.ready;
    await sinks.produce(
      'spans',
      Array.from({ length: 2_000 }, (_, i) => ({
        partition: i % PARTITIONS,
        value: Buffer.from(`garbage ${i}`),
      })),
    );
    expect(await sink.exited).toBe(1);
    expect(sink.stderr()).toMatch(/run\d+\.ati\.spans: \d+ of the last \d+ records could not be processed/);
    expect(sink.stderr()).toContain('npm run dead-letters -- inspect');
    const drained = (await sinks.deadLetters()).length;
    expect(drained).toBeGreaterThan(90);
    expect(drained).toBeLessThan(110);

    // Its supervisor starts it again: nothing more is put aside, until somebody says that it shall be.
    const again = await sinks.start();
    expect(await again.exited).toBe(1);
    expect((await sinks.deadLetters()).length).toBe(drained);
    const willing = await sinks.start({ ATI_DEAD_LETTER_SHARE: '1' });
    await willing.ready;
    await eventually(progress, ({ committed, end }) => committed === end);
    const offsets = (await sinks.deadLetters()).map((letter) => letterOf(letter));
    expect(new Set(offsets).size).toBe(2_000);
  });
});

describe('start', () => {
  test('without the right to migrate it refuses a database that is behind', async () => {
    const sink = await sinks.start({ ATI_MIGRATE: 'false' });
    expect(await sink.exited).toBe(1);
    expect(sink.stderr()).toMatch(/is behind: run the migrations first \(0001-otel-traces\.sql/);
    const migrated = await sinks.start();
    await migrated.ready;
    const allowed = await sinks.start({ ATI_MIGRATE: 'false' });
    await allowed.ready;
  });
});
