/** One incident event as one line for people. */
import type { Colours } from '#infra/colours.ts';
import type { IncidentEvent, Measure } from '#schemas/events.ts';
import { type IncidentJson, isoOf } from '../api/incident-json.ts';

/** Measures that a line has room for. */
const HEADLINE = 3;
/** Of the 32 of an incident id: enough to tell lines apart. */
export const ID_DIGITS = 8;

function number(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

function measure({ name, value, unit }: Measure): string {
  const suffix = unit === 'count' || unit === 'ratio' || unit === '' ? '' : ` ${unit}`;
  return `${name} ${number(value)}${suffix}`;
}

/** Controls, line ends, characters that turn or hide what follows, halves of characters. */
const STEERING = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** Text from the log must not steer the terminal, nor turn the order of its line. */
export function printable(text: string): string {
  return text.replace(STEERING, '\ufffd');
}

/** As JSON, where what `printable` replaces is escaped: the same value for whoever parses it. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(STEERING, (character) =>
    [...Array(character.length).keys()]
      .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** To the second, UTC. */
export const second = (ms: number) => `${isoOf(ms).slice(0, 19)}Z`;

/** What happened; how bad it is only where it goes on. */
function badge({ event, severity }: IncidentEvent, colours: Colours): string {
  if (event === 'resolved') return colours.green(event);
  if (event === 'retracted') return colours.dim(event);
  return `${event}  ${severity === 'critical' ? colours.red(severity) : colours.yellow(severity)}`;
}

/** Stage 2's own word where an operator gave none (processors/incidents/operator.ts). */
const BARE = /^(unacknowledged|muted|unmuted) by /;

/** Who looks after it, until when it is muted, and what an operator said of it, as of `now` (unix ms). */
export function operators({ event, acknowledgedBy, mutedUntil, note }: IncidentEvent, now: number): string {
  const parts: string[] = [];
  const muted = mutedUntil > now;
  if (acknowledgedBy !== '') parts.push(`acknowledged by ${acknowledgedBy}`);
  if (muted) parts.push(`muted until ${second(mutedUntil)}`);
  if (note !== '' && (parts.length > 0 || isDeed(event))) parts.push(BARE.test(note) ? note : `“${note}”`);
  return parts.length === 0 ? '' : `(${parts.join(', ')})`;
}

/** True for what an operator did: it says nothing new of the failure. */
export function isDeed(event: IncidentEvent['event']): boolean {
  return ['acknowledged', 'unacknowledged', 'muted', 'unmuted'].includes(event);
}

/**
 * time, short id, what happened, severity, kind, agent / operation → callee, evidence, what to do, the trace that the
 * evidence is of. What operators did has the evidence of the event before, and is shown without it. `advise`: false where
 * the advice has been read already.
 */
export function incidentLine(event: IncidentEvent, colours: Colours, advise = true): string {
  const deed = isDeed(event.event);
  const evidence = deed ? '' : event.evidence.slice(0, HEADLINE).map(measure).join(', ');
  const advice = deed || !advise ? '' : (event.recommendations[0]?.text ?? '');
  const trace = deed || event.evidenceTraceId === '' ? '' : `trace ${event.evidenceTraceId}`;
  return [
    colours.dim(new Date(event.at).toISOString()),
    colours.dim(printable(event.incidentId.slice(0, ID_DIGITS))),
    badge(event, colours),
    colours.bold(printable(event.kind)) + (event.settled ? '' : colours.dim(' (provisional)')),
    `${colours.cyan(printable(event.agent))} / ${printable(event.operation)} → ${printable(event.signature)}`,
    printable(operators(event, event.at)),
    printable(evidence),
    printable(advice),
    colours.dim(printable(trace)),
  ]
    .filter((part) => part !== '')
    .join('  ');
}

/** What an operator has just done (`muted`), to them; `event` is the one that came of it. */
export function deedLine(event: IncidentJson, done: IncidentEvent['event']): string {
  const { incidentId, kind, agent, operation, state, acknowledgedBy, mutedUntil } = event;
  const until = done === 'muted' && mutedUntil !== null ? ` until ${mutedUntil}` : '';
  const who = done === 'acknowledged' ? ` by ${acknowledgedBy}` : '';
  const over = state === 'open' ? '' : `, ${state}`;
  return printable(
    `${done}${who}${until}: ${kind} at ${agent} / ${operation} (${incidentId.slice(0, ID_DIGITS)}${over})`,
  );
}
