import { describe, expect, it } from 'vitest';
import { acceptedCoding } from './coding.ts';
import { refusal } from './gatekeeper.ts';
import { parseRequest } from './request.ts';

const parse = (url: string, method = 'POST', headers = {}) =>
  parseRequest(method, new URLSearchParams(url), headers);

describe('parseRequest', () => {
  it('tells settings, parameters and the rest apart', () => {
    const request = parse(
      'query=q&database=d&max_threads=2&param_a=x&http_wait=1&user=u&query_id=i&readonly=1',
    );
    expect([...request.settings]).toEqual([['max_threads', '2']]);
    expect([...request.params]).toEqual([['param_a', 'x']]);
    expect(request).toMatchObject({
      query: 'q',
      database: 'd',
      queryId: 'i',
      readonly: '1',
      session: undefined,
    });
  });

  it('makes a query id, and reads default format and database from headers', () => {
    const headers = { 'x-clickhouse-format': 'CSV', 'x-clickhouse-database': 'h' };
    const request = parse('', 'POST', headers);
    expect(request).toMatchObject({ defaultFormat: 'CSV', database: 'h' });
    expect(request.queryId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('lets GET only read', () => {
    expect(parse('', 'GET').readonly).toBe('2');
    expect(parse('readonly=1', 'GET').readonly).toBe('1');
    expect(parse('').readonly).toBeUndefined();
  });

  it.each([
    ['max_threads%20=1', 115],
    ['param_a%27=1', 115],
    ['compress=1', 48],
    ['decompress=1', 48],
    ['session_id=s&readonly=1', 48],
    ['session_id=s&session_timeout=0', 374],
    ['session_id=s&session_timeout=4000', 374],
    ['session_id=s&session_timeout=x', 374],
  ])('%s is error %i', (url, code) => {
    expect(() => parse(url)).toThrow(expect.objectContaining({ code }));
  });

  it('names sessions', () => {
    expect(parse('session_id=s').session).toEqual({ id: 's', timeout: 60, check: false });
    expect(parse('session_id=s&session_timeout=5&session_check=1').session).toEqual({
      id: 's',
      timeout: 5,
      check: true,
    });
  });
});

describe('acceptedCoding', () => {
  it.each([
    ['gzip, deflate, br', 'br'],
    ['zstd', 'zstd'],
    ['br;q=0, GZIP;q=0.5', 'gzip'],
    ['identity', undefined],
    [undefined, undefined],
  ])('%s: %s', (header, coding) => {
    expect(acceptedCoding(header)).toBe(coding);
  });
});

describe('refusal', () => {
  const open = { user: 'default', password: '' };
  const ask = (headers: Record<string, string>, credentials = open, url = '') =>
    refusal({ headers }, new URLSearchParams(url), credentials)?.code;

  it.each(['localhost:8123', '127.0.0.1:1', '127.1.2.3', '[::1]:8123'])('answers as %s', (host) => {
    expect(ask({ host })).toBeUndefined();
  });

  it.each([
    { host: 'evil.example:8123' },
    { host: '127.0.0.1.evil.example' },
    { host: '10.0.0.1:8123' },
    {},
    { host: 'localhost', origin: 'null' },
    { host: 'localhost', origin: 'http://localhost:3000' },
    { host: 'localhost', 'sec-fetch-site': 'same-site' },
  ] as Record<string, string>[])('not with %j', (headers) => {
    expect(ask(headers)).toBe(497);
  });

  it('compares user and password, wherever they stand', () => {
    const secret = { user: 'u', password: 'p' };
    const host = 'localhost';
    expect(ask({ host, 'x-clickhouse-user': 'u', 'x-clickhouse-key': 'p' }, secret)).toBeUndefined();
    expect(ask({ host }, secret, 'user=u&password=p')).toBeUndefined();
    expect(ask({ host }, secret, 'user=u&password=')).toBe(516);
    expect(ask({ host }, secret, 'user=v&password=p')).toBe(516);
    expect(ask({ host, authorization: 'Basic !!' }, secret)).toBe(516);
    expect(ask({ host }, secret)).toBe(516);
  });
});
