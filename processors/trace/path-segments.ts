import type { Words } from '#schemas/avro/words.ts';
import { again, beginItems, endOfArray, position, string } from '#schemas/avro/writer.ts';
import { segmentNames, segmentTimes } from '#schemas/write-summary.ts';
import { uint8s } from './arrays.ts';
import { type CriticalPath, SEGMENT } from './critical-path.ts';
import { ROLE } from './roles.ts';
import { keptInt32s } from './scratch.ts';
import type { WritableView } from './view.ts';

/** The pieces kept as they are where a path has more than twice as many: a summary must fit one Kafka record (1 MiB). */
const LONGEST_KEPT = 500;

/** By row where its id and its names were written first, and the piece of that: what earlier traces left is told by it. */
const keptPlaces = keptInt32s();
const keptFirsts = keptInt32s();
const keptLengths = keptInt32s();

/**
 * Writes the path as the trace's summary carries it. A path of very many pieces keeps its longest; what lies between them
 * is drawn together, so that the lengths still sum to the root's duration.
 */
export function writePath(
  view: WritableView,
  path: CriticalPath,
  words: Words,
  longestKept = LONGEST_KEPT,
): void {
  const kept = path.n <= longestKept * 2 + 1 ? undefined : keptPieces(path, longestKept);
  const places = keptPlaces(view.n);
  const firsts = keptFirsts(view.n);
  const lengths = keptLengths(view.n);
  let other = -1;
  beginItems(kept === undefined ? path.n : segmentCount(path, kept));
  for (let i = 0; i < path.n; i++) {
    if (kept !== undefined && kept[i] === 0) {
      let last = i;
      while (last + 1 < path.n && kept[last + 1] === 0) last++;
      if (other < 0) other = words.also('many short pieces');
      string('');
      segmentNames(words, words.fixed(ROLE.other), 0, other);
      segmentTimes(path.start[i], path.end[last], SEGMENT.self);
      i = last;
      continue;
    }
    const row = path.row[i];
    // A span that waits for several others owns a piece before and behind each.
    const first = firsts[row];
    if (first < i && path.row[first] === row && isWhole(kept, first)) again(places[row], lengths[row]);
    else {
      firsts[row] = i;
      places[row] = position();
      view.writeSpanId(row);
      segmentNames(words, words.fixed(view.role[row]), view.service[row], view.operation[row]);
      lengths[row] = position() - places[row];
    }
    segmentTimes(path.start[i], path.end[i], path.type[i]);
  }
  endOfArray();
}

const isWhole = (kept: Uint8Array | undefined, piece: number) => kept === undefined || kept[piece] === 1;

/** 1: a piece that stays. */
function keptPieces(path: CriticalPath, longestKept: number): Uint8Array {
  const kept = uint8s(path.n).fill(1);
  const length = (i: number) => path.end[i] - path.start[i];
  const order = Int32Array.from({ length: path.n }, (_, i) => i).sort(
    (a, b) => length(b) - length(a) || a - b,
  );
  for (const i of order.subarray(longestKept)) kept[i] = 0;
  return kept;
}

function segmentCount(path: CriticalPath, kept: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < path.n; i++) if (kept[i] === 1 || i === 0 || kept[i - 1] === 1) count++;
  return count;
}
