/** `npm run soak`: a whole installation under steady load for long; fails where anything grows. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Command } from 'commander';
import { argument } from '#infra/arguments.ts';
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import { colours } from '#infra/colours.ts';
import { clickhouseUrlOf, urlOf } from '#infra/endpoints.ts';
import { number } from '#infra/numbers.ts';
import { fail, interrupted } from '#infra/stack/console.ts';
import { startStack } from '#infra/stack/stack.ts';
import { temporaryPlace } from '#infra/stack/temporary.ts';
import { progressLine } from '../../scenarios/progress-line.ts';
import { startLoad } from './load.ts';
import { faults, judgeAll, pictures, report, type Soaked } from './report.ts';
import { type Sample, sample } from './sample.ts';

interface Options {
  readonly minutes: number;
  readonly rate: number;
  readonly warmUp?: number;
  readonly every: number;
  readonly out: string;
}

const program = new Command('npm run soak --')
  .description(
    'Runs a whole installation of its own (free ports, temporary data directory) under steady load and fails where ' +
      'memory, handles, open files or lag grow, where a span is lost or doubled, or a process dies.',
  )
  .option('--minutes <n>', 'of load', argument(number(0.5, 24 * 60)), 30)
  .option('--rate <n>', 'traces a second, about 50 spans each', argument(number(0.1, 200)), 4)
  .option(
    '--warm-up <n>',
    'minutes that are not judged (default: a third, at most 10)',
    argument(number(0, 600)),
  )
  .option('--every <s>', 'seconds between two samples', argument(number(0.5, 60)), 3)
  .option('--out <dir>', 'where the report and its curves go', path.join('.ati', 'soak'))
  .addHelpText('after', '\nLinux only: it reads /proc. Exit code 0 only if nothing grows.');
program.parse();
const options = program.opts<Options>();

try {
  process.exit(await soak());
} catch (error) {
  fail(error);
}

async function soak(): Promise<number> {
  const warmUp = options.warmUp ?? Math.min(10, options.minutes / 3);
  const place = await temporaryPlace({ ATI_LOG_LEVEL: 'info' });
  const stop = interrupted();
  try {
    const soaked = await run(place, warmUp, stop);
    if (soaked === undefined) return 130;
    const judged = judgeAll(soaked);
    await mkdir(options.out, { recursive: true });
    await writeFile(path.join(options.out, 'README.md'), report(soaked, judged));
    for (const { file, svg } of pictures(soaked)) await writeFile(path.join(options.out, file), svg);
    const wrong = faults(soaked, judged);
    for (const line of wrong) console.error(colours.red(line));
    console.log(`${options.out}/README.md: ${soaked.samples.length} samples, ${soaked.acknowledged} spans`);
    console.log(
      wrong.length === 0
        ? colours.green('pass: nothing grows')
        : colours.red(`fail: ${wrong.length} findings`),
    );
    return wrong.length === 0 ? 0 : 1;
  } finally {
    await place.remove();
  }
}

/** Undefined when the user ended it. */
async function run(
  { config, env }: Awaited<ReturnType<typeof temporaryPlace>>,
  warmUp: number,
  stop: Promise<void>,
): Promise<Soaked | undefined> {
  const deaths: string[] = [];
  const stack = await startStack({ config, env, agents: false, onDeath: ({ name }) => deaths.push(name) });
  const clickhouse = connectClickHouse({
    url: clickhouseUrlOf(config),
    database: config.CLICKHOUSE_DATABASE,
  });
  const line = progressLine();
  let interruptedByUser = false;
  void stop.then(() => {
    interruptedByUser = true;
  });
  const samples: Sample[] = [];
  let stopSeconds = 0;
  let counts: Pick<Soaked, 'acknowledged' | 'traces' | 'reads' | 'failedReads' | 'stored'>;
  try {
    const load = startLoad({
      ingestUrl: urlOf(config, config.ATI_INGEST_PORT),
      apiUrl: urlOf(config, config.ATI_API_PORT),
      tracesPerSecond: options.rate,
    });
    const began = performance.now();
    const minute = () => (performance.now() - began) / 60_000;
    try {
      while (minute() < options.minutes && !interruptedByUser) {
        samples.push(await sample(stack, config, minute()));
        line.show(`soaking: ${minute().toFixed(1)} of ${options.minutes} min, ${load.acknowledged} spans`);
        await Promise.race([stop, wait(options.every * 1_000)]);
      }
    } finally {
      await load.stop();
    }
    if (interruptedByUser) return undefined;
    line.show('counting: what has been stored');
    const { acknowledged, traces, reads, failedReads } = load;
    const count = async () => {
      const [row] = await clickhouse.query<{ spans: string }>(
        'SELECT count() AS spans FROM otel_traces FINAL',
      );
      return Number(row.spans);
    };
    counts = { acknowledged, traces, reads, failedReads, stored: await settled(count, acknowledged) };
  } finally {
    line.end();
    await clickhouse.close();
    const began = performance.now();
    await stack.stop();
    stopSeconds = (performance.now() - began) / 1_000;
  }
  return {
    ...counts,
    minutes: options.minutes,
    warmUp,
    tracesPerSecond: options.rate,
    samples,
    stopSeconds,
    deaths,
  };
}

/** The count when it has reached `expected`, or when it has stood still for ten seconds. */
async function settled(count: () => Promise<number>, expected: number): Promise<number> {
  let last = -1;
  for (let still = 0; ; still++) {
    const now = await count();
    if (now === expected || still === 10) return now;
    if (now !== last) still = 0;
    last = now;
    await wait(1_000);
  }
}
