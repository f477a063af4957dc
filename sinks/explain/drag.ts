/** What a share of the critical path could save, and where that is much less than its time: docs/critical-path.md, Drag. */
import { elapsed } from '#infra/format.ts';
import { wrap } from './text.ts';
import type { Trace, View } from './view.ts';

type Named = Pick<Trace['criticalPath'][number], 'type' | 'service' | 'role' | 'operation'>;

/** From this part of the whole on a share is worth the note, if it saves less than this part of its time. Own choice. */
const MUCH = 0.1;
const LITTLE = 0.5;

/** An edge is the caller's piece of the path, and the callee's share: the caller's names bring them together. */
const keyOf = ({ type, service, role, operation }: Named) =>
  JSON.stringify(type === 'edge' ? [type, service, operation] : [type, service, role, operation]);

/**
 * Nanoseconds by which the trace would be shorter without the segments of a name; undefined where its shares do not say.
 * Shares of several agents or instances are added: too little where they ran side by side.
 */
export function dragOf(shares: Trace['shares']): (named: Named) => number | undefined {
  const sums = new Map<string, number>();
  for (const share of shares) {
    const { type, callerService, callerOperation } = share;
    const named = type === 'edge' ? { service: callerService, operation: callerOperation } : {};
    const key = keyOf({ ...share, ...named });
    sums.set(key, (sums.get(key) ?? 0) + Number(share.dragNs));
  }
  return (named) => sums.get(keyOf(named));
}

/** Much of the whole, and little of it to save; a wait for a person is nobody's to make faster. */
export const isShared = (type: string, pathTime: number, drag: number, share: number) =>
  type !== 'idle' && share >= MUCH && drag < LITTLE * pathTime;

/** `12 ms`, with a star where the note tells more; aligned with those that have none. */
export const savingCell = (ms: number, shared: boolean, anyShared: boolean) =>
  `${elapsed(ms)}${shared ? ' *' : anyShared ? '  ' : ''}`;

/** Beneath a table with stars. */
export const sharedNote = (view: View): string[] =>
  wrap(
    '* much of the path, little to save: others beside it end not much earlier. Faster alone it saves no more than ' +
      'that: make all of them faster, or fewer, or the queue before them shorter.',
    view.width - 2,
  ).map((line) => view.colours.dim(`  ${line}`));
