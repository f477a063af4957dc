/** `npm run chaos`: kills a whole installation's processes under load, and proves that nothing was lost or changed. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { colours } from '#infra/colours.ts';
import { messageOf, UserError } from '#infra/errors.ts';
import { fail, interrupted } from '#infra/stack/console.ts';
import { ChaosInstallation } from './installation.ts';
import { commandOf, parseOptions } from './options.ts';
import { pictureOf } from './picture.ts';
import { reportOf, seconds } from './report.ts';
import type { ChaosResult } from './result.ts';
import { underFire } from './run.ts';
import { orphans } from './verify/orphans.ts';

const options = parseOptions(process.argv.slice(2));
const began = performance.now();
const say = (line: string) => console.log(`  ${seconds(performance.now() - began).padStart(8)}  ${line}`);
const abort = new AbortController();
void interrupted().then(() => abort.abort(new UserError('interrupted')));

try {
  process.exit(await main());
} catch (error) {
  fail(abort.signal.aborted ? abort.signal.reason : error);
}

async function main(): Promise<number> {
  console.log(colours.bold(commandOf(options)));
  say('starting: two processors, two sinks, ingest, engine, broker');
  const gaveUp: string[] = [];
  const onGiveUp = (error: UserError) => {
    gaveUp.push(error.message);
    say(error.message);
  };
  const installation = await ChaosInstallation.start(options.broker, say, onGiveUp, abort.signal);
  let result: ChaosResult | undefined;
  const left: string[] = [];
  try {
    say(`under load: ${options.rate} spans a second for ${options.duration} s`);
    result = await underFire(options, installation, say, abort.signal);
  } finally {
    say('stopping');
    await installation.stop();
    left.push(...(await orphans(installation.pids, installation.directory)));
    if (result === undefined) console.error(`Data and logs: ${installation.directory}`);
  }
  const whole = { ...result, problems: [...result.problems, ...gaveUp, ...left] };
  const report = await write(whole);
  print(whole, report);
  if (whole.problems.length > 0) {
    console.log(`Data and logs: ${installation.directory}`);
    console.log(`Again: ${commandOf(options)}`);
    console.log(colours.red(`Chaos failed: seed ${options.seed} on ${options.broker}.`));
    return 1;
  }
  if (options.keep) console.log(`Data and logs: ${installation.directory}`);
  else await installation.discard();
  console.log(colours.green('Chaos passed: nothing lost, nothing doubled, nothing changed.'));
  return 0;
}

async function write(result: ChaosResult): Promise<string> {
  const name = `${options.broker}-seed-${options.seed}`;
  const file = path.join(options.report, `${name}.md`);
  try {
    await mkdir(options.report, { recursive: true });
    await writeFile(path.join(options.report, `${name}.svg`), pictureOf(result));
    await writeFile(file, reportOf(result, `${name}.svg`));
  } catch (error) {
    throw new UserError(`cannot write the report (${messageOf(error)}): name another folder with --report`);
  }
  return file;
}

function print(
  { spans, incidents, problems, ingestGap, topicGap, happened }: ChaosResult,
  report: string,
): void {
  console.log(
    `Faults: ${happened.length}; longest without a 200: ${seconds(ingestGap.ms)}; without the incident topic: ${seconds(topicGap.ms)}`,
  );
  if (spans)
    console.log(`Spans: ${spans.sent} sent, ${spans.acknowledged} acknowledged, ${spans.stored} stored`);
  if (incidents)
    console.log(
      `Incidents: ${incidents.incidents} with ${incidents.events} events (${incidents.records} records), the same as undisturbed: ${incidents.problems.length === 0 ? 'yes' : 'no'}`,
    );
  console.log(`Report: ${report}`);
  for (const problem of problems) console.log(colours.red(`- ${problem}`));
}
