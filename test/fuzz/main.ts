/** `npm run fuzz`: inputs that no test has thought of, to every door. See docs/fuzzing.md. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CommanderError } from 'commander';
import { colours } from '#infra/colours.ts';
import { UserError } from '#infra/errors.ts';
import { number } from '#infra/format.ts';
import { progressLine } from '#scenarios/progress-line.ts';
import { CRASHERS, keepCrasher, readCrasher } from './crashers.ts';
import { type Options, parseOptions } from './options.ts';
import { finalLine, HEADER, line, replayCommand } from './report.ts';
import { schedule, type Turn } from './schedule.ts';
import { type Registered, targets } from './targets/registry.ts';
import { fuzzWatched, replayed, type TargetReport } from './watched.ts';

try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof UserError) {
    console.error(error.message);
    process.exitCode = 2;
  } else throw error;
}

async function main(options: Options): Promise<number> {
  const all = targets;
  if (options.list) {
    for (const { target } of all) console.log(`${colours.bold(target.name.padEnd(18))}${target.about}`);
    return 0;
  }
  if (options.replay !== undefined) return replay(options.replay, all);
  return fuzzAll(chosen(all, options.targets), options);
}

function chosen(all: readonly Registered[], names: readonly string[]): readonly Registered[] {
  if (names.length === 0) return all;
  return names.map((name) => {
    const found = all.find(({ target }) => target.name === name);
    if (found === undefined)
      throw new UserError(
        `no target is called ${name}; there are ${all.map(({ target }) => target.name).join(', ')}`,
      );
    return found;
  });
}

async function replay(file: string, all: readonly Registered[]): Promise<number> {
  const [{ target, module }] = chosen(all, [path.basename(path.dirname(path.resolve(file)))]);
  const place = mkdtempSync(path.join(tmpdir(), 'ati-fuzz-'));
  try {
    const verdict = await replayed(module, readCrasher(file), place);
    if (verdict === undefined) console.log(colours.green(`PASS  ${target.name} holds for this input`));
    else console.log(`${verdict.message}\n${colours.red(`FAIL  ${target.name}: ${verdict.key}`)}`);
    return verdict === undefined ? 0 : 1;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function fuzzAll(all: readonly Registered[], { minutes, jobs, seed, out }: Options): Promise<number> {
  const began = performance.now();
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const reports = new Map<string, TargetReport>();
  const progress = progressLine();
  console.log(HEADER);

  const turn = async ({ target, module, seconds }: Turn) => {
    const report = await fuzzWatched(target.name, module, {
      seed,
      seconds,
      signal: stop.signal,
      progress(now) {
        reports.set(target.name, now);
        const inputs = [...reports.values()].reduce((sum, each) => sum + each.inputs, 0);
        progress.show(`fuzzing: ${number(inputs)} inputs in all, ${target.name}`);
      },
    });
    reports.set(target.name, report);
    progress.end();
    console.log(line(report));
    for (const note of report.notes) console.log(`  ${colours.yellow(note)}`);
    for (const { message, input } of report.found) {
      const file = keepCrasher(target.name, input, out ?? CRASHERS);
      console.log(`  ${message.split('\n').slice(0, 8).join('\n  ')}\n  ${replayCommand(file)}`);
    }
  };
  const lanes = schedule(all, jobs, minutes * 60);
  await Promise.all(
    lanes.map(async (lane) => {
      for (const each of lane) if (!stop.signal.aborted) await turn(each);
    }),
  );
  const done = [...reports.values()];
  console.log(finalLine(done, (performance.now() - began) / 1_000, seed));
  if (stop.signal.aborted) console.log('Ended before its time.');
  return stop.signal.aborted || done.some(({ found }) => found.length > 0) ? 1 : 0;
}
