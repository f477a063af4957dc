/** `npm run load`: many workflows at once on running agents, by a profile; what they took, and what ATI made of them. */

import { fromEvent, interval, merge } from 'rxjs';
import { colours } from '#infra/colours.ts';
import { readConfig } from '#infra/config.ts';
import { urlOf } from '#infra/endpoints.ts';
import { UserError } from '#infra/errors.ts';
import { fail } from '#infra/stack/console.ts';
import { whyNothing } from './nothing.ts';
import { parseOptions } from './options.ts';
import { type LoadedProfile, profileNames, readProfile } from './profile-files.ts';
import { LiveLine, lineOf, Tally } from './progress.ts';
import { readBack, stands } from './read-back.ts';
import { readBackText, summaryTable } from './report.ts';
import { runLoad } from './run.ts';
import { scheduleOf } from './schedule.ts';
import { errorsOf, summarise } from './summary.ts';
import { refusal, targetsOf } from './targets.ts';
import { isAgentApp, type Played, playWorkflow } from './workflow.ts';

const options = parseOptions(process.argv.slice(2));

try {
  process.exit(options.list ? await list() : await load());
} catch (error) {
  fail(error);
}

async function list(): Promise<number> {
  for (const name of await profileNames()) {
    const { about, durationS } = (await readProfile(name)).profile;
    console.log(`${name.padEnd(12)} ${String(durationS).padStart(4)} s  ${about}`);
  }
  return 0;
}

async function load(): Promise<number> {
  const read = readConfig(process.env);
  if (!read.ok) throw new UserError(read.message);
  const { config } = read;
  const loaded = await readProfile(options.profile);
  const profile = { ...loaded.profile, durationS: options.duration ?? loaded.profile.durationS };
  const targets = options.agent.length > 0 ? options.agent : targetsOf(config, options.mesh);
  await checkTargets(targets);
  if (!options.json) console.log(colours.bold(`${loaded.name}: ${profile.about}`));
  const played = await play({ ...loaded, profile }, targets);
  return report(played, options.api ?? urlOf(config, config.ATI_API_PORT));
}

/** Before anything runs: none is another machine, and each answers. */
async function checkTargets(targets: readonly string[]): Promise<void> {
  for (const target of targets) {
    const reason = refusal(target, options.allowRemote === true);
    if (reason !== undefined) throw new UserError(reason);
  }
  for (const target of targets) {
    if (!(await isAgentApp(target)))
      throw new UserError(`no agent app answers at ${target}: is it running? npm start, or --agent URL`);
  }
}

async function play(loaded: LoadedProfile, targets: readonly string[]): Promise<Played[]> {
  const { profile, times } = loaded;
  const interrupts = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM'));
  const givingUp = new AbortController();
  let asked = 0;
  const watching = interrupts.subscribe(() => {
    if (++asked > 1) givingUp.abort(new Error('given up'));
  });
  const tally = new Tally();
  const line = new LiveLine();
  const began = performance.now();
  const showing = interval(1_000).subscribe(() => {
    line.show(lineOf(tally, (performance.now() - began) / 1_000, profile.durationS, asked > 0));
  });
  const played = await runLoad({
    profile,
    schedule: scheduleOf(profile.arrivals, profile.durationS, options.seed, times),
    seed: options.seed,
    stop: interrupts,
    play: ({ workflow, number, turn }) =>
      playWorkflow(
        targets[turn % targets.length],
        workflow,
        (options.seed + number) % 2 ** 32,
        givingUp.signal,
      ),
    onStarted: (workflow) => tally.started(workflow),
    onPlayed: (each) => tally.played(each),
  });
  showing.unsubscribe();
  watching.unsubscribe();
  line.end();
  if (played.length === 0) throw new UserError(whyNothing(loaded, asked > 0));
  return played;
}

/** Shows what was measured, then what ATI says of it; gives the exit code. */
async function report(played: readonly Played[], api: string): Promise<number> {
  const lines = summarise(played);
  const errors = errorsOf(played);
  if (!options.json) {
    console.log(summaryTable(lines));
    for (const [error, count] of errors) console.log(colours.red(`  ${count} × ${error}`));
  }
  const line = new LiveLine();
  const read = options.readBack
    ? await readBack({
        api,
        played,
        onProgress: (arrived, of) => line.show(`asking ATI: ${arrived} of ${of} traces`),
      })
    : undefined;
  line.end();
  const ati = read?.ok ? read.answer : undefined;
  const atiError = read?.ok === false ? read.reason : undefined;
  if (options.json)
    console.log(JSON.stringify({ lines, errors: Object.fromEntries(errors), ati, atiError }, null, 2));
  else if (ati) console.log(`\n${readBackText(ati)}`);
  if (atiError !== undefined) console.error(colours.red(`What ATI made of it is not known: ${atiError}`));
  const ended = played.every(({ error }) => error === undefined);
  const asPlanted = read === undefined || (read.ok && stands(read.answer));
  return ended && asPlanted ? 0 : 1;
}
