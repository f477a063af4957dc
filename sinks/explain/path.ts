/** The critical path, condensed: what the time went to, most first. */
import { elapsed } from '#infra/format.ts';
import { dragOf, isShared, savingCell, sharedNote } from './drag.ts';
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
const HEAD = ['', 'share', 'could save'];

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

/** A row for each of the greatest shares, with what it could save and a bar; no lines without a path. */
export function pathLines(trace: ClosedTrace, view: View): string[] {
  const { colours, all } = view;
  const { criticalPath, summary } = trace;
  const shares = pathShares(criticalPath);
  if (shares.length === 0) return [];
  const shown = all ? shares : shares.slice(0, MOST);
  const rest = shares.slice(shown.length);
  const whole = summary.durationMs * 1e6;
  const partOf = (ns: number) => (whole > 0 ? ns / whole : 0);
  const savedBy = dragOf(trace.shares);
  const drags = shown.map((each) => {
    const named = savedBy(each);
    const drag = named === undefined ? undefined : Math.min(named, each.ns);
    return { drag, shared: drag !== undefined && isShared(each.type, each.ns, drag, partOf(each.ns)) };
  });
  // A trace that an older version stored does not say what could be saved.
  const hasDrag = drags.some(({ drag }) => drag !== undefined);
  const anyShared = drags.some(({ shared }) => shared);
  const numbersOf = (ns: number, saving: string) => [
    elapsed(ns / 1e6),
    shareOf(partOf(ns)),
    ...(hasDrag ? [saving] : []),
  ];
  const rows = shown.map((each, i) => {
    const { drag, shared } = drags[i];
    const times = each.spans > 1 ? ` × ${each.spans}` : '';
    const saving = drag === undefined ? '' : savingCell(drag / 1e6, shared, anyShared);
    return {
      name: clean(operationLabel(each, trace)) + times,
      where: clean(each.where),
      numbers: numbersOf(each.ns, saving),
      share: partOf(each.ns),
    };
  });
  if (rest.length > 0) {
    const ns = rest.reduce((sum, each) => sum + each.ns, 0);
    rows.push({ name: `… ${rest.length} more`, where: '', numbers: numbersOf(ns, ''), share: partOf(ns) });
  }
  return [
    colours.bold(`Critical path: where the ${elapsed(summary.durationMs)} went`),
    ...shareTable(rows, view, hasDrag ? HEAD : []),
    ...(anyShared ? sharedNote(view) : []),
  ];
}
