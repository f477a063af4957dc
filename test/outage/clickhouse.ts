/** ClickHouse away under load, in each way it can be, and back. */
import { setTimeout as wait } from 'node:timers/promises';
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import { urlOf } from '#infra/endpoints.ts';
import { until } from '#infra/testing/until.ts';
import { PROJECTIONS } from '#sinks/projections/registry.ts';
import { type Installation, startInstallation } from '../support/installation.ts';
import { backOff } from './back-off.ts';
import { atLeast, atMost, type Check, none, type Outcome } from './check.ts';
import { type Core, startEngine } from './cores.ts';
import { watchDeaths } from './deaths.ts';
import { flat } from './flat.ts';
import { type Front, startFront } from './front.ts';
import { watchIncidents } from './incidents.ts';
import { type Load, startLoad } from './load.ts';
import type { OutageOptions } from './options.ts';
import { memoryPicture, type Phase } from './picture.ts';
import { committedBySinks, endsOf, isCommitted } from './progress.ts';
import { storedOf } from './stored.ts';
import { startWatch, type Watch, whole } from './watch.ts';

/** What is committed without rows (ticks) may still be on its way so long after ClickHouse has gone. */
const SETTLE_MS = 6_000;
/** From the acknowledgement of its last span until an incident is on the topic: the gap after a trace, and some load. */
const INCIDENT_MS = 15_000;
const READY_MS = 3_000;
/** Ten batches of 16 MiB, what is fetched of each partition beside them, and what waits to be collected. */
const SINK_MIB = 1_024;

export async function clickhouseOutage(options: OutageOptions): Promise<Outcome> {
  const engine = await startEngine();
  const front = await startFront(engine.port);
  try {
    const installation = await startInstallation({ env: { ...options.env, CLICKHOUSE_URL: front.url } });
    try {
      return await run(options, engine, front, installation);
    } finally {
      engine.thaw();
      await installation.stop();
      await installation.remove();
    }
  } finally {
    await front.close();
    await engine.close();
  }
}

async function run(
  { minutes, rate, say, warmUpS, slopes }: OutageOptions,
  engine: Core,
  front: Front,
  installation: Installation,
): Promise<Outcome> {
  const { config, stack, kafka, ingestUrl } = installation;
  const direct = connectClickHouse({
    url: `http://127.0.0.1:${engine.port}`,
    database: config.CLICKHOUSE_DATABASE,
  });
  const died = watchDeaths(installation);
  const [watch, seen] = [startWatch(stack, config), watchIncidents(kafka, config)];
  const load = startLoad({ ingestUrl, tracesPerSecond: rate, plantEveryS: 5 });
  say(`load: ${rate} traces a second for ${warmUpS} s`);
  await wait(warmUpS * 1_000);

  const checks: Check[] = [];
  const phases: Phase[] = [];
  const eachMs = (minutes * 60_000) / 3;
  const away = async (name: string, begin: () => Promise<void> | void) => {
    say(`away: ${name}, ${Math.round(eachMs / 1_000)} s`);
    await begin();
    const from = watch.now();
    await wait(READY_MS);
    checks.push(await unready(urlOf(config, config.ATI_SINK_PORT, '/ready'), name));
    await wait(eachMs - READY_MS);
    phases.push({ name, from, to: watch.now() });
  };
  const offsets: string[] = [];
  const asking = new AbortController();
  const askedAway = async () => {
    await wait(SETTLE_MS);
    while (!asking.signal.aborted) {
      offsets.push(await committedBySinks(installation));
      await wait(1_000, undefined, { signal: asking.signal }).catch(() => undefined);
    }
  };
  const wentAt = performance.now();
  front.answer('overloaded');
  const asked = askedAway();
  await away('overloaded', () => undefined);
  await away('silent', () => {
    engine.freeze();
    front.answer('server');
  });
  await away('refused', async () => {
    await front.leave();
    await engine.kill();
  });
  asking.abort();
  await asked;

  say('back: the engine starts again');
  front.mostAtOnce();
  await engine.restart();
  const backAt = performance.now();
  const backMinute = watch.now();
  await front.comeBack();
  const ends = await endsOf(installation);
  await until('all that was read meanwhile is stored', () => isCommitted(installation, ends), 600_000, 250);
  const recoveredS = (performance.now() - backAt) / 1_000;
  const recoveredMinute = watch.now();
  phases.push({ name: 'backlog', from: backMinute, to: recoveredMinute });
  say(`recovered after ${recoveredS.toFixed(1)} s`);
  const most = front.mostAtOnce();
  await wait(Math.min(warmUpS, 20) * 1_000);
  await load.stop();
  // The ends as they are now: ticks come each second, so at most moments something newer is on its way.
  const lastEnds = await endsOf(installation);
  await until('everything is stored', () => isCommitted(installation, lastEnds), 120_000, 250);
  const unseen = () => [...load.planted.keys()].filter((suffix) => !seen.seen.has(suffix)).length;
  await until('every planted incident was told', async () => unseen() === 0, INCIDENT_MS * 2, 250).catch(
    () => undefined, // told by the check below
  );
  const stored = await storedOf(direct, load.acknowledged);
  await watch.stop();
  seen.stop();
  await direct.close();

  const refused = load.answers.filter(({ status }) => status !== 200).length;
  const [from, to] = [phases[0].from, backMinute];
  const full = fullSince(watch, from, to);
  const sink = watch.samples.sink.filter(({ minute }) => minute >= full && minute <= to);
  const due = [...load.planted].filter(([, at]) => at > wentAt && at < backAt - INCIDENT_MS);
  const delays = due.map(
    ([suffix, at]) => ((seen.seen.get(suffix) ?? Number.POSITIVE_INFINITY) - at) / 1_000,
  );
  const later = unseen();
  checks.push(
    none('exports that were not acknowledged', refused),
    atLeast(
      'of the outage, the sink was held back with full buffers for',
      ((to - full) / (to - from)) * 100,
      30,
      '%',
    ),
    flat(
      'memory of the sink, resident',
      points(sink, (each) => each.rss),
      slopes.rss,
      'median',
    ),
    flat(
      'memory of the sink, heap after collections',
      points(sink, (each) => each.metrics.heap),
      slopes.heap,
      'lowest',
    ),
    atMost(
      'greatest resident memory of the sink, the backlog included',
      Math.max(...watch.samples.sink.map(({ rss }) => rss)),
      SINK_MIB,
      'MiB',
    ),
    none('changes of the committed offsets while it was away', new Set(offsets).size - 1),
    atLeast('times they were asked for', offsets.length, (minutes * 60) / 3, ''),
    ...backOff(watch.samples.sink, from, to),
    atLeast('incidents planted while it was away', due.length, 2, ''),
    atMost('the latest of them was on ati.incidents after', Math.max(0, ...delays), INCIDENT_MS / 1_000, 's'),
    none('planted incidents that never came', later),
    atMost('inserts at once after its return', most, PROJECTIONS.length, ''),
    atLeast(
      'rows of an insert of spans while the backlog was stored',
      rowsPerInsert(watch, backMinute, recoveredMinute),
      config.ATI_SINK_BATCH_ROWS / 2,
      'on average',
    ),
    atMost('until the backlog was stored', recoveredS, 30 + minutes * 30, 's'),
    none('acknowledged spans that are not stored', stored.missing),
    none('spans that are there more than once', stored.doubled),
    whole(watch),
    died(),
  );
  say(`${load.acknowledged.size} spans acknowledged, ${stored.rows} rows stored`);
  return {
    target: 'clickhouse',
    title: `ClickHouse away for ${minutes} minutes under ${rate} traces a second (${perSecond(load)})`,
    checks,
    pictures: { 'clickhouse.svg': memoryPicture('Memory while ClickHouse is away', watch, phases) },
  };
}

