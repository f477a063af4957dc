import type { TopicConfig } from '../topics/config.ts';
import type { PartitionLog } from './partition-log.ts';

/**
 * Deletes the oldest segments while they are past `retention.ms` (by their newest record) or while the log without
 * them still holds `retention.bytes`. The active segment is closed first when it has to go too. Returns how many.
 */
export function applyRetention(log: PartitionLog, config: TopicConfig, now: number): number {
  if (!config.delete) return 0;
  let deleted = 0;
  for (;;) {
    const [oldest] = log.segments;
    const empty = oldest.size === 0;
    if (empty && oldest === log.active) break;
    const expired = config.retentionMs >= 0 && now - oldest.maxTimestamp > config.retentionMs;
    const tooMuch = config.retentionBytes >= 0 && log.size - oldest.size >= config.retentionBytes;
    if (!empty && !expired && !tooMuch) break;
    if (oldest === log.active) log.roll();
    log.dropOldest();
    deleted++;
  }
  return deleted;
}
