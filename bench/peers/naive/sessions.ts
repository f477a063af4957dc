/** rxjs operators from spans to closed traces, by the rules of processors/windows/session.ts. */
import {
  debounceTime,
  filter,
  type GroupedObservable,
  groupBy,
  map,
  merge,
  mergeMap,
  type Observable,
  type OperatorFunction,
  Subject,
  switchMap,
  takeUntil,
  tap,
  timer,
} from 'rxjs';
import { rememberedUntil, type SessionSettings } from '#processors/windows/session.ts';
import { OpenTrace } from '../shared/open-trace.ts';
import type { Span } from '../shared/span.ts';
import { Tombstones } from '../shared/tombstones.ts';
import type { LogTime } from './log-time.ts';

export interface Arrival {
  readonly tenant: string;
  readonly offset: number;
  /** Of its trace (`orderOf`). */
  readonly key: string;
  readonly span: Span;
}

/** A trace whose next revision is due. */
export interface Closing {
  readonly trace: OpenTrace;
  readonly clock: number;
}

/** A trace with what decides when it closes. */
class Session extends OpenTrace {
  /** Log time of the first close; -1 before. */
  closedAt = -1;
  /** Spans have come since the last close. */
  fresh = false;
  /** It takes no more spans. */
  readonly over = new Subject<void>();

  get closed(): boolean {
    return this.closedAt >= 0;
  }
}

export class Sessions {
  readonly #settings: SessionSettings;
  readonly #time: LogTime;
  readonly #open = new Map<string, Session>();
  readonly #tombstones = new Tombstones();

  constructor(settings: SessionSettings, time: LogTime) {
    this.#settings = settings;
    this.#time = time;
  }

  /** The lowest offset that an open trace needs; undefined without any. */
  get floor(): number | undefined {
    // Traces stand in order of their first span.
    for (const { firstOffset } of this.#open.values()) return firstOffset;
    return undefined;
  }

  readonly closings: OperatorFunction<Arrival, Closing> = (spans$) =>
    spans$.pipe(
      filter((arrival) => this.#isTaken(arrival)),
      groupBy(({ key }) => key, {
        duration: ({ key }) => this.#open.get(key)!.over,
      }),
      mergeMap((trace$) => this.#closingsOf(trace$)),
    );

  /** The session of an arrival, opened if need be; false for a span of a trace whose time is over. */
  #isTaken({ tenant, offset, key, span }: Arrival): boolean {
    if (this.#open.has(key)) return true;
    const now = this.#time.now();
    this.#tombstones.purge(now);
    if (this.#tombstones.covers(key, now)) return false;
    this.#open.set(key, new Session(tenant, span.traceId, offset));
    return true;
  }

  #closingsOf(trace$: GroupedObservable<string, Arrival>): Observable<Closing> {
    const { quietGapMs, hardCapMs, reopenMs } = this.#settings;
    const trace = this.#open.get(trace$.key)!;
    const time = this.#time.ordered(trace.order);
    const isLate = () => trace.closed && time.now() >= trace.closedAt + reopenMs;
    const quiet$ = trace$.pipe(
      filter(({ span }) => !isLate() && trace.add(span)),
      tap(() => {
        trace.fresh = true;
      }),
      debounceTime(quietGapMs, time),
      filter(() => trace.rooted || trace.closed),
    );
    const cap$ = timer(hardCapMs, time).pipe(filter(() => !trace.closed));
    const closings = new Subject<Closing>();
    closings
      .pipe(
        switchMap(() => timer(Math.max(0, trace.closedAt + reopenMs - time.now()), time)),
        filter(() => !trace.fresh),
      )
      .subscribe(() => this.#end(trace));
    return merge(quiet$, cap$).pipe(
      map(() => {
        if (!trace.closed) trace.closedAt = time.now();
        trace.fresh = false;
        return { trace, clock: time.now() };
      }),
      tap(closings),
      takeUntil(trace.over),
    );
  }

  #end(trace: Session): void {
    this.#open.delete(trace.order);
    this.#tombstones.add(trace.order, rememberedUntil(trace.closedAt, this.#settings));
    trace.over.next();
    trace.over.complete();
  }
}
