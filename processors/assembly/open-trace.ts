import type { SpanColumns } from '#schemas/otlp/columns.ts';
import type { AnalysedSignal } from '../analyse.ts';
import { SessionWindow } from '../windows/session.ts';
import type { Timed } from './due-queue.ts';
import type { AssemblySettings } from './settings.ts';
import { SpanArena } from './span-arena.ts';

/** Key of a duplicate: span id, start and kind. */
const identity = Buffer.alloc(17);

/** What became of a span that met its trace. */
export type Arrival = 'added' | 'duplicate' | 'late';

/**
 * A trace from its first span until it can no longer be re-opened: a session window (whose rules stand in
 * windows/session.ts) with the spans in it. Complete when its root has come.
 */
export class OpenTrace implements Timed {
  readonly tenant: string;
  readonly traceId: string;
  readonly order: string;
  /** Offset of the batch with its first span, and the partition's clock just before that batch. */
  readonly firstOffset: number;
  readonly clockBefore: number;
  readonly spans = new SpanArena();
  /** Revisions emitted. */
  revision = 0;
  /** Fixed by revision 1. */
  eventTime = 0;
  /** Agent operations that some revision had a signal for. */
  readonly signalled = new Map<string, Pick<AnalysedSignal, 'scope' | 'agent' | 'operation'>>();
  due = 0;

  readonly #settings: AssemblySettings;
  readonly #session: SessionWindow;
  readonly #seen = new Set<string>();

  constructor(
    tenant: string,
    traceId: string,
    first: { offset: number; clockBefore: number; clock: number },
    settings: AssemblySettings,
  ) {
    this.tenant = tenant;
    this.traceId = traceId;
    this.order = traceOrder(tenant, traceId);
    this.firstOffset = first.offset;
    this.clockBefore = first.clockBefore;
    this.#settings = settings;
    this.#session = new SessionWindow(settings, first.clock);
  }

  get rooted(): boolean {
    return this.#session.complete;
  }

  /** Clock of revision 1; −1 before. */
  get closedAt(): number {
    return this.#session.closedAt;
  }

  get oversized(): boolean {
    return this.spans.columns.n > this.#settings.maxSpans || this.spans.byteLength > this.#settings.maxBytes;
  }

  /** A revision is due (else: to be forgotten). */
  get unrevised(): boolean {
    return this.#session.unrevised;
  }

  /** Offers a span at `clock`; the caller recomputes `due` after the batch. */
  offer(from: SpanColumns, row: number, source: Uint8Array, clock: number): Arrival {
    identity.set(from.spanId.subarray(row * 8, row * 8 + 8), 0);
    identity.writeUInt32LE(from.time[row * 4], 8);
    identity.writeUInt32LE(from.time[row * 4 + 1], 12);
    identity[16] = from.kind[row];
    const key = identity.toString('latin1');
    if (this.#seen.has(key)) return 'duplicate';
    if (this.#session.isLate(clock)) return 'late';
    this.#seen.add(key);
    this.spans.add(from, row, source);
    this.#session.add(clock, !this.rooted && isZero(from.parentId, row * 8));
    return 'added';
  }

  /** Sets `due` to the next moment at which this trace must be looked at. */
  schedule(): void {
    this.due = this.#session.due();
  }

  /** Counts a revision at `clock`. */
  revise(clock: number): number {
    this.#session.close(clock);
    return ++this.revision;
  }

  /**
   * Its spans go at once: a due time that has fallen (the root came after its children, as it mostly does) leaves an entry
   * in the queue that holds this object until the hard cap.
   */
  forget(): void {
    this.#session.end();
    this.#seen.clear();
    this.signalled.clear();
    this.spans.clear();
  }
}

/** Orders traces, and names one, across tenants. */
export function traceOrder(tenant: string, traceId: string): string {
  return `${tenant}\0${traceId}`;
}

function isZero(bytes: Uint8Array, at: number): boolean {
  for (let i = at; i < at + 8; i++) if (bytes[i] !== 0) return false;
  return true;
}
