/** The broker's disk is full: what a client of the ingest sees of it, and what is on the log afterwards. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from '#infra/ports.ts';
import { type ForkedProcess, forkProcess } from '#infra/testing/fork.ts';
import { until } from '#infra/testing/until.ts';
import {
  batchesOnLog,
  type IngestProcess,
  spanIdsOf,
  spawnIngest,
} from '#producers/ingest/testing-process.ts';
import { encodeTraces } from '#schemas/otlp/write.ts';
import { exportOf, healthyTrace } from '../support/workload.ts';
import { maySmallDisk, SmallDisk } from './small-disk.ts';

const BROKER = fileURLToPath(new URL('../../infra/kafka/embedded/main.ts', import.meta.url));

let disk: SmallDisk | undefined;
let salts = '';
const running: ForkedProcess[] = [];
afterEach(async () => {
  for (const each of running.splice(0)) await each.end('SIGKILL');
  disk?.remove();
  disk = undefined;
  await rm(salts, { recursive: true, force: true });
});

let sent = 0;
/** Spans of an export that nobody has sent before. */
const fresh = () => healthyTrace(`full-disk-${sent++}`, 1_700_000_000_000).spans;

async function post(ingest: IngestProcess, spans: ReturnType<typeof fresh>) {
  const response = await fetch(`${ingest.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: Buffer.from(encodeTraces(exportOf(spans))),
  });
  await response.arrayBuffer();
  return { status: response.status, retryAfter: response.headers.get('retry-after') };
}

describe.skipIf(!maySmallDisk())('a full disk (tmpfs; skipped where it cannot be mounted)', () => {
  test('exports get 503 with Retry-After, and 200 without a restart when there is room; what was acknowledged is there', async () => {
    disk = new SmallDisk(8);
    salts = await mkdtemp(path.join(tmpdir(), 'ati-full-'));
    const port = String(await freePort());
    const startBroker = async () => {
      const broker = forkProcess(BROKER, {
        ...process.env,
        ATI_DATA_DIR: disk?.directory,
        ATI_BROKER_PORT: port,
      });
      running.push(broker);
      await broker.ready;
      return broker;
    };
    const broker = await startBroker();
    const ingest = await spawnIngest({
      ATI_DATA_DIR: salts,
      KAFKA_BROKERS: `127.0.0.1:${port}`,
      ATI_PARTITIONS: '1',
      ATI_LOG_LEVEL: 'info',
    });
    running.push(ingest);
    await ingest.ready;
    const kept: string[] = [];
    const keep = (spans: ReturnType<typeof fresh>) => kept.push(...spans.map(({ spanId }) => String(spanId)));
    for (let i = 0; i < 5; i++) {
      const spans = fresh();
      expect((await post(ingest, spans)).status).toBe(200);
      keep(spans);
    }

    const makeRoom = disk.fill();
    const refused = fresh();
    // A small export may still fit into what the file has of its last page.
    const full = await until('it is full', async () => {
      const spans = fresh();
      const answer = await post(ingest, spans);
      if (answer.status !== 200) return answer;
      keep(spans);
      return undefined;
    });
    expect(full).toEqual({ status: 503, retryAfter: expect.stringMatching(/^[1-9]\d*$/) });
    expect(await post(ingest, refused)).toMatchObject({ status: 503 });
    expect(broker.output()).toContain('cannot write to the log');
    expect(broker.output()).toContain('ENOSPC');
    const refusals = ingest
      .output()
      .split('\n')
      .filter((line) => line.includes('export refused'));
    expect(refusals[0]).toMatch(/KAFKA_STORAGE_ERROR|disk error/i);

    makeRoom();
    // As an exporter does: the same again.
    await until('there is room again', async () => (await post(ingest, refused)).status === 200);
    keep(refused);
    expect([ingest.child.exitCode, broker.child.exitCode]).toEqual([null, null]);

    await broker.end('SIGKILL');
    await startBroker();
    const onLog = spanIdsOf(await batchesOnLog([`127.0.0.1:${port}`], ''));
    expect(kept.filter((id) => !onLog.includes(id))).toEqual([]);
    const after = fresh();
    await until('the next broker takes more', async () => (await post(ingest, after)).status === 200);
    for (const each of [ingest, running[running.length - 1]]) expect(await each.end('SIGTERM')).toBe(0);
  });
});
