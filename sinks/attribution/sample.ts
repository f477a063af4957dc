/** What attribution works on: for each trace, who owned how much of its critical path. */
import type { PathShare } from '#schemas/events.ts';

export type Share = Omit<PathShare, 'dragNs'>;

export interface TraceShares {
  readonly traceId: string;
  readonly shares: readonly Share[];
}

/** Some of the traces of a kind. */
export interface Sample {
  readonly traces: readonly TraceShares[];
  /** How many there are of that kind, of which `traces` are all or a random part. */
  readonly total: number;
}

export interface Comparison {
  /** The slow or failing traces. */
  readonly set: Sample;
  /** The other traces of the same root operation and the same time. */
  readonly rest: Sample;
  /** Traces of another time, as they should be. Without: `rest` is the baseline. */
  readonly before?: Sample | undefined;
}

/** Who owns time on the path: an operation, the way between two, a wait for a person; on whatever instance. */
export type Owner = Pick<
  PathShare,
  'type' | 'role' | 'service' | 'agent' | 'operation' | 'callerService' | 'callerOperation'
>;

/** Equal for equal owners only: with their lengths, whatever the names hold. */
export const keyOf = (of: Owner): string =>
  `${of.type} ${of.service.length} ${of.operation.length} ${of.agent.length} ${of.role.length} ${of.callerService.length} ` +
  `${of.service}${of.operation}${of.agent}${of.role}${of.callerService}${of.callerOperation}`;

export const sameOwner = (a: Owner, b: Owner): boolean =>
  a.operation === b.operation &&
  a.type === b.type &&
  a.service === b.service &&
  a.agent === b.agent &&
  a.role === b.role &&
  a.callerService === b.callerService &&
  a.callerOperation === b.callerOperation;

export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What ties are broken by. */
export const byOwner = (a: Owner, b: Owner): number =>
  byText(a.service, b.service) ||
  byText(a.operation, b.operation) ||
  byText(a.agent, b.agent) ||
  byText(a.role, b.role) ||
  byText(a.type, b.type) ||
  byText(a.callerService, b.callerService) ||
  byText(a.callerOperation, b.callerOperation);

/** Path time without waits for a person, ns. */
export const workOf = ({ shares }: TraceShares): number =>
  shares.reduce((sum, { type, pathNs }) => (type === 'idle' ? sum : sum + pathNs), 0);

/** Path time of waits for a person, ns. */
export const waitOf = ({ shares }: TraceShares): number =>
  shares.reduce((sum, { type, pathNs }) => (type === 'idle' ? sum + pathNs : sum), 0);
