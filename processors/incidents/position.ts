import { z } from 'zod';

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
export function parseSignalMetadata(
  text: string,
): { ok: true; value: SignalPosition } | { ok: false; reason: string } {
  if (text === '') return { ok: true, value: FROM_THE_FIRST };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'commit metadata is not JSON' };
  }
  const parsed = metadata.safeParse(json);
  if (!parsed.success) return { ok: false, reason: `commit metadata: ${z.prettifyError(parsed.error)}` };
  return { ok: true, value: parsed.data };
}
