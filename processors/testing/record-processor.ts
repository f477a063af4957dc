import { type AssemblyOutput, OutputWriter, unpackOutputs } from '../assembly/outputs.ts';
import {
  type Analyse,
  type AssemblyStart,
  PartitionProcessor,
  type Processed,
} from '../assembly/partition-processor.ts';
import type { AssemblySettings } from '../assembly/settings.ts';

const MEMORY_BYTES = 64 << 10;

/** Stage 1 of one partition that gives the outputs of each record with it, in memory of their own. */
export class RecordProcessor extends PartitionProcessor {
  readonly #outputs: OutputWriter;
  #memory = new ArrayBuffer(MEMORY_BYTES);

  constructor(partition: number, settings: AssemblySettings, analyse: Analyse, start: AssemblyStart) {
    const outputs = new OutputWriter();
    super(partition, settings, analyse, start, outputs);
    this.#outputs = outputs;
  }

  override process(
    offset: number,
    value: Uint8Array,
    appendedAt?: number,
  ): Processed & { readonly outputs: AssemblyOutput[] } {
    this.#outputs.begin(this.#memory);
    const processed = super.process(offset, value, appendedAt);
    const packed = this.#outputs.end();
    this.#memory = packed.bytes;
    const outputs = unpackOutputs(packed).map((output) => ({
      ...output,
      key: output.key?.slice() ?? null,
      value: output.value.slice(),
    }));
    return { ...processed, outputs };
  }
}
