import { afterAll, beforeAll, expect, test } from 'vitest';
import { traces } from '../projections/traces.ts';
import { finding, hex, startDatabase, store, type TestDatabase, traceSummary } from '../testing.ts';
import type { Api } from './deps.ts';
import { apiOver, get, NOW, rowsReadFor } from './testing.ts';

const DAY_MS = 86_400_000;
/** Traces of each day, the first NOW's. */
const DAYS = 10;
const PER_DAY = 300;
/** Of one day: ClickHouse counts rows again that it reads further columns of. */
const ONE_DAY = 2 * PER_DAY;

let db: TestDatabase;
let api: Api;
/** The newest first. */
const all: string[] = [];

beforeAll(async () => {
  db = await startDatabase();
  api = await apiOver(db);
  for (let day = 0; day < DAYS; day++) {
    const some = Array.from({ length: PER_DAY }, (_, i) => {
      const startMs = NOW - day * DAY_MS - 1_000 - i * 10;
      return traceSummary({
        // In the order of ids they lie otherwise.
        traceId: hex((day * PER_DAY + i + 1) * 7_919, 32).padStart(32, String(i % 10)),
        startUnixNano: BigInt(startMs) * 1_000_000n,
        source: { partition: 0, offset: day * PER_DAY + i, sequence: 0, clock: startMs },
        findings: day === DAYS - 1 && i === 0 ? [finding()] : [],
      });
    });
    all.push(...some.map(({ traceId }) => traceId));
    await store(db, traces, 'TraceSummary', some);
  }
});
afterAll(async () => {
  await api?.close();
  await db?.stop();
});

const idsOf = (body: { traces: { traceId: string }[] }) => body.traces.map(({ traceId }) => traceId);

test('the newest are found without a look at what is older, on each page', async () => {
  const { body } = await get(api, '/v1/traces?limit=20');
  expect(idsOf(body)).toEqual(all.slice(0, 20));
  expect(await rowsReadFor(db, '/v1/traces?limit=20')).toBeLessThanOrEqual(ONE_DAY);
  expect(await rowsReadFor(db, `/v1/traces?limit=20&cursor=${body.next}`)).toBeLessThanOrEqual(ONE_DAY);
  // From where the list begins, not from now.
  const to = NOW - 5 * DAY_MS;
  expect(idsOf((await get(api, `/v1/traces?limit=20&to=${to}`)).body)).toEqual(
    all.slice(5 * PER_DAY, 5 * PER_DAY + 20),
  );
  expect(await rowsReadFor(db, `/v1/traces?limit=20&to=${to}`)).toBeLessThanOrEqual(ONE_DAY);
});

test('pages go through all of them, each once', async () => {
  const found: string[] = [];
  for (let cursor = ''; ; ) {
    const { body } = await get(api, `/v1/traces?limit=170${cursor}`);
    found.push(...idsOf(body));
    if (body.next === null) break;
    cursor = `&cursor=${body.next}`;
  }
  expect(found).toEqual(all);
});

test('what is rare is looked for as far back as there is anything', async () => {
  expect(idsOf((await get(api, '/v1/traces?findings=true')).body)).toEqual([all[(DAYS - 1) * PER_DAY]]);
  expect(idsOf((await get(api, `/v1/traces?findings=true&from=${NOW - 5 * DAY_MS}`)).body)).toEqual([]);
});
