/** `npm run scenarios`: every scenario and its controls, planted and read back: scenario × expected × found. */
import { Command, InvalidArgumentError } from 'commander';
import { argument } from '#infra/arguments.ts';
import { colours } from '#infra/colours.ts';
import { agentUrlOf, urlOf } from '#infra/endpoints.ts';
import { UserError } from '#infra/errors.ts';
import { wholeNumber } from '#infra/numbers.ts';
import { fail, interrupted, startWithProgress } from '#infra/stack/console.ts';
import { temporaryPlace } from '#infra/stack/temporary.ts';
import { progressLine } from '../progress-line.ts';
import { ALL_SCENARIOS, CONTROLS, SCENARIOS } from '../registry.ts';
import type { Scenario } from '../scenario.ts';
import { playLive } from './live.ts';
import { isRight, type Outcome } from './outcome.ts';
import { conclusion, outcomeTable } from './table.ts';
import { playVirtually } from './virtual.ts';

interface Options {
  readonly all?: boolean;
  readonly list?: boolean;
  readonly live?: boolean;
  readonly seeds: number;
  readonly firstSeed: number;
  readonly rate?: number;
  readonly start?: Date;
  readonly agent?: string;
  readonly api?: string;
  readonly mesh: string;
  readonly json?: boolean;
}

const time = (text: string) => {
  const value = new Date(text);
  if (Number.isNaN(value.getTime())) throw new InvalidArgumentError('must be a time: 2026-01-31T12:00:00Z');
  return value;
};
const url = (text: string) => {
  if (!URL.canParse(text)) throw new InvalidArgumentError('must be a URL: http://127.0.0.1:8080');
  return text;
};

const program = new Command('npm run scenarios --')
  .argument('[names...]', 'which scenarios (--list shows them); default: all')
  .description(
    'Plants failures and healthy near misses, and compares what ATI says with what was planted.\n' +
      'By default in virtual time: spans of the same workflows are written straight to the log of an installation of its own.',
  )
  .option('--all', 'every scenario and every control (the default)')
  .option('--list', 'only show the scenarios')
  .option('--live', 'run the workflows for real, one after the other, on an agent app')
  .option('--seeds <n>', 'so many runs of each, with different seeds', argument(wholeNumber(1)), 1)
  .option('--first-seed <n>', 'the first of them', argument(wholeNumber(0)), 1)
  .option('--rate <n>', 'write so many spans a second; default: as fast as it goes', argument(wholeNumber(1)))
  .option('--start <time>', 'virtual time of the first run; default: an hour ago', time)
  .option('--agent <url>', 'with --live: a running agent app instead of one of its own', url)
  .option('--api <url>', 'with --agent: the query API that hears of it', url)
  .option('--mesh <prefix>', 'with --agent: the AGENT_NAME of its agents', '')
  .option('--json', 'the outcome as JSON')
  .addHelpText('after', '\nExit code 0 only if every answer was as expected.');
program.parse();
const options = program.opts<Options>();

try {
  const scenarios = chosen(program.args);
  if (options.list) {
    list();
    process.exit(0);
  }
  if ((options.agent === undefined) !== (options.api === undefined))
    throw new UserError('--agent and --api go together: the runs of one are looked up at the other');
  if (options.agent !== undefined && !options.live) throw new UserError('--agent needs --live');
  const outcomes = await play(scenarios);
  if (outcomes === undefined) process.exit(130);
  console.log(
    options.json ? JSON.stringify(asJson(outcomes), null, 2) : outcomeTable(outcomes, process.stdout.columns),
  );
  if (!options.json) console.log(conclusion(outcomes));
  process.exit(outcomes.every(isRight) ? 0 : 1);
} catch (error) {
  fail(error);
}

function chosen(names: readonly string[]): readonly Scenario[] {
  if (options.all || names.length === 0) return ALL_SCENARIOS;
  return names.map((name) => {
    const scenario = ALL_SCENARIOS.find((each) => each.name === name);
    if (scenario === undefined)
      throw new UserError(
        `no scenario ${name}: there are ${ALL_SCENARIOS.map((each) => each.name).join(', ')}`,
      );
    return scenario;
  });
}

function list(): void {
  for (const [title, of] of [
    ['Scenarios', SCENARIOS],
    ['Controls, in which nothing may be found', CONTROLS],
  ] as const) {
    console.log(colours.bold(title));
    for (const { name, about } of of) console.log(`  ${name.padEnd(18)} ${about}`);
  }
}

/** undefined when it was interrupted. */
async function play(scenarios: readonly Scenario[]): Promise<Outcome[] | undefined> {
  const seeds = Array.from({ length: options.seeds }, (_, i) => options.firstSeed + i);
  const line = progressLine();
  const common = { scenarios, seeds, onProgress: line.show };
  if (options.agent !== undefined && options.api !== undefined) {
    const outcomes = await playLive({
      ...common,
      agentUrl: options.agent,
      apiUrl: options.api,
      mesh: options.mesh,
    });
    line.end();
    return outcomes;
  }
  const stopAsked = interrupted();
  const place = await temporaryPlace({
    ATI_QUIET_GAP_MS: '1000',
    ...(!options.live && { ATI_TICKS: 'false' }),
  });
  const { config, env } = place;
  try {
    if (!options.json) console.log(colours.bold('Starting an installation of its own'));
    const stack = await startWithProgress({
      config,
      env,
      agents: options.live === true,
      quiet: options.json === true,
    });
    try {
      const work = options.live
        ? playLive({
            ...common,
            agentUrl: agentUrlOf(config, config.ATI_AGENT_PORT),
            apiUrl: urlOf(config, config.ATI_API_PORT),
            mesh: config.AGENT_NAME,
          })
        : playVirtually({
            ...common,
            config,
            startUnixMs: (options.start ?? new Date(Date.now() - 3_600_000)).getTime(),
            ...(options.rate !== undefined && { rate: options.rate }),
          });
      return await Promise.race([work, stack.gaveUp, stopAsked.then(() => undefined)]);
    } finally {
      line.end();
      await stack.stop();
    }
  } finally {
    await place.remove();
  }
}

function asJson(outcomes: readonly Outcome[]) {
  return outcomes.map(({ scenario, runs, faults }) => ({
    scenario: scenario.name,
    expects: scenario.expects,
    right: isRight({ scenario, runs, faults }),
    faults,
    runs: runs.map(({ seed, traceId, verdict }) => ({
      seed,
      traceId,
      found: verdict.found.map(({ kind, agent, severity }) => ({ kind, agent, severity })),
      faults: verdict.faults,
    })),
  }));
}
