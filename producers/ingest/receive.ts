/** One export request, from its headers to its answer: read, decompress, split, append to the log. */
import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { Answer, OtlpEncoding } from './answer.ts';
import { exported, refusal } from './answer.ts';
import type { Appended, Batcher } from './batcher.ts';
import { declaredLength, readBody } from './body.ts';
import type { ByteBudget, Reservation } from './budget.ts';
import { decompress } from './compression.ts';
import type { Gate } from './gate.ts';
import { giveBack } from './memory.ts';
import { codingOf, encodingOf } from './negotiation.ts';
import type { ByteRate } from './rate-limit.ts';
import type { Refusal, Result } from './refusal.ts';
import { refused, unavailable } from './refusal.ts';
import { SIGNALS, type Signal } from './signals.ts';
import type { SplitRequest, Splitter } from './split-request.ts';

export interface ExportRequest {
  readonly headers: IncomingHttpHeaders;
  /** undefined without a body. */
  readonly body: Readable | undefined;
  /** Whose share of the bytes in flight this is. */
  readonly client: string;
  readonly tenant: string;
}

/** Told what became of a request; with a refusal, why. */
export interface Observer {
  accepted(signal: Signal, split: SplitRequest): void;
  /** `bytes`: how many were held for the request. */
  refused(signal: Signal, refusal: Refusal, bytes: number): void;
}

/** The door of one signal; the doors of all share the budget, the rate and the gate. */
export interface Door {
  readonly signal: Signal;
  readonly budget: ByteBudget;
  /** Of each tenant. */
  readonly rate: ByteRate;
  readonly batcher: Batcher;
  /** How much a body grows is known only afterwards: few may be growing at once. */
  readonly decompressing: Gate;
  /** Greatest body in bytes, compressed or not. */
  readonly maxBodyBytes: number;
  readonly observer: Observer;
  draining(): boolean;
  readonly split: Splitter;
}

/** 200 only when the log has every span, point or record that the answer does not name as rejected. */
export async function receive(request: ExportRequest, door: Door): Promise<Answer> {
  const encoding = encodingOf(request.headers['content-type']);
  const reservation = door.budget.reservation(request.client);
  let appended: Appended | undefined;
  try {
    let result: Result<SplitRequest> = encoding.ok
      ? await readParts(request, encoding.value, door, reservation)
      : encoding;
    if (result.ok) {
      appended = door.batcher.append(request.tenant, result.value.parts);
      const outcome = await appended.outcome;
      if (!outcome.ok) result = refused(unacknowledged(door, outcome.error));
    }
    // A type we do not know gets JSON, which a person can read.
    const answerIn = encoding.ok ? encoding.value : 'json';
    if (!result.ok) {
      door.observer.refused(door.signal, result.refusal, reservation.held);
      return refusal(answerIn, result.refusal);
    }
    door.observer.accepted(door.signal, result.value);
    return exported(door.signal, answerIn, result.value.rejected, result.value.rejectedReason);
  } finally {
    // After a timeout the batcher still holds the bytes, so they still count.
    if (appended === undefined) reservation.release();
    else void appended.settled.then(() => reservation.release());
  }
}

const unacknowledged = ({ signal }: Door, cause: Error): Refusal => ({
  ...unavailable(`the log has not acknowledged the ${SIGNALS[signal].items}`),
  cause,
});

/** A function of its own, so that the body is free while its parts wait for the log. */
async function readParts(
  { headers, body, tenant }: ExportRequest,
  encoding: OtlpEncoding,
  door: Door,
  reservation: Reservation,
): Promise<Result<SplitRequest>> {
  if (door.draining()) return refused(unavailable('the ingest is shutting down', 5));
  const coding = codingOf(headers['content-encoding']);
  if (!coding.ok) return coding;
  const spent = door.rate.take(tenant, 0);
  if (spent !== undefined) return refused(spent);
  const limit = door.maxBodyBytes;
  const declared = declaredLength(headers['content-length']);
  const sent = await readBody(body ?? Readable.from([]), { declared, limit, reservation });
  if (!sent.ok) return sent;
  const plain =
    coding.value === 'identity'
      ? sent
      : await door.decompressing.run(() => decompress(sent.value, coding.value, limit));
  if (!plain.ok) return plain;
  const { length } = plain.value;
  const busy = reservation.resize(length) ?? door.rate.take(tenant, length);
  if (busy !== undefined) return refused(busy);
  const split = door.split(plain.value, encoding, tenant);
  giveBack(sent.value); // the parts have memory of their own
  return split;
}
