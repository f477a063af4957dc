/** What single traces say of retried calls, and storms that only several traces together show. */
import { number, rounded } from '#infra/format.ts';
import type { Fact, Measure } from '#schemas/events.ts';
import { factsByCallee } from '../by-callee.ts';
import type { WindowContext, WindowFinding } from '../detector.ts';
import { makeFinding } from '../finding.ts';
import { count, inMs, ratio, reader, total } from '../measures.ts';
import { adviceMeasures, adviseRetries, type RetryLimits } from './advice.ts';
import { type Aftermath, aftermathMeasures, aftermathOf, type MetastableLimits } from './metastable.ts';
import { type StormLimits, severityOf, type Tally, tallyMeasures, tallyText } from './tally.ts';

/** Facts of healthy calls are most of all: what is as usual is left out. */
export function factValues(
  t: Tally,
  more: { readonly overload: number; readonly unrepeated: number },
): Measure[] {
  const values = [
    count('attempts', t.attempts),
    count('logical_operations', t.logical),
    count('retried_operations', t.retried),
    count('failed_attempts', t.failed),
    count('gave_up', t.gaveUp),
  ];
  if (more.overload > 0) values.push(count('overload_failures', more.overload));
  const unrepeated = rounded(more.unrepeated, 4);
  if (unrepeated !== t.logical) values.push(count('unrepeated_operations', unrepeated));
  return values;
}

/** Of a symptom: how many of its failures the calls below explain, and the numbers of those. */
export function causeValues(cause: Tally, explained: number): Measure[] {
  return [
    count('explained_failures', explained),
    count('cause_attempts', cause.attempts),
    count('cause_operations', cause.logical),
    count('cause_retried', cause.retried),
  ];
}

function measured({ values }: Fact, name: string): number | undefined {
  return values.find((each) => each.name === name)?.value;
}

type Limits = StormLimits & MetastableLimits & RetryLimits;

/**
 * True where the calls below, which fail in the same traces, are a storm of this window themselves: they have their own
 * incident, and this one's failures are its symptoms.
 */
function isSymptom(facts: readonly Fact[], failed: number, limits: Limits): boolean {
  const cause = {
    attempts: total(facts, 'cause_attempts'),
    logical: total(facts, 'cause_operations'),
    retried: total(facts, 'cause_retried'),
  };
  const explained = total(facts, 'explained_failures');
  return explained * 2 >= failed && severityOf(cause, limits) !== undefined;
}

function aftermathIn(window: WindowContext, callee: string, limits: Limits): Aftermath | undefined {
  const moments = window.traces.flatMap(({ eventTime, facts }) =>
    facts
      .filter((fact) => fact.callee === callee)
      .map((fact) => {
        const of = (name: string) => measured(fact, name) ?? 0;
        return {
          eventTime,
          attempts: of('attempts'),
          operations: of('logical_operations'),
          retried: of('retried_operations'),
          triggerFailures: of('failed_attempts') - of('overload_failures'),
          overloadFailures: of('overload_failures'),
        };
      }),
  );
  return aftermathOf(moments, window, limits);
}

function aftermathText(evidence: readonly Measure[]): string {
  const e = reader(evidence);
  return (
    ` It outlives its trigger: the ${number(e('trigger_failures'))} failures that are no overload ended ` +
    `${inMs(e('trigger_ended_at'))} into the window (${e('amplification_before').toFixed(2)} attempts for each call until ` +
    `then), but for ${number(e('hops_after'))} hops after them ${number(e('overload_failures_after'))} attempts failed by ` +
    `timeout or rejection, at ${e('amplification_after').toFixed(2)} attempts for each call: the retries keep it up ` +
    `(metastable).`
  );
}

function stormInWindow(
  window: WindowContext,
  callee: string,
  facts: readonly Fact[],
  limits: Limits,
): WindowFinding | undefined {
  const retried = total(facts, 'retried_operations');
  // Most callees of most windows.
  if (retried < limits.minRetriedCalls) return undefined;
  const tally: Tally = {
    attempts: total(facts, 'attempts'),
    logical: total(facts, 'logical_operations'),
    retried,
    failed: total(facts, 'failed_attempts'),
    gaveUp: total(facts, 'gave_up'),
  };
  if (severityOf(tally, limits) === undefined || isSymptom(facts, tally.failed, limits)) return undefined;
  const unrepeated = facts.reduce(
    (sum, fact) =>
      sum + (measured(fact, 'unrepeated_operations') ?? measured(fact, 'logical_operations') ?? 0),
    0,
  );
  const amplification = Math.max(tally.attempts / tally.logical, tally.attempts / unrepeated);
  const repeatedAbove = tally.logical >= limits.warningAmplification * unrepeated;
  const aftermath = aftermathIn(window, callee, limits);
  const evidence = [
    ...tallyMeasures(tally),
    count('traces', window.traces.length),
    ...(repeatedAbove
      ? [
          count('unrepeated_operations', Number(unrepeated.toFixed(4))),
          ratio('total_amplification', tally.attempts / unrepeated),
        ]
      : []),
    ...(aftermath ? aftermathMeasures(aftermath) : []),
    ...adviceMeasures(limits),
  ];
  const critical = aftermath !== undefined || amplification >= limits.criticalAmplification;
  const finding = makeFinding(window.tenant, {
    kind: 'retry_storm',
    severity: critical ? 'critical' : 'warning',
    agent: window.agent,
    operation: window.operation,
    signature: callee,
    evidence,
    timeline: [],
    explanation:
      `Over ${number(window.traces.length)} traces ${window.operation} (agent ${window.agent}) ` +
      `${tallyText(callee, tally)}, and ${number(tally.gaveUp)} gave up.` +
      (repeatedAbove ? aboveText(callee, tally, unrepeated) : '') +
      (aftermath ? aftermathText(evidence) : ''),
    recommendations: adviseRetries(callee, window.operation, evidence, limits),
  });
  // No single trace can tell that the storm has outlived its trigger.
  return { ...finding, prevails: aftermath !== undefined };
}

function aboveText(callee: string, tally: Tally, unrepeated: number): string {
  return (
    ` Layers above retry as well, so that ${number(tally.logical)} calls were made instead of ${number(unrepeated)}: ` +
    `together ${(tally.attempts / unrepeated).toFixed(2)} times the load on ${callee}.`
  );
}

/** Storms of one caller over the traces of a window, each callee's on its own. */
export function stormsInWindow(window: WindowContext, limits: Limits): WindowFinding[] {
  return [...factsByCallee(window)]
    .map(([callee, facts]) => stormInWindow(window, callee, facts, limits))
    .filter((finding) => finding !== undefined);
}
