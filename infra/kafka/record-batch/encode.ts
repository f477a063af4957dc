/**
 * Record batches, format v2 (kafka.apache.org/documentation/#recordbatch), from records: sized first, then written once
 * into their place. kafkajs copies each record five to ten times on its way and computes the CRC in JavaScript.
 */
import { crc32c } from '@node-rs/crc32';
import { writeInt64 } from '../embedded/wire/int64.ts';
import { COMPRESSION, compress } from './compression.ts';

export interface Message {
  readonly key: Uint8Array | string | null;
  readonly value: Uint8Array | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

export interface BatchIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly firstSequence: number;
}

const HEADER_SIZE = 61;
const LOG_OVERHEAD = 12;
const ATTRIBUTES_AT = 21;
const MAGIC = 2;

/** One batch of all the messages, in their order; there is at least one. `compression`: one of COMPRESSION. */
export function encodeBatch(
  messages: readonly Message[],
  compression: number,
  identity: BatchIdentity,
): Buffer {
  let first = messages[0].timestamp;
  let last = first;
  for (const { timestamp } of messages) {
    if (timestamp < first) first = timestamp;
    if (timestamp > last) last = timestamp;
  }
  const bodies = bodySizes(messages, first);
  let clearSize = 0;
  for (const size of bodies) clearSize += varintSize(size) + size;
  let batch: Buffer;
  if (compression === COMPRESSION.none) {
    batch = Buffer.allocUnsafe(HEADER_SIZE + clearSize);
    writeRecords(batch, HEADER_SIZE, messages, bodies, first);
  } else {
    const clear = scratchOf(clearSize);
    writeRecords(clear, 0, messages, bodies, first);
    const compressed = compress(compression, clear);
    batch = Buffer.allocUnsafe(HEADER_SIZE + compressed.length);
    compressed.copy(batch, HEADER_SIZE);
  }
  writeHeader(batch, { ...identity, compression, first, last, count: messages.length });
  return batch;
}

/** What is compressed is needed no longer than that takes: one place for all of it saves the system's fresh pages. */
let scratch = Buffer.allocUnsafeSlow(64 << 10);
const MAX_SCRATCH = 8 << 20;

function scratchOf(size: number): Buffer {
  if (size > MAX_SCRATCH) return Buffer.allocUnsafeSlow(size);
  if (size > scratch.length) scratch = Buffer.allocUnsafeSlow(Math.min(MAX_SCRATCH, size * 2));
  return scratch.subarray(0, size);
}

interface Header extends BatchIdentity {
  readonly compression: number;
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

function writeHeader(batch: Buffer, header: Header): void {
  batch.fill(0, 0, 16); // base offset and leader epoch: the broker's to say
  batch.writeInt32BE(batch.length - LOG_OVERHEAD, 8);
  batch[16] = MAGIC;
  batch.writeInt16BE(header.compression, ATTRIBUTES_AT);
  batch.writeInt32BE(header.count - 1, 23);
  writeInt64(batch, header.first, 27);
  writeInt64(batch, header.last, 35);
  writeInt64(batch, header.producerId, 43);
  batch.writeInt16BE(header.producerEpoch, 51);
  batch.writeInt32BE(header.firstSequence, 53);
  batch.writeInt32BE(header.count, 57);
  batch.writeUInt32BE(crc32c(batch.subarray(ATTRIBUTES_AT)), 17);
}

/** Bytes of each record behind its length. */
function bodySizes(messages: readonly Message[], first: number): Float64Array {
  const sizes = new Float64Array(messages.length);
  for (let i = 0; i < sizes.length; i++) {
    const { key, value, headers, timestamp } = messages[i];
    let size = 1 + varintSize(timestamp - first) + varintSize(i) + keySize(key) + fieldSize(value);
    const names = headers === undefined ? NONE : Object.keys(headers);
    size += varintSize(names.length);
    for (const name of names) size += textSize(name) + textSize(headers![name]);
    sizes[i] = size;
  }
  return sizes;
}

const NONE: readonly string[] = [];

function keySize(key: Message['key']): number {
  return typeof key === 'string' ? textSize(key) : fieldSize(key);
}

function fieldSize(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : varintSize(bytes.length) + bytes.length;
}

function textSize(text: string): number {
  const size = Buffer.byteLength(text);
  return varintSize(size) + size;
}

/** Bytes of the zigzag varint of a non-negative integer. */
function varintSize(value: number): number {
  let size = 1;
  for (let rest = value * 2; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

function writeRecords(
  target: Buffer,
  at: number,
  messages: readonly Message[],
  bodies: Float64Array,
  first: number,
): void {
  let end = at;
  for (let i = 0; i < messages.length; i++) {
    const { key, value, headers, timestamp } = messages[i];
    end = writeVarint(target, end, bodies[i]);
    target[end++] = 0; // attributes, unused
    end = writeVarint(target, end, timestamp - first);
    end = writeVarint(target, end, i);
    end = typeof key === 'string' ? writeText(target, end, key) : writeField(target, end, key);
    end = writeField(target, end, value);
    const names = headers === undefined ? NONE : Object.keys(headers);
    end = writeVarint(target, end, names.length);
    for (const name of names) {
      end = writeText(target, end, name);
      end = writeText(target, end, headers![name]);
    }
  }
}

function writeField(target: Buffer, at: number, bytes: Uint8Array | null): number {
  if (bytes === null) {
    target[at] = 1; // the varint of -1
    return at + 1;
  }
  const start = writeVarint(target, at, bytes.length);
  target.set(bytes, start);
  return start + bytes.length;
}

function writeText(target: Buffer, at: number, text: string): number {
  const size = Buffer.byteLength(text);
  const start = writeVarint(target, at, size);
  return start + target.write(text, start, size, 'utf8');
}

/** The zigzag varint of a non-negative integer; where it ends. */
function writeVarint(target: Buffer, at: number, value: number): number {
  let rest = value * 2;
  let end = at;
  while (rest >= 128) {
    target[end++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  target[end++] = rest;
  return end;
}
