/** The output of one partition while an export is split. */
import type { Bytes } from './edits.ts';

/** What four bytes of length can say. */
export const MAX_BODY_BYTES = 0x0fffffff;
const LENGTH_BYTES = 4;

/** Starts a message whose length is not known yet; returns where it starts. */
export function openMessage(out: Bytes, tag: number): number {
  out.varint(tag);
  out.room(LENGTH_BYTES);
  out.n += LENGTH_BYTES;
  return out.n;
}

/** Writes the length of the message that started at `start`: always four bytes, which protobuf allows. */
export function closeMessage({ buf, n }: Bytes, start: number): void {
  const length = n - start;
  buf[start - 4] = (length & 0x7f) | 0x80;
  buf[start - 3] = ((length >>> 7) & 0x7f) | 0x80;
  buf[start - 2] = ((length >>> 14) & 0x7f) | 0x80;
  buf[start - 1] = (length >>> 21) & 0x7f;
}

/** One partition's output and which group of the source is open in it. */
export class Part {
  readonly out: Bytes;
  spans = 0;
  resource = -1;
  scope = -1;
  resourceAt = 0;
  scopeAt = 0;

  /** Writes to `out`, which is empty. */
  constructor(out: Bytes) {
    this.out = out;
  }

  open(tag: number): number {
    return openMessage(this.out, tag);
  }

  closeScope(): void {
    if (this.scope >= 0) closeMessage(this.out, this.scopeAt);
    this.scope = -1;
  }

  closeResource(): void {
    this.closeScope();
    if (this.resource >= 0) closeMessage(this.out, this.resourceAt);
    this.resource = -1;
  }
}
