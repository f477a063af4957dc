/** The critical path of many traces: where the mean trace's time goes. */
import { elapsed, percent, plural } from '#infra/format.ts';
import { type ShareRow, shareOf, shareTable } from '../explain/share-table.ts';
import { clean, wrap } from '../explain/text.ts';
import type { View } from '../explain/view.ts';
import type { CriticalPath } from './api.ts';

/** Rows before the rest goes into one. */
const MOST = 8;
const HEAD = ['a trace', '', 'on', 'could save'];

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
  const { traces, meanMs, p95Ms } = path;
  if (traces === 0) return [];
  const shown = view.all ? path.shares : path.shares.slice(0, MOST);
  const more = path.shares.slice(shown.length);
  const rows: ShareRow[] = shown.map((each) => ({
    name:
      ownerName(each) +
      (each.spans > each.traces ? ` × ${Number((each.spans / each.traces).toFixed(1))}` : ''),
    where: ownerPlace(each),
    numbers: [
      elapsed(each.meanMs),
      shareOf(each.share),
      percent(each.traces / traces),
      elapsed(each.savingMs),
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
  const title = `Critical path of ${plural(traces, 'trace')}: where ${elapsed(meanMs)} on average went (p95 ${elapsed(p95Ms)})`;
  return [...wrap(title, view.width).map(view.colours.bold), ...shareTable(rows, view, HEAD)];
}
