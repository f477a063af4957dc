/**
 * What happens to spans between a process and the door. Each way is a pure function of the deliveries and of chance, and
 * leaves what it does not name as it is.
 */
import type { Chance } from '../chance.ts';
import type { Delivery, Sent } from './deliveries.ts';
import { patchSpan } from './patch.ts';

export type Way = (deliveries: readonly Delivery[], chance: Chance) => Delivery[];

/** The clocks of the machines are wrong by up to so much against the door's, ms. */
export const CLOCK_OFFSET_MS = 500;
/** … and the tools' against the agents'. */
export const TOOL_SKEW_MS = 50;
/** Share of spans that never arrive. */
export const LOST_SHARE = 0.01;
/** Share of spans that are held up, where some are. */
const HELD_SHARE = 0.3;
/** A trace closes so long after its last new span: design §4. */
const QUIET_GAP_MS = 6_000;
/** A closed trace opens again for so long: design §4. */
const REOPEN_MS = 10_000;

const eachSpan = (deliveries: readonly Delivery[], change: (span: Sent) => Sent): Delivery[] =>
  deliveries.map(({ atUnixMs, spans }) => ({ atUnixMs, spans: spans.map(change) }));

const lastOf = (deliveries: readonly Delivery[]) =>
  deliveries.reduce((last, { atUnixMs }) => Math.max(last, atUnixMs), 0);

/** Every process has a clock of its own: all of them are off, and the tool service's once more. Arrivals stay. */
export const skewed: Way = (deliveries, chance) => {
  const all = chance.between(-CLOCK_OFFSET_MS, CLOCK_OFFSET_MS);
  const tools = all + chance.between(-TOOL_SKEW_MS, TOOL_SKEW_MS);
  return eachSpan(deliveries, (sent) => ({
    ...sent,
    span: patchSpan(sent.span, { shiftMs: sent.service === 'tool-service' ? tools : all }),
  }));
};

/** One span in a hundred is gone, whichever: the root too. */
export const lost: Way = (deliveries, chance) =>
  deliveries.map(({ atUnixMs, spans }) => ({
    atUnixMs,
    spans: spans.filter(() => !chance.happens(LOST_SHARE)),
  }));

/** Three spans in ten (never the root) come by themselves, `after(chance)` ms behind everything else. */
function heldUp(deliveries: readonly Delivery[], chance: Chance, after: () => number): Delivery[] {
  const last = lastOf(deliveries);
  const held: Delivery[] = [];
  const onTime = deliveries.map(({ atUnixMs, spans }) => ({
    atUnixMs,
    spans: spans.filter((sent) => {
      if (sent.root || !chance.happens(HELD_SHARE)) return true;
      held.push({ atUnixMs: Math.ceil(last + after()), spans: [sent] });
      return false;
    }),
  }));
  return [...onTime, ...held];
}

/** Some spans come when the trace is complete but for them, within the quiet gap. */
export const late: Way = (deliveries, chance) =>
  heldUp(deliveries, chance, () => chance.between(500, QUIET_GAP_MS - 500));

/** Some spans come when the trace has closed without them, while it may still open again. */
export const reopened: Way = (deliveries, chance) =>
  heldUp(deliveries, chance, () => QUIET_GAP_MS + chance.between(500, REOPEN_MS - 500));

/** Half of the exports are sent again, some twice: the sender never heard that they had come. */
export const twice: Way = (deliveries, chance) => [
  ...deliveries,
  ...deliveries.flatMap(({ atUnixMs, spans }) => {
    const copies = chance.happens(0.5) ? chance.whole(1, 2) : 0;
    return Array.from({ length: copies }, () => ({
      atUnixMs: atUnixMs + chance.whole(50, 5_000),
      spans: chance.shuffled(spans),
    }));
  }),
];

/** Small exports that overtake one another, by up to three seconds. */
export const shuffled: Way = (deliveries, chance) =>
  deliveries.flatMap(({ atUnixMs, spans }) => {
    const order = chance.shuffled(spans);
    const parts: Delivery[] = [];
    for (let from = 0; from < order.length; ) {
      const to = from + chance.whole(1, 8);
      parts.push({ atUnixMs: atUnixMs + chance.whole(0, 3_000), spans: order.slice(from, to) });
      from = to;
    }
    return parts;
  });
