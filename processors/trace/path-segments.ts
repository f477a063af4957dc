import type { PathSegment } from '#schemas/events.ts';
import { uint8s } from './arrays.ts';
import type { CriticalPath } from './critical-path.ts';
import { keptInt32s } from './scratch.ts';
import { ROLES, type TraceView } from './view.ts';

const TYPES: readonly PathSegment['type'][] = ['self', 'edge', 'idle'];

/** The pieces kept as they are where a path has more than twice as many: a summary must fit one Kafka record (1 MiB). */
const LONGEST_KEPT = 500;

/** By row its last piece so far, if that piece is the row's: what earlier traces left is told by it. */
const keptPlaces = keptInt32s();

/**
 * The path as the trace's summary carries it. A path of very many pieces keeps its longest; what lies between them is
 * drawn together, so that the lengths still sum to the root's duration.
 */
export function pathSegments(view: TraceView, path: CriticalPath, longestKept = LONGEST_KEPT): PathSegment[] {
  const kept = path.n <= longestKept * 2 + 1 ? undefined : keptPieces(path, longestKept);
  const segments: PathSegment[] = [];
  const places = keptPlaces(view.n);
  for (let i = 0; i < path.n; i++) {
    const row = path.row[i];
    if (kept === undefined || kept[i] === 1) {
      // A span that waits for several others owns a piece before and behind each.
      const earlier = kept === undefined ? places[row] : i;
      places[row] = i;
      segments.push({
        spanId: earlier < i && path.row[earlier] === row ? segments[earlier].spanId : view.spanId(row),
        role: ROLES[view.role[row]],
        service: view.strings[view.service[row]],
        operation: view.strings[view.operation[row]],
        startNs: path.start[i],
        endNs: path.end[i],
        type: TYPES[path.type[i]],
      });
      continue;
    }
    const last = segments.at(-1);
    if (last !== undefined && last.spanId === '') {
      last.endNs = path.end[i];
    } else {
      segments.push({ ...DRAWN_TOGETHER, startNs: path.start[i], endNs: path.end[i] });
    }
  }
  return segments;
}

const DRAWN_TOGETHER = {
  spanId: '',
  role: 'other',
  service: '',
  operation: 'many short pieces',
  type: 'self',
} as const;

function keptPieces(path: CriticalPath, longestKept: number): Uint8Array {
  const kept = uint8s(path.n).fill(1);
  const length = (i: number) => path.end[i] - path.start[i];
  const order = Int32Array.from({ length: path.n }, (_, i) => i).sort(
    (a, b) => length(b) - length(a) || a - b,
  );
  for (const i of order.subarray(longestKept)) kept[i] = 0;
  return kept;
}
