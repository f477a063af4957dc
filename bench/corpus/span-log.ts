/** Records of ati.spans, from a seed: the input that every variant of a benchmark reads. */
import { encode } from '#schemas/codec.ts';
import { partitionOf } from '#schemas/murmur2.ts';
import { chained, collapsed, healthy, retried, starved } from './shapes.ts';
import { type Stamp, stampPart, type Template, type TemplatePart, templateOf } from './template.ts';

export interface CorpusOptions {
  readonly seed: number;
  readonly traces: number;
  readonly partitions: number;
  /** Least number of spans in a record; default 512. */
  readonly batchSpans?: number;
  /** Log time of the first trace's end, unix ms. */
  readonly startMs: number;
  /** Of log time. */
  readonly spansPerSecond: number;
  /** Share of the traces that fail in one of the four ways; default 0.02. */
  readonly failing?: number;
  /** Log time after the last trace, with ticks: traces and windows close. Default two minutes. */
  readonly tailMs?: number;
}

export interface CorpusRecord {
  readonly partition: number;
  /** An Avro SpanBatch as on the log; one without spans is a tick. */
  readonly value: Buffer;
  readonly spans: number;
  readonly receivedAt: number;
}

export const TENANT = 'bench';
const TICK_MS = 1_000;
/** A trace's second part arrives so much later than its first. */
const PART_DELAY_MS = 150;
const WORKFLOWS = ['research', 'triage', 'review', 'summarise', 'translate', 'plan', 'extract', 'answer'];
const VARIANTS = 8;

interface Templates {
  readonly healthy: readonly Template[];
  readonly failing: readonly Template[];
}

function templates(): Templates {
  const ways = [collapsed, chained, retried, starved];
  return {
    healthy: WORKFLOWS.flatMap((name) =>
      Array.from({ length: VARIANTS }, (_, variant) => templateOf(healthy(name, variant), variant % 4)),
    ),
    // Each way to fail hits two workflows of its own.
    failing: WORKFLOWS.map((name, i) => templateOf(ways[i % ways.length](name), i % 4)),
  };
}

/** 16 bytes that look random and are the same for the same seed and number (splitmix32, four times). */
function writeTraceId(seed: number, index: number, into: Uint8Array): void {
  let state = Math.imul(seed + 1, 0x9e3779b9) ^ index;
  for (let word = 0; word < 4; word++) {
    state = (state + 0x9e3779b9 + word) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    z ^= z >>> 15;
    for (let i = 0; i < 4; i++) into[word * 4 + i] = z >>> (i * 8);
  }
}

/** Spans that wait for the record of their partition to be full. */
class Filling {
  bytes: Buffer = Buffer.allocUnsafe(512 << 10);
  length = 0;
  spans = 0;

  add(part: TemplatePart, stamp: Stamp): void {
    const needed = this.length + part.bytes.length;
    if (needed > this.bytes.length) {
      const grown = Buffer.allocUnsafe(needed * 2);
      grown.set(this.bytes.subarray(0, this.length));
      this.bytes = grown;
    }
    this.length = stampPart(part, stamp, this.bytes, this.length);
    this.spans += part.spans;
  }

  record(partition: number, receivedAt: number): CorpusRecord {
    const { spans } = this;
    const otlp = this.bytes.subarray(0, this.length);
    const value = encode('SpanBatch', { tenant: TENANT, receivedAt, spanCount: spans, otlp });
    this.length = 0;
    this.spans = 0;
    return { partition, value: Buffer.from(value), spans, receivedAt };
  }
}

interface Part {
  readonly at: number;
  readonly partition: number;
  readonly part: TemplatePart;
  readonly stamp: Stamp;
}

/** In order of log time; the same options give the same bytes. */
export function* spanLog(options: CorpusOptions): Generator<CorpusRecord> {
  const {
    seed,
    traces,
    partitions,
    startMs,
    spansPerSecond,
    batchSpans = 512,
    failing = 0.02,
    tailMs = 120_000,
  } = options;
  const { healthy: well, failing: ill } = templates();
  const fillings = Array.from({ length: partitions }, () => new Filling());
  const later: Part[] = [];
  const toldAt = new Float64Array(partitions).fill(startMs);
  let spans = 0;
  let failed = 0;

  function* put({ at, partition, part, stamp }: Part): Generator<CorpusRecord> {
    const filling = fillings[partition];
    filling.add(part, stamp);
    if (filling.spans < batchSpans) return;
    toldAt[partition] = at;
    yield filling.record(partition, at);
  }
  /** What is not full by now goes as it is; nothing at all is a tick. */
  function* tick(at: number): Generator<CorpusRecord> {
    for (let partition = 0; partition < partitions; partition++) {
      if (at - toldAt[partition] < TICK_MS) continue;
      toldAt[partition] = at;
      yield fillings[partition].record(partition, at);
    }
  }
  function* due(until: number): Generator<CorpusRecord> {
    while (later.length > 0 && later[0].at <= until) yield* put(later.shift() as Part);
  }

  for (let index = 0; index < traces; index++) {
    const at = startMs + Math.floor((spans / spansPerSecond) * 1_000);
    yield* due(at);
    yield* tick(at);
    const fails = Math.floor((index + 1) * failing) > failed;
    const template = fails ? ill[failed++ % ill.length] : well[index % well.length];
    spans += template.spans;
    const traceId = new Uint8Array(16);
    writeTraceId(seed, index, traceId);
    const stamp = { traceId, startMs: at - Math.ceil(template.durationMs) };
    const partition = partitionOf(traceId, partitions);
    const [first, second] = template.parts;
    yield* put({ at, partition, part: first, stamp });
    if (second !== undefined) later.push({ at: at + PART_DELAY_MS, partition, part: second, stamp });
  }
  const last = startMs + Math.ceil((spans / spansPerSecond) * 1_000) + PART_DELAY_MS;
  yield* due(last);
  for (let at = last; at <= last + tailMs; at += TICK_MS) yield* tick(at);
}
