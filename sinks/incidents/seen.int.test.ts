import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { lastSeen } from './seen.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** URL of a server that answers with this JSON; undefined: it never answers. */
async function answering(json: unknown): Promise<string> {
  const started = createServer((_request, response) => {
    if (json !== undefined) response.end(JSON.stringify(json));
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
}

test('when each was last seen; those that no trace shows are left out', async () => {
  const base = await answering({
    incidents: [
      { incidentId: 'a', lastSeenAt: '2026-11-21T18:27:30.250Z', kind: 'x' },
      { incidentId: 'b', lastSeenAt: null },
    ],
    next: null,
  });
  expect(await lastSeen(base, sleep)).toEqual(new Map([['a', Date.parse('2026-11-21T18:27:30.250Z')]]));
});

test('nothing where what is there is another’s', async () => {
  expect(await lastSeen(await answering({ incidents: [{ id: 1 }] }), sleep)).toEqual(new Map());
});

test('nothing where it does not answer in time', async () => {
  expect(await lastSeen(await answering(undefined), () => Promise.resolve())).toEqual(new Map());
});

test('nothing where nobody listens', async () => {
  expect(await lastSeen('http://127.0.0.1:9', sleep)).toEqual(new Map());
});
