/** The broker away under load, in each way it can be, and back: what the ingest answers, and what exporters make of it. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { urlOf } from '#infra/endpoints.ts';
import { testPeer } from '#infra/peers/testing.ts';
import { freePort } from '#infra/ports.ts';
import { until } from '#infra/testing/until.ts';
import { type Collector, projectConfig, startCollector } from '../support/collector.ts';
import { type Installation, startInstallation } from '../support/installation.ts';
import { type Agent, startAgent } from './agent.ts';
import { atLeast, atMost, type Check, none, type Outcome, rounded } from './check.ts';
import { type Core, startBroker } from './cores.ts';
import { watchDeaths } from './deaths.ts';
import { flat } from './flat.ts';
import { busiestSecond, countKnocks } from './knocks.ts';
import { type Answer, type Load, startLoad } from './load.ts';
import type { OutageOptions } from './options.ts';
import { memoryPicture, type Phase } from './picture.ts';
import { endsOf, isCommitted } from './progress.ts';
import { storedOf } from './stored.ts';
import { Metrics, startWatch, type Watched, whole } from './watch.ts';

/** What the ingest answers within: its patience with the log, and a moment. A busy machine adds what it adds: see `late`. */
const ANSWER_MS = 8_000 + 1_000;
/** The ingest asks for a broker every two seconds, and waits three for an answer. */
const UNREADY_MS = 10_000;
/** No longer than an exporter tries: nothing is lost by it. */
const BLINK_MS = 3_000;
/** Small, so that the load reaches them. */
const BOUNDS = { ATI_MAX_BODY_BYTES: 1 << 20, ATI_MAX_IN_FLIGHT_BYTES: 2 << 20 };
/** Clients of the broker in all processes: connections of each, of which each comes back within a second or two. */
const KNOCKS_A_SECOND = 80;

export async function brokerOutage(options: OutageOptions): Promise<Outcome> {
  const broker = await startBroker(options);
  try {
    const bounds = Object.fromEntries(Object.entries(BOUNDS).map(([name, value]) => [name, String(value)]));
    const env = { ...options.env, ...bounds, KAFKA_BROKERS: `127.0.0.1:${broker.port}` };
    const installation = await startInstallation({ env });
    const collectors: Collector[] = [];
    try {
      return await run(options, broker, installation, collectors);
    } finally {
      broker.thaw();
      await Promise.all(collectors.map((each) => each.stop()));
      await installation.stop();
      await installation.remove();
    }
  } finally {
    await broker.close();
  }
}

/** A Collector with spans coming in, and what it says of them. */
interface Through {
  readonly collector: Collector;
  readonly load: Load;
}

async function through(
  binary: string,
  config: string,
  env: Record<string, string>,
  started: Collector[],
): Promise<Through> {
  const collector = await startCollector(binary, config, env);
  started.push(collector);
  return { collector, load: startLoad({ ingestUrl: collector.url, tracesPerSecond: 1, plantEveryS: 0 }) };
}

