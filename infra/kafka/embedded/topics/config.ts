import type { BatchRules } from '../batch/validate.ts';
import { CONFIG_DEFINITIONS } from './config-definitions.ts';

/** A topic's configuration: as it was given, and as the log reads it. */
export interface TopicConfig {
  /** What was set for this topic; everything else has its default. */
  readonly given: Readonly<Record<string, string>>;
  readonly rules: BatchRules;
  readonly delete: boolean;
  readonly compact: boolean;
  /** Milliseconds and bytes; -1 is without limit. */
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly deleteRetentionMs: number;
  readonly minCompactionLagMs: number;
  readonly maxCompactionLagMs: number;
  readonly minDirtyRatio: number;
}

export type ConfigResult = { ok: true; config: TopicConfig } | { ok: false; reason: string };

/** Checks entries as a Kafka 4.x broker does; null values mean the default. */
export function topicConfig(entries: Readonly<Record<string, string | null>>): ConfigResult {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(entries)) {
    const definition = CONFIG_DEFINITIONS.get(name);
    if (definition === undefined) return { ok: false, reason: `Unknown topic config name: ${name}` };
    if (value === null) continue;
    if (!definition.accepts(value)) {
      const reason = `Invalid value ${value} for configuration ${name}: ${definition.expects}`;
      return { ok: false, reason };
    }
    given[name] = value;
  }
  const text = (name: string): string => given[name] ?? CONFIG_DEFINITIONS.get(name)!.fallback;
  const number = (name: string): number => Number(text(name));
  const policies = text('cleanup.policy')
    .split(',')
    .map((policy) => policy.trim());
  const config: TopicConfig = {
    given,
    rules: {
      maxBytes: number('max.message.bytes'),
      compacted: policies.includes('compact'),
      appendTime: text('message.timestamp.type') === 'LogAppendTime',
      maxBeforeMs: number('message.timestamp.before.max.ms'),
      maxAfterMs: number('message.timestamp.after.max.ms'),
    },
    delete: policies.includes('delete'),
    compact: policies.includes('compact'),
    retentionMs: number('retention.ms'),
    retentionBytes: number('retention.bytes'),
    segmentBytes: number('segment.bytes'),
    segmentMs: number('segment.ms'),
    deleteRetentionMs: number('delete.retention.ms'),
    minCompactionLagMs: number('min.compaction.lag.ms'),
    maxCompactionLagMs: number('max.compaction.lag.ms'),
    minDirtyRatio: number('min.cleanable.dirty.ratio'),
  };
  return { ok: true, config };
}
