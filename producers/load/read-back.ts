import { setTimeout as wait } from 'node:timers/promises';
import type { FindingKind } from '#schemas/events.ts';
import type { Played } from './workflow.ts';

/** What ATI said of the load's traces, against what was planted in them; traces of each kind. */
export interface Agreement {
  readonly kind: FindingKind;
  readonly planted: number;
  /** Planted and found. */
  readonly found: number;
  /** Found and not planted: under load a workflow may really have failed that way. */
  readonly unplanted: number;
}

export interface ReadBack {
  /** Traces that the agents answered for. */
  readonly traces: number;
  /** Of those, closed in ATI. */
  readonly arrived: number;
  readonly agreement: readonly Agreement[];
  /** Incidents that these traces show: kind and root agent, with how many of the traces. */
  readonly incidents: readonly { readonly kind: string; readonly agent: string; readonly traces: number }[];
}

interface Row {
  readonly TraceId: string;
  readonly Kinds: readonly FindingKind[];
  readonly Agents: readonly string[];
}

const CHUNK = 500;
const EVERY_MS = 1_000;

/** Asks the query API for every trace until all are there, or until no more have come for a while. */
export async function readBack(
  api: string,
  played: readonly Played[],
  patienceMs: number,
  onProgress: (arrived: number, of: number) => void,
): Promise<ReadBack> {
  const expected = new Map(
    played.flatMap(({ traceId, planted }) => (traceId === undefined ? [] : [[traceId, planted] as const])),
  );
  const rows = new Map<string, Row>();
  let lastGain = performance.now();
  while (rows.size < expected.size && performance.now() - lastGain < patienceMs) {
    const missing = [...expected.keys()].filter((traceId) => !rows.has(traceId));
    const before = rows.size;
    for (let i = 0; i < missing.length; i += CHUNK)
      for (const row of await ask(api, missing.slice(i, i + CHUNK))) rows.set(row.TraceId, row);
    if (rows.size > before) lastGain = performance.now();
    onProgress(rows.size, expected.size);
    if (rows.size < expected.size) await wait(EVERY_MS);
  }
  return { traces: expected.size, arrived: rows.size, ...compare(expected, rows) };
}

async function ask(api: string, traceIds: readonly string[]): Promise<Row[]> {
  // Ids are hex from the agents' own answers.
  const list = traceIds.map((id) => `'${id}'`).join(',');
  const query = `SELECT TraceId, Findings.Kind AS Kinds, Findings.Agent AS Agents FROM ati_traces FINAL WHERE TraceId IN (${list})`;
  const response = await fetch(new URL('/v1/sql', api), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  if (!response.ok) throw new Error(`${api}/v1/sql answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { data: Row[] }).data;
}

function compare(
  expected: ReadonlyMap<string, readonly FindingKind[]>,
  rows: ReadonlyMap<string, Row>,
): Pick<ReadBack, 'agreement' | 'incidents'> {
  const counts = new Map<FindingKind, { planted: number; found: number; unplanted: number }>();
  const incidents = new Map<string, { kind: string; agent: string; traces: number }>();
  const of = (kind: FindingKind) => {
    const known = counts.get(kind) ?? { planted: 0, found: 0, unplanted: 0 };
    counts.set(kind, known);
    return known;
  };
  for (const [traceId, planted] of expected) {
    const row = rows.get(traceId);
    const found = new Set(row?.Kinds ?? []);
    for (const kind of new Set(planted)) {
      of(kind).planted++;
      if (found.has(kind)) of(kind).found++;
    }
    for (const kind of found) if (!planted.includes(kind)) of(kind).unplanted++;
    row?.Kinds.forEach((kind, i) => {
      const agent = row.Agents[i];
      const incident = incidents.get(`${kind} ${agent}`) ?? { kind, agent, traces: 0 };
      incidents.set(`${kind} ${agent}`, { ...incident, traces: incident.traces + 1 });
    });
  }
  return {
    agreement: [...counts]
      .map(([kind, count]) => ({ kind, ...count }))
      .sort((a, b) => (a.kind < b.kind ? -1 : 1)),
    incidents: [...incidents.values()].sort((a, b) => b.traces - a.traces),
  };
}