const perSecond = (load: Load) => {
  const span = load.answers.reduce((sum, { spans }) => sum + spans, 0);
  const seconds = ((load.answers.at(-1)?.at ?? 0) - (load.answers[0]?.at ?? 0)) / 1_000;
  return `${Math.round(span / Math.max(1, seconds))} spans a second`;
};

const points = <S extends { readonly minute: number }>(samples: readonly S[], value: (sample: S) => number) =>
  samples.map((sample) => ({ minute: sample.minute, value: value(sample) }));

/** Unready, soon, and with a reason. */
async function unready(url: string, kind: string): Promise<Check> {
  const began = performance.now();
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  const { reasons = [] } = (await response.json()) as { reasons?: string[] };
  const ms = performance.now() - began;
  return {
    what: `/ready of the sink, ${kind}`,
    found: `${response.status} after ${Math.round(ms)} ms: ${reasons[0] ?? 'no reason'}`.slice(0, 90),
    wanted: `503 within ${READY_MS} ms`,
    ok: response.status === 503 && ms < READY_MS && reasons.length > 0,
  };
}

/** Topics with enough on them to fill a batch. */
const FILLED = ['spans', 'traces', 'signals'] as const;

/** The minute from which on the sink read no more of these. */
function fullSince(watch: Watch, from: number, to: number): number {
  const within = watch.samples.sink.filter(({ minute }) => minute >= from && minute <= to);
  const read = (sample: (typeof within)[number]) =>
    FILLED.map((topic) => sample.metrics.sum('ati_records_consumed_total', `ati.${topic}"`)).join();
  const last = within.at(-1);
  if (last === undefined) return to;
  return within.find((sample) => read(sample) === read(last))?.minute ?? to;
}

function rowsPerInsert(watch: Watch, from: number, to: number): number {
  const { sink } = watch.samples;
  const start = sink.findLast(({ minute }) => minute <= from);
  const end = sink.find(({ minute }) => minute >= to) ?? sink.at(-1);
  const grown = (name: string) =>
    (end?.metrics.sum(name, '"otel_traces"') ?? 0) - (start?.metrics.sum(name, '"otel_traces"') ?? 0);
  return grown('ati_rows_written_total') / Math.max(1, grown('ati_insert_seconds_count'));
}
