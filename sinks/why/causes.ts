/** Ranked causes, with bars; and what is none. */
import { elapsed, number, plural } from '#infra/format.ts';
import { shortName } from '../attribution/short.ts';
import { shareOf, shareTable } from '../explain/share-table.ts';
import { clean, wrap } from '../explain/text.ts';
import type { View } from '../explain/view.ts';
import type { Attribution } from './api.ts';
import { ownerName, ownerPlace } from './path.ts';

type Cause = Attribution['causes'][number];

/** Rows before the rest goes into one; causes that are told in full. */
const MOST = 6;
const TOLD = 3;
/** What makes less of the extra time than this is shown only with all. */
const LEAST = 0.01;
/** No more than this of the extra time goes into the row of the rest, unless the list itself ends before. */
const MOST_HIDDEN = 0.5;

const typed = <T extends Cause>(cause: T) => ({ ...cause, type: cause.kind === 'edge' ? 'edge' : 'self' });

/** In a column of a table there is room for few and short names: the sentences below have more. */
const PLACES = 2;
const PLACE = 40;

function placesOf({ slowInstances, moreSlowInstances }: Cause): string {
  const shown = slowInstances.slice(0, PLACES).map((name) => shortName(name, PLACE));
  const more = slowInstances.length - shown.length + moreSlowInstances;
  return `${shown.join(', ')}${more > 0 ? ` and ${number(more)} more` : ''}`;
}

/**
 * Those with the greatest shares, however certain, and of smaller ones the first that are certain: what could be chance may
 * be most of the extra time, and is shown for what it is.
 */
function shownOf(causes: Attribution['causes'], hiddenByApi: number): Attribution['causes'] {
  const byShare = causes.toSorted((a, b) => b.share - a.share);
  const worth = byShare.filter(({ share }) => share >= LEAST);
  const first = worth.length > 0 ? worth.slice(0, MOST) : byShare.slice(0, 1);
  const hidden = () =>
    hiddenByApi +
    sumOf(
      causes.filter((each) => !first.includes(each)),
      'share',
    );
  for (const next of worth.slice(MOST)) {
    if (hidden() <= MOST_HIDDEN) break;
    first.push(next);
  }
  const certain = causes.filter(({ share, confidence }) => share >= LEAST && confidence !== 'low');
  return byShare.filter((each) => first.includes(each) || certain.slice(0, TOLD).includes(each));
}

const sumOf = (causes: Attribution['causes'], of: 'extraMs' | 'share') =>
  causes.reduce((total, each) => total + each[of], 0);

/** The table of causes, and the first ones in sentences; no lines where none is named. */
export function causeLines(found: Attribution, view: View): string[] {
  const { causes, rest, grownMs } = found;
  if (found.refused !== '' || causes.length === 0) return [];
  const shown = view.all ? causes : shownOf(causes, rest?.share ?? 0);
  const hidden = causes.filter((cause) => !shown.includes(cause));
  const rows = shown.map((cause) => ({
    name: `${ownerName(typed(cause))}${cause.isNew ? ' (new)' : ''}`,
    where: cause.slowInstances.length > 0 ? clean(`only on ${placesOf(cause)}`) : ownerPlace(typed(cause)),
    numbers: [
      `+${elapsed(cause.extraMs)}`,
      shareOf(cause.share),
      `${cause.traces} of ${found.set.sampled}`,
      cause.confidence,
    ],
    share: cause.share,
  }));
  const left = hidden.length + (rest?.causes ?? 0);
  if (left > 0) {
    const sum = (of: 'extraMs' | 'share') => sumOf(hidden, of) + (rest?.[of] ?? 0);
    const share = sum('share');
    rows.push({
      name: `… ${number(left)} more`,
      where: '',
      numbers: [`+${elapsed(sum('extraMs'))}`, shareOf(share), '', ''],
      share,
    });
  }
  // The API's order: what is certain first.
  const told = causes
    .filter((cause) => shown.includes(cause))
    .slice(0, view.all ? shown.length : TOLD)
    .flatMap(({ text, exemplarTraceIds: [example] }) => [
      '',
      ...wrap(clean(text), view.width - 2).map((line) => `  ${line}`),
      ...(example === undefined ? [] : [view.colours.dim(`  npm run explain -- ${example}`)]),
    ]);
  return [
    view.colours.bold(`Causes: what has grown by ${elapsed(grownMs)} a trace`),
    ...shareTable(rows, view, ['extra', 'share', 'traces', 'certain']),
    ...told,
  ];
}

/** What has become faster, and who was waited for: neither is a cause. */
export function otherLines({ faster, waits, shrunkMs, grownMs }: Attribution, view: View): string[] {
  const lines: string[] = [];
  const [first] = faster;
  if (first !== undefined && shrunkMs >= LEAST * grownMs)
    lines.push(
      `Faster, or no longer on the path: ${elapsed(shrunkMs)} a trace, most of it ${ownerName(first)} (${ownerPlace(first)})`,
    );
  for (const wait of waits.filter(({ extraMs }) => Math.abs(extraMs) >= 1))
    lines.push(
      `Waited for a person, in no number here: ${elapsed(wait.meanMs)} a trace against ${elapsed(wait.baselineMeanMs)} (${ownerName(wait)})`,
    );
  return lines.flatMap((line) => wrap(line, view.width)).map(view.colours.dim);
}

/** Where the errors of failing traces begin. */
export function failureLines({ failures, set, more: left }: Attribution, view: View): string[] {
  if (failures.length === 0) return [];
  const shown = view.all ? failures : failures.slice(0, MOST);
  const rows = shown.map((each) => ({
    name: clean(each.operation),
    where:
      each.failingInstance === ''
        ? clean(each.service)
        : clean(`only on ${shortName(each.failingInstance, PLACE)}`),
    numbers: [`${each.traces} of ${set.sampled}`, shareOf(each.share), plural(each.errors, 'error')],
    share: each.share,
  }));
  const more = failures.length - shown.length + left.failures;
  return [
    view.colours.bold('Errors begin in'),
    ...shareTable(rows, view),
    ...(more > 0 ? [`  … ${number(more)} more`] : []),
  ];
}
