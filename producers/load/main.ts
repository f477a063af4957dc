/** `npm run load`: many workflows at once on running agents, by a profile; what they took, and what ATI made of them. */
import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import pc from 'picocolors';
import { fromEvent, interval, merge, takeUntil } from 'rxjs';
import { type Config, readConfig } from '#infra/config.ts';
import { messageOf, UserError } from '#infra/errors.ts';
import { type Profile, parseProfile } from './profile.ts';
import { readBack } from './read-back.ts';
import { agreementTable, incidentLines, progress, summaryTable } from './report.ts';
import { runLoad } from './run.ts';
import { scheduleOf } from './schedule.ts';
import { errorsOf, summarise } from './summary.ts';
import { allowed, targetsOf } from './targets.ts';
import { parseTimes } from './timestamps.ts';
import { type Played, playWorkflow } from './workflow.ts';

const PROFILES = path.join(import.meta.dirname, 'profiles');
/** Past the last trace that came: export, quiet gap, a queue of spans. */
const READ_BACK_PATIENCE_MS = 30_000;

interface Options {
  readonly list?: boolean;
  readonly seed: number;
  readonly duration?: number;
  readonly mesh: 'first' | 'second' | 'both';
  readonly agent: readonly string[];
  readonly allowRemote?: boolean;
  readonly readBack: boolean;
  readonly json?: boolean;
}

const positive = (text: string) => {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('must be a number above 0');
  return value;
};
const whole = (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('must be a whole number from 0');
  return value;
};

const program = new Command('npm run load --')
  .argument('[profile]', 'name of a profile (--list) or path of a file like them', 'mix')
  .description(
    'Runs many workflows on running agents (npm start) and shows latencies, errors and what ATI found.',
  )
  .option('--list', 'show the profiles')
  .option('--seed <n>', 'which workflows come when, and which calls fail', whole, 1)
  .option('--duration <s>', 'instead of the profile’s', positive)
  .addOption(
    new Option('--mesh <name>', 'whose agents').choices(['first', 'second', 'both']).default('first'),
  )
  .option(
    '--agent <url>',
    'agent apps instead, in turn (may be repeated)',
    (url, all: readonly string[]) => [...all, url],
    [],
  )
  .option('--allow-remote', 'let a target be another machine than this one')
  .option('--no-read-back', 'do not ask ATI about the traces afterwards')
  .option('--json', 'the summary as JSON')
  .addHelpText(
    'after',
    '\nStops by itself; Ctrl-C ends the arrivals and waits for what runs, twice stops at once.',
  );
program.parse();
const options = program.opts<Options>();

try {
  process.exit(options.list ? await list() : await load(program.args[0] ?? 'mix'));
} catch (error) {
  console.error(
    pc.red(error instanceof UserError || !(error instanceof Error) ? messageOf(error) : String(error.stack)),
  );
  process.exit(1);
}

async function list(): Promise<number> {
  for (const file of (await readdir(PROFILES)).filter((name) => name.endsWith('.json')).sort()) {
    const { about, durationS } = await profileOf(path.join(PROFILES, file));
    console.log(`${path.basename(file, '.json').padEnd(12)} ${String(durationS).padStart(4)} s  ${about}`);
  }
  return 0;
}

async function profileOf(file: string): Promise<Profile> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UserError(
      `no profile ${file} (${messageOf(error)}): npm run load -- --list shows those that are there`,
    );
  }
  const parsed = parseProfile(text);
  if (!parsed.ok) throw new UserError(`${file}: ${parsed.reason}`);
  return parsed.profile;
}

/** Those of the profile's file of timestamps, which lies beside it. */
function timesOf({ arrivals }: Profile, profileFile: string): readonly number[] {
  if (arrivals.type !== 'timestamps') return [];
  const file = path.resolve(path.dirname(profileFile), arrivals.file);
  const parsed = parseTimes(readFileSync(file, 'utf8'));
  if (!parsed.ok) throw new UserError(`${file}: ${parsed.reason}`);
  return parsed.times;
}

async function load(name: string): Promise<number> {
  const read = readConfig(process.env);
  if (!read.ok) throw new UserError(read.message);
  const { config } = read;
  const file = name.includes('/') || name.endsWith('.json') ? name : path.join(PROFILES, `${name}.json`);
  const given = await profileOf(file);
  const profile = { ...given, durationS: options.duration ?? given.durationS };
  const targets = options.agent.length > 0 ? options.agent : targetsOf(config, options.mesh);
  for (const target of targets) {
    const reason = allowed(target, options.allowRemote === true);
    if (reason !== undefined) throw new UserError(reason);
  }
  await checkHealth(targets);
  const schedule = scheduleOf(profile.arrivals, profile.durationS, options.seed, timesOf(profile, file));
  if (!options.json) console.log(pc.bold(`${name}: ${profile.about}`));
  const played = await play(profile, schedule, targets);
  return report(played, config);
}

async function checkHealth(targets: readonly string[]): Promise<void> {
  for (const target of targets) {
    const response = await fetch(new URL('/health', target)).catch(() => undefined);
    if (!response?.ok)
      throw new UserError(`no agent app answers at ${target}: is it running? npm start, or --agent URL`);
  }
}

async function play(
  profile: Profile,
  schedule: ReturnType<typeof scheduleOf>,
  targets: readonly string[],
): Promise<Played[]> {
  const abort = new AbortController();
  const interrupts = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM'));
  let asked = 0;
  const watching = interrupts.subscribe(() => {
    asked++;
    if (asked > 1) abort.abort(new Error('stopped'));
  });
  const screen = progress(profile.durationS);
  const ended = Promise.withResolvers<void>();
  interval(1_000)
    .pipe(takeUntil(ended.promise.then(() => true)))
    .subscribe(() => screen.tick());
  const played = await runLoad({
    profile,
    schedule,
    seed: options.seed,
    stop: interrupts,
    play: (workflow, number) =>
      playWorkflow(
        targets[number % targets.length],
        workflow,
        (options.seed + number) % 2 ** 32,
        abort.signal,
      ),
    onStarted: screen.started,
    onPlayed: screen.played,
  });
  ended.resolve();
  watching.unsubscribe();
  screen.end();
  return played;
}

async function report(played: readonly Played[], config: Config): Promise<number> {
  const lines = summarise(played);
  const errors = errorsOf(played);
  const api = `http://${config.ATI_HOST}:${config.ATI_API_PORT}`;
  const answer = options.readBack
    ? await readBack(api, played, READ_BACK_PATIENCE_MS, (arrived, of) => {
        if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K  asking ATI: ${arrived} of ${of} traces`);
      })
    : undefined;
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  if (options.json) {
    console.log(JSON.stringify({ lines, errors: Object.fromEntries(errors), ati: answer }, null, 2));
  } else {
    console.log(summaryTable(lines));
    for (const [error, count] of errors) console.log(pc.red(`  ${count} × ${error}`));
    if (answer !== undefined) {
      console.log(`\nATI: ${answer.arrived} of ${answer.traces} traces arrived`);
      console.log(agreementTable(answer.agreement));
      console.log(incidentLines(answer.incidents));
    }
  }
  const lost = answer !== undefined && answer.arrived < answer.traces;
  const missed = answer?.agreement.some(({ planted, found }) => found < planted) ?? false;
  return played.length === 0 || errors.length > 0 || lost || missed ? 1 : 0;
}
