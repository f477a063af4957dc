/** The numbers of an attribution as sentences. */
import { elapsed, number, percent, plural } from '#infra/format.ts';
import type { ByInstance, InstanceNumbers } from './instances.ts';
import type { Cause, InstanceCause, Numbers } from './result.ts';
import { inText } from './short.ts';

/** Parts of a whole below which no owner stands out. */
const STANDS_OUT = 0.3;

/** Slow instances each of which has its own time told. */
const EACH = 2;

type Named = Omit<Cause, 'text'>;

/** `search of tools`, `the way from plan of shop to search of tools`. */
export function nameOf({ kind, operation, service, callerService, callerOperation }: Named): string {
  const callee = placed(operation, service);
  return kind === 'edge' ? `the way from ${placed(callerOperation, callerService)} to ${callee}` : callee;
}

/** Of a trace with very many owners the least are one share without a service: `other`. */
const placed = (operation: string, service: string) =>
  operation === 'other' && service === ''
    ? 'many small ones together'
    : service === '' || service === operation
      ? inText(operation) || 'an unnamed caller'
      : `${inText(operation)} of ${inText(service)}`;

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const list = (names: readonly string[]) =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
/** `a, b and 3 more`. */
const slowList = ({ slowInstances, moreSlowInstances: more }: Named) =>
  list([...slowInstances.map(inText), ...(more > 0 ? [`${number(more)} more`] : [])]);

/** Fewer traces are told nothing from. */
export const LEAST_SET = 5;
export const LEAST_BASELINE = 10;

/** Empty: they are enough. */
export function fewText(set: number, baseline: number): string {
  if (set < LEAST_SET) return `Too few: ${plural(set, 'trace')} to explain, and ${LEAST_SET} are needed.`;
  if (baseline < LEAST_BASELINE)
    return `Too few: ${plural(baseline, 'trace')} to compare with, and ${LEAST_BASELINE} are needed.`;
  return '';
}

/** The set is not slower than the baseline. */
export const sameText = (set: Numbers, baseline: Numbers, chanceMs: number): string =>
  `Not slower: ${elapsed(set.meanMs)} a trace against ${elapsed(baseline.meanMs)} in the baseline, ` +
  `waits for a person left out; ${elapsed(chanceMs)} could be chance.`;

export function causeText(
  cause: Named,
  instances: ByInstance | undefined,
  traces: { readonly set: number; readonly baseline: number },
): string {
  const { meanMs, baselineMeanMs, share, isNew } = cause;
  const against = isNew ? '' : ` against ${elapsed(baselineMeanMs)} in the baseline`;
  const took = `${capital(nameOf(cause))} took ${elapsed(meanMs)} of a trace${against}: ${percent(share)} of the extra time`;
  const where = instances === undefined ? '' : instanceText(cause, instances);
  if (cause.confidence === 'low') return `${took}. ${doubt(cause.traces, traces.set)}`;
  return `${took}. ${how(cause, traces)}${where}`;
}

/** More spans, slower spans, or new. */
function how(cause: Named, { set, baseline }: { readonly set: number; readonly baseline: number }): string {
  const { kind, isNew, moreMs, slowerMs, spansPerTrace, baselineSpansPerTrace } = cause;
  if (isNew)
    return `It is new: on the path of ${cause.traces} of ${plural(set, 'trace')}, and of none of ${number(baseline)} in the baseline.`;
  const each = `${elapsed(cause.msPerSpan)} ${kind === 'edge' ? 'a call' : 'each'} against ${elapsed(cause.baselineMsPerSpan ?? 0)}`;
  const count = `${few(spansPerTrace)} on the path of a trace against ${few(baselineSpansPerTrace)}`;
  const things = kind === 'edge' ? 'calls' : 'spans';
  if (moreMs <= 0) return `Its ${things} are slower, not more: ${each}, ${count}.`;
  if (slowerMs <= 0) return `Its ${things} are more, not slower: ${count}, ${each}.`;
  return (
    `${elapsed(slowerMs)} since its ${things} are slower (${each}), ` +
    `${elapsed(moreMs)} since they are more (${count}).`
  );
}

