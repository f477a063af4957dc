/** Why slow or failing traces are. */
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { attribute } from '../../attribution/attribute.ts';
import { failures } from '../../attribution/failures.ts';
import { attributionJson } from '../attribution-json.ts';
import { countOf, type Root, rootsIn, sampleOf, thresholdOf } from '../attribution-rows.ts';
import { LEAST_TRACES, percentileFor, type SlowRule, slow, slowRule } from '../attribution-rule.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { badRequest, errorBody } from '../errors.ts';
import { isoOf } from '../incident-json.ts';
import { name, range, time, wholeNumber } from '../parameters.ts';
import { boundedTimeRange, type TimeRange } from '../time-range.ts';

const NONE = { traces: [], total: 0 };

/** The baseline's time: up to `from`, and as long as the range, where only one end is given. Undefined: none is given. */
function baselineRange(
  { baselineFrom, baselineTo }: { baselineFrom?: number | undefined; baselineTo?: number | undefined },
  set: TimeRange,
  now: () => number,
): TimeRange | undefined {
  if (baselineFrom === undefined && baselineTo === undefined) return undefined;
  const to = baselineTo ?? set.from;
  const from = baselineFrom ?? to - (set.to - set.from);
  if (from >= to) throw badRequest('baselineFrom: must be before baselineTo, or before from without one');
  if (from < set.to && to > set.from)
    throw badRequest('baselineFrom: the baseline must not overlap the range; without one, the others are it');
  return boundedTimeRange({ from, to }, now);
}

/** What could be asked instead, where a percentile leaves too few. */
function hint(rule: SlowRule, traces: number): string {
  if (rule.kind !== 'percentile') return '';
  if (traces < LEAST_TRACES) return ` There are ${traces} in all: a longer range may have more.`;
  const better = percentileFor(traces);
  return better !== undefined && Number(better.slice(1)) / 100 < rule.part
    ? ` There are ${traces} in all: slow=${better} leaves enough.`
    : '';
}

export function registerAttribution(app: Api, deps: ApiDeps): void {
  app.get(
    '/v1/attribution',
    {
      config: { access: 'read' },
      schema: {
        tags: ['traces'],
        summary: 'Why slow or failing traces of a root operation are: ranked causes, each with its share',
        description:
          'Compares exclusive time on the critical path with a baseline: the other traces of the same time, or those ' +
          'of `baselineFrom` to `baselineTo`. A cause is an operation, the way between two (edge), or an operation on ' +
          'an instance. Of up to 1,000 traces each; names of over 200 characters are cut in the middle. The last hour unless `from` and `to` say otherwise.',
        querystring: z.strictObject({
          service: name.optional().describe("the root's"),
          agent: name.optional().describe("the root's"),
          operation: name.optional().describe("the root's; without names the one that took the most time"),
          ...range,
          baselineFrom: time.optional().describe('inclusive; without both: the others of the same time'),
          baselineTo: time.optional().describe('exclusive; `from` unless given'),
          slow,
          limit: wholeNumber(1, 100)
            .default(20)
            .describe('at most so many causes, failures and so on; further causes are one, `rest`'),
        }),
        response: { 200: attributionJson.describe('times in ms per trace'), '4xx': errorBody },
      },
    },
    async ({ query, principal: { tenant } }) => {
      const from = { ...deps, tenant };
      const set = boundedTimeRange(query, deps.now);
      const before = baselineRange(query, set, deps.now);
      const rule = slowRule(query.slow) ?? { kind: 'percentile', part: 0.95 };
      if (rule.kind === 'all' && before === undefined)
        throw badRequest('slow: all needs a baseline of another time (baselineFrom, baselineTo)');
      const [root, ...others] = await rootsIn(from, set, query);
      const asked = {
        from: isoOf(set.from),
        to: isoOf(set.to),
        baselineFrom: before === undefined ? null : isoOf(before.from),
        baselineTo: before === undefined ? null : isoOf(before.to),
        slow: query.slow,
      };
      if (root === undefined) {
        const none = 'No closed trace with a root started in this range.';
        const empty = { ...attribute({ set: NONE, rest: NONE }), refused: none, summary: none };
        const more = { ...empty.more, failures: 0 };
        return { ...asked, ...copied(empty), root: null, others: [], thresholdMs: null, failures: [], more };
      }
      const { service, agent, operation } = root;
      const of: Root = { service, agent, operation };
      const thresholdNs = await thresholdOf(from, rule, before ?? set, of);
      const wanted = { range: set, root: of, rule, thresholdNs, slow: true };
      const slowTotal = rule.kind === 'all' ? Promise.resolve(root.traces) : countOf(from, wanted);
      const restTotal = slowTotal.then((total) => root.traces - total);
      const earlier = before && { ...wanted, range: before, slow: false };
      const [slowOnes, rest, baseline] = await Promise.all([
        sampleOf(from, wanted, slowTotal, rule.kind === 'failing'),
        rule.kind === 'all' ? NONE : sampleOf(from, { ...wanted, slow: false }, restTotal),
        earlier && sampleOf(from, earlier, countOf(from, earlier)),
      ]);
      // Each step takes a while of the one thread, of the most that may be asked for: others are answered between them.
      await setImmediate();
      const found = attribute({ set: slowOnes, rest, before: baseline }, query.limit);
      await setImmediate();
      const failing =
        rule.kind === 'failing' ? failures(slowOnes, rest, query.limit) : { failures: [], more: 0 };
      const more = found.refused.startsWith('Too few') && before === undefined ? hint(rule, root.traces) : '';
      return {
        ...asked,
        ...copied(found),
        refused: found.refused + more,
        summary: found.summary + more,
        root: of,
        others,
        thresholdMs: thresholdNs === null ? null : thresholdNs / 1e6,
        failures: failing.failures.map(copied),
        more: { ...found.more, failures: failing.more },
      };
    },
  );
}

/** The same, writable: what the response's type asks for. */
type Writable<T> = T extends object ? { -readonly [K in keyof T]: Writable<T[K]> } : T;
const copied = <T>(value: T): Writable<T> => structuredClone(value) as Writable<T>;
