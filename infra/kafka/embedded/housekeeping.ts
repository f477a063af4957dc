import type { Broker } from './broker.ts';
import { compactIfDue } from './log/compact.ts';
import type { PartitionLog } from './log/partition-log.ts';
import { applyRetention } from './log/retention.ts';
import type { TopicConfig } from './topics/config.ts';

/** Applies retention and compaction to every partition, again and again. Returns what stops it. */
export function startHousekeeping(broker: Broker, intervalMs: number): () => Promise<void> {
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout;
  const run = async (): Promise<void> => {
    for (const topic of broker.catalog.all()) {
      for (const log of topic.partitions) {
        if (stopped) return;
        await tend(log, topic.config);
      }
    }
  };
  const schedule = (): void => {
    timer = setTimeout(() => {
      running = run().then(() => {
        if (!stopped) schedule();
      });
    }, intervalMs);
  };
  schedule();
  return () => {
    stopped = true;
    clearTimeout(timer);
    return running;
  };
}

async function tend(log: PartitionLog, config: TopicConfig): Promise<void> {
  const { name, clock } = log.options;
  try {
    const now = clock();
    log.sequences.expire(now);
    const deleted = applyRetention(log, config, now);
    if (deleted > 0)
      log.options.log.info({ partition: name, segments: deleted }, 'segments past their retention deleted');
    const before = log.size;
    if (await compactIfDue(log, config, now)) {
      log.options.log.info({ partition: name, before, after: log.size }, 'compacted');
    }
  } catch (error) {
    if (log.closed) return; // the topic was deleted meanwhile, and its files with it
    log.options.log.error({ err: error, partition: name }, 'housekeeping failed; tried again later');
  }
}
