import { CommanderError } from 'commander';
import { parseOptions as analyze } from '#scenarios/analyze/options.ts';
import { parseOptions as explain } from '#sinks/explain/options.ts';
import { parseOptions as incidents } from '#sinks/incidents/options.ts';
import { parseOptions as why } from '#sinks/why/options.ts';
import { Choices } from '../choices.ts';
import { holds, type Target } from '../target.ts';

const NOW = 1_700_000_000_000;
const COMMANDS: readonly ((argv: readonly string[]) => object)[] = [
  (argv) => why(argv, NOW),
  (argv) => incidents(argv, 'ann'),
  explain,
  analyze,
];
const WORDS = [
  '--operation',
  '--slow',
  '--from',
  '--to',
  '--baseline-from',
  '--baseline-to',
  '--all',
  '--json',
  '--api',
  '--events',
  '--follow',
  '--state',
  '--kind',
  '--by',
  '--note',
  '--for',
  '--format',
  '--no-wait',
  '--help',
  '--',
  '-',
  '-a',
  '-k=x',
  'ack',
  'mute',
  'unmute',
  'help',
  'latest',
  'p95',
  'p',
  'p99.9999',
  '800',
  'failing',
  'all',
  '2h',
  '30m',
  '999999d',
  '0m',
  '2026-02-30',
  '2026-11-21T13:00:00Z',
  '1e3',
  'http://127.0.0.1:1/',
  'ftp://x',
  'otlp-json',
  'ab12',
  'f'.repeat(32),
  '0'.repeat(32),
  '1h30m',
  '1w1w',
  'x.json',
  '',
];

export const target: Target = {
  name: 'cli',
  about:
    'command lines of why, incidents, explain and analyze: options, or the error that says what is wrong',
  share: 0.5,
  quick: 400,
  start: () => ({
    seeds: COMMANDS.flatMap((_, command) => WORDS.map((_word, i) => Uint8Array.from([command, 1, i]))),
    mutators: [],
    run(input) {
      const choices = new Choices(input);
      const command = choices.pick(COMMANDS);
      const argv: string[] = [];
      while (!choices.done && argv.length < 20)
        argv.push(choices.below(4) === 0 ? choices.text() : choices.pick(WORDS));
      silently(() => {
        try {
          holds(typeof command(argv) === 'object', () => 'no options');
        } catch (error) {
          if (!(error instanceof CommanderError)) throw error;
          holds(error.message !== '', () => 'refused without a reason');
        }
      });
    },
  }),
};

/** The commands print their help and what is wrong. */
function silently(run: () => void): void {
  const streams = [process.stdout, process.stderr];
  const writes = streams.map((stream) => stream.write);
  for (const stream of streams) stream.write = () => true;
  try {
    run();
  } finally {
    streams.forEach((stream, i) => {
      stream.write = writes[i];
    });
  }
}
