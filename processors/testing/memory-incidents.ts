/** Stage 2 of one partition in memory, with what a crash leaves of it: the log, the commit, and ati.incident-state. */
import { decodeAs } from '#schemas/codec.ts';
import type { ConfiguredDetectors } from '../detectors/registry.ts';
import { fromState, type Incident } from '../incidents/incident.ts';
import type { IncidentOutputs } from '../incidents/ledger.ts';
import { FROM_THE_FIRST, type SignalPosition } from '../incidents/position.ts';
import { SignalProcessor } from '../incidents/signal-processor.ts';
import type { WindowSettings } from '../windows/settings.ts';
import { MemoryLog } from './memory-log.ts';

export interface IncidentSink {
  events(events: IncidentOutputs['events']): void;
  deadLetter(step: string, reason: string): void;
}

export class MemoryIncidents {
  processor: SignalProcessor;
  readonly #settings: WindowSettings;
  readonly #detectors: ConfiguredDetectors;
  /** Records taken together, as one fetch gives them. */
  readonly #batch: number;
  readonly #log = new MemoryLog<Uint8Array>();
  readonly #states = new Map<string, Uint8Array>();
  #committed: SignalPosition & { readonly offset: number } = { ...FROM_THE_FIRST, offset: 0 };
  #next = 0;
  #pending = 0;

  constructor(settings: WindowSettings, detectors: ConfiguredDetectors, batch: number) {
    this.#settings = settings;
    this.#detectors = detectors;
    this.#batch = batch;
    this.processor = this.#make();
  }

  pipe(value: Uint8Array, sink: IncidentSink): void {
    this.#log.append(value);
    this.#read(sink);
  }

  /** Ends the batch that is being read. */
  flush(sink: IncidentSink): void {
    if (this.#pending === 0) return;
    this.#pending = 0;
    const { events, states, bugs } = this.processor.advance();
    for (const { kind } of bugs) sink.deadLetter('window', `bug of ${kind}`);
    sink.events(events);
    for (const { key, value } of states) this.#states.set(key, value);
  }

  /** What production does when the outputs of a batch are written. To be called between batches. */
  commit(): void {
    this.#committed = this.processor.position() ?? this.#committed;
    this.#log.trim(this.#committed.offset);
  }

  /** Throws the windows away and rebuilds them from the commit and the incidents' states. */
  restart(sink: IncidentSink): void {
    this.#pending = 0;
    this.#next = this.#committed.offset;
    this.processor = this.#make();
    this.#read(sink);
  }

  #read(sink: IncidentSink): void {
    while (this.#next < this.#log.end) {
      const outcome = this.processor.add(this.#next, this.#log.at(this.#next));
      this.#next++;
      if (outcome.outcome === 'deadLetter') sink.deadLetter(outcome.step, outcome.reason);
      if (++this.#pending >= this.#batch) this.flush(sink);
    }
  }

  #make(): SignalProcessor {
    const incidents = [...this.#states.values()].map(incidentOf);
    return new SignalProcessor(this.#settings, this.#detectors, { ...this.#committed, incidents });
  }
}

function incidentOf(value: Uint8Array): Incident {
  const state = decodeAs('IncidentState', value);
  const read = state.ok ? fromState(state.value) : state;
  if (!read.ok) throw new Error(read.reason);
  return read.incident;
}
