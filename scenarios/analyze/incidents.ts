/** The incidents that the files' traces make, as the pipeline would have told them. */
import { plural } from '#infra/format.ts';
import type { IncidentEvent } from '#schemas/events.ts';
import { isoOf } from '#sinks/api/incident-json.ts';
import { clean, wrap } from '#sinks/explain/text.ts';
import type { View } from '#sinks/explain/view.ts';

const MOST = 12;

/** A head, then each incident in its last version; the worst first. */
export function incidentLines(incidents: readonly (readonly IncidentEvent[])[], view: View): string[] {
  const { colours } = view;
  if (incidents.length === 0) return [colours.bold('Incidents: none')];
  const sorted = [...incidents].sort((a, b) => rank(a) - rank(b));
  const shown = view.all ? sorted : sorted.slice(0, MOST);
  const left = sorted.length - shown.length;
  return [
    colours.bold(`Incidents: ${incidents.length}`),
    ...shown.flatMap((events) => oneIncident(events, view)),
    ...(left > 0 ? [colours.dim(`  … ${left} more: --all`)] : []),
  ];
}

const last = (events: readonly IncidentEvent[]) => events[events.length - 1];
const rank = (events: readonly IncidentEvent[]) => (last(events).severity === 'critical' ? 0 : 1);

function oneIncident(events: readonly IncidentEvent[], { width, colours }: View): string[] {
  const event = last(events);
  const { kind, severity, agent, operation, signature, evidence, recommendations, affectedTraces } = event;
  const colour = severity === 'critical' ? colours.red : colours.yellow;
  const seen = [
    isoOf(event.openedAt),
    plural(affectedTraces, 'trace'),
    ...(event.event === 'resolved' || event.event === 'retracted' ? [event.event] : []),
    ...(event.episode > 1 ? [`episode ${event.episode}`] : []),
  ].join(', ');
  const measures = evidence
    .map(({ name, value, unit }) => `${name} ${measure(value)}${suffix(unit)}`)
    .join(', ');
  const symptoms = event.explains
    .map((each) => `${each.kind} at ${each.agent} / ${each.operation}`)
    .join(', ');
  const indented = (text: string, first: string) =>
    wrap(clean(text), width - 6).map((line, i) => `    ${i === 0 ? first : ' '} ${line}`);
  return [
    `  ${colours.bold(kind)}  ${colour(severity)}  ${clean(`${agent} / ${operation} → ${signature}`)}`,
    ...indented(event.explanation, ' '),
    ...indented(measures, '·').map(colours.dim),
    ...(symptoms === '' ? [] : indented(`explains ${symptoms}`, '·')),
    ...recommendations.flatMap(({ text }) => indented(text, '→')),
    ...indented(`incident ${event.incidentId}, ${seen}`, ' ').map(colours.dim),
  ];
}

const measure = (value: number) =>
  Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
const suffix = (unit: string) => (unit === 'count' || unit === 'ratio' || unit === '' ? '' : ` ${unit}`);
