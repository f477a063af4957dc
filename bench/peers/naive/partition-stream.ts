import { Subject } from 'rxjs';
import type { AssemblySettings } from '#processors/assembly/settings.ts';
import type { ConfiguredDetectors } from '#processors/detectors/registry.ts';
import { isToldOn } from '#processors/windows/watermark.ts';
import { orderOf } from '../shared/open-trace.ts';
import { Reporter, type Results } from '../shared/revision.ts';
import type { LogRecord } from './log-record.ts';
import { LogTime } from './log-time.ts';
import { type Arrival, Sessions } from './sessions.ts';

/** One partition's records, from JSON to results. */
export class PartitionStream {
  readonly #settings: AssemblySettings;
  readonly #time = new LogTime();
  readonly #arrivals = new Subject<Arrival>();
  readonly #sessions: Sessions;
  readonly #reporter: Reporter;
  #next = 0;

  constructor(partition: number, settings: AssemblySettings, detectors: ConfiguredDetectors) {
    this.#settings = settings;
    this.#reporter = new Reporter(partition, detectors);
    this.#sessions = new Sessions(settings, this.#time);
    this.#arrivals
      .pipe(this.#sessions.closings)
      .subscribe(({ trace, clock }) => this.#reporter.revision(trace, clock));
  }

  process(offset: number, { tenant, receivedAt, span }: LogRecord): void {
    this.#next = offset + 1;
    this.#reporter.at(offset);
    const before = this.#time.now();
    this.#time.advanceTo(receivedAt);
    if (span !== undefined) this.#arrivals.next({ tenant, offset, key: orderOf(tenant, span.traceId), span });
    const clock = this.#time.now();
    if (isToldOn(before, clock, this.#settings.markEveryMs)) this.#reporter.mark(clock);
  }

  take(): Results {
    return this.#reporter.take();
  }

  /** What is to be committed: where a restart would have to read on. */
  get floor(): number {
    return this.#sessions.floor ?? this.#next;
  }
}
