/** The critical path of many traces: where the mean trace's time goes. */
import { elapsed, number, percent } from '#infra/format.ts';
import { isShared, savingCell, sharedNote } from '../explain/drag.ts';
import { type ShareRow, shareOf, shareTable } from '../explain/share-table.ts';
import { clean, wrap } from '../explain/text.ts';
import type { View } from '../explain/view.ts';
import type { CriticalPath } from './api.ts';

/** Rows before the rest goes into one. */
const MOST = 8;
const HEAD = ['a trace', 'share', 'traces', 'could save'];

type Share = CriticalPath['shares'][number];

/** `plan → search` of an edge. */
export const ownerName = ({
  type,
  operation,
  callerOperation,
}: Pick<Share, 'type' | 'operation' | 'callerOperation'>) =>
  clean(type === 'edge' ? `${callerOperation || '?'} → ${operation}` : operation);

/** `agents → tools` of an edge between two, `a person` of a wait. */
export function ownerPlace({
  type,
  service,
  callerService,
}: Pick<Share, 'type' | 'service' | 'callerService'>): string {
  if (type === 'idle') return 'a person';
  return clean(type === 'edge' ? `network ${callerService || '?'} → ${service}` : service);
}

/** A row for each of the greatest shares, with a bar; no lines without a trace. */
export function pathLines(path: CriticalPath, view: View): string[] {
  const { traces, meanMs } = path;
  if (traces === 0) return [];
  const shown = view.all ? path.shares : path.shares.slice(0, MOST);
  const more = path.shares.slice(shown.length);
  const shared = shown.map((each) => isShared(each.type, each.meanMs, each.savingMs, each.share));
  const anyShared = shared.includes(true);
  const rows: ShareRow[] = shown.map((each, i) => ({
    name:
      ownerName(each) +
      (each.spans > each.traces ? ` × ${Number((each.spans / each.traces).toFixed(1))}` : ''),
    where: ownerPlace(each),
    numbers: [
      elapsed(each.meanMs),
      shareOf(each.share),
      percent(each.traces / traces),
      savingCell(each.savingMs, shared[i], anyShared),
    ],
    share: each.share,
  }));
  const hidden = more.length + (path.rest?.shares ?? 0);
  if (hidden > 0) {
    const sum = (of: 'meanMs' | 'share') =>
      more.reduce((total, each) => total + each[of], path.rest?.[of] ?? 0);
    const share = sum('share');
    rows.push({
      name: `… ${hidden} more`,
      where: '',
      numbers: [elapsed(sum('meanMs')), shareOf(share), '', ''],
      share,
    });
  }
  const which = traces === 1 ? '1 trace' : `all ${number(traces)} traces`;
  const title = `Critical path of ${which}: where ${elapsed(meanMs)} on average went`;
  return [
    ...wrap(title, view.width).map(view.colours.bold),
    ...shareTable(rows, view, HEAD),
    ...(anyShared ? sharedNote(view) : []),
  ];
}
