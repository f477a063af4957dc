/** One run: start, load and attack, drain, verify, stop. */
import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from '#infra/errors.ts';
import { topicName } from '#infra/topics.ts';
import { Attack } from './attack.ts';
import { drain, rest } from './drain.ts';
import type { ChaosInstallation } from './installation.ts';
import { Load } from './load.ts';
import type { ChaosOptions } from './options.ts';
import { longestGap, TopicProbe } from './probes.ts';
import type { ChaosResult, Gap } from './result.ts';
import { scheduleOf } from './schedule.ts';
import { verifyConsumers } from './verify/consumers.ts';
import { type IncidentsFound, verifyIncidents } from './verify/incidents.ts';
import { type SpansFound, verifySpans } from './verify/spans.ts';
import { planRuns } from './workload.ts';

const PROGRESS_MS = 10_000;

/** Everything but the start and the stop of the processes. Rejects only when `signal` ends it, or by a bug of its own. */
export async function underFire(
  options: ChaosOptions,
  installation: ChaosInstallation,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<ChaosResult> {
  const { kafka, config } = installation;
  const durationMs = options.duration * 1_000;
  const plan = await planRuns(options.seed, durationMs, options.rate);
  const load = new Load(installation.ingestUrl, options.seed);
  const attack = new Attack(installation, say);
  const probe = new TopicProbe(kafka, topicName('incidents', config.ATI_TOPIC_PREFIX));
  const began = performance.now();
  const showing = setInterval(
    () =>
      say(
        `${load.sent.size} spans sent, ${load.acknowledged.size} acknowledged, ${load.pending} exports wait`,
      ),
    PROGRESS_MS,
  );
  const problems: string[] = [];
  let ended = began;
  try {
    await Promise.all([
      load.run(plan, signal),
      attack.run(scheduleOf(options.kills, durationMs, options.seed), signal),
    ]);
    await wait(Math.max(0, durationMs - (performance.now() - began)), undefined, { signal });
    ended = performance.now();
    say('the load is over; waiting for what is not acknowledged or not back yet');
    await attack.recovered();
    await load.settled();
    signal.throwIfAborted();
    await drain(installation, say, Date.now);
  } catch (error) {
    if (signal.aborted) throw error;
    problems.push(messageOf(error));
  } finally {
    clearInterval(showing);
    await probe.stop();
  }
  const drainMs = performance.now() - ended;
  problems.push(...attack.problems, ...load.failures.map((failure) => `not acknowledged: ${failure}`));
  const verified = await verify(installation, load, problems, say);
  const relative = ({ ms, fromMs }: Gap) => ({ ms, fromMs: fromMs - began });
  return {
    options,
    happened: attack.happened,
    loadS: (ended - began) / 1_000,
    runs: load.runs,
    answers: load.answers,
    acks: load.acks.map((at) => at - began),
    ingestGap: relative(longestGap(load.acks, began, ended)),
    topicGap: relative(longestGap(probe.answers, began, ended)),
    drainMs,
    ...verified,
    problems,
  };
}

/** Adds to `problems`; what cannot be verified is one. */
async function verify(
  installation: ChaosInstallation,
  load: Load,
  problems: string[],
  say: (line: string) => void,
): Promise<{ readonly spans?: SpansFound; readonly incidents?: IncidentsFound }> {
  const { kafka, clickhouse, config } = installation;
  let spans: SpansFound | undefined;
  let incidents: IncidentsFound | undefined;
  try {
    const positions = await rest(installation, say);
    problems.push(...(await verifyConsumers(kafka, config, positions)));
    say('comparing the spans that were acknowledged with those that are stored');
    spans = await verifySpans(clickhouse, load.sent, load.acknowledged);
    problems.push(...spans.problems);
    say('comparing the incidents with those of an undisturbed run over the same log');
    incidents = await verifyIncidents(kafka, clickhouse, config, positions);
    problems.push(...incidents.problems);
    if (incidents.events === 0) problems.push('no incident arose: the run shows nothing about them');
  } catch (error) {
    problems.push(messageOf(error));
  }
  return { ...(spans && { spans }), ...(incidents && { incidents }) };
}
