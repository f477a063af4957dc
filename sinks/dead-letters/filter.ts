import type { TimePoint } from '../replay/time.ts';
import type { Letter } from './letters.ts';

/** Which letters; all that is said must hold. */
export interface Filter {
  /** The source topic: its name on the broker, or without the prefix, or without `ati.`. */
  readonly topic?: string;
  /** Of the source. */
  readonly partition?: number;
  readonly step?: string;
  readonly reason?: RegExp;
  /** When it became a letter. */
  readonly since?: TimePoint;
  readonly until?: TimePoint;
}

export function matches(filter: Filter, { source, step, reason, at }: Letter, prefix: string): boolean {
  const { topic } = filter;
  if (topic !== undefined && ![topic, prefix + topic, `${prefix}ati.${topic}`].includes(source.topic))
    return false;
  if (filter.partition !== undefined && filter.partition !== source.partition) return false;
  if (filter.step !== undefined && filter.step !== step) return false;
  if (filter.reason !== undefined && !filter.reason.test(reason)) return false;
  if (typeof filter.since === 'number' && at < filter.since) return false;
  return !(typeof filter.until === 'number' && at >= filter.until);
}
