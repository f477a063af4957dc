/** What the time of a worker itself is: mostly it waits. */
import type { PathShare } from './path.ts';
import type { Trace } from './view.ts';

type Graph = Pick<Trace, 'nodes' | 'edges'>;

const CALLS = new Set(['tool', 'chat']);

/**
 * The operation; of a worker's own time what it passes with. Workers that run side by side with calls beneath them wait
 * for a slot before a call and, where calls failed and are more than the workers, for the back-off between attempts.
 * Where the graph does not show that, own work cannot be told from waiting. A worker without calls only works.
 */
export function operationLabel(
  { operation, service, role, type }: PathShare,
  { nodes, edges }: Graph,
): string {
  if (role !== 'worker' || type !== 'self') return operation;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const same = nodes.filter(
    (node) => node.role === 'worker' && node.service === service && node.operation === operation,
  );
  if (same.length === 0) return `${operation} (waiting, own work)`;
  const ids = new Set(same.map(({ id }) => id));
  const calls = edges.filter(({ from, to }) => ids.has(from) && CALLS.has(byId.get(to)?.role ?? ''));
  if (calls.length === 0) return operation;
  // One after the other, workers queue for nothing; nor do those that hand over to each other.
  const forked = edges.some(
    ({ from, to, count }) => ids.has(to) && count > 1 && byId.get(from)?.role !== 'worker',
  );
  if (!forked) return `${operation} (waiting, own work)`;
  const made = calls.reduce((sum, { count }) => sum + count, 0);
  const workers = same.reduce((sum, { count }) => sum + count, 0);
  const failed = calls.some(({ to }) => (byId.get(to)?.errors ?? 0) > 0);
  return `${operation}: waiting for a slot${failed && made > workers ? ', back-off' : ''}`;
}
