/** Some tenants of one installation, played together through the pipeline and judged. */
import { type PlacedBatch, runPipeline } from '#processors/testing/pipeline.ts';
import type { IncidentEvent, TraceSummary } from '#schemas/events.ts';
import { partitionOf } from '#schemas/murmur2.ts';
import type { TenantSpec } from './corpus/tenants.ts';
import { judgeTenant } from './judge/judge.ts';
import { mergeOutcomes, type Outcome } from './judge/outcome.ts';
import { type PlayedTenant, playTenant } from './play.ts';

const PARTITIONS = 4;

/** The shard's traces, interleaved in virtual time as they arrive, through both stages. */
export async function playShard(specs: readonly TenantSpec[], corpusSeed: number): Promise<Outcome> {
  const tenants: PlayedTenant[] = [];
  for (const spec of specs) tenants.push(await playTenant(spec, corpusSeed));
  const { traces, incidents, deadLetters } = runPipeline(arrivals(tenants), { partitions: PARTITIONS });
  const tracesOf = Map.groupBy<string, TraceSummary>(traces, (trace) => trace.tenant);
  const incidentsOf = Map.groupBy<string, IncidentEvent>(incidents, (incident) => incident.tenant);
  const outcome = mergeOutcomes(
    tenants.map((tenant) => ({
      ...judgeTenant(tenant, {
        traces: tracesOf.get(tenant.spec.tenant) ?? [],
        incidents: incidentsOf.get(tenant.spec.tenant) ?? [],
      }),
      deadLetters: [],
    })),
  );
  return { ...outcome, deadLetters };
}

function arrivals(tenants: readonly PlayedTenant[]): PlacedBatch[] {
  const batches = tenants.flatMap(({ spec, traces }) =>
    traces.flatMap(({ traceId, exports }) => {
      const partition = partitionOf(Buffer.from(traceId, 'hex'), PARTITIONS);
      return exports.map(({ atUnixMs, spanCount, otlp }) => ({
        partition,
        batch: { tenant: spec.tenant, receivedAt: atUnixMs, spanCount, otlp },
      }));
    }),
  );
  return batches.sort((a, b) => a.batch.receivedAt - b.batch.receivedAt);
}
