import { expect, test } from 'vitest';
import { type Config, readConfig } from '#infra/config.ts';
import { refusal, targetsOf } from './targets.ts';

test.each([
  'http://127.0.0.1:8080',
  'http://127.1.2.3:8080/',
  'http://127.1:8080',
  'http://localhost',
  'http://LOCALHOST:8080',
  'https://localhost:8443',
  'http://[::1]:8080',
  'http://[0:0:0:0:0:0:0:1]:8080',
])('%s is this machine', (target) => {
  expect(refusal(target, false)).toBeUndefined();
});

test.each([
  'http://127.0.0.1.example.org',
  'http://localhost.example.org',
  'http://example.org/127.0.0.1',
  'http://127.0.0.1@example.org',
  'http://127.0.0.1:80@example.org/',
  'http://example.org#localhost',
  'http://notlocalhost:8080',
  'http://128.0.0.1',
  'http://0.0.0.0:8080',
  'http://[::2]:8080',
  'http://[::ffff:10.0.0.1]',
])('%s is another machine, and allowed only when a flag says so', (target) => {
  expect(refusal(target, false)).toBe(
    `${target} is another machine: load goes to this one only, unless --allow-remote says otherwise`,
  );
  expect(refusal(target, true)).toBeUndefined();
});

test.each(['127.0.0.1:8080', 'localhost:8080', 'ftp://127.0.0.1', 'file:///etc/passwd', '', 'agents'])(
  '"%s" is no URL of an agent app, whatever the flag says',
  (target) => {
    for (const remote of [false, true])
      expect(refusal(target, remote)).toBe(`${target} is no URL of an agent app: http://127.0.0.1:8080`);
  },
);

test('meshes are the agent apps of the configuration', () => {
  const read = readConfig({ ATI_AGENT_PORT: '9001', ATI_SECOND_AGENT_PORT: '9002' });
  const config = read.ok ? read.config : ({} as Config);
  expect(targetsOf(config, 'first')).toEqual(['http://127.0.0.1:9001']);
  expect(targetsOf(config, 'second')).toEqual(['http://127.0.0.1:9002']);
  expect(targetsOf(config, 'both')).toEqual(['http://127.0.0.1:9001', 'http://127.0.0.1:9002']);
});
