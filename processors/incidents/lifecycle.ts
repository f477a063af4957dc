import type { IncidentEvent, IncidentEventType } from '#schemas/events.ts';
import type { Found } from '../windows/evaluate.ts';
import { contentOf, exemplars, otherClass, type TitleOf } from './content.ts';
import { type Incident, isLive, phaseOf } from './incident.ts';

/** Clean windows, with traffic in which it could have shown itself, after which an incident is resolved. */
const RESOLVE_AFTER = 3;
/** Or this long without such traffic, ms. */
export const IDLE_MS = 3_600_000;

/** When and where an effect happens. */
export interface Moment {
  /** Logical time, unix ms. */
  readonly at: number;
  /** Position in the order of effects, see applied.ts. */
  readonly position: string;
  readonly windowStart: number;
  readonly windowEnd: number;
}

/** What an incident's events carry of its group and its detector. */
export interface Frame {
  readonly tenant: string;
  readonly group: string;
  readonly thresholdsDigest: string;
  readonly titleOf: TitleOf;
}

/** The state after an effect and the events it gave; undefined where it changed nothing. */
export type Change = { readonly incident: Incident; readonly events: readonly IncidentEvent[] } | undefined;

/** A trace's finding opens its incident at once, provisionally. */
export function onFinding(
  incident: Incident | undefined,
  found: Found,
  moment: Moment,
  frame: Frame,
): Change {
  if (isLive(incident)) return undefined;
  return opened(incident, found, moment, frame, false);
}

/**
 * A window that shows the incident has closed, or (late) has changed after it closed. `persists` tells whether enough
 * of the windows before show it too, which a finding that no single trace shows needs to open.
 */
export function onWindowFound(
  incident: Incident | undefined,
  found: Found,
  moment: Moment,
  frame: Frame,
  late: boolean,
  persists: () => boolean,
): Change {
  if (!isLive(incident)) {
    if (late) return undefined;
    if (!found.single) return persists() ? opened(incident, found, moment, frame, true) : undefined;
    // It came while the episode before was still open: it opens and settles in one.
    const provisional = opened(incident, found, moment, frame, false)!;
    const settled = settle(provisional.incident, found, moment, frame);
    return { incident: settled, events: [...provisional.events, settled.last] };
  }
  if (phaseOf(incident) === 'provisional') {
    const settled = settle(incident, found, moment, frame);
    return { incident: settled, events: [settled.last] };
  }
  const { last } = incident;
  const content = contentOf(found.finding, frame.titleOf);
  const changed = content.severity !== last.severity || otherClass(last.evidence, content.evidence);
  if (changed && moment.windowEnd >= last.windowEnd) {
    const { thresholdsDigest } = frame;
    const updated = say(incident, 'updated', true, moment, {
      ...content,
      ...tracesOf(found),
      thresholdsDigest,
    });
    return { incident: count(updated, moment, { clean: 0 }, late), events: [updated.last] };
  }
  return counted(incident, moment, { clean: 0 }, late);
}

/** A window without the finding has closed, with traffic in which it could have shown itself. */
export function onWindowClean(incident: Incident, moment: Moment): Change {
  if (phaseOf(incident) !== 'open' || moment.windowStart < incident.cleanEnd)
    return counted(incident, moment, {}, false);
  const clean = incident.clean + 1;
  if (clean < RESOLVE_AFTER) return counted(incident, moment, { clean, cleanEnd: moment.windowEnd }, false);
  const resolved = say(incident, 'resolved', true, moment, {});
  return { incident: resolved, events: [resolved.last] };
}

/** No trace shows it any more that a coming window could: what was provisional is taken back. */
export function onErased(incident: Incident, moment: Moment): Change {
  if (phaseOf(incident) !== 'provisional') return undefined;
  const retracted = say(incident, 'retracted', false, moment, {});
  return { incident: retracted, events: [retracted.last] };
}

