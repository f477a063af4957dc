/** `npm run profile`: where a case's CPU goes, as a flame graph for each thread of each of our processes. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { colours } from '#infra/colours.ts';
import { UserError } from '#infra/errors.ts';
import { progressLine } from '../../scenarios/progress-line.ts';
import { findCases } from '../harness/cases.ts';
import { profileInto } from '../harness/profiling.ts';
import { runCase } from '../harness/run.ts';
import { functionTimes } from './cpuprofile.ts';
import { threadsIn } from './files.ts';
import { flameGraph } from './flame.ts';
import { table } from './table.ts';

interface Options {
  readonly case: string;
  readonly variant: string;
  readonly process?: string;
  readonly full: boolean;
  readonly broker: 'embedded' | 'kafka';
  readonly out?: string;
}

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const SHOWN = 12;

const program = new Command('npm run profile --')
  .description(
    'Runs one variant of a benchmark once under the CPU profiler of Node and writes a flame graph (HTML) and a table of ' +
      'the functions with the most self time for each thread of each process. Idle time is left out.',
  )
  .requiredOption('--case <name>', 'npm run bench -- --list shows them')
  .option('--variant <name>', 'which one', 'ati')
  .option('--process <name>', 'this one alone: processor, sink, ingest, broker or engine (default: all)')
  .option('--full', 'the sizes of a full run instead of those of a quick one', false)
  .addOption(
    new Option('--broker <kind>', 'kafka: a real Apache Kafka')
      .choices(['embedded', 'kafka'])
      .default('embedded'),
  )
  .option('--out <directory>', 'where to (default: .ati/profile/CASE); what is there is removed')
  .addHelpText('after', "\nOf the engine, only what runs in Node: ClickHouse's own threads are not seen.");
program.parse();
const options = program.opts<Options>();
// Children die with us: harness/reaper.ts.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

try {
  await profile();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(colours.red(error.message));
  process.exitCode = 1;
}

async function profile(): Promise<void> {
  const [bench] = await findCases([options.case]);
  const out = path.resolve(options.out ?? path.join('.ati', 'profile', bench.name));
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  profileInto(out, options.process);
  const line = progressLine();
  try {
    await runCase(bench, {
      rounds: 1,
      quick: !options.full,
      broker: options.broker,
      only: [options.variant],
      command: 'profile',
      progress: (text) => line.show(`${bench.name}, ${text}`),
    });
  } finally {
    line.end();
  }
  const processes = (await readdir(out, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  if (processes.length === 0)
    throw new UserError(`no process${options.process ? ` ${options.process}` : ''} ran in ${bench.name}`);
  for (const { name } of processes) await write(out, name);
}

/** The pictures and tables of one process; prints where they are and what they begin with. */
async function write(out: string, name: string): Promise<void> {
  for (const { thread, root } of await threadsIn(path.join(out, name), PROJECT)) {
    const file = path.join(out, `${name}-${thread.replace(' ', '-')}`);
    const title = `${options.case}, ${name}, ${thread}: ${(root.total / 1000).toFixed(0)} ms`;
    const functions = functionTimes(root);
    await writeFile(`${file}.html`, flameGraph(title, root));
    await writeFile(`${file}.txt`, `${title}\n${table(functions)}`);
    console.log(`${colours.bold(title)}\n${path.relative('.', file)}.html, .txt`);
    console.log(table(functions, SHOWN));
  }
}