async function run(
  options: OutageOptions,
  broker: Core,
  installation: Installation,
  started: Collector[],
): Promise<Outcome> {
  const { minutes, rate, say, warmUpS, slopes } = options;
  const { config, stack, clickhouse, ingestUrl } = installation;
  const died = watchDeaths(installation);
  const late = monitorEventLoopDelay();
  late.enable();
  const watch = startWatch(stack, config);
  const load = startLoad({ ingestUrl, tracesPerSecond: rate, plantEveryS: 0 });
  const agent = startAgent(ingestUrl, 20);
  const otelcol = testPeer('otelcol');
  const metricsPort = await freePort();
  const endpoint = { ATI_OTLP_ENDPOINT: ingestUrl };
  const collectors = otelcol.missing
    ? undefined
    : {
        patient: await through(otelcol.path(), projectConfig('config.yaml'), endpoint, started),
        limited: await through(
          otelcol.path(),
          LIMITED,
          { ...endpoint, OTELCOL_METRICS: String(metricsPort) },
          started,
        ),
      };
  say(`load: ${rate} traces a second for ${warmUpS} s`);
  await wait(warmUpS * 1_000);

  say(`a blink: silent for ${BLINK_MS / 1_000} s`);
  broker.freeze();
  await wait(BLINK_MS);
  broker.thaw();
  const blinkEnds = new Set(agent.ended);
  await until('the exporter has told all of that', () => covers(agent, blinkEnds), 60_000);
  const lostInBlink = [...blinkEnds].filter((id) => agent.dropped.has(id)).length;

  const checks: Check[] = [];
  const phases: Phase[] = [];
  const eachMs = (minutes * 60_000) / 3;
  const away = async (name: string, work: () => Promise<void>) => {
    say(`away: ${name}, ${Math.round(eachMs / 1_000)} s`);
    const from = watch.now();
    await work();
    phases.push({ name, from, to: watch.now() });
  };
  const wentAt = performance.now();
  await away('silent', async () => {
    broker.freeze();
    checks.push(await unready(urlOf(config, config.ATI_INGEST_PORT, '/ready')));
    await wait(Math.max(0, wentAt + eachMs - performance.now()));
  });
  await away('refused', async () => {
    await broker.kill();
    await wait(eachMs);
  });
  let knocks: readonly number[] = [];
  await away('hangs up', async () => {
    const counted = await countKnocks(broker.port);
    await wait(eachMs);
    await counted.close();
    knocks = counted.at;
  });
  const backAt = performance.now();
  const backMinute = watch.now();
  say('back: the broker starts again');
  await broker.restart();
  const servesAt = performance.now();
  const first = await until(
    'an export is acknowledged again',
    () => load.answers.find(({ at, status }) => at > backAt && status === 200),
    120_000,
  );
  const ends = await endsOf(installation);
  await until('the sink goes on', () => isCommitted(installation, ends), 120_000, 250);
  const recoveredS = (performance.now() - servesAt) / 1_000;
  phases.push({ name: 'back', from: backMinute, to: watch.now() });
  say(`recovered after ${recoveredS.toFixed(1)} s`);
  await wait(Math.min(warmUpS, 15) * 1_000);

  await Promise.all([
    load.stop(),
    agent.stop(),
    collectors?.patient.load.stop(),
    collectors?.limited.load.stop(),
  ]);
  const counted = collectors && (await scrape(metricsPort));
  const patient = collectors?.patient.load.acknowledged ?? new Set<string>();
  const limited = collectors?.limited.load.acknowledged ?? new Set<string>();
  const told = new Set([...load.acknowledged, ...agent.accepted, ...patient]);
  await until(
    'all that was accepted is stored',
    async () => (await storedOf(clickhouse, told)).missing === 0,
    120_000,
    1_000,
  ).catch(() => undefined); // told by the checks
  const stored = (ids: ReadonlySet<string>) => storedOf(clickhouse, ids);
  const all = await stored(load.acknowledged);
  await watch.stop();

  const answered = load.answers.filter(({ at }) => at > wentAt + ANSWER_MS && at < backAt - ANSWER_MS);
  const refusals = load.answers.filter(({ at, status }) => at > wentAt && at < backAt && status !== 200);
  const still = (name: Watched) =>
    watch.samples[name].filter(({ minute }) => minute >= phases[0].from + 10 / 60 && minute <= backMinute);
  const rss = (name: Watched) => still(name).map(({ minute, rss: value }) => ({ minute, value }));
  const heap = (name: Watched) => still(name).map(({ minute, metrics }) => ({ minute, value: metrics.heap }));
  late.disable();
  const lateS =
    late.max / 1e9 +
    Math.max(
      0,
      ...watch.samples.ingest.map(({ metrics }) => metrics.sum('nodejs_eventloop_lag_max_seconds')),
    );
  const inFlight = Math.max(
    0,
    ...watch.samples.ingest.map(({ metrics }) => metrics.sum('ati_ingest_bytes_in_flight')),
  );
  checks.push(
    atLeast('exports refused while it was away', refusals.length, minutes * 60, ''),
    none(
      'of them without Retry-After, or with another status than 503 and 429',
      refusals.filter(isOdd).length,
    ),
    none(
      'exports that were acknowledged while it was away',
      answered.filter(({ status }) => status === 200).length,
    ),
    atMost(
      `the slowest answer, on a machine that is late by up to ${rounded(lateS)} s`,
      slowest(load.answers) / 1_000,
      ANSWER_MS / 1_000 + lateS,
      's',
    ),
    atMost('bytes in flight', inFlight, BOUNDS.ATI_MAX_IN_FLIGHT_BYTES, 'B'),
    flat('memory of the ingest, resident', rss('ingest'), slopes.rss, 'median'),
    flat('memory of the ingest, heap after collections', heap('ingest'), slopes.heap, 'lowest'),
    flat('memory of the processor, resident', rss('processor'), slopes.rss, 'median'),
    flat('memory of the sink, resident', rss('sink'), slopes.rss, 'median'),
    atLeast('connections tried where it hung up', knocks.length, 3, ''),
    atMost('of them in the busiest second, by all processes', busiestSecond(knocks), KNOCKS_A_SECOND, ''),
    atMost('until an export was acknowledged again', (first.at + first.ms - servesAt) / 1_000, 20, 's'),
    atMost('until the sink had read and stored again', recoveredS, 60, 's'),
    none('acknowledged spans that are not stored', all.missing),
    none('spans that are there more than once', all.doubled),
    none('spans that the JavaScript exporter dropped in the blink', lostInBlink),
    none('spans that it called accepted and that are not stored', (await stored(agent.accepted)).missing),
    none(
      'spans that it neither called accepted nor dropped',
      agent.ended.size - agent.accepted.size - agent.dropped.size,
    ),
    whole(watch),
    died(),
  );
  say(
    `the JavaScript exporter: ${agent.ended.size} spans, ${agent.accepted.size} accepted, ${agent.dropped.size} dropped`,
  );
  if (counted !== undefined) {
    const missing = (await stored(limited)).missing;
    const failed = counted.sum('otelcol_exporter_send_failed_spans');
    checks.push(
      atLeast('spans that the Collector took, which tries for ever', patient.size, 100, ''),
      none('of them not stored', (await stored(patient)).missing),
      atLeast('spans that a Collector took which gives up after 3 s', limited.size, 100, ''),
      atMost('of them not stored, and it counted as many dropped', missing, failed, `(of ${failed} dropped)`),
    );
  } else say(`the Collectors were left out${otelcol.note}`);
  return {
    target: 'broker',
    title: `The broker away for ${minutes} minutes under ${rate} traces a second`,
    checks,
    pictures: { 'broker.svg': memoryPicture('Memory while the broker is away', watch, phases) },
  };
}

const LIMITED = fileURLToPath(new URL('./collector-limited.yaml', import.meta.url));

const isOdd = ({ status, retryAfter }: Answer) =>
  (status !== 503 && status !== 429) || !(Number(retryAfter) >= 1);

const slowest = (answers: readonly Answer[]) => answers.reduce((most, { ms }) => Math.max(most, ms), 0);

const covers = (agent: Agent, ids: ReadonlySet<string>) =>
  [...ids].every((id) => agent.accepted.has(id) || agent.dropped.has(id));

function scrape(port: number): Promise<Metrics> {
  return until('the Collector shows its metrics', () =>
    fetch(`http://127.0.0.1:${port}/metrics`).then(
      async (response) => new Metrics(await response.text()),
      () => undefined,
    ),
  );
}

async function unready(url: string): Promise<Check> {
  const began = performance.now();
  const ready = async () => {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    const { reasons = [] } = (await response.json()) as { reasons?: string[] };
    return response.status === 503 && reasons[0];
  };
  const reason = await until('the ingest is unready', ready, 60_000, 100);
  const seconds = (performance.now() - began) / 1_000;
  return atMost(`/ready of the ingest says "${reason}" after`, seconds, UNREADY_MS / 1_000, 's');
}
