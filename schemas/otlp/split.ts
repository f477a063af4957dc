/**
 * Splits an OTLP trace export by partition at the wire level, through the privacy allowlist (design §3, §8).
 *
 * A span from which nothing is dropped is copied as it is, neighbours that go the same way at once; where something is
 * dropped the enclosing lengths are rewritten. No span objects are built.
 */
import { partitionOf } from '../murmur2.ts';
import type { Dropped } from './dropped.ts';
import { Bytes, MAX_KEPT_BYTES } from './edits.ts';
import type { FilterOptions } from './field-filter.ts';
import { ResourceSpans, ScopeSpans, TracesData } from './fields.ts';
import { Filter } from './filter.ts';
import { gatherGroup, RESOURCE_GROUP, SCOPE_GROUP } from './group.ts';
import { MAX_BODY_BYTES, Part } from './part.ts';
import { Faults } from './partial.ts';
import { type Failure, guarded, lengthEnd, next, skip, tag, WireFault } from './wire.ts';

export interface SplitOptions extends FilterOptions {
  /** Partitions of ati.spans. */
  readonly partitions: number;
  /** More spans make the whole body refused. */
  readonly maxSpans: number;
  /** Memory of `bytes` bytes for a part; default: fresh. */
  memory?(bytes: number): Uint8Array;
}

export interface SplitPart {
  readonly partition: number;
  readonly spanCount: number;
  /** A TracesData message in memory of its own. */
  readonly otlp: Uint8Array;
}

export interface Split {
  readonly ok: true;
  /** In order of partition; none without spans. */
  readonly parts: SplitPart[];
  readonly accepted: number;
  readonly rejected: number;
  /** Why spans were rejected: the first few reasons with their counts; '' when none was. */
  readonly rejectedReason: string;
  readonly dropped: Dropped;
}

/**
 * Splits an ExportTraceServiceRequest (the same bytes as a TracesData). Never throws. Malformed framing refuses the
 * body with a reason; a span with broken ids or without a start is rejected alone (OTLP's partial success).
 */
export function splitTraces(body: Uint8Array, options: SplitOptions): Split | Failure {
  return guarded((): Split | Failure => {
    if (body.length > MAX_BODY_BYTES) return { ok: false, reason: `body of ${body.length} bytes` };
    return new Splitter(Buffer.from(body.buffer, body.byteOffset, body.length), options).run();
  });
}

/** Kept of a partition's output from split to split: memory that is taken anew costs more than what is written to it. */
const MAX_KEPT_PART_BYTES = 256 << 10;
const MAX_KEPT_PARTS = 16;
/** Where the parts of one split are written; nobody else sees them. */
const outputs: Bytes[] = [];
const resourceBytes = new Bytes(512);
const scopeBytes = new Bytes(128);
const groupMessage = new Bytes(512);

/** Synchronous from its making to the end of `run`, so that all of them share what they write to. */
class Splitter {
  readonly #b: Buffer;
  readonly #options: SplitOptions;
  readonly #filter: Filter;
  readonly #parts: (Part | undefined)[];
  readonly #faults = new Faults();
  #used = 0;
  #seen = 0;
  #accepted = 0;
  /** The open ResourceSpans and ScopeSpans: their number, and what each part repeats of them. */
  #resource = -1;
  #scope = -1;
  readonly #resourceBytes = resourceBytes;
  readonly #scopeBytes = scopeBytes;
  readonly #message = groupMessage;
  /** Whole spans next to each other that go to one part and are not copied yet. */
  #pendingPart: Part | undefined;
  #pendingFrom = 0;
  #pendingTo = 0;
  /** Trace id and partition of the span before. */
  #lastTraceAt = -1;
  #lastPartition = 0;

  constructor(body: Buffer, options: SplitOptions) {
    this.#b = body;
    this.#options = options;
    this.#filter = new Filter(body, options);
    this.#parts = new Array(options.partitions).fill(undefined);
    for (const bytes of [resourceBytes, scopeBytes, groupMessage]) bytes.reset(MAX_KEPT_BYTES);
  }

  run(): Split {
    const b = this.#b;
    for (let p = 0; p < b.length; ) {
      const field = tag(b, p, b.length);
      if (field === TracesData.resourceSpans) {
        p = lengthEnd(b, next, b.length);
        this.#resourceSpans(next, p);
      } else {
        p = skip(b, next, b.length, field);
        this.#filter.dropped.unknownFields++;
      }
    }
    this.#flush();
    const parts: SplitPart[] = [];
    for (let partition = 0; partition < this.#parts.length; partition++) {
      const part = this.#parts[partition];
      if (part === undefined) continue;
      part.closeResource();
      const { buf, n } = part.out;
      const otlp = this.#options.memory?.(n) ?? Buffer.allocUnsafe(n);
      buf.copy(otlp, 0, 0, n);
      parts.push({ partition, spanCount: part.spans, otlp });
    }
    return {
      ok: true,
      parts,
      accepted: this.#accepted,
      rejected: this.#faults.total,
      rejectedReason: this.#faults.text(),
      dropped: this.#filter.dropped,
    };
  }