/** 5.04 → `5.0`; what is below one in two digits. */
const few = (value: number) =>
  value < 1 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : number(value);

function instanceText(cause: Named, found: ByInstance): string {
  const { slow, listed, moved, instances, named, told, slowMsPerSpan, othersMsPerSpan, hits } = found;
  if (moved !== null)
    return (
      ` More of it runs on ${inText(moved.instance)} now, ${percent(moved.load)} against ${percent(moved.baselineLoad)}, ` +
      `where a span took ${elapsed(moved.baselineMsPerSpan)} before too.`
    );
  if (othersMsPerSpan === null || slow.length === 0) {
    if (named < 2) return only(listed.filter(({ instance }) => instance !== ''));
    return told === 0
      ? ` Its ${number(named)} instances have so few traces each that none could stand out.`
      : ` No instance stands out among its ${number(named)}.`;
  }
  const sum = (of: (each: InstanceNumbers) => number) => slow.reduce((total, each) => total + of(each), 0);
  const others = instances - slow.length;
  const each =
    slow.length > EACH
      ? `${elapsed(slowMsPerSpan ?? 0)} a span there`
      : list(
          slow.map(({ instance, msPerSpan }) => `${elapsed(msPerSpan ?? 0)} a span on ${inText(instance)}`),
        );
  return (
    ` Only ${slowList(cause)} ${slow.length === 1 ? 'is' : 'are'} slow: ${each} against ` +
    `${elapsed(othersMsPerSpan)} on ${others === 1 ? 'the other one' : `the other ${number(others)}`}; of the ` +
    `${plural(hits, 'trace')} that it was slow in ${number(sum((of) => of.hits))} ran there, with ` +
    `${percent(sum((of) => of.load))} of its load.`
  );
}

const only = ([one]: readonly InstanceNumbers[]) =>
  one === undefined
    ? ''
    : ` It runs on ${inText(one.instance)} alone: whether it or that instance is slow cannot be told.`;

/** Why it is not certain. */
const doubt = (traces: number, set: number) =>
  traces > 0 && traces < 3 ? `Seen in ${traces} of ${plural(set, 'trace')} only.` : 'It could be chance.';

/** The whole in one or two sentences. */
export function summaryText(
  { set, baseline, extraMs }: { set: Numbers; baseline: Numbers; extraMs: number },
  causes: readonly Cause[],
  instances: readonly InstanceCause[],
): string {
  const all =
    `${plural(set.traces, 'trace')} of ${elapsed(set.meanMs)} on average, ${elapsed(extraMs)} more than ` +
    `the ${number(baseline.traces)} of the baseline (${elapsed(baseline.meanMs)}).`;
  const [instance] = instances;
  if (instance !== undefined && instance.causes > 1 && instance.share >= STANDS_OUT)
    return `${all} ${percent(instance.share)} of the extra time is ${instance.causes} operations on ${inText(instance.instance)}.`;
  const first = causes.find(({ confidence }) => confidence !== 'low');
  const chance = greatestChance(causes);
  const isGreater = chance !== undefined && chance.share > (first?.share ?? 0);
  const doubtful =
    isGreater && chance.share >= STANDS_OUT
      ? ` ${percent(chance.share)} is ${nameOf(chance)}, but that could be chance.`
      : '';
  if (first === undefined) return `${all} No cause of it is certain.${doubtful}`;
  const name = `${nameOf(first)}${first.slowInstances.length > 0 ? ` on ${slowList(first)}` : ''}`;
  if (first.share >= STANDS_OUT)
    return `${all} ${percent(first.share)} of the extra time is ${name}.${doubtful}`;
  const most = `the most${isGreater ? ' certain' : ''} is ${name} with ${percent(first.share)}`;
  return doubtful === ''
    ? `${all} Nothing stands out: ${most}.`
    : `${all} ${capital(most)} of the extra time.${doubtful}`;
}

/** What could be chance and makes the most of the extra time. */
const greatestChance = (causes: readonly Cause[]) =>
  causes
    .filter(({ confidence }) => confidence === 'low')
    .reduce<Cause | undefined>((most, each) => (most && most.share >= each.share ? most : each), undefined);
