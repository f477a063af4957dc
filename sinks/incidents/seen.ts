/** When the incidents of the topic were last seen: repeats of a failure give no event, so the query API knows. */
import { z } from 'zod';
import { ask, parsed } from '../ask-api.ts';

const page = z.object({
  incidents: z.array(z.object({ incidentId: z.string(), lastSeenAt: z.string().nullable() })),
});

/**
 * By incident id, unix ms; of the 500 that changed last. Empty where the API does not say so in time: the list is whole
 * without it.
 */
export async function lastSeen(
  base: string,
  sleep: (ms: number) => Promise<unknown>,
  withinMs = 2_000,
): Promise<ReadonlyMap<string, number>> {
  const answer = await Promise.race([
    ask(base, '/v1/incidents?limit=500'),
    sleep(withinMs).then(() => undefined),
  ]);
  const read = answer?.ok ? parsed(base, page, answer.value.json) : undefined;
  const seen = new Map<string, number>();
  for (const { incidentId, lastSeenAt } of read?.ok ? read.value.incidents : [])
    if (lastSeenAt !== null) seen.set(incidentId, Date.parse(lastSeenAt));
  return seen;
}
