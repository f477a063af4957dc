import { z } from 'zod';
import { type ReadMetadata, readMetadata } from '../commit-metadata.ts';

/** What stage 1 writes into the metadata of its committed offset (the floor). */
const metadata = z.object({
  v: z.literal(1),
  /** Offsets below have been processed and their outputs produced. */
  done: z.number().int().min(0),
  /** The partition's clock just before the record at the floor. */
  clock: z.number().min(0),
  /** Offset of ati.traces (same partition) from which on to look for tombstones. */
  traces: z.number().int().min(0),
});

export type AssemblyMetadata = z.output<typeof metadata>;

export function formatMetadata(value: AssemblyMetadata): string {
  return JSON.stringify(value);
}

/** '' (nothing committed yet) starts at the beginning; anything unreadable is an error with its reason. */
export function parseMetadata(text: string): ReadMetadata<AssemblyMetadata> {
  return readMetadata(text, metadata, { v: 1, done: 0, clock: 0, traces: 0 });
}
