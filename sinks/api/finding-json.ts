/** What incidents and findings have in common, as the API gives it. */
import { z } from 'zod';

export const evidenceJson = z.array(
  z.object({ name: z.string(), value: z.number().nullable(), unit: z.string() }),
);

export const timelineJson = z.array(
  z.object({
    label: z.string(),
    startMs: z.number().nullable(),
    durationMs: z.number().nullable(),
    outcome: z.string(),
  }),
);

export const recommendationsJson = z.array(z.object({ action: z.string(), text: z.string() }));
