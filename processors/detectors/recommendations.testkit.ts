/**
 * For tests: every number of every recommendation, computed again by hand from the evidence of the same finding. The
 * formulas are those of docs/detectors/, written out once more and by nobody who writes the texts.
 */
import type { Finding, Recommendation } from '#schemas/events.ts';

type Unit = 'ms' | '%' | '';
interface Expected {
  readonly value: number;
  readonly unit: Unit;
}
type Evidence = (name: string) => number;
/** The numbers of a text from left to right. */
type Formula = (e: Evidence) => Expected[];

const n = (value: number): Expected => ({ value, unit: '' });
const ms = (value: number): Expected => ({ value, unit: 'ms' });
const pct = (share: number): Expected => ({ value: share * 100, unit: '%' });

const rounds = (e: Evidence) => Math.ceil(e('offered_width') / e('concurrency'));
const amplification = (e: Evidence) => e('attempts') / e('logical_operations');
/** The layer right above the failures is the last one. */
const lastLayer = (e: Evidence) => {
  let layer = 1;
  while (!Number.isNaN(e(`layer_${layer + 1}_attempts`))) layer++;
  return `layer_${layer}`;
};

/** By kind and action: each way in which the advice may be put. */
export const FORMULAS: Readonly<Record<string, Readonly<Record<string, readonly Formula[]>>>> = {
  fanout_collapse: {
    reduce_concurrency: [
      (e) => [
        n(e('concurrency')),
        n(e('offered_width')),
        n(e('concurrency')),
        n(rounds(e)),
        ms(e('service_time')),
        ms(rounds(e) * e('service_time')),
        ms(e('observed_makespan')),
        ms(e('mean_wait')),
      ],
      (e) => [
        n(e('crowded_concurrency')),
        n(e('alone_concurrency')),
        ms(e('p50_alone')),
        ms(e('p50_crowded')),
      ],
    ],
    batch: [
      (e) => [
        n(rounds(e)),
        n(Math.ceil(e('offered_width') / rounds(e))),
        n(e('concurrency')),
        ms(e('longest_service')),
        ms(e('observed_makespan')),
      ],
    ],
    add_capacity: [
      (e) => [
        n(e('concurrency')),
        n(e('offered_width')),
        ms(e('service_time')),
        ms(e('longest_service')),
        ms(e('observed_makespan')),
      ],
    ],
  },
  blocking_chain: {
    restructure_planner: [
      (e) => [
        n(e('depth')),
        ms(e('longest_step')),
        ms(e('cumulated_latency')),
        ms(e('cumulated_latency') - e('longest_step')),
      ],
    ],
    batch: [
      (e) => [
        n(Math.ceil(e('depth') / 2)),
        n(e('depth')),
        ms((e('cumulated_latency') / e('depth')) * Math.ceil(e('depth') / 2)),
        ms(e('cumulated_latency')),
      ],
    ],
  },
  retry_storm: {
    break_retry_loop: [
      (e) => [
        n(e('attempts_after')),
        n(e('operations_after')),
        n(e('attempts_after') / e('operations_after')),
        n(1),
      ],
    ],
    rate_limit: [
      (e) => [pct(e('breaker_failure_rate')), pct(e('failed_attempts') / e('attempts')), n(amplification(e))],
      (e) => [n(e('gave_up')), n(e('logical_operations')), n(amplification(e))],
    ],
    retry_one_layer: [
      (e) => [
        n(e('total_amplification')),
        n(e(`${lastLayer(e)}_amplification`)),
        n(e(`${lastLayer(e)}_attempts`)),
        n(e('one_layer_attempts')),
      ],
      (e) => [n(e('attempts') / e('unrepeated_operations')), n(amplification(e))],
    ],
    budget_retries: [
      (e) => [
        pct(e('retry_budget')),
        n(Math.floor(e('retry_budget') * e('logical_operations'))),
        n(e('logical_operations')),
        n(e('attempts') - e('logical_operations')),
      ],
    ],
    fix_callee: [(e) => [n(e('failed_attempts')), n(e('logical_operations')), n(e('attempts'))]],
  },
  starvation: {
    separate_pools: [
      (e) => [ms(e('baseline_gap')), n(e('stalls')), ms(e('stalled'))],
      (e) => [n(e('streams')), pct(e('mean_rate')), pct(e('slowest_rate'))],
    ],
    reduce_concurrency: [
      (e) => [
        n(e('background_concurrency') - 1),
        n(e('background_concurrency')),
        pct(1 / (e('background_concurrency') - 1)),
      ],
    ],
  },
};

interface Printed extends Expected {
  readonly text: string;
  /** Half of the last digit. */
  readonly precision: number;
}

/** All numbers of a text with their units; seconds as ms. */
export function numbersIn(text: string): Printed[] {
  return [...text.matchAll(/(\d[\d,]*(?:\.\d+)?)(?:\s?(%|ms\b|s\b))?/g)].map(([all, digits, unit = '']) => {
    const plain = digits.replaceAll(',', '');
    const scale = unit === 's' ? 1000 : 1;
    const decimals = plain.split('.')[1]?.length ?? 0;
    return {
      text: all,
      value: Number(plain) * scale,
      unit: (unit === 's' ? 'ms' : unit) as Unit,
      precision: (0.5 * scale) / 10 ** decimals,
    };
  });
}

/** Evidence is rounded itself: ratios to 4 digits, ms to 3. */
const agrees = (printed: Printed, expected: Expected): boolean =>
  printed.unit === expected.unit &&
  Math.abs(printed.value - expected.value) <= printed.precision * 1.02 + 1e-9;

const evidenceOf =
  (finding: Finding): Evidence =>
  (name) =>
    finding.evidence.find((each) => each.name === name)?.value ?? Number.NaN;

/** Without the names of whom it is about, which may have digits. */
function numbersOf({ signature, agent, operation }: Finding, text: string): Printed[] {
  const names = [signature, agent, operation].filter((name) => name !== '');
  return numbersIn(names.reduce((rest, name) => rest.replaceAll(name, '…'), text));
}

/** Which of its action's formulas gives all numbers of a recommendation, in their order; -1: none. */
export function formulaOf(finding: Finding, { action, text }: Recommendation): number {
  const printed = numbersOf(finding, text);
  return (FORMULAS[finding.kind]?.[action] ?? []).findIndex((formula) => {
    const expected = formula(evidenceOf(finding));
    return expected.length === printed.length && printed.every((each, i) => agrees(each, expected[i]));
  });
}

/**
 * What no formula explains in the texts of a finding: a line for each recommendation that has other numbers than its
 * evidence gives. A detector without formulas may name its evidence's own values.
 */
export function unexplained(finding: Finding): string[] {
  const isExplained = (advice: Recommendation) =>
    FORMULAS[finding.kind] === undefined
      ? numbersOf(finding, advice.text).every((each) =>
          finding.evidence.some(({ value, unit }) => isValue(each, value, unit)),
        )
      : formulaOf(finding, advice) >= 0;
  return finding.recommendations
    .filter((advice) => !isExplained(advice))
    .map(({ action, text }) => `${finding.kind} ${action}: ${text}`);
}

const isValue = (printed: Printed, value: number, unit: string) =>
  agrees(printed, unit === 'ms' ? ms(value) : n(value)) || (unit === 'ratio' && agrees(printed, pct(value)));
