/**
 * A disk that is full, for real: a small tmpfs (the test must be root to mount it, as in CI; elsewhere it is skipped and
 * says so), filled until nothing more goes in.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import { spawnEngine } from '#infra/clickhouse/embedded/spawn.ts';
import { connectKafka } from '#infra/kafka/client.ts';
import { spawnBroker } from '#infra/kafka/embedded/spawn.ts';
import { createLog } from '#infra/log.ts';
import { until } from '#infra/testing/until.ts';
import { maySmallDisk, SmallDisk } from './small-disk.ts';

let disk: SmallDisk | undefined;
const running: { kill(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of running.splice(0)) await each.kill();
  disk?.remove();
  disk = undefined;
});

const silent = createLog('test', 'silent');

describe.skipIf(!maySmallDisk())('a full disk (tmpfs; skipped where it cannot be mounted)', () => {
  test('the broker takes nothing it cannot keep, goes on when there is room, and is whole after kill -9', async () => {
    disk = new SmallDisk(8);
    const dataDir = disk.directory;
    let broker = await spawnBroker({ dataDir });
    const kafka = await connectKafka({ brokers: broker.brokers, clientId: 'test', log: silent });
    const topic = 'spans';
    await kafka.ensureTopics([{ name: topic, partitions: 1, config: {} }]);
    const kept: string[] = [];
    let sent = 0;
    /** Acknowledged or not, each value once. */
    const send = async (patienceMs: number) => {
      const producer = await kafka.producer({ patienceMs });
      const value = `${sent++} `.padEnd(300_000, 'x');
      try {
        await producer.send(topic, [{ value: Buffer.from(value) }]);
        kept.push(value);
        return '';
      } catch (error) {
        return String(error);
      } finally {
        await producer.close();
      }
    };
    expect(await send(5_000)).toBe('');
    const makeRoom = disk.fill();
    expect(await send(500)).toMatch(/KAFKA_STORAGE_ERROR|disk error|storage/i);
    makeRoom();
    // Without a restart.
    expect(await send(30_000)).toBe('');
    const again = disk.fill();
    expect(await send(500)).not.toBe('');
    await kafka.close();
    await broker.kill();
    again();
    broker = await spawnBroker({ dataDir });
    const reader = await connectKafka({ brokers: broker.brokers, clientId: 'test', log: silent });
    const read: string[] = [];
    for await (const { value } of reader.read(topic, 0, 0)) read.push(String(value));
    // What was refused may be there when its acknowledgement was lost; what was acknowledged must be, whole and in order.
    expect(read.filter((value) => kept.includes(value))).toEqual(kept);
    expect(read.every((value) => value.length === 300_000)).toBe(true);
    await reader.close();
    await broker.stop();
  });

  test('the engine refuses the insert with an error that is tried again, and goes on when there is room', async () => {
    disk = new SmallDisk(256);
    const engine = await spawnEngine({ dataDir: disk.directory });
    running.push(engine);
    const clickhouse = connectClickHouse({ url: engine.url });
    await clickhouse.command('CREATE TABLE rows (id UInt32, text String) ENGINE = MergeTree ORDER BY id');
    const rows = (id: number) => Buffer.from(`${JSON.stringify({ id, text: 'x'.repeat(500_000) })}\n`);
    const insert = (id: number) => clickhouse.insert('default.rows', ['id', 'text'], 'JSONEachRow', rows(id));
    await insert(1);
    const makeRoom = disk.fill();
    await expect(insert(2)).rejects.toMatchObject({ retriable: true });
    makeRoom();
    await until('it stores again', () =>
      insert(3).then(
        () => true,
        () => false,
      ),
    );
    const found = await clickhouse.query('SELECT id, length(text) AS size FROM rows ORDER BY id');
    expect(found).toEqual([
      { id: 1, size: '500000' },
      { id: 3, size: '500000' },
    ]);
    await clickhouse.close();
  });
});
