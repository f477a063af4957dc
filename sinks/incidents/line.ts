/** One incident event as one line for people. */
import type { IncidentEvent, Measure } from '#schemas/events.ts';

/** What picocolors makes: each colours a text, or leaves it. */
export interface Colours {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly green: (text: string) => string;
  readonly cyan: (text: string) => string;
}

/** Measures that a line has room for. */
const HEADLINE = 3;
/** Of the 32 of an incident id: enough to tell lines apart. */
const ID_DIGITS = 8;

function number(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

function measure({ name, value, unit }: Measure): string {
  const suffix = unit === 'count' || unit === 'ratio' || unit === '' ? '' : ` ${unit}`;
  return `${name} ${number(value)}${suffix}`;
}

/** Text from the log must not steer the terminal. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '\ufffd');
}

/** What happened; how bad it is only where it goes on. */
function badge({ event, severity }: IncidentEvent, colours: Colours): string {
  if (event === 'resolved') return colours.green(event);
  if (event === 'retracted') return colours.dim(event);
  return `${event}  ${severity === 'critical' ? colours.red(severity) : colours.yellow(severity)}`;
}

/** time, short id, what happened, severity, kind, agent / operation → callee, evidence, what to do. */
export function incidentLine(event: IncidentEvent, colours: Colours): string {
  const evidence = event.evidence.slice(0, HEADLINE).map(measure).join(', ');
  const advice = event.recommendations[0]?.text ?? '';
  return [
    colours.dim(new Date(event.at).toISOString()),
    colours.dim(printable(event.incidentId.slice(0, ID_DIGITS))),
    badge(event, colours),
    colours.bold(event.kind) + (event.settled ? '' : colours.dim(' (provisional)')),
    `${colours.cyan(printable(event.agent))} / ${printable(event.operation)} → ${printable(event.signature)}`,
    printable(evidence),
    printable(advice),
  ]
    .filter((part) => part !== '')
    .join('  ');
}
