import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildBatch } from '../batch/build.ts';
import { Broker } from '../broker.ts';
import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';
import type { Call, Handled } from './api.ts';
import { APIS } from './table.ts';

let directory: string;
let broker: Broker;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'ati-requests-'));
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  broker = new Broker({
    directory,
    clusterId: 'c',
    verify: true,
    fsync: false,
    autoCreateTopics: false,
    log,
  });
});

afterAll(() => {
  broker.close();
  rmSync(directory, { recursive: true });
});

/** A right request of each API in its newest version. */
const SAMPLES = new Map<number, (out: Writer) => void>([
  [
    0,
    (out) => {
      out.string(null).int16(-1).int32(1000);
      const batch = buildBatch({ records: [{ value: 'v' }] });
      out.array(['t'], (name) => out.string(name).array([0], (index) => out.int32(index).bytes(batch)));
    },
  ],
  [
    1,
    (out) => {
      out
        .int32(-1)
        .int32(0)
        .int32(1)
        .int32(1 << 20)
        .int8(0)
        .int32(0)
        .int32(-1);
      out.array(['t'], (name) => {
        out.string(name).array([0], (index) =>
          out
            .int32(index)
            .int32(-1)
            .int64(0)
            .int64(-1)
            .int32(1 << 20),
        );
      });
      out.int32(0).string('');
    },
  ],
  [
    2,
    (out) => {
      out.int32(-1).int8(0);
      out.array(['t'], (name) => out.string(name).array([0], (index) => out.int32(index).int64(-1)));
    },
  ],
  [3, (out) => out.array(['t'], (name) => out.string(name)).boolean(false)],
  [
    8,
    (out) => {
      out.string('g').int32(-1).string('');
      out.array(['t'], (name) =>
        out.string(name).array([0], (index) => out.int32(index).int64(3).string('m')),
      );
    },
  ],
  [
    9,
    (out) => out.string('g').array(['t'], (name) => out.string(name).array([0], (index) => out.int32(index))),
  ],
  [10, (out) => out.string('g').int8(0)],
  [12, (out) => out.string('g').int32(1).string('m').string(null)],
  [13, (out) => out.string('g').array(['m'], (id) => out.string(id).string(null))],
  [
    14,
    (out) => {
      out.string('g').int32(1).string('m').string(null);
      out.array(['m'], (id) => out.string(id).bytes(Buffer.from('a')));
    },
  ],
  [15, (out) => out.array(['g'], (id) => out.string(id))],
  [16, () => undefined],
  [18, () => undefined],
  [
    19,
    (out) => {
      out.array(['bad name'], (name) => {
        out.string(name).int32(1).int16(1).int32(0);
        out.array(['retention.ms'], (key) => out.string(key).string('1'));
      });
      out.int32(1000).boolean(true);
    },
  ],
  [20, (out) => out.array(['none'], (name) => out.string(name)).int32(1000)],
  [22, (out) => out.string(null).int32(1000)],
  [32, (out) => out.array([2], (type) => out.int8(type).string('t').int32(-1)).boolean(false)],
  [
    37,
    (out) =>
      out
        .array(['none'], (name) => out.string(name).int32(3).int32(-1))
        .int32(1000)
        .boolean(true),
  ],
]);

function sample(key: number): Buffer {
  const out = new Writer();
  SAMPLES.get(key)?.(out);
  return Buffer.concat(out.pieces());
}

function handle(key: number, version: number, body: Buffer): Handled {
  const call: Call = {
    broker,
    version,
    body: new Reader(body),
    clientId: 'c',
    clientHost: '/h',
    onHurry: (run) => run(),
  };
  return APIS.get(key)!.handle(call);
}

/** Lets the answer be written, as the connection does. */
async function finish(handled: Handled): Promise<string> {
  if (handled === 'malformed' || handled === 'silent') return handled;
  const answer = await handled;
  if (answer !== 'silent') answer(new Writer());
  return 'answered';
}

const apis = fc.constantFrom(...SAMPLES.keys());

test('every sample is right, and cut anywhere it is malformed', async () => {
  for (const key of SAMPLES.keys()) {
    const { max, name } = APIS.get(key)!;
    const body = sample(key);
    expect([name, await finish(handle(key, max, body))]).toEqual([name, 'answered']);
    for (let size = 0; size < body.length; size++) {
      expect([name, size, await finish(handle(key, max, body.subarray(0, size)))]).toEqual([
        name,
        size,
        'malformed',
      ]);
    }
  }
});

test('bit flips and random bytes are answered or malformed, never a throw or a hang', async () => {
  const damage = fc.oneof(
    fc
      .record({ at: fc.nat(), bits: fc.integer({ min: 1, max: 255 }) })
      .map(({ at, bits }) => (body: Buffer) => {
        const damaged = Buffer.from(body);
        if (damaged.length > 0) damaged[at % damaged.length] ^= bits;
        return damaged;
      }),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => () => Buffer.from(bytes)),
  );
  await fc.assert(
    fc.asyncProperty(apis, damage, fc.nat(20), async (key, change, version) => {
      const { min, max } = APIS.get(key)!;
      const body = change(sample(key));
      await finish(handle(key, min + (version % (max - min + 1)), body));
    }),
    { numRuns: 3000 },
  );
});
