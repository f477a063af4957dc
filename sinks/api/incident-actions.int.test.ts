import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { IncidentEvent, OperatorAction } from '#schemas/events.ts';
import type { SignalOwner } from '#schemas/signal-key.ts';
import { incidents } from '../projections/incidents.ts';
import { hex, incidentEvent, startDatabase, store, type TestDatabase } from '../testing.ts';
import type { Api } from './deps.ts';
import { apiOver, get, NOW } from './testing.ts';

let db: TestDatabase;
let api: Api;
let written: { owner: SignalOwner; action: OperatorAction }[] = [];
let away = false;

const incident = (id: number, given: Partial<IncidentEvent> = {}) =>
  incidentEvent({
    incidentId: hex(id, 32),
    agent: `agent ${id}`,
    signature: 'tool flaky',
    explains: [],
    ...given,
  });
const symptom = { kind: 'fanout_collapse', agent: 'a', operation: 'o', signature: 's' };

const OPEN = 0x13;
const ACKNOWLEDGED = 0x17;
const MUTED = 0x20;
const ONCE_MUTED = 0x21;
const RESOLVED = 0x1a;
const FOREIGN = 0x1b;
const events = [
  incident(OPEN, { explains: [{ ...symptom, incidentId: hex(0x15, 32) }] }),
  incident(0x14, { signature: 'other', explains: [{ ...symptom, incidentId: hex(OPEN, 32) }] }),
  incident(0x15, { signature: 'yet another' }),
  incident(0x16),
  incident(ACKNOWLEDGED, { event: 'opened', revision: 1 }),
  // An action's event has the window of the one before; it is newer all the same.
  incident(ACKNOWLEDGED, {
    event: 'acknowledged',
    revision: 2,
    acknowledgedBy: 'ann',
    acknowledgedAt: NOW - 1000,
  }),
  incident(0x18, { signature: '' }),
  incident(0x19, { signature: '' }),
  incident(RESOLVED, { event: 'resolved', settled: true }),
  incident(FOREIGN, { tenant: 'other' }),
  incident(0x1c, { signature: 'tool flak' }),
  incident(MUTED, { signature: 'm', event: 'muted', revision: 2, mutedUntil: NOW + 60_000 }),
  incident(ONCE_MUTED, { signature: 'm', mutedUntil: NOW }),
];

beforeAll(async () => {
  db = await startDatabase();
  const operators = {
    write: async (owner: SignalOwner, action: OperatorAction) => {
      if (away) throw new Error('no broker');
      const { tenant, agent, operation } = owner;
      written.push({ owner: { tenant, agent, operation }, action });
    },
  };
  api = await apiOver(db, undefined, operators);
  await store(db, incidents, 'IncidentEvent', events);
});
beforeEach(() => {
  written = [];
  away = false;
});
afterAll(async () => {
  await api?.close();
  await db?.stop();
});

async function post(id: number | string, action: string, payload: unknown) {
  const url = `/v1/incidents/${typeof id === 'number' ? hex(id, 32) : id}/${action}`;
  const response = await api.inject({ method: 'POST', url, payload: payload as object });
  return { status: response.statusCode, body: response.json() };
}

