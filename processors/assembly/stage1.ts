import type { OutcomeName } from '../outcome.ts';
import { OutputWriter } from './outputs.ts';
import { unpack } from './packing.ts';
import { type Analyse, PartitionProcessor, TraceBug } from './partition-processor.ts';
import type { RecordsTask, Refused, Stage1Result, Stage1Task } from './protocol.ts';
import type { AssemblySettings } from './settings.ts';
import { takeStats } from './stats.ts';

interface Lane {
  readonly epoch: number;
  readonly processor: PartitionProcessor;
}

/** The partitions of one worker. A task of an older assignment finds nothing here and gives nothing. */
export class Stage1 {
  readonly #settings: AssemblySettings;
  readonly #analyse: Analyse;
  readonly #lanes = new Map<number, Lane>();
  readonly #outputs = new OutputWriter();

  constructor(settings: AssemblySettings, analyse: Analyse) {
    this.#settings = settings;
    this.#analyse = analyse;
  }

  run(task: Stage1Task): Stage1Result | undefined {
    switch (task.type) {
      case 'assign': {
        const { partition, epoch, start } = task;
        const processor = new PartitionProcessor(
          partition,
          this.#settings,
          this.#analyse,
          start,
          this.#outputs,
        );
        this.#lanes.set(partition, { epoch, processor });
        return undefined;
      }
      case 'keep':
        for (const [partition, lane] of this.#lanes)
          if (lane.epoch !== task.epoch) this.#lanes.delete(partition);
        return undefined;
      case 'records':
        return this.#records(task);
    }
  }

  #records(task: RecordsTask): Stage1Result | undefined {
    const lane = this.#lanes.get(task.partition);
    if (lane === undefined || lane.epoch !== task.epoch) return undefined;
    const { processor } = lane;
    const outputs = this.#outputs;
    const { room } = task;
    outputs.begin(room ?? new ArrayBuffer(0));
    const refused: Refused[] = [];
    const outcomes: Partial<Record<OutcomeName, number>> = {};
    const values = unpack(task.records);
    let next = task.offsets[0];
    let bug: Stage1Result['bug'];
    for (let i = 0; i < values.length; i++) {
      const offset = task.offsets[i];
      const before = outputs.count;
      try {
        const processed = processor.process(offset, values[i], task.appended?.[i]);
        const { outcome } = processed;
        outcomes[outcome.outcome] = (outcomes[outcome.outcome] ?? 0) + 1;
        if (outcome.outcome === 'deadLetter') {
          const { step, reason } = outcome;
          refused.push({ offset, step, reason });
        }
        for (const trace of processed.skipped)
          refused.push({ offset, step: 'analyse', reason: 'bug', trace });
      } catch (error) {
        // A bug: what the records before gave stands, this processor is of no use any more.
        this.#lanes.delete(task.partition);
        outputs.cut(before);
        next = offset;
        bug = {
          message: error instanceof Error ? error.message : String(error),
          ...(error instanceof Error && error.stack !== undefined && { stack: error.stack }),
          ...(error instanceof TraceBug && { trace: error.trace }),
        };
        break;
      }
      next = offset + 1;
    }
    const packed = outputs.end();
    return {
      outputs: packed,
      spent: room === undefined || packed.bytes === room ? [task.records.bytes] : [task.records.bytes, room],
      refused,
      outcomes,
      next,
      floor: processor.floor(),
      clock: processor.clock,
      openTraces: processor.openTraces,
      stats: takeStats(processor.stats),
      ...(bug !== undefined && { bug }),
    };
  }
}
