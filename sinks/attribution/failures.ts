/**
 * Where the errors of failing traces begin. An error is passed up from callee to caller, so the graph of a trace shows it at
 * every level; it begins where an operation fails and nothing that it calls does.
 */
import type { GraphEdge, GraphNode } from '#schemas/events.ts';
import { byText, type Sample, type TraceShares } from './sample.ts';
import { firstOf, shortName } from './short.ts';
import { binomialTail } from './statistics.ts';

export interface FailingTrace extends TraceShares {
  readonly nodes: readonly Pick<GraphNode, 'id' | 'role' | 'service' | 'agent' | 'operation' | 'errors'>[];
  readonly edges: readonly Pick<GraphEdge, 'from' | 'to' | 'type'>[];
}

export interface FailingInstance {
  readonly instance: string;
  /** Failing traces in which a span of the operation on the critical path failed there. */
  readonly traces: number;
  /** Of the operation's spans on all paths, 0 to 1. */
  readonly load: number;
}

export interface Failure {
  readonly role: string;
  readonly service: string;
  readonly agent: string;
  readonly operation: string;
  /** Failing traces in which an error begins here. */
  readonly traces: number;
  /** Of the failing traces that were looked at, 0 to 1. One trace may have several beginnings. */
  readonly share: number;
  /** Failed spans in them. */
  readonly errors: number;
  /** Where it fails on one instance alone, that; else empty. */
  readonly failingInstance: string;
  /** At most 10, of later ones 3; the most traces first. */
  readonly instances: readonly FailingInstance[];
  /** Instances that are not in the list. */
  readonly moreInstances: number;
  /** At most 3, the first by id. */
  readonly exemplarTraceIds: readonly string[];
}

const EXEMPLARS = 3;
const INSTANCES = 10;
/** Failures with so many instances; the later ones have fewer. */
const IN_FULL = 20;
const IN_BRIEF = 3;
/** As for slow instances: so much of it there, so many traces, and so unlikely by chance. */
const COVERED = 0.8;
const LEAST = 5;
const CHANCE = 0.01;

type Named = Pick<Failure, 'role' | 'service' | 'agent' | 'operation'>;
/** Equal for equal names only. */
const nameKey = ({ role, service, agent, operation }: Named) =>
  `${service.length} ${operation.length} ${agent.length} ${service}${operation}${agent}${role}`;
const byName = (a: Named, b: Named) =>
  byText(a.service, b.service) ||
  byText(a.operation, b.operation) ||
  byText(a.agent, b.agent) ||
  byText(a.role, b.role);

/** Nodes with errors none of whose callees has any; where they fail in a circle, all of them. */
export function beginnings({ nodes, edges }: Pick<FailingTrace, 'nodes' | 'edges'>): FailingTrace['nodes'] {
  const failing = new Map(nodes.filter(({ errors }) => errors > 0).map((node) => [node.id, node]));
  const passing = new Set(
    edges
      .filter(({ from, to, type }) => type === 'child' && from !== to && failing.has(from) && failing.has(to))
      .map(({ from }) => from),
  );
  const first = [...failing.values()].filter(({ id }) => !passing.has(id));
  return first.length > 0 ? first : [...failing.values()];
}

/** A part of the failing traces, of which there are `total`. */
export interface FailingSample {
  readonly traces: readonly FailingTrace[];
  readonly total: number;
}

interface Beginning {
  readonly node: Named;
  errors: number;
  readonly traces: FailingTrace[];
}

export interface Failures {
  readonly failures: Failure[];
  /** Beginnings that are not in the list. */
  readonly more: number;
}

/** The one in most traces first. `others`: traces of the same time without errors, for the load of instances. */
export function failures(set: FailingSample, others: Sample, limit = 20): Failures {
  const found = new Map<string, Beginning>();
  for (const trace of set.traces.toSorted((a, b) => byText(a.traceId, b.traceId))) {
    for (const node of beginnings(trace)) {
      const key = nameKey(node);
      const known = found.get(key);
      if (known === undefined) found.set(key, { node, errors: node.errors, traces: [trace] });
      else {
        known.errors += node.errors;
        known.traces.push(trace);
      }
    }
  }
  const order = (a: Beginning, b: Beginning) => b.traces.length - a.traces.length || byName(a.node, b.node);
  const listed = firstOf(found.values(), limit, order);
  const tallies = instancesOf(listed, set, others);
  return {
    failures: listed.map(({ node, errors, traces }, i): Failure => {
      const instances = ranked(tallies[i]);
      const shown = instances.slice(0, i < IN_FULL ? INSTANCES : IN_BRIEF);
      return {
        role: node.role,
        service: shortName(node.service),
        agent: shortName(node.agent),
        operation: shortName(node.operation),
        traces: traces.length,
        share: traces.length / set.traces.length,
        errors,
        failingInstance: shortName(alone(instances)),
        instances: shown.map((each) => ({ ...each, instance: shortName(each.instance) })),
        moreInstances: instances.length - shown.length,
        exemplarTraceIds: traces.slice(0, EXEMPLARS).map(({ traceId }) => traceId),
      };
    }),
    more: found.size - listed.length,
  };
}

type Tallied = Map<string, { spans: number; traces: number }>;

/** Spans (each trace counts for those it stands for) and failing traces by instance, for each of `listed`: in one pass. */
function instancesOf(listed: readonly Beginning[], set: FailingSample, others: Sample): Tallied[] {
  const tallies = listed.map((): Tallied => new Map());
  const numbers = new Map(listed.map(({ node }, i) => [nameKey(node), i]));
  const operations = new Set(listed.map(({ node }) => node.operation));
  const add = ({ traces, total }: Sample, failing: boolean) => {
    const weight = total / traces.length;
    for (const { shares } of traces)
      for (const share of shares) {
        if (share.type !== 'self' || !operations.has(share.operation)) continue;
        const number = numbers.get(nameKey(share));
        if (number === undefined) continue;
        const tallied = tallies[number];
        let of = tallied.get(share.instance);
        if (of === undefined) {
          of = { spans: 0, traces: 0 };
          tallied.set(share.instance, of);
        }
        of.spans += share.spans * weight;
        if (failing && share.errors > 0) of.traces++;
      }
  };
  add(others, false);
  add(set, true);
  return tallies;
}

function ranked(tallied: Tallied): FailingInstance[] {
  let all = 0;
  for (const { spans } of tallied.values()) all += spans;
  return [...tallied]
    .filter(([instance]) => instance !== '')
    .map(([instance, { spans, traces }]) => ({ instance, traces, load: spans / all }))
    .sort((a, b) => b.traces - a.traces || byText(a.instance, b.instance));
}

function alone(instances: readonly FailingInstance[]): string {
  const [first] = instances;
  const all = instances.reduce((sum, { traces }) => sum + traces, 0);
  if (first === undefined || instances.length < 2 || first.traces < Math.max(LEAST, COVERED * all)) return '';
  return binomialTail(all, first.traces, first.load) <= CHANCE / instances.length ? first.instance : '';
}
