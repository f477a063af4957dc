/** The critical path, condensed: what the time went to, most first. */
import { elapsed, percent } from '#infra/format.ts';
import { shareBar } from './bars.ts';
import { clean, columns, cut, left, right } from './text.ts';
import type { ClosedTrace, Trace, View } from './view.ts';

/** Segments of one kind together. */
export interface PathShare {
  readonly operation: string;
  /** The service, `network` between caller and callee, or `a person` who was waited for. */
  readonly where: string;
  /** Different spans. */
  readonly spans: number;
  /** Exclusive time on the path. */
  readonly ns: number;
}

/** Rows before the rest goes into one. */
const MOST = 8;
/** Greatest columns of the names; the bar has what is left. */
const OPERATION = 32;
const WHERE = 20;

/** One entry for each operation, service and kind of time; the greatest first, of equals the first on the path. */
export function pathShares(path: Trace['criticalPath']): PathShare[] {
  const groups = Map.groupBy(path, ({ type, service, operation }) =>
    JSON.stringify([type, service, operation]),
  );
  return [...groups.values()]
    .map((segments) => {
      const [{ operation, service, type }] = segments;
      return {
        operation,
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
export function pathLines({ criticalPath, summary }: ClosedTrace, { width, colours, all }: View): string[] {
  const shares = pathShares(criticalPath);
  if (shares.length === 0) return [];
  const shown = all ? shares : shares.slice(0, MOST);
  const rest = shares.slice(shown.length);
  const whole = summary.durationMs * 1e6;
  const rows = shown.map(({ operation, where, spans, ns }) => {
    const times = spans > 1 ? ` × ${spans}` : '';
    const name = cut(clean(operation), OPERATION - times.length) + times;
    return { name, where: cut(clean(where), WHERE), ns };
  });
  if (rest.length > 0) {
    rows.push({ name: `… ${rest.length} more`, where: '', ns: rest.reduce((sum, { ns }) => sum + ns, 0) });
  }
  const nameWidth = Math.max(...rows.map(({ name }) => columns(name)));
  const whereWidth = Math.max(...rows.map(({ where }) => columns(where)));
  const timeWidth = Math.max(...rows.map(({ ns }) => elapsed(ns / 1e6).length));
  const barWidth = width - 2 - nameWidth - 2 - whereWidth - 2 - timeWidth - 2 - 5 - 2;
  const lines = rows.map(({ name, where, ns }) => {
    const share = whole > 0 ? ns / whole : 0;
    const time = right(elapsed(ns / 1e6), timeWidth);
    const bar = colours.cyan(shareBar(share, barWidth));
    return `  ${left(name, nameWidth)}  ${colours.dim(left(where, whereWidth))}  ${time}  ${right(shareOf(share), 5)}  ${bar}`;
  });
  return [colours.bold(`Critical path: where the ${elapsed(summary.durationMs)} went`), ...lines];
}
