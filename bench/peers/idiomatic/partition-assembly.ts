import type { AssemblySettings } from '#processors/assembly/settings.ts';
import type { ConfiguredDetectors } from '#processors/detectors/registry.ts';
import { rememberedUntil } from '#processors/windows/session.ts';
import { isToldOn } from '#processors/windows/watermark.ts';
import { DueQueue, type Timed } from '../shared/due-queue.ts';
import { OpenTrace, orderOf } from '../shared/open-trace.ts';
import { Reporter, type Results } from '../shared/revision.ts';
import { SessionWindow } from '../shared/session.ts';
import type { Span, SpanBatch } from '../shared/span.ts';
import { Tombstones } from '../shared/tombstones.ts';

class Session extends OpenTrace implements Timed {
  readonly window: SessionWindow;
  due = 0;

  constructor(tenant: string, traceId: string, offset: number, window: SessionWindow) {
    super(tenant, traceId, offset);
    this.window = window;
  }
}

/** One partition's open traces, in a Map of objects. */
export class PartitionAssembly {
  readonly #settings: AssemblySettings;
  readonly #reporter: Reporter;
  readonly #open = new Map<string, Session>();
  readonly #timers = new DueQueue<Session>();
  readonly #tombstones = new Tombstones();
  #clock = 0;
  #next = 0;

  constructor(partition: number, settings: AssemblySettings, detectors: ConfiguredDetectors) {
    this.#settings = settings;
    this.#reporter = new Reporter(partition, detectors);
  }

  process(offset: number, { tenant, receivedAt, spans }: SpanBatch): void {
    this.#next = offset + 1;
    this.#reporter.at(offset);
    const before = this.#clock;
    this.#clock = Math.max(before, receivedAt);
    this.#close();
    const touched = new Set<Session>();
    for (const span of spans) {
      const session = this.#add(tenant, offset, span);
      if (session !== undefined) touched.add(session);
    }
    for (const session of touched) {
      session.due = session.window.due();
      this.#timers.push(session);
    }
    if (isToldOn(before, this.#clock, this.#settings.markEveryMs)) this.#reporter.mark(this.#clock);
  }

  take(): Results {
    return this.#reporter.take();
  }

  /** Where a restart would have to read on: traces stand in order of their first span. */
  get floor(): number {
    for (const { firstOffset } of this.#open.values()) return firstOffset;
    return this.#next;
  }

  /** The session of a span that it takes; undefined for one that is late, or was there before. */
  #add(tenant: string, offset: number, span: Span): Session | undefined {
    const key = orderOf(tenant, span.traceId);
    let session = this.#open.get(key);
    if (session === undefined) {
      if (this.#tombstones.covers(key, this.#clock)) return undefined;
      session = new Session(tenant, span.traceId, offset, new SessionWindow(this.#settings, this.#clock));
      this.#open.set(key, session);
    }
    if (session.window.isLate(this.#clock) || !session.add(span)) return undefined;
    session.window.add(this.#clock, session.rooted);
    return session;
  }

  #close(): void {
    for (;;) {
      const session = this.#timers.pop(this.#clock);
      if (session === undefined) break;
      const { window, due } = session;
      if (window.unrevised) {
        window.close(due);
        this.#reporter.revision(session, due);
      } else {
        window.end();
        this.#open.delete(session.order);
        this.#tombstones.add(session.order, rememberedUntil(window.closedAt, this.#settings));
      }
      session.due = window.due();
      this.#timers.push(session);
    }
    this.#tombstones.purge(this.#clock);
  }
}
