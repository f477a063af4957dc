/** The critical path, condensed: what the time went to, most first. */
import { elapsed } from '#infra/format.ts';
import { shareOf, shareTable } from './share-table.ts';
import { clean } from './text.ts';
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

/** A row for each of the greatest shares, with a bar; no lines without a path. */
export function pathLines(trace: ClosedTrace, view: View): string[] {
  const { colours, all } = view;
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
  const table = rows.map(({ name, where, ns }) => {
    const share = whole > 0 ? ns / whole : 0;
    return { name, where, numbers: [elapsed(ns / 1e6), shareOf(share)], share };
  });
  return [
    colours.bold(`Critical path: where the ${elapsed(summary.durationMs)} went`),
    ...shareTable(table, view),
  ];
}
