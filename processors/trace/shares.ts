import type { PathShare } from '#schemas/events.ts';
import type { CriticalPath } from './critical-path.ts';
import { normalise } from './normalise.ts';
import { ROLES, type TraceView } from './view.ts';

const TYPES: readonly PathShare['type'][] = ['self', 'edge', 'idle'];

/** What owns the critical path, most path time first. */
export function pathShares(view: TraceView, path: CriticalPath): PathShare[] {
  const shares = new Map<string, PathShare>();
  const name = (index: number) => view.strings[index];
  for (let i = 0; i < path.n; i++) {
    const row = path.row[i];
    const key = `${path.type[i]} ${view.role[row]} ${view.service[row]} ${view.agent[row]} ${view.operation[row]}`;
    let share = shares.get(key);
    if (share === undefined) {
      share = {
        type: TYPES[path.type[i]],
        role: ROLES[view.role[row]],
        service: name(view.service[row]),
        agent: normalise(name(view.agent[row])),
        operation: name(view.operation[row]),
        instance: '',
        callerService: '',
        callerOperation: '',
        spans: 0,
        errors: 0,
        pathNs: 0,
        dragNs: 0,
      };
      shares.set(key, share);
    }
    share.spans++;
    share.pathNs += path.end[i] - path.start[i];
  }
  return [...shares.values()].sort((a, b) => b.pathNs - a.pathNs);
}
