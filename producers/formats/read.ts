/** Any trace file → OTLP protobuf messages, as the door lets them through. */
import { constants, isUtf8 } from 'node:buffer';
import { noteTimes } from './clocks.ts';
import { Collected, type Faults } from './collected.ts';
import { type Compression, compressionOf, unpack } from './compression.ts';
import { detectJson, EXPECTED, type Format, type JsonFormat } from './detect.ts';
import { throughDoor } from './door.ts';
import { readJaeger } from './jaeger.ts';
import { jsonDocuments } from './json-documents.ts';
import { readOtlpJson } from './otlp-json.ts';
import { frames, framingOf, readOtlpProto } from './otlp-proto.ts';
import { readZipkinV1 } from './zipkin-v1.ts';
import { readZipkinV2 } from './zipkin-v2.ts';

export type { Faults } from './collected.ts';
export { FORMATS, type Format } from './detect.ts';

export interface Reading {
  /** TracesData messages, through the door's allowlist. */
  readonly messages: readonly Uint8Array[];
  /** Spans in them, duplicates included. */
  readonly spans: number;
  /** In order of their first appearance; none where nothing was recognised. */
  readonly formats: readonly Format[];
  readonly compression: Compression;
  /** Spans that could not be read. */
  readonly skipped: Faults;
  /** Parts of the file that could not be read. */
  readonly faults: Faults;
  /** What was read in another way than it is written. */
  readonly notes: readonly string[];
  /** The names that stand in the file where an id should, by the id (hex) that stands for each. */
  readonly names: ReadonlyMap<string, string>;
}

const READERS: Readonly<Record<JsonFormat, (json: unknown, into: Collected) => void>> = {
  'otlp-json': readOtlpJson,
  jaeger: readJaeger,
  'zipkin-v2': readZipkinV2,
  'zipkin-v1': readZipkinV1,
};

/**
 * Reads a file's bytes; never throws for what is in them. `format` overrides what they look like. Where anything is
 * wrong the rest is read all the same: `faults` and `skipped` say what is missing.
 */
export function readTraceFile(file: Uint8Array, format?: Format): Reading {
  const into = new Collected();
  const formats = new Set<Format>();
  const compression = compressionOf(file);
  const unpacked = unpack(file, compression);
  if (unpacked.ok) readBytes(unpacked.bytes, { into, formats, format });
  else into.fault('', unpacked.reason);
  const messages: Uint8Array[] = [];
  let spans = 0;
  const dropped = { names: 0, links: 0, unknownFields: 0 };
  for (const { otlp: message, named } of into.messages) {
    const passed = throughDoor(message);
    if (!passed.ok) {
      into.fault('', `has spans that are no OTLP: ${passed.reason}`);
      continue;
    }
    // The readers turn away, by name, what the door would; whatever they leave to it is counted all the same.
    for (let unnamed = passed.rejected - named; unnamed > 0; unnamed--)
      into.skip('', `was turned away: ${passed.rejectedReason}`);
    for (const { otlp } of passed.parts) {
      messages.push(otlp);
      noteTimes(otlp, into);
    }
    spans += passed.accepted;
    for (const key of KEPT_BACK) dropped[key] += passed.dropped[key];
  }
  noteDropped(dropped, into);
  const whole = into.faults.count + into.skipped.count === 0;
  if (spans === 0 && whole && into.notes.size === 0) into.note('holds no spans');
  if (into.names.size > 0) into.note('ids that are no hexadecimal numbers: read as names', into.names.size);
  return {
    messages,
    spans,
    formats: [...formats],
    compression,
    skipped: into.skipped,
    faults: into.faults,
    notes: [...into.notes].map(([text, times]) => (times === 1 ? text : `${text} (${times} times)`)),
    names: into.names,
  };
}

const KEPT_BACK = ['names', 'links', 'unknownFields'] as const;

/** What a reader of the report may miss; attributes that ATI does not store are none of it. */
function noteDropped(
  { names, links, unknownFields }: Record<(typeof KEPT_BACK)[number], number>,
  into: Collected,
): void {
  if (names > 0)
    into.note('names longer than 128 bytes or of several lines: shown as hashes, as ATI stores them', names);
  if (links > 0) into.note('links with broken ids: left out', links);
  if (unknownFields > 0) into.note('protobuf fields that OTLP does not have: left out', unknownFields);
}

interface Task {
  readonly into: Collected;
  readonly formats: Set<Format>;
  readonly format: Format | undefined;
}

function readBytes(bytes: Uint8Array, task: Task): void {
  const { into, format } = task;
  const first = bytes.find((byte) => ![0x20, 0x09, 0x0a, 0x0d].includes(byte));
  if (first === undefined) {
    into.fault('', bytes.length === 0 ? 'is empty' : 'holds nothing but white space');
    return;
  }
  const isJson = format === undefined ? looksLikeJson(bytes, first) : format !== 'otlp-proto';
  if (isJson) readText(bytes, task);
  else readProto(bytes, task);
}

function looksLikeJson(bytes: Uint8Array, first: number): boolean {
  const bom = first === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return first === 0x7b || first === 0x5b || bom;
}

function whyNoText(bytes: Uint8Array): string | undefined {
  const most = constants.MAX_STRING_LENGTH;
  if (bytes.length > most) return `is larger than ${most} bytes: cut it into several files`;
  return isUtf8(bytes) ? undefined : 'is not UTF-8 text';
}

function readText(bytes: Uint8Array, task: Task): void {
  const { into, formats, format } = task;
  const reason = whyNoText(bytes);
  if (reason !== undefined) {
    into.fault('', reason);
    return;
  }
  const outer = into.where;
  // TextDecoder takes a byte order mark away.
  for (const document of jsonDocuments(new TextDecoder().decode(bytes))) {
    if (!document.ok) {
      into.fault(document.fault.place, document.fault.reason);
      continue;
    }
    into.where = [outer, document.where].filter((each) => each !== '').join(', ');
    const detected = format === undefined ? detectJson(document.value) : ({ ok: true, format } as const);
    if (detected.ok && detected.format !== 'otlp-proto') {
      formats.add(detected.format);
      const reader = READERS[detected.format];
      into.part(() => reader(document.value, into));
    } else if (!detected.ok) into.fault('', detected.reason);
    into.where = outer;
  }
}

function readProto(bytes: Uint8Array, task: Task): void {
  const { into, formats, format } = task;
  const framing = framingOf(bytes) ?? (format === 'otlp-proto' ? 'message' : undefined);
  if (framing === undefined) {
    const start = Buffer.from(bytes.subarray(0, 4)).toString('hex');
    into.fault(
      'byte 0',
      `is neither JSON nor OTLP protobuf (it starts with the bytes ${start}); ${EXPECTED}`,
    );
    return;
  }
  if (framing === 'message') {
    formats.add('otlp-proto');
    readOtlpProto(bytes, 0, into);
    return;
  }
  for (const { at, bytes: frame } of frames(bytes, framing, into)) {
    const unpacked = unpack(frame, compressionOf(frame));
    if (!unpacked.ok) into.fault(`byte ${at}`, unpacked.reason);
    else if (unpacked.bytes[0] === 0x7b) {
      into.where = `message at byte ${at}`;
      readText(unpacked.bytes, task);
      into.where = '';
    } else {
      formats.add('otlp-proto');
      readOtlpProto(unpacked.bytes, compressionOf(frame) === 'none' ? at : 0, into);
    }
  }
}
