/** Stage 1 of one partition in memory, with what a crash leaves of it: the log, the commit, and ati.traces. */
import { decodeAs } from '#schemas/codec.ts';
import type { AssemblyOutput } from '../assembly/outputs.ts';
import { type Analyse, type AssemblyStart, FROM_THE_START } from '../assembly/partition-processor.ts';
import { tombstoneOf } from '../assembly/read-back.ts';
import type { AssemblySettings } from '../assembly/settings.ts';
import { MemoryLog } from './memory-log.ts';
import { RecordProcessor } from './record-processor.ts';

export interface AssemblySink {
  output(output: AssemblyOutput): void;
  deadLetter(step: string, reason: string): void;
}

interface Summary {
  readonly value: Uint8Array;
  /** The partition's clock after the record that gave it; its own is not above. */
  readonly clock: number;
}

export class MemoryAssembly {
  processor: RecordProcessor;
  readonly #partition: number;
  readonly #settings: AssemblySettings;
  readonly #analyse: Analyse;
  readonly #log = new MemoryLog<Uint8Array>();
  /** Records of ati.traces that a restart may still need. */
  #summaries: Summary[] = [];
  #committed = { offset: 0, clock: 0, done: 0 };

  constructor(partition: number, settings: AssemblySettings, analyse: Analyse) {
    this.#partition = partition;
    this.#settings = settings;
    this.#analyse = analyse;
    this.processor = this.#make(FROM_THE_START);
  }

  pipe(value: Uint8Array, sink: AssemblySink): void {
    this.#process(this.#log.append(value), sink);
  }

  /** What production does after a batch is produced: the floor, how far all is done, and the clock. */
  commit(): void {
    const { offset, clock } = this.processor.floor();
    this.#committed = { offset, clock, done: this.#log.end };
    this.#log.trim(offset);
    this.#summaries = this.#summaries.filter((each) => each.clock > clock - this.#settings.hardCapMs);
  }

  /** Throws the state away and rebuilds it from the commit; what came after it is processed, and emitted, again. */
  restart(sink: AssemblySink): void {
    const { hardCapMs } = this.#settings;
    const tombstones = this.#summaries.flatMap(({ value }) => {
      const decoded = decodeAs('TraceSummary', value);
      if (!decoded.ok) throw new Error(decoded.reason);
      return tombstoneOf(decoded.value, this.#committed, hardCapMs) ?? [];
    });
    this.processor = this.#make({ ...this.#committed, tombstones });
    for (let offset = this.#committed.offset; offset < this.#log.end; offset++) this.#process(offset, sink);
  }

  #make(start: AssemblyStart): RecordProcessor {
    return new RecordProcessor(this.#partition, this.#settings, this.#analyse, start);
  }

  #process(offset: number, sink: AssemblySink): void {
    const { outcome, outputs } = this.processor.process(offset, this.#log.at(offset));
    if (outcome.outcome === 'deadLetter' && offset >= this.#committed.done)
      sink.deadLetter(outcome.step, outcome.reason);
    for (const output of outputs) {
      if (output.topic === 'traces')
        this.#summaries.push({ value: output.value, clock: this.processor.clock });
      sink.output(output);
    }
  }
}
