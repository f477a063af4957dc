/** The critical path, condensed: what the time went to, most first. */
import { elapsed, percent } from '#infra/format.ts';
import { LEAST_BAR, shareBar, USUAL_BAR } from './bars.ts';
import { clean, columns, left, right, wrap } from './text.ts';
import type { ClosedTrace, Trace, View } from './view.ts';
import { operationLabel } from './waiting.ts';

/** Segments of one kind together. */
export interface PathShare {
  readonly operation: string;
  readonly service: string;
  readonly role: string;
  readonly type: string;
  /** Its service, `network` between caller and callee, or `a person` who was waited for. */
  readonly where: string;
  /** Different spans. */
  readonly spans: number;
  /** Exclusive time on the path. */
  readonly ns: number;
}

/** Rows before the rest goes into one. */
const MOST = 8;
/** Columns that services have at least where names do not leave them room. */
const WHERE = 20;

/** One entry for each operation, role, service and kind of time; the greatest first, of equals the first on the path. */
export function pathShares(path: Trace['criticalPath']): PathShare[] {
  const groups = Map.groupBy(path, ({ type, service, role, operation }) =>
    JSON.stringify([type, service, role, operation]),
  );
  return [...groups.values()]
    .map((segments) => {
      const [{ operation, service, role, type }] = segments;
      return {
        ...{ operation, service, role, type },
        where: type === 'edge' ? 'network' : type === 'idle' ? 'a person' : service,
        spans: new Set(segments.map(({ spanId }) => spanId)).size,
        ns: segments.reduce((sum, { startNs, endNs }) => sum + Number(endNs) - Number(startNs), 0),
      };
    })
    .sort((a, b) => b.ns - a.ns);
}

/** What is there but rounds to nothing: `<1 %`. */
const shareOf = (share: number) => (share > 0 && share < 0.005 ? '<1 %' : percent(share));

/** A row for each of the greatest shares, with a bar; no lines without a path. */
export function pathLines(trace: ClosedTrace, { width, colours, all }: View): string[] {
  const { criticalPath, summary } = trace;
  const shares = pathShares(criticalPath);
  if (shares.length === 0) return [];
  const shown = all ? shares : shares.slice(0, MOST);
  const rest = shares.slice(shown.length);
  const whole = summary.durationMs * 1e6;
  const rows = shown.map((each) => {
    const times = each.spans > 1 ? ` × ${each.spans}` : '';
    return { name: clean(operationLabel(each, trace)) + times, where: clean(each.where), ns: each.ns };
  });
  if (rest.length > 0) {
    rows.push({ name: `… ${rest.length} more`, where: '', ns: rest.reduce((sum, { ns }) => sum + ns, 0) });
  }
  const names = Math.max(...rows.map(({ name }) => columns(name)));
  const widestPlace = Math.max(...rows.map(({ where }) => columns(where)));
  const timeWidth = Math.max(...rows.map(({ ns }) => elapsed(ns / 1e6).length));
  const room = width - 2 - 2 - 2 - timeWidth - 2 - 5 - 2;
  // First the bar gives way, then names take a second line, then services.
  const text = room - LEAST_BAR;
  const whereWidth = Math.min(widestPlace, Math.max(WHERE, text - names));
  const nameWidth = Math.min(names, text - whereWidth);
  const barWidth = Number.isFinite(width) ? room - nameWidth - whereWidth : USUAL_BAR;
  const lines = rows.flatMap(({ name, where, ns }) => {
    const share = whole > 0 ? ns / whole : 0;
    const time = right(elapsed(ns / 1e6), timeWidth);
    const bar = colours.cyan(shareBar(share, barWidth));
    const nameLines = wrap(name, nameWidth);
    const whereLines = wrap(where, whereWidth);
    const [place = '', ...places] = whereLines;
    const more = Array.from({ length: Math.max(nameLines.length - 1, places.length) }, (_, i) => {
      const beside = places[i] === undefined ? '' : colours.dim(places[i]);
      return `  ${left(nameLines[i + 1] ?? '', nameWidth)}  ${beside}`.trimEnd();
    });
    const texts = `  ${left(nameLines[0] ?? '', nameWidth)}  ${colours.dim(left(place, whereWidth))}`;
    return [`${texts}  ${time}  ${right(shareOf(share), 5)}  ${bar}`, ...more];
  });
  return [colours.bold(`Critical path: where the ${elapsed(summary.durationMs)} went`), ...lines];
}
