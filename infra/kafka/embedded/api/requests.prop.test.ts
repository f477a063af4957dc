import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Broker } from '../broker.ts';
import { Writer } from '../wire/writer.ts';
import type { Handled } from './api.ts';
import { handle, SAMPLES, sample } from './samples.testkit.ts';
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
    expect([name, await finish(handle(broker, key, max, body))]).toEqual([name, 'answered']);
    for (let size = 0; size < body.length; size++) {
      expect([name, size, await finish(handle(broker, key, max, body.subarray(0, size)))]).toEqual([
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
      await finish(handle(broker, key, min + (version % (max - min + 1)), body));
    }),
    { numRuns: 3000 },
  );
});
