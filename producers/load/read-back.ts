import { setTimeout as wait } from 'node:timers/promises';
import type { FindingKind } from '#schemas/events.ts';
import {
  type Agreement,
  agrees,
  compare,
  type Incident,
  incidentsOf,
  type Planted,
  plantedIn,
  type RootFinding,
} from './agreement.ts';
import { askSql } from './ati.ts';
import type { Played } from './workflow.ts';

/** What ATI made of a load. */
export interface ReadBack {
  /** Traces that the agents answered for. */
  readonly traces: number;
  /** Of those, closed in ATI. */
  readonly arrived: number;
  readonly agreement: readonly Agreement[];
  readonly incidents: readonly Incident[];
}

export type ReadBackResult =
  | { readonly ok: true; readonly answer: ReadBack }
  | { readonly ok: false; readonly reason: string };

export interface ReadBackOptions {
  readonly api: string;
  readonly played: readonly Played[];
  /** Milliseconds without a trace that came, after which it is asked no more. */
  readonly arrivalMs?: number;
  /** The same once all are there and not all is as planted: late spans re-open a trace. */
  readonly agreementMs?: number;
  /** Between two looks, ms. */
  readonly everyMs?: number;
  readonly onProgress?: (arrived: number, of: number) => void;
}

/** The lists of a trace's findings, one entry each. */
interface TraceRow {
  readonly TraceId: string;
  readonly Kinds: readonly FindingKind[];
  readonly Agents: readonly string[];
  readonly Callees: readonly string[];
  readonly Roots: readonly boolean[];
  readonly Incidents: readonly string[];
}
interface IncidentRow {
  readonly IncidentId: string;
  readonly State: string;
}

/** Ids of a statement: the API takes 20,000 characters. */
const CHUNK = 500;
const EVERY_MS = 1_000;
const ARRIVAL_MS = 30_000;
const AGREEMENT_MS = 10_000;

/** Asks the query API for every trace and its incidents until all is as planted, or nothing has changed for a while. */
export async function readBack(options: ReadBackOptions): Promise<ReadBackResult> {
  const { api, arrivalMs = ARRIVAL_MS, agreementMs = AGREEMENT_MS, everyMs = EVERY_MS, onProgress } = options;
  const planted = plantedIn(options.played);
  const found = new Map<string, readonly RootFinding[]>();
  const states = new Map<string, string>();
  let lastGain = performance.now();
  for (let best = -1; ; await wait(everyMs)) {
    const problem = await look(api, planted, found, states);
    if (problem?.later === false) return { ok: false, reason: problem.reason };
    const agreement = compare(planted, found);
    const incidents = incidentsOf(found, states);
    const answer = { traces: planted.size, arrived: found.size, agreement, incidents };
    onProgress?.(answer.arrived, answer.traces);
    const unplanted = sum(agreement.map((each) => each.unplanted));
    if (problem === undefined && stands(answer) && unplanted === 0) return { ok: true, answer };
    const right = found.size + states.size + sum(agreement.map((each) => each.found)) - unplanted;
    if (right > best) lastGain = performance.now();
    best = Math.max(best, right);
    const patience = found.size < planted.size ? arrivalMs : agreementMs;
    if (performance.now() - lastGain < patience) continue;
    return problem === undefined ? { ok: true, answer } : { ok: false, reason: problem.reason };
  }
}

/** Whether every trace arrived, every planted failure was found, and every incident of them reported. */
export function stands({ traces, arrived, agreement, incidents }: ReadBack): boolean {
  return (
    arrived === traces &&
    agreement.every(({ planted, found }) => planted === found) &&
    incidents.every(({ state }) => state !== 'none')
  );
}

const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);

/** Asks for what is missing or not as planted; gives what kept it from that. */
async function look(
  api: string,
  planted: Planted,
  found: Map<string, readonly RootFinding[]>,
  states: Map<string, string>,
): Promise<{ later: boolean; reason: string } | undefined> {
  const open = [...planted].filter(([id, kinds]) => !found.has(id) || !agrees(kinds, found.get(id) ?? []));
  for (const ids of chunks(open.map(([id]) => id))) {
    const asked = await askSql<TraceRow>(
      api,
      `SELECT TraceId, Findings.Kind AS Kinds, Findings.Agent AS Agents, Findings.Root AS Roots,
         Findings.Signature AS Callees, Findings.IncidentId AS Incidents FROM ati_traces FINAL WHERE TraceId IN (${list(ids)})`,
    );
    if (!asked.ok) return asked;
    for (const row of asked.rows) found.set(row.TraceId, rootsOf(row));
  }
  const unknown = new Set(
    [...found.values()]
      .flatMap((of) => of.map(({ incidentId }) => incidentId))
      .filter((id) => !states.has(id)),
  );
  for (const ids of chunks([...unknown])) {
    const asked = await askSql<IncidentRow>(
      api,
      `SELECT IncidentId, State FROM ati_incidents WHERE IncidentId IN (${list(ids)})`,
    );
    if (!asked.ok) return asked;
    for (const { IncidentId, State } of asked.rows) states.set(IncidentId, State);
  }
  return undefined;
}

function rootsOf({ Kinds, Agents, Roots, Callees, Incidents }: TraceRow): RootFinding[] {
  return Kinds.map((kind, i) => ({
    kind,
    agent: Agents[i],
    callee: Callees[i],
    incidentId: Incidents[i],
  })).filter((_, i) => Roots[i]);
}

function chunks(ids: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / CHUNK) }, (_, i) =>
    ids.slice(i * CHUNK, (i + 1) * CHUNK),
  );
}

/** Ids are 32 hex digits: the agents' answers are checked for it, and incident ids are ATI's own. */
function list(ids: readonly string[]): string {
  return ids.map((id) => `'${id}'`).join(',');
}
