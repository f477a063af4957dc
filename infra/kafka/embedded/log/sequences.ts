/**
 * Idempotent producers of one partition: which batches they have written, so that one sent again is answered as
 * before and not written twice (KIP-98). Rebuilt from the segments' batch headers at the start.
 */
import type { BatchHeader } from '../batch/header.ts';
import { CODE, type Code } from '../wire/codes.ts';

/** As many batches as Kafka remembers: what a producer may have in flight. */
const REMEMBERED = 5;
/** producer.id.expiration.ms of Kafka. */
const EXPIRY_MS = 24 * 60 * 60 * 1000;
const SEQUENCES = 0x8000_0000;

interface Written {
  readonly first: number;
  readonly last: number;
  readonly baseOffset: number;
  /** Milliseconds: the append time on LogAppendTime topics. */
  readonly timestamp: number;
}

interface ProducerState {
  epoch: number;
  /** Oldest first. */
  batches: Written[];
  usedAt: number;
}

export type SequenceCheck =
  | { kind: 'new' }
  | { kind: 'duplicate'; baseOffset: number; timestamp: number }
  | { kind: 'error'; code: Code; reason: string };

const lastSequence = (header: BatchHeader): number =>
  (header.baseSequence + header.lastOffsetDelta) % SEQUENCES;

export class Sequences {
  readonly #producers = new Map<number, ProducerState>();

  /** What to do with a batch of an idempotent producer (`producerId` ≥ 0). */
  check(header: BatchHeader): SequenceCheck {
    const state = this.#producers.get(header.producerId);
    // Without a state (new, or long forgotten) Kafka takes any sequence, since 2.5.
    if (state === undefined) return { kind: 'new' };
    if (header.producerEpoch < state.epoch) {
      const reason = `epoch ${header.producerEpoch} is older than ${state.epoch}`;
      return { kind: 'error', code: CODE.INVALID_PRODUCER_EPOCH, reason };
    }
    if (header.producerEpoch > state.epoch) return expect(header, 0);
    const last = lastSequence(header);
    const known = state.batches.find((batch) => batch.first === header.baseSequence && batch.last === last);
    if (known) return { kind: 'duplicate', baseOffset: known.baseOffset, timestamp: known.timestamp };
    return expect(header, (state.batches[state.batches.length - 1].last + 1) % SEQUENCES);
  }

  /** Notes a batch that is in the log. */
  note(header: BatchHeader, now: number): void {
    const written = {
      first: header.baseSequence,
      last: lastSequence(header),
      baseOffset: header.baseOffset,
      timestamp: header.maxTimestamp,
    };
    const state = this.#producers.get(header.producerId);
    if (state === undefined || state.epoch !== header.producerEpoch) {
      this.#producers.set(header.producerId, {
        epoch: header.producerEpoch,
        batches: [written],
        usedAt: now,
      });
      return;
    }
    state.batches.push(written);
    if (state.batches.length > REMEMBERED) state.batches.shift();
    state.usedAt = now;
  }

  /** Base offset of the last batch of each producer: compaction keeps these batches' headers. */
  lastBatches(): Set<number> {
    const offsets = new Set<number>();
    for (const { batches } of this.#producers.values()) offsets.add(batches[batches.length - 1].baseOffset);
    return offsets;
  }

  /** Forgets producers that have been silent for a day. */
  expire(now: number): void {
    for (const [id, state] of this.#producers) {
      if (now - state.usedAt > EXPIRY_MS) this.#producers.delete(id);
    }
  }
}

function expect(header: BatchHeader, sequence: number): SequenceCheck {
  if (header.baseSequence === sequence) return { kind: 'new' };
  const reason = `sequence ${header.baseSequence}, expected ${sequence}`;
  return { kind: 'error', code: CODE.OUT_OF_ORDER_SEQUENCE_NUMBER, reason };
}
