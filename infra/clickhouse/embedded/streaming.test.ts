import { expect, it } from 'vitest';
import { mayStream } from './streaming.ts';

it.each([
  'SELECT a, b FROM t WHERE c = 1 FORMAT JSONEachRow',
  'WITH 1 AS x SELECT x FROM numbers(10)',
  '/* c */ select 1',
  'SELECT url FROM pages',
])('%j is streamed', (sql) => {
  expect(mayStream(sql)).toBe(true);
});

it.each([
  'SELECT (SELECT sleep(3))',
  'WITH (SELECT sleep(3)) AS s SELECT s',
  'SELECT 1 FROM t WHERE a IN (SELECT b FROM u)',
  "SELECT * FROM url('http://example.com')",
  "SELECT * FROM numbers(1), remote('h', system.one)",
  "SELECT * FROM t JOIN s3('x') USING a",
  "SELECT * FROM mysql('h', 'd', 't', 'u', 'p')",
  'SHOW TABLES',
  'EXPLAIN SELECT 1',
  '',
])('%j is made in memory', (sql) => {
  expect(mayStream(sql)).toBe(false);
});