/** An hour without traffic in which it could have shown itself. */
export function onIdle(incident: Incident, moment: Moment): Change {
  if (!isLive(incident) || moment.at < incident.trafficEnd + IDLE_MS) return undefined;
  const resolved = say(incident, 'resolved', true, moment, {});
  return { incident: resolved, events: [resolved.last] };
}

function opened(
  before: Incident | undefined,
  found: Found,
  moment: Moment,
  frame: Frame,
  settled: boolean,
): NonNullable<Change> {
  const { incidentId: id, since: openedAt } = found;
  const { tenant, thresholdsDigest, group } = frame;
  // An episode that was taken back was none: the next takes its number, so that numbers do not depend on arrival.
  const episode = before === undefined ? 1 : before.last.episode + (before.last.event === 'resolved' ? 1 : 0);
  // An acknowledgement ends with its episode; a mute, and why, stays until its time.
  const muted = before !== undefined && before.last.mutedUntil > moment.at;
  const last: IncidentEvent = {
    ...contentOf(found.finding, frame.titleOf),
    ...tracesOf(found),
    incidentId: id,
    tenant,
    event: 'opened',
    episode,
    revision: (before?.last.revision ?? 0) + 1,
    settled,
    windowStart: moment.windowStart,
    windowEnd: moment.windowEnd,
    openedAt,
    at: moment.at,
    thresholdsDigest,
    acknowledgedBy: '',
    acknowledgedAt: 0,
    mutedUntil: muted ? before.last.mutedUntil : 0,
    note: muted ? before.last.note : '',
  };
  const counters = { clean: 0, cleanEnd: 0, trafficEnd: moment.windowEnd };
  return { incident: { id, group, appliedThrough: moment.position, ...counters, last }, events: [last] };
}

/** The first closing of a window that holds a provisional incident's finding: from here on content decides alone. */
function settle(incident: Incident, found: Found, moment: Moment, frame: Frame): Incident {
  const { thresholdsDigest, titleOf } = frame;
  const content = {
    ...contentOf(found.finding, titleOf),
    ...tracesOf(found),
    openedAt: found.since,
    thresholdsDigest,
  };
  const counters = { clean: 0, cleanEnd: 0, trafficEnd: moment.windowEnd };
  return { ...say(incident, 'updated', true, moment, content), ...counters };
}

type Said = Partial<Omit<IncidentEvent, 'incidentId' | 'tenant' | 'event' | 'episode' | 'revision'>>;

/** The incident with one more event: as the last one, but for what is given. */
export function say(
  incident: Incident,
  event: IncidentEventType,
  settled: boolean,
  moment: Moment,
  said: Said,
): Incident {
  const { last: before } = incident;
  const last: IncidentEvent = {
    ...before,
    ...said,
    event,
    settled,
    revision: before.revision + 1,
    windowStart: moment.windowStart,
    windowEnd: moment.windowEnd,
    at: moment.at,
  };
  return { ...incident, last, appliedThrough: moment.position };
}

function tracesOf(found: Found) {
  const { traces, evidenceTraceId } = found;
  return { exemplarTraceIds: exemplars(traces), affectedTraces: traces.length, evidenceTraceId };
}

type Counters = Partial<Pick<Incident, 'clean' | 'cleanEnd'>>;

/** Counts of a closed window with traffic; a late one tells nothing new of the traffic. */
function count(incident: Incident, moment: Moment, counters: Counters, late: boolean): Incident {
  const fresh = !late && moment.windowStart >= incident.trafficEnd;
  const trafficEnd = fresh ? moment.windowEnd : incident.trafficEnd;
  return { ...incident, ...counters, trafficEnd };
}

function counted(incident: Incident, moment: Moment, counters: Counters, late: boolean): Change {
  const after = count(incident, moment, counters, late);
  const same =
    after.clean === incident.clean &&
    after.cleanEnd === incident.cleanEnd &&
    after.trafficEnd === incident.trafficEnd;
  return same ? undefined : { incident: { ...after, appliedThrough: moment.position }, events: [] };
}
