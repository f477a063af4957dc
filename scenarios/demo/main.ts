/** `npm run demo`: eight real workflows on two meshes; four fail, and ATI says how, where and what to do. */
import { Command } from 'commander';
import { argument } from '#infra/arguments.ts';
import { colours } from '#infra/colours.ts';
import { type Config, readConfig } from '#infra/config.ts';
import { agentUrlOf, urlOf } from '#infra/endpoints.ts';
import { wholeNumber } from '#infra/numbers.ts';
import { addresses, fail, interrupted, startWithProgress } from '#infra/stack/console.ts';
import { verdictOf } from '../judge/read-back.ts';
import type { Verdict } from '../judge/verdict.ts';
import { runLive } from '../live/run.ts';
import { type Mesh, meshesOf } from '../meshes.ts';
import { progressLine } from '../progress-line.ts';
import type { Scenario } from '../scenario.ts';
import { verdictList } from './list.ts';
import { FIRST, type Play, SECOND, STREAM } from './programme.ts';
import { TABLE_WIDTH, verdictTable } from './table.ts';

/** The agents export every 200 ms, so a trace is complete long before the quiet gap for strange exporters. */
const QUIET_GAP_MS = '1000';
/** From a run's end to its incident: export, quiet gap, tick of idle partitions, sink. */
const INCIDENT_DEADLINE_MS = 30_000;

const program = new Command('npm run demo --')
  .description(
    'Starts ATI with its synthetic agents, runs a healthy control and eight workflows on two meshes, and shows what ATI found.\n' +
      'KAFKA_BROKERS and CLICKHOUSE_URL use real ones instead of the embedded ones.',
  )
  .option('--once', 'stop afterwards: exit 0 only if every expected incident was found, and no other')
  .option('--seed <n>', 'which tool calls fail; the same seed, the same failures', argument(wholeNumber(0)));
program.parse();
const options = program.opts<{ once?: boolean; seed?: number }>();
const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);

const env = { ATI_QUIET_GAP_MS: QUIET_GAP_MS, ...process.env };
const read = readConfig(env);
if (!read.ok) {
  console.error(read.message);
  process.exit(2);
}
const { config } = read;
const stopAsked = interrupted();

try {
  console.log(colours.bold('Starting ATI'));
  const stack = await startWithProgress({ config, env });
  let failed = 0;
  try {
    const verdicts = await Promise.race([
      runScenarios(config),
      stack.gaveUp,
      stopAsked.then(() => undefined),
    ]);
    if (verdicts !== undefined) {
      failed = verdicts.filter(({ faults }) => faults.length > 0).length;
      report(verdicts);
      if (!options.once) {
        console.log(addresses(config, { agents: true, columns: process.stdout.columns }));
        console.log(nextSteps(config));
        await Promise.race([stopAsked, stack.gaveUp]);
      }
    }
  } finally {
    console.log('Stopping …');
    await stack.stop();
  }
  console.log('Stopped; nothing is running any more.');
  process.exit(failed === 0 ? 0 : 1);
} catch (error) {
  fail(error);
}

async function runScenarios(config: Config): Promise<Verdict[]> {
  const [first, second] = meshesOf(config);
  console.log(
    colours.bold(`\nRunning ${FIRST.length + SECOND.length + 1} workflows on two meshes (seed ${seed})`),
  );
  const line = progressLine();
  const plays: Play[] = [];
  const run = async (scenario: Scenario, mesh: Mesh) => {
    const started = performance.now();
    line.show(`running: ${scenario.name}, ${scenario.about}`);
    const { traceId } = await runLive(mesh.agentUrl, scenario, seed);
    line.end();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`  ${scenario.name.padEnd(8)} ${scenario.about} (${mesh.title}) ${seconds} s`);
    plays.push({ scenario, mesh, traceId });
  };
  for (const scenario of FIRST) await run(scenario, first);
  // The second mesh works while the first one's stream takes its twenty seconds.
  await Promise.all([
    run(STREAM, first),
    (async () => {
      for (const scenario of SECOND) await run(scenario, second);
    })(),
  ]);
  console.log(colours.bold('\nAsking ATI what went wrong'));
  const api = urlOf(config, config.ATI_API_PORT);
  const verdicts = new Map<Scenario, Verdict>();
  // The control last: by then the incidents of what ran after it are there, so its silence means something.
  for (const { scenario, mesh, traceId } of plays.toReversed())
    verdicts.set(
      scenario,
      await verdictOf(api, { scenario, traceId, mesh: mesh.prefix }, INCIDENT_DEADLINE_MS),
    );
  return [...FIRST, STREAM, ...SECOND].flatMap((scenario) => verdicts.get(scenario) ?? []);
}

function report(verdicts: readonly Verdict[]): void {
  const api = urlOf(config, config.ATI_API_PORT);
  const width = process.stdout.columns ?? TABLE_WIDTH;
  console.log(width < TABLE_WIDTH ? verdictList(verdicts, api, width) : verdictTable(verdicts, api));
  const faults = verdicts.flatMap(({ scenario, faults: all }) =>
    all.map((each) => `${scenario.name}: ${each}`),
  );
  if (faults.length > 0) {
    console.log(colours.red(`\nNot as expected: ${faults.join('; ')}`));
    return;
  }
  const failing = verdicts.filter(({ scenario }) => scenario.expects.length > 0).length;
  console.log(
    colours.green(
      `\n${failing} of ${failing} failing workflows named, nothing on the ${verdicts.length - failing} healthy ones.\n`,
    ),
  );
}

function nextSteps(config: Config): string {
  const agent = agentUrlOf(config, config.ATI_AGENT_PORT);
  const api = urlOf(config, config.ATI_API_PORT);
  // The shell fills it in: the token itself is not for the screen.
  const token = config.ATI_TOKEN === '' ? '' : ' -H "authorization: Bearer $ATI_TOKEN"';
  return [
    'Try next, in another terminal:',
    '  npm run incidents -- --follow   subscribe to the incidents',
    '  npm run explain                 why the newest trace took its time',
    '  ./generate_scenarios.sh         pick a workflow, watch its incident arrive',
    `  curl '${agent}/run?scenario=fanout&fanout=200&concurrency=10'`,
    `  curl '${api}/v1/sql'${token} -H 'content-type: application/json' \\`,
    `    -d '{"query":"SELECT SpanName, count() FROM otel_traces FINAL GROUP BY SpanName"}'`,
    'Ctrl-C stops everything.',
  ].join('\n');
}
