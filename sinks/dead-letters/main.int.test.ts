import { expect, test } from 'vitest';
import { topicName } from '#infra/topics.ts';
import { encode } from '#schemas/codec.ts';
import { runToEnd } from '../replay/testing.ts';
import { hex, spanBatch } from '../testing.ts';
import { eventually, PARTITIONS, record } from '../testing-broker.ts';
import { TestSinks } from '../testing-sinks.ts';

const sinks = new TestSinks();

const run = (...args: string[]) =>
  runToEnd('dead-letters/main.ts', args, {
    KAFKA_BROKERS: sinks.broker.brokers.join(','),
    ATI_PARTITIONS: String(PARTITIONS),
    ATI_TOPIC_PREFIX: sinks.prefix,
  });

const named = (name: string) =>
  spanBatch([
    {
      traceId: hex(1, 32),
      spanId: hex(1, 16),
      name,
      startTimeUnixNano: 1_700_000_000_000_000_000n,
    },
  ]);

interface JsonLetter {
  readonly offset: number;
  readonly step: string;
  readonly replays: number;
  readonly replayed: boolean;
  readonly source: { readonly topic: string; readonly partition: number; readonly offset: number };
}
const lettersOf = (stdout: string): JsonLetter[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JsonLetter);

const storedRows = async () => {
  const [row] = await sinks.clickhouse.query<{ n: string }>(
    `SELECT count() AS n FROM ${sinks.database}.otel_traces FINAL`,
  );
  return Number(row.n);
};

test('letters are listed, filtered, shown, and put back once; what fails again says how often', async () => {
  const none = await run('inspect');
  expect([none.code, none.stdout]).toEqual([
    0,
    `no dead letters on ${topicName('deadLetters', sinks.prefix)}\n`,
  ]);

  const sink = await sinks.start();
  await sink.ready;
  await sinks.clickhouse.command(
    `ALTER TABLE ${sinks.database}.otel_traces ADD CONSTRAINT clean CHECK SpanName != 'cured'`,
  );
  const cured = record(2, 'SpanBatch', named('cured'));
  const garbage = { partition: 1, key: Buffer.from([0, 0xff]), value: Buffer.from('garbage') };
  const wrong = {
    partition: 0,
    value: encode('SpanBatch', { ...spanBatch([]), otlp: Buffer.from([0x0a, 9]) }),
  };
  const empty = { partition: 1, value: null };
  await sinks.produce('spans', [record(0, 'SpanBatch', named('good')), cured, garbage, wrong, empty]);
  await eventually(
    () => sinks.deadLetters(),
    (letters) => letters.length === 4,
  );
  await eventually(storedRows, (rows) => rows === 1);

  const spans = topicName('spans', sinks.prefix);
  const listed = await run('inspect');
  expect(listed.code).toBe(0);
  expect(listed.stdout).toContain('4 dead letters on');
  expect(listed.stdout).toMatch(
    /^1 +\S*ati\.spans +decode .*not the Confluent wire format: first byte 103$/m,
  );
  expect(listed.stdout).toMatch(/ +\S*ati\.spans 1-0 +decode +7 bytes .*first byte 103$/m);
  expect(listed.stdout).toMatch(/ +\S*ati\.spans 1-1 +decode +no bytes .*record without a value$/m);

  const decoded = lettersOf((await run('inspect', '--json', '--topic', 'spans', '--step', 'decode')).stdout);
  expect(decoded).toHaveLength(3);
  expect(lettersOf((await run('inspect', '--json', '--reason', 'PAST THE END')).stdout)).toEqual([
    expect.objectContaining({
      source: expect.objectContaining({ topic: spans, partition: 0, offset: 1 }),
      group: `${sinks.prefix}ati-sink-spans`,
      replayed: false,
    }),
  ]);
  expect((await run('inspect', '--until', '-1h')).stdout).toContain('that match');
  expect(lettersOf((await run('inspect', '--json', '--since', '-1h', '--limit', '2')).stdout)).toHaveLength(
    2,
  );
  const [broken] = lettersOf((await run('inspect', '--json', '--partition', '0')).stdout);
  const shown = (await run('inspect', '--show', String(broken.offset))).stdout;
  expect(shown).toContain('its OTLP bytes are wrong: ');
  expect(shown).toContain('"tenant": "default"');
  expect(shown).toMatch(/^00000000 {2}00 00 00 00 /m);
  expect((await run('inspect', '--show', '999')).code).toBe(1);
  expect((await run('inspect', '--reason', '(')).code).toBe(2);

  // Nothing changes without --yes.
  const end = async () =>
    (await sinks.broker.kafka.offsets(spans)).reduce((sum, { latest }) => sum + latest, 0);
  const before = await end();
  const dry = await run('replay');
  expect([dry.code, dry.stdout.trimEnd().split('\n').slice(-2)]).toEqual([
    0,
    ['left where they are: 1 letter: no bytes were kept', 'would put back 3 records: --yes does it'],
  ]);
  expect(await end()).toBe(before);

  // What made it fail is gone: its row is stored.
  await sinks.clickhouse.command(`ALTER TABLE ${sinks.database}.otel_traces DROP CONSTRAINT clean`);
  expect((await run('replay', '--yes', '--reason', 'clean')).stdout).toContain('1 record put back');
  await eventually(storedRows, (rows) => rows === 2);
  const back = await run('replay', '--yes', '--reason', 'clean');
  expect(back.stdout).toBe('left where they are: 1 letter: put back before\n0 records put back\n');

  // What is still wrong is a dead letter again, the same bytes under the same key in the same partition.
  for (const [replays, options] of [
    [1, ['--topic', 'ati.spans', '--partition', '1']],
    [2, ['--partition', '1', '--reason', 'first byte', '--again']],
  ] as const) {
    expect((await run('replay', '--yes', ...options)).code).toBe(0);
    const letters = await eventually(
      () => sinks.deadLetters(),
      (all) => all.some(({ headers }) => String(headers.replays) === String(replays)),
    );
    const again = letters.find(({ headers }) => String(headers.replays) === String(replays))!;
    expect([again.value, String(again.headers.partition), String(again.headers.key)]).toEqual([
      garbage.value,
      '1',
      '00ff',
    ]);
  }
  const all = lettersOf((await run('inspect', '--json')).stdout);
  expect(all.filter(({ replayed }) => replayed).length).toBeGreaterThan(1);
  expect((await run('inspect')).stdout).toContain('put back');
});
