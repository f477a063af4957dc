/** Several workflows as parts of one: two runs below one root, in one trace. */
import type { GeneratedRun } from '#producers/agents/virtual/generate.ts';
import { encodeTraces } from '#schemas/otlp/write.ts';
import type { Chance } from '../chance.ts';
import { type Export, readDeliveries, writeDeliveries } from './deliveries.ts';
import { patchSpan } from './patch.ts';

export interface Composed {
  /** 32 hex digits. */
  readonly traceId: string;
  readonly startUnixMs: number;
  readonly endUnixMs: number;
  readonly spanCount: number;
  readonly exports: readonly Export[];
}

export interface ComposeOptions {
  readonly agentPrefix: string;
  readonly serviceName: string;
}

/** An exporter sends what has ended after so long, ms. */
const EXPORT_DELAY_MS = 200;

/**
 * One trace of the runs' spans: their roots become children of a new root, a workflow that lasts from the first start to
 * the last end. Every other span keeps its parent, its times and its attributes.
 */
export function compose(runs: readonly GeneratedRun[], options: ComposeOptions, chance: Chance): Composed {
  const traceId = chance.id(16);
  const rootId = chance.id(8);
  const startUnixMs = Math.min(...runs.map((run) => run.startUnixMs));
  const endUnixMs = Math.max(...runs.map((run) => run.endUnixMs)) + 1;
  const exports = runs.flatMap((run) =>
    writeDeliveries(
      readDeliveries(run.exports).map(({ atUnixMs, spans }) => ({
        atUnixMs,
        spans: spans.map((sent) => ({
          ...sent,
          root: false,
          span: patchSpan(sent.span, { traceId, parentOfRoot: rootId }),
        })),
      })),
    ),
  );
  const { agentPrefix, serviceName } = options;
  const root = {
    traceId,
    spanId: rootId,
    name: 'workflow',
    kind: 1,
    startTimeUnixNano: BigInt(startUnixMs) * 1_000_000n,
    endTimeUnixNano: BigInt(endUnixMs) * 1_000_000n,
    attributes: {
      'ati.role': 'workflow',
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': `${agentPrefix}-session`,
    },
  };
  const resource = { attributes: { 'service.name': serviceName } };
  const last = {
    atUnixMs: endUnixMs + EXPORT_DELAY_MS,
    spanCount: 1,
    otlp: encodeTraces({ resourceSpans: [{ resource, scopeSpans: [{ spans: [root] }] }] }),
  };
  return {
    traceId: Buffer.from(traceId).toString('hex'),
    startUnixMs,
    endUnixMs,
    spanCount: runs.reduce((sum, run) => sum + run.spanCount, 1),
    exports: [...exports, last].sort((a, b) => a.atUnixMs - b.atUnixMs),
  };
}
