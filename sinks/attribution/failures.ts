/**
 * Where the errors of failing traces begin. An error is passed up from callee to caller, so the graph of a trace shows it at
 * every level; it begins where an operation fails and nothing that it calls does.
 */
import type { GraphEdge, GraphNode } from '#schemas/events.ts';
import { byText, type Sample, type TraceShares } from './sample.ts';
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
  /** At most 20, the most traces first. */
  readonly instances: readonly FailingInstance[];
  /** At most 3, the first by id. */
  readonly exemplarTraceIds: readonly string[];
}

const EXEMPLARS = 3;
const INSTANCES = 20;
/** As for slow instances: so much of it there, so many traces, and so unlikely by chance. */
const COVERED = 0.8;
const LEAST = 5;
const CHANCE = 0.01;

type Named = Pick<Failure, 'role' | 'service' | 'agent' | 'operation'>;
const nameKey = ({ role, service, agent, operation }: Named) =>
  JSON.stringify([service, operation, agent, role]);

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

/** The one in most traces first. `others`: traces of the same time without errors, for the load of instances. */
export function failures(set: FailingSample, others: Sample, limit = 20): Failure[] {
  const found = new Map<string, { node: Named; errors: number; traces: FailingTrace[] }>();
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
  return [...found]
    .sort(([a, x], [b, y]) => y.traces.length - x.traces.length || byText(a, b))
    .slice(0, limit)
    .map(
      ([
        key,
        {
          node: { role, service, agent, operation },
          errors,
          traces,
        },
      ]) => {
        const instances = instancesOf(key, set, others);
        return {
          ...{
            role,
            service,
            agent,
            operation,
            traces: traces.length,
            share: traces.length / set.traces.length,
            errors,
          },
          failingInstance: alone(instances),
          instances: instances.slice(0, INSTANCES),
          exemplarTraceIds: traces.slice(0, EXEMPLARS).map(({ traceId }) => traceId),
        };
      },
    );
}

function instancesOf(key: string, set: FailingSample, others: Sample): FailingInstance[] {
  const spans = new Map<string, number>();
  const traces = new Map<string, number>();
  const add = (to: Map<string, number>, instance: string, n: number) =>
    to.set(instance, (to.get(instance) ?? 0) + n);
  const weight = ({ traces, total }: Sample) => (traces.length === 0 ? 0 : total / traces.length);
  const own = ({ shares }: TraceShares) =>
    shares.filter((each) => each.type === 'self' && nameKey(each) === key);
  for (const trace of others.traces)
    for (const each of own(trace)) add(spans, each.instance, each.spans * weight(others));
  for (const trace of set.traces) {
    for (const each of own(trace)) {
      add(spans, each.instance, each.spans * weight(set));
      if (each.errors > 0) add(traces, each.instance, 1);
    }
  }
  const all = [...spans.values()].reduce((sum, n) => sum + n, 0);
  return [...spans]
    .filter(([instance]) => instance !== '')
    .map(([instance, n]) => ({ instance, traces: traces.get(instance) ?? 0, load: n / all }))
    .sort((a, b) => b.traces - a.traces || byText(a.instance, b.instance));
}

function alone(instances: readonly FailingInstance[]): string {
  const [first] = instances;
  const all = instances.reduce((sum, { traces }) => sum + traces, 0);
  if (first === undefined || instances.length < 2 || first.traces < Math.max(LEAST, COVERED * all)) return '';
  return binomialTail(all, first.traces, first.load) <= CHANCE / instances.length ? first.instance : '';
}
