/** A worker thread: span objects in, summaries and signals out, as the structured clone gives them. */
import { workerData } from 'piscina';
import type { AssemblySettings } from '#processors/assembly/settings.ts';
import { configureDetectors } from '#processors/detectors/registry.ts';
import type { Results } from '../shared/revision.ts';
import type { SpanBatch } from '../shared/span.ts';
import { PartitionAssembly } from './partition-assembly.ts';

export interface WorkerSetup {
  readonly assembly: AssemblySettings;
  readonly detectors: Record<string, unknown>;
}

export interface AssemblyTask {
  readonly partition: number;
  /** Another one than before: the group was joined again, and the partition begins anew. */
  readonly assignment: number;
  readonly batches: readonly { readonly offset: number; readonly batch: SpanBatch }[];
}

export interface AssemblyAnswer {
  readonly results: Results;
  /** Where a restart would have to read on. */
  readonly floor: number;
}

const setup = workerData as WorkerSetup;
const configured = configureDetectors(setup.detectors);
if (!configured.ok) throw new Error(configured.message);
const { detectors } = configured;

let current = -1;
const partitions = new Map<number, PartitionAssembly>();

export default function run({ partition, assignment, batches }: AssemblyTask): AssemblyAnswer {
  if (assignment !== current) partitions.clear();
  current = assignment;
  let assembly = partitions.get(partition);
  if (assembly === undefined) {
    assembly = new PartitionAssembly(partition, setup.assembly, detectors);
    partitions.set(partition, assembly);
  }
  for (const { offset, batch } of batches) assembly.process(offset, batch);
  return { results: assembly.take(), floor: assembly.floor };
}
