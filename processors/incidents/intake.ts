import { type Decoded, decode, encode, signalAt } from '#schemas/codec.ts';
import type { OperatorAction, Source } from '#schemas/events.ts';
import { emptyLayout, layOutHead } from '#schemas/signal-layout.ts';
import { DROP, deadLetter, OK, type Outcome } from '../outcome.ts';
import { GroupNames } from '../windows/group-names.ts';
import { Sources } from '../windows/sources.ts';
import { Tails } from '../windows/tails.ts';
import { InputFloor } from './input-floor.ts';
import type { SignalPosition } from './position.ts';

/** As of stage 1, whose own clocks are never further ahead: a source so far ahead would be heard no more. */
const MAX_AHEAD_MS = 24 * 60 * 60 * 1000;

export interface IntakeOptions {
  /** Partitions of ati.spans. */
  readonly sources: number;
  readonly start: SignalPosition & { readonly offset: number };
  /** Told of what a source has sent before. */
  readonly onDuplicate: () => void;
  /** Applies an operator's action at once: it has no place in the order of the sources. */
  readonly act: (offset: number, action: OperatorAction) => Outcome;
}

/**
 * What becomes of a record of ati.signals when it is read: a signal waits in `sources` for its time, a mark moves the clock of
 * its source, an action is applied, and the rest is refused. Nothing of a record's bytes is kept.
 */
export class Intake {
  readonly sources: Sources;
  readonly input: InputFloor;
  readonly #options: IntakeOptions;
  readonly #names = new GroupNames();
  /** Of the record that is being read. */
  readonly #layout = emptyLayout();
  #tails = new Tails();

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.sources = new Sources(options.sources);
    this.input = new InputFloor(options.start.offset);
  }

  /** A record's bytes, or what somebody else has decoded from whatever it was written in; `writtenAt`: unix ms. */
  take(offset: number, record: Uint8Array | Decoded, writtenAt: number): Outcome {
    if (!(record instanceof Uint8Array)) return this.#decoded(offset, record, writtenAt);
    return this.#signal(offset, record, writtenAt) ?? this.#decoded(offset, decode(record), writtenAt);
  }

  refuse(offset: number, step: string, reason: string): Outcome {
    return this.isNew(offset) ? deadLetter(step, reason) : DROP;
  }

  /** Counts a record that no source's clock says anything of; false where it was read before the last commit, and dealt with. */
  isNew(offset: number): boolean {
    this.input.add(offset, undefined);
    return offset >= this.#options.start.read;
  }

  /** Undefined where `bytes` are no signal, or not written as ours. */
  #signal(offset: number, bytes: Uint8Array, writtenAt: number): Outcome | undefined {
    const layout = this.#layout;
    const at = signalAt(bytes);
    if (at < 0 || !layOutHead(bytes, at, layout)) return undefined;
    if (this.#tails.full) this.#tails = new Tails();
    const tails = this.#tails;
    const tail = tails.intern(layout);
    if (tail < 0) return undefined;
    const outcome = this.#hear(offset, layout, writtenAt);
    if (outcome === OK) this.sources.keep(layout, this.#names.of(layout), tails, tail);
    return outcome;
  }

  #decoded(offset: number, decoded: Decoded, writtenAt: number): Outcome {
    if (!decoded.ok) return this.refuse(offset, 'decode', decoded.reason);
    if (decoded.name === 'OperatorAction') return this.#options.act(offset, decoded.value);
    if (decoded.name === 'Signal') {
      // Kept in the bytes that our own writer gives it.
      const outcome = this.#signal(offset, encode('Signal', decoded.value), writtenAt);
      if (outcome === undefined) throw new Error('a signal that its own writer does not write');
      return outcome;
    }
    if (decoded.name === 'ClockMark') return this.#hear(offset, decoded.value.source, writtenAt);
    const reason = `expected Signal, ClockMark or OperatorAction, found ${decoded.name}`;
    return this.refuse(offset, 'decode', reason);
  }

  /** OK where it is of a source of ours, and not known yet. */
  #hear(offset: number, source: Source, writtenAt: number): Outcome {
    if (!this.sources.has(source.partition))
      return this.refuse(offset, 'source', `no source partition ${source.partition}`);
    if (source.clock > writtenAt + MAX_AHEAD_MS)
      return this.refuse(
        offset,
        'clock',
        `clock ${source.clock}, a day and more after it was written, at ${writtenAt}`,
      );
    this.input.add(offset, source.clock);
    if (source.clock <= this.#options.start.floor) return DROP;
    if (this.sources.hear(source)) return OK;
    this.#options.onDuplicate();
    return DROP;
  }
}
