import { Command, Option } from 'commander';
import { argument } from '#infra/arguments.ts';
import { number, wholeNumber } from '#infra/numbers.ts';

export type BrokerKind = 'embedded' | 'kafka';

export interface ChaosOptions {
  /** kill -9 and SIGSTOP together; instances are added and removed beside them. */
  readonly kills: number;
  /** Decides the faults and the load. */
  readonly seed: number;
  readonly broker: BrokerKind;
  /** Seconds under load. */
  readonly duration: number;
  /** Spans per second. */
  readonly rate: number;
  /** Folder of the report. */
  readonly report: string;
  readonly keep: boolean;
}

const SECONDS_PER_KILL = 5;
const SECONDS_BESIDE = 5;

/** Reads the command line; --help and a wrong option end the process. */
export function parseOptions(args: readonly string[]): ChaosOptions {
  const program = new Command('npm run chaos --')
    .description(
      'Kills and freezes processes of a whole installation under load, and then proves that nothing was lost, doubled or\n' +
        'changed: every acknowledged span is stored once, and every incident event is, byte for byte, that of an undisturbed\n' +
        'run over the same log.',
    )
    .option('--kills <n>', 'how many kill -9 and SIGSTOP', argument(wholeNumber(1, 1_000)), 30)
    .option('--seed <n>', 'decides who fails when, and the load', argument(wholeNumber(0)), 1)
    .addOption(
      new Option('--broker <kind>', 'embedded, or a real Apache Kafka that is started for it')
        .choices(['embedded', 'kafka'])
        .default('embedded'),
    )
    .option('--duration <s>', 'seconds under load (default: 5 for each kill)', argument(wholeNumber(10)))
    .option('--rate <n>', 'spans per second', argument(number(1, 100_000)), 300)
    .option('--report <folder>', 'where the report goes', '.ati/chaos')
    .option('--keep', 'keep the data directory although all is well', false)
    .addHelpText('after', '\nExample: npm run chaos -- --kills 5 --seed 1 --broker kafka');
  program.parse(args, { from: 'user' });
  const options = program.opts<Omit<ChaosOptions, 'duration'> & { duration?: number }>();
  return { ...options, duration: options.duration ?? options.kills * SECONDS_PER_KILL + SECONDS_BESIDE };
}

/** The command that does the same again. */
export function commandOf({ kills, seed, broker, duration, rate }: ChaosOptions): string {
  return `npm run chaos -- --kills ${kills} --seed ${seed} --broker ${broker} --duration ${duration} --rate ${rate}`;
}
