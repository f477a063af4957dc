import { z } from 'zod';

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
export function parseMetadata(
  text: string,
): { ok: true; value: AssemblyMetadata } | { ok: false; reason: string } {
  if (text === '') return { ok: true, value: { v: 1, done: 0, clock: 0, traces: 0 } };
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