describe('an action', () => {
  test('is on the log, for the incident’s own agent operation, before it is answered', async () => {
    const { status, body } = await post(OPEN, 'acknowledge', { by: ' ann ', note: 'looking' });
    expect(status).toBe(202);
    expect(body).toEqual({
      ...{ incidentId: hex(OPEN, 32), action: 'acknowledge', by: 'ann', note: 'looking' },
      ...{ at: '2023-11-14T22:23:20.000Z', until: null, revision: 1 },
    });
    const action = { action: 'acknowledge', by: 'ann', note: 'looking', at: NOW, until: 0 };
    expect(written).toEqual([
      {
        owner: { tenant: 'default', agent: `agent ${OPEN}`, operation: 'plan trip' },
        action: { tenant: 'default', incidentId: hex(OPEN, 32), ...action },
      },
    ]);
  });

  test('a mute is for minutes, or until a time', async () => {
    expect((await post(OPEN, 'mute', { by: 'ann', minutes: 120 })).body.until).toBe(
      '2023-11-15T00:23:20.000Z',
    );
    const until = '2023-11-15T12:00:00Z';
    expect((await post(MUTED, 'mute', { by: 'ann', until })).status).toBe(202);
    expect((await post(MUTED, 'mute', { by: 'ann', until: NOW + 90_000 })).status).toBe(202);
    expect(written.map(({ action }) => action.until)).toEqual([
      NOW + 7_200_000,
      Date.parse(until),
      NOW + 90_000,
    ]);
  });

  test('a mute is over episodes: one that is over takes it', async () => {
    expect((await post(RESOLVED, 'mute', { by: 'ann', minutes: 120 })).status).toBe(202);
    expect(written[0].action).toMatchObject({ action: 'mute', incidentId: hex(RESOLVED, 32) });
  });

  test('unacknowledge and unmute', async () => {
    expect((await post(ACKNOWLEDGED, 'unacknowledge', { by: 'ann' })).body).toMatchObject({ revision: 2 });
    expect((await post(MUTED, 'unmute', { by: 'ann' })).status).toBe(202);
  });

  test.each([
    ['acknowledge', 0x99, 404, /^no incident 0+99$/],
    ['acknowledge', FOREIGN, 404, /^no incident/],
    ['acknowledge', RESOLVED, 409, /is resolved: only an open one is acknowledged/],
    ['unacknowledge', RESOLVED, 409, /is resolved/],
    ['unmute', RESOLVED, 409, /^it is not muted$/],
    ['acknowledge', ACKNOWLEDGED, 409, /^already acknowledged by ann$/],
    ['unacknowledge', OPEN, 409, /^nobody has acknowledged it$/],
    ['unmute', OPEN, 409, /^it is not muted$/],
    ['unmute', ONCE_MUTED, 409, /^it is not muted$/],
  ])('%s of %i is refused with %i', async (action, id, status, message) => {
    const given = { by: 'bob', ...(action === 'mute' && { minutes: 5 }) };
    expect(await post(id, action, given)).toMatchObject({
      status,
      body: { error: { message: expect.stringMatching(message) } },
    });
    expect(written).toEqual([]);
  });

  test('the same end of a mute again is refused, another is not', async () => {
    expect((await post(MUTED, 'mute', { by: 'bob', minutes: 1 })).body.error.message).toBe(
      'already muted until 2023-11-14T22:24:20.000Z',
    );
    expect((await post(MUTED, 'mute', { by: 'bob', minutes: 2 })).status).toBe(202);
  });

  test.each([
    ['acknowledge', {}, /^by: /],
    ['acknowledge', { by: ' ' }, /by: must say who/],
    ['acknowledge', { by: 'a\u001b[2J' }, /by: must be one line/],
    ['acknowledge', { by: 'a\u202eb' }, /by: must be one line, without control or format characters/],
    ['acknowledge', { by: 'ann', note: 'a\u200bb' }, /^note: must be one line/],
    ['acknowledge', { by: 'ann', note: 'a\ud800' }, /^note: must be one line/],
    ['mute', { by: 'ann', until: 1.5 }, /^until: must be an ISO 8601 time/],
    ['mute', { by: 'ann', until: true }, /^until: must be an ISO 8601 time/],
    ['mute', { by: 'ann', until: '2023-11-31' }, /^until: must be an ISO 8601 time/],
    ['acknowledge', { by: 'ann', note: 'x'.repeat(501) }, /^note: /],
    ['acknowledge', { by: 'ann', minutes: 5 }, /^minutes, until: not of acknowledge$/],
    ['acknowledge', { by: 'ann', who: 'x' }, /who/],
    ['mute', { by: 'ann' }, /^minutes or until: a mute takes one of them$/],
    ['mute', { by: 'ann', minutes: 5, until: '2030-01-01' }, /a mute takes one/],
    ['mute', { by: 'ann', minutes: 0 }, /^minutes: /],
    ['mute', { by: 'ann', until: '2023-11-14T22:23:20Z' }, /^until: must be in the future$/],
    ['mute', { by: 'ann', until: '2200-01-01' }, /^until: at most 366 days ahead$/],
    ['silence', { by: 'ann' }, /^action: /],
  ])('%s %j is told what is wrong', async (action, body, message) => {
    expect(await post(OPEN, action, body)).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringMatching(message) } },
    });
    expect(written).toEqual([]);
  });

  test('that the log has not taken is no success', async () => {
    away = true;
    expect(await post(OPEN, 'acknowledge', { by: 'ann' })).toMatchObject({
      status: 503,
      body: { error: { code: 'unavailable', message: expect.stringMatching(/Kafka does not answer/) } },
    });
  });
});

test.each([
  ['muted=true', [MUTED]],
  ['acknowledged=true', [ACKNOWLEDGED]],
  ['muted=true&acknowledged=true', []],
])('?%s', async (query, expected) => {
  const { body } = await get(api, `/v1/incidents?${query}`);
  expect(body.incidents.map((each: IncidentEvent) => Number.parseInt(each.incidentId, 16))).toEqual(expected);
});

test('?muted=false and ?acknowledged=false are the others', async () => {
  const all = 12;
  expect((await get(api, '/v1/incidents')).body.incidents.length).toBe(all - 1);
  expect((await get(api, '/v1/incidents?muted=false')).body.incidents.length).toBe(all - 2);
  expect((await get(api, '/v1/incidents?acknowledged=false')).body.incidents.length).toBe(all - 2);
});

test('related: what is open and its cause, its symptom, or at the same callee; nothing else', async () => {
  const { body } = await get(api, `/v1/incidents/${hex(OPEN, 32)}`);
  const related = body.related.map(({ why, incidentId }: { why: string; incidentId: string }) => [
    why,
    Number.parseInt(incidentId, 16),
  ]);
  expect(related).toEqual([
    ['cause', 0x14],
    ['symptom', 0x15],
    ['same_callee', 0x16],
    ['same_callee', ACKNOWLEDGED],
  ]);
  expect(body.related[2]).toMatchObject({
    agent: 'agent 22',
    kind: 'retry_storm',
    severity: 'warning',
    signature: 'tool flaky',
  });
  // Without a callee nothing is the same one.
  expect((await get(api, `/v1/incidents/${hex(0x18, 32)}`)).body.related).toEqual([]);
});
