/** What a tool answers with when it answers more than a line: as streams, sent as they are made. */
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { unit } from '../seeded.ts';

/** The answer comes in pieces of this size. */
const PIECE_BYTES = 64 << 10;
/** Pieces of a streamed answer: as many, spread over the delay. */
const TEXT_PIECES = 10;

/** Repeatable, and without a pattern that a compressing proxy could make small. */
const PIECE = Uint8Array.from({ length: PIECE_BYTES }, (_, i) => Math.floor(unit(i) * 256));

/** `size` bytes at `mbPerS` × 10⁶ bytes a second; 0: as fast as they are read. */
export function payload(size: number, mbPerS: number): Readable {
  return Readable.from(payloadPieces(size, mbPerS), { objectMode: false });
}

async function* payloadPieces(size: number, mbPerS: number): AsyncGenerator<Uint8Array> {
  const started = performance.now();
  for (let sent = 0; sent < size; ) {
    const piece = PIECE.subarray(0, Math.min(PIECE_BYTES, size - sent));
    sent += piece.byteLength;
    // A piece is sent when its last byte would have come: so even one piece takes its time.
    const due = mbPerS === 0 ? 0 : started + sent / (mbPerS * 1000) - performance.now();
    if (due > 0) await wait(due);
    yield piece;
  }
}

/** Lines of text, spread over `totalMs`. */
export function textPieces(totalMs: number): Readable {
  return Readable.from(lines(totalMs));
}

async function* lines(totalMs: number): AsyncGenerator<string> {
  for (let i = 0; i < TEXT_PIECES; i++) {
    await wait(totalMs / TEXT_PIECES);
    yield `chunk ${i}\n`;
  }
}