  #resourceSpans(from: number, end: number): void {
    const b = this.#b;
    this.#resource++;
    // First what every part repeats, wherever it stands among the spans.
    gatherGroup(this.#filter, RESOURCE_GROUP, from, end, this.#message, this.#resourceBytes);
    for (let p = from; p < end; ) {
      const field = tag(b, p, end);
      if (field === ResourceSpans.scopeSpans) {
        p = lengthEnd(b, next, end);
        this.#scopeSpans(next, p);
      } else {
        p = skip(b, next, end, field);
      }
    }
  }

  #scopeSpans(from: number, end: number): void {
    const b = this.#b;
    this.#scope++;
    gatherGroup(this.#filter, SCOPE_GROUP, from, end, this.#message, this.#scopeBytes);
    for (let p = from; p < end; ) {
      const start = p;
      const field = tag(b, p, end);
      if (field === ScopeSpans.spans) {
        p = lengthEnd(b, next, end);
        this.#span(start, next, p);
      } else {
        p = skip(b, next, end, field);
      }
    }
  }

  /** The Span field b[start, end), whose message starts at `from`. */
  #span(start: number, from: number, end: number): void {
    if (++this.#seen > this.#options.maxSpans) {
      throw new WireFault(`more than ${this.#options.maxSpans} spans`, start);
    }
    const filter = this.#filter;
    const { edits } = filter;
    edits.clear();
    filter.span(from, end);
    if (filter.fault !== '') {
      this.#faults.add(filter.fault);
      return;
    }
    const part = this.#partOf(filter.traceIdAt);
    if (part.scope !== this.#scope) this.#openGroups(part);
    part.spans++;
    this.#accepted++;
    if (edits.count > 0) {
      this.#flush();
      part.out.varint(ScopeSpans.spans);
      part.out.varint(edits.length(from, end, 0));
      edits.write(this.#b, from, end, 0, part.out);
    } else if (this.#pendingPart === part && this.#pendingTo === start) {
      this.#pendingTo = end;
    } else {
      this.#flush();
      this.#pendingPart = part;
      this.#pendingFrom = start;
      this.#pendingTo = end;
    }
  }

  #flush(): void {
    if (this.#pendingPart === undefined) return;
    this.#pendingPart.out.copy(this.#b, this.#pendingFrom, this.#pendingTo);
    this.#pendingPart = undefined;
  }

  #openGroups(part: Part): void {
    // The spans that wait belong into the groups that are open now.
    this.#flush();
    part.closeScope();
    if (part.resource !== this.#resource) {
      part.closeResource();
      part.resource = this.#resource;
      part.resourceAt = part.open(TracesData.resourceSpans);
      part.out.copy(this.#resourceBytes.buf, 0, this.#resourceBytes.n);
    }
    part.scope = this.#scope;
    part.scopeAt = part.open(ResourceSpans.scopeSpans);
    part.out.copy(this.#scopeBytes.buf, 0, this.#scopeBytes.n);
  }

  #partOf(traceIdAt: number): Part {
    const b = this.#b;
    if (this.#lastTraceAt < 0 || !sameId(b, this.#lastTraceAt, traceIdAt)) {
      this.#lastPartition = partitionOf(b.subarray(traceIdAt, traceIdAt + 16), this.#options.partitions);
    }
    this.#lastTraceAt = traceIdAt;
    const known = this.#parts[this.#lastPartition];
    if (known !== undefined) return known;
    const share = Math.ceil((b.length * 1.5) / this.#options.partitions) + 1024;
    const part = new Part(outputOf(this.#used++, Math.min(b.length + 1024, share)));
    this.#parts[this.#lastPartition] = part;
    return part;
  }
}

/** Memory for part number `n` of a split. */
function outputOf(n: number, capacity: number): Bytes {
  if (n >= MAX_KEPT_PARTS) return new Bytes(capacity);
  let bytes = outputs[n];
  if (bytes === undefined) {
    bytes = new Bytes(capacity);
    outputs[n] = bytes;
  }
  bytes.reset(MAX_KEPT_PART_BYTES);
  return bytes;
}

function sameId(b: Uint8Array, one: number, other: number): boolean {
  for (let i = 0; i < 16; i++) if (b[one + i] !== b[other + i]) return false;
  return true;
}
