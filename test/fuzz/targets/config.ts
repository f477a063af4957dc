import { readConfig, redacted } from '#infra/config.ts';
import { Choices } from '../choices.ts';
import { holds, type Target } from '../target.ts';

const defaults = readConfig({});
if (!defaults.ok) throw new Error(defaults.message);
const NAMES = Object.keys(defaults.config);
const VALUES = [
  '',
  '0',
  '1',
  '-1',
  '65535',
  '65536',
  '1e3',
  '1.5',
  '0x10',
  ' 7 ',
  'NaN',
  'Infinity',
  '9007199254740993',
  'true',
  'TRUE',
  'yes',
  'off',
  '127.0.0.1',
  '0.0.0.0',
  '::1',
  'localhost',
  'a:1,b:2',
  'http://x:1',
  'https://[::1]:9',
  '{}',
  '{"retry_storm":{"minRetriedCalls":5}}',
  '[]',
  '{"__proto__":1}',
  'plain',
  'scram-sha-512',
  'x'.repeat(2000),
  '\u0000',
];
/** What must be in no log. */
const SECRETS = ['CLICKHOUSE_PASSWORD', 'KAFKA_SASL_PASSWORD', 'ATI_SALT', 'ATI_TOKEN'];
const SECRET = 'canary-of-a-secret';

export const target: Target = {
  name: 'config',
  about:
    'the configuration from any environment: a value, or a line for each variable that is wrong; no secret is shown',
  share: 0.5,
  start: () => ({
    seeds: NAMES.map((_, i) => Uint8Array.from([1, i, 3])),
    mutators: [],
    run(input) {
      const choices = new Choices(input);
      const env: Record<string, string> = Object.fromEntries(SECRETS.map((name) => [name, SECRET]));
      while (!choices.done) {
        const name = choices.pick(NAMES);
        env[name] = choices.below(3) === 0 ? choices.text() : choices.pick(VALUES);
      }
      const read = readConfig(env);
      const shown = read.ok ? JSON.stringify(redacted(read.config)) : read.message;
      holds(!shown.includes(SECRET), () => 'a secret is shown');
      if (!read.ok)
        for (const line of read.message
          .split('\n')
          .slice(1)
          .filter((each) => /^ {2}[A-Z]/.test(each)))
          holds(/^ {2}[A-Z][A-Z0-9_]*(: |\b)/.test(line), () => `a line names no variable: ${line}`);
      if (!read.ok) holds(read.message.includes('\n  '), () => 'refused without saying which variable');
    },
  }),
};
