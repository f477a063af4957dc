import { z } from 'zod';
import { type ReadMetadata, readMetadata } from '../commit-metadata.ts';

/** What stage 2 writes into the metadata of its committed offset. Logical times in unix ms. */
const metadata = z.object({
  v: z.literal(1),
  /** Effects before have been applied and their outputs produced; -1: none. */
  done: z.number().int(),
  /** Inputs whose clock is not above are needed no more. */
  floor: z.number().int(),
  /** Offsets below have been read; dead letters among them were put aside. */
  read: z.number().int(),
});

export interface SignalPosition {
  readonly done: number;
  readonly floor: number;
  readonly read: number;
}

export const FROM_THE_FIRST: SignalPosition = { done: -1, floor: -1, read: 0 };

export function formatSignalMetadata({ done, floor, read }: SignalPosition): string {
  return JSON.stringify({ v: 1, done, floor, read } satisfies z.output<typeof metadata>);
}

/** '' (nothing committed yet) starts at the beginning; anything unreadable is an error with its reason. */
export function parseSignalMetadata(text: string): ReadMetadata<SignalPosition> {
  return readMetadata(text, metadata, { v: 1, ...FROM_THE_FIRST });
}
