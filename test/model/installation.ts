/** The production processor and sink on the model: both stages, all projections, their committers, timers and groups. */
import { pino } from 'pino';
import { readConfig } from '#infra/config.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import { TOPICS, topicName } from '#infra/topics.ts';
import type { ConfiguredDetectors } from '#processors/detectors/registry.ts';
import { startProcessor } from '#processors/runtime/processor.ts';
import { topicsOf } from '#processors/runtime/topics.ts';
import { settingsOf } from '#processors/settings.ts';
import { Sink } from '#sinks/sink.ts';
import { ModelGroups } from './group.ts';
import { modelKafka } from './kafka.ts';
import { ModelLog } from './log.ts';
import type { ModelProcess } from './process.ts';
import { type AnalysisOf, stage1Of } from './stage1.ts';
import { ModelTables, modelClickHouse } from './tables.ts';
import type { Service, World } from './world.ts';

export const PARTITIONS = 2;
const log = pino({ level: 'silent' });

const read = readConfig({
  ATI_PARTITIONS: String(PARTITIONS),
  ATI_LOG_LEVEL: 'silent',
  // Shorter than production's, in the same proportions: a run is a minute and a half of virtual time on the log.
  ATI_QUIET_GAP_MS: '2000',
  ATI_HARD_CAP_MS: '20000',
  ATI_REOPEN_MS: '4000',
  ATI_WINDOW_MS: '10000',
  ATI_WINDOW_HOP_MS: '5000',
  ATI_WINDOW_GRACE_MS: '5000',
  ATI_SINK_BATCH_ROWS: '40',
  ATI_SINK_FLUSH_MS: '25',
});
if (!read.ok) throw new Error(read.message);
export const CONFIG = read.config;
export const SETTINGS = settingsOf(CONFIG);

/** Virtual ms. */
const COMMIT_EVERY_MS = 15;

export interface InstallationOptions {
  readonly detectors: ConfiguredDetectors;
  readonly analysisOf: AnalysisOf;
  /** Processors and sinks of each kind. */
  readonly members: number;
  readonly acknowledgesEarly: boolean;
}

export class Installation {
  readonly world: World;
  readonly log = new ModelLog();
  readonly tables = new ModelTables();
  readonly topics = topicsOf('');
  readonly #groups = new ModelGroups(this.log);
  readonly #options: InstallationOptions;

  constructor(world: World, options: InstallationOptions) {
    this.world = world;
    this.#options = options;
    for (const { name, partitions, cleanup } of Object.values(TOPICS))
      this.log.create(name, partitions === 'spans' ? PARTITIONS : partitions, cleanup === 'compact');
  }

  start(): void {
    for (let n = 1; n <= this.#options.members; n++) {
      this.world.start(this.processor(`processor ${n}`));
      this.world.start(this.sink(`sink ${n}`));
    }
  }

  processor(name: string, ticks?: { now: () => number; everyMs: number }): Service {
    const { detectors, analysisOf } = this.#options;
    return {
      name,
      start: async (process) => {
        await startProcessor({
          kafka: this.#kafka(process),
          topics: this.topics,
          settings: SETTINGS,
          detectors,
          pool: stage1Of(SETTINGS.assembly, detectors, analysisOf),
          log,
          now: ticks?.now ?? (() => 0),
          ticks: ticks !== undefined,
          ...(ticks && { tickEveryMs: ticks.everyMs }),
          onError: (error) => process.fail(error),
          commitEveryMs: COMMIT_EVERY_MS,
          schedule: process.schedule,
        });
      },
    };
  }

  #kafka(process: ModelProcess): Kafka {
    return modelKafka(process, this.log, this.#groups, this.#options.acknowledgesEarly);
  }

  sink(name: string): Service {
    return {
      name,
      start: async (process) => {
        await Sink.start({
          config: CONFIG,
          kafka: this.#kafka(process),
          clickhouse: modelClickHouse(process, this.tables),
          log,
          onFatal: (error) => process.fail(error),
          schedule: process.schedule,
        });
      },
    };
  }
}

export const topicOf = (name: keyof typeof TOPICS) => topicName(name, '');
