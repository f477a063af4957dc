/** For tests of stage 2: signals, marks and detectors from a few words. */
import { encode } from '#schemas/codec.ts';
import type { Fact, Finding, Severity, Signal, Source } from '#schemas/events.ts';
import type { ConfiguredDetectors } from '../detectors/registry.ts';
import { incidentId } from '../incidents/identity.ts';

export interface TestSignal {
  trace: string;
  operation?: string;
  revision?: number;
  eventTime: number;
  /** A single-trace finding (retry storm), with its one number of evidence. */
  finding?: { severity: Severity; value: number };
  /** A fact that only a window judges. */
  fact?: number;
  /** Called beneath it; default: the callee of the finding. */
  callees?: string[];
  /** An empty signal. */
  empty?: boolean;
}

const AGENT = 'agent';

export function testFinding(operation: string, severity: Severity, value: number): Finding {
  const key = {
    kind: 'retry_storm',
    tenant: 'default',
    agent: AGENT,
    operation,
    signature: 'callee',
  } as const;
  return {
    kind: key.kind,
    incidentId: incidentId(key),
    severity,
    agent: AGENT,
    operation,
    signature: key.signature,
    root: true,
    evidence: [{ name: 'amplification', value, unit: 'ratio' }],
    timeline: [],
    explanation: `It amplifies by ${value}.`,
    recommendations: [],
    explains: [],
    explainedBy: '',
  };
}

export function testSignal(source: Source, given: TestSignal): Signal {
  const operation = given.operation ?? 'op';
  const { finding, fact } = given;
  const facts: Fact[] =
    fact === undefined
      ? []
      : [{ kind: 'starvation', callee: 'c', values: [{ name: 'x', value: fact, unit: 'count' }] }];
  return {
    tenant: 'default',
    scope: 'operation',
    agent: AGENT,
    operation,
    traceId: given.trace,
    revision: given.revision ?? 1,
    eventTime: given.eventTime,
    source,
    calls: given.empty ? 0 : 1,
    errors: 0,
    durationMs: given.empty ? 0 : 1,
    facts: given.empty ? [] : facts,
    findings: given.empty || !finding ? [] : [testFinding(operation, finding.severity, finding.value)],
    callees: given.empty ? [] : (given.callees ?? ['callee']),
  };
}

/** One detector, of windows only: starvation where the facts of a window add up to 10 and are 4 on average. */
export const testDetectors: ConfiguredDetectors = {
  all: [
    {
      detector: {
        kind: 'starvation',
        title: 'Starvation',
        version: 1,
        config: undefined as never,
        inTrace: () => ({ findings: [], facts: [] }),
        inWindow: ({ operation, traces }) => {
          const values = traces.flatMap((t) => t.facts).map((fact) => fact.values[0].value);
          const sum = values.reduce((total, value) => total + value, 0);
          // Less content must not only mean fewer findings: a replay that judged half a window would show.
          if (sum < 10 || sum < 4 * values.length) return [];
          const key = {
            kind: 'starvation',
            tenant: 'default',
            agent: AGENT,
            operation,
            signature: 'w',
          } as const;
          const finding = testFinding(operation, 'warning', sum);
          return [{ ...finding, kind: 'starvation', signature: 'w', incidentId: incidentId(key) }];
        },
      },
      config: undefined,
      thresholdsDigest: '0123456789abcdef',
    },
  ],
  get: () => {
    throw new Error('not asked for');
  },
  thresholdsDigest: () => '0123456789abcdef',
  titleOf: (kind) => (kind === 'starvation' ? 'Starvation' : 'Retry storm'),
};

export type LogEntry = { source: Source; signal?: TestSignal };

export function signalRecord({ source, signal }: LogEntry): Uint8Array {
  return signal === undefined
    ? encode('ClockMark', { source })
    : encode('Signal', testSignal(source, signal));
}
