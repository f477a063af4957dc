/** `npm run outage`: what ATI depends on goes away under load, and comes back. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command, Option } from 'commander';
import { argument } from '#infra/arguments.ts';
import { colours } from '#infra/colours.ts';
import { number } from '#infra/numbers.ts';
import { fail } from '#infra/stack/console.ts';
import { brokerOutage } from './broker.ts';
import type { Outcome } from './check.ts';
import { clickhouseOutage } from './clickhouse.ts';
import { BROKERS, type BrokerKind } from './cores.ts';
import { networkFaults } from './network.ts';
import { type OutageOptions, optionsOf, TARGETS, type Target } from './options.ts';
import { page } from './page.ts';

const RUN: Readonly<Record<Target, (options: OutageOptions) => Promise<Outcome | undefined>>> = {
  clickhouse: clickhouseOutage,
  broker: brokerOutage,
  network: networkFaults,
};
const DOCS = path.resolve(import.meta.dirname, '../../docs/outage');

const program = new Command('npm run outage --')
  .description(
    'Runs an installation of its own (free ports, temporary data) under load while ClickHouse, the broker or the network ' +
      'is away, in each way that it can be, and shows that memory stays flat, that nothing is committed meanwhile, and ' +
      'that afterwards every acknowledged span is there exactly once.',
  )
  .addOption(
    new Option('--target <name>', 'what goes away (default: each, one after the other)').choices(TARGETS),
  )
  .option('--minutes <n>', 'of absence (default: 10)', argument(number(0.2, 600)))
  .option('--rate <n>', 'traces a second, about 50 spans each', argument(number(0.5, 500)), 10)
  .addOption(
    new Option('--broker <kind>', 'which broker goes away, or is behind the network')
      .choices(BROKERS)
      .default('embedded'),
  )
  .option('--quick', 'a minute or less each, with buffers of a tenth')
  .option('--out <dir>', 'where the pictures and figures go (default: docs/outage; nowhere with --quick)')
  .addHelpText('after', '\nLinux only: it reads /proc. Exit code 0 only if every check holds.');
program.parse();
const {
  target,
  quick = false,
  out,
  ...rest
} = program.opts<{
  readonly target?: Target;
  readonly minutes?: number;
  readonly rate: number;
  readonly broker: BrokerKind;
  readonly quick?: boolean;
  readonly out?: string;
}>();

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  fail(error);
}

async function main(): Promise<boolean> {
  let failed = 0;
  let passed = 0;
  for (const name of target === undefined ? TARGETS : [target]) {
    const outcome = await RUN[name](optionsOf(name, { quick, ...rest }, console.log));
    if (outcome === undefined) continue;
    tell(outcome);
    const broken = outcome.checks.filter(({ ok }) => !ok).length;
    failed += broken;
    passed += outcome.checks.length - broken;
    const directory = out ?? (quick ? undefined : DOCS);
    if (directory !== undefined) await write(directory, outcome);
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0;
}

function tell({ title, checks }: Outcome): void {
  console.log(`\n${title}`);
  for (const { what, found, wanted, ok } of checks)
    console.log(`  ${ok ? colours.green('✔') : colours.red('✘')} ${what}: ${found} (${wanted})`);
}

async function write(directory: string, outcome: Outcome): Promise<void> {
  await mkdir(directory, { recursive: true });
  const files = { ...outcome.pictures, [`${outcome.target}.md`]: page(outcome) };
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(directory, name), text);
  console.log(
    `  written: ${Object.keys(files).join(', ')} in ${path.relative(process.cwd(), directory) || '.'}`,
  );
}
