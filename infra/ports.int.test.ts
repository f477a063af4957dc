import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { freePorts } from './kafka/real/place.ts';
import { freePort } from './ports.ts';

test('no port is given twice, though nobody listens there yet', async () => {
  const ports = await Promise.all(Array.from({ length: 1000 }, () => freePort()));
  expect(new Set(ports).size).toBe(ports.length);
});

test('a port that somebody listens on is not given', async () => {
  const before = await freePort();
  const server = createServer().listen(before + 1, '127.0.0.1');
  onTestFinished(() => void server.close());
  // Another test may have it already: as good.
  await new Promise((resolve) => server.once('listening', resolve).once('error', resolve));
  expect(await freePort()).not.toBe(before + 1);
});

test('nobody else gets the port of a controller', async () => {
  const asked = await Promise.all(Array.from({ length: 50 }, () => Promise.all([freePorts(), freePort()])));
  const ports = asked.flatMap(([broker, other]) => [broker, broker + 1, other]);
  expect(new Set(ports).size).toBe(ports.length);
});
