import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { apiOver } from './testing.ts';

test('a bug: the answer says nothing of it, the log does, but not what was asked with which token', async () => {
  let lines = '';
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines += chunk.toString();
      done();
    },
  });
  const query: ClickHouse['query'] = () => Promise.reject(new TypeError('canary of the insides'));
  const clickhouse = { ...connectClickHouse({ url: 'http://127.0.0.1:9' }), query };
  const database = { clickhouse, url: '', database: 'none', stop: async () => {} };
  const api = await apiOver(database, undefined, undefined, { log: pino({ level: 'info' }, sink) });
  const headers = { authorization: 'Bearer canary-token' };
  const answer = await api.inject({ url: '/v1/traces?service=canary-service', headers });
  expect([answer.statusCode, answer.json()]).toEqual([
    500,
    { error: { code: 'internal', message: 'the request failed; see the log' } },
  ]);
  const [line, ...more] = lines.trim().split('\n');
  expect(more).toEqual([]);
  expect(JSON.parse(line)).toMatchObject({
    level: 50,
    msg: 'a request failed',
    err: { type: 'TypeError', message: 'canary of the insides' },
  });
  expect(lines).not.toMatch(/canary-(token|service)/);
  await api.close();
  await clickhouse.close();
});
