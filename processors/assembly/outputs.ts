import { Part, position, text } from '#schemas/avro/writer.ts';

/** An encoded event for a topic; the partition is always explicit. */
export interface AssemblyOutput {
  readonly topic: 'traces' | 'signals';
  readonly partition: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array;
}

/** The outputs of a task as they go from thread to thread: transferred, since each of a million objects is cloned. */
export interface PackedOutputs {
  /** The key and the value of each, one behind the other; perhaps longer than all of them. */
  readonly bytes: ArrayBuffer;
  /** Of each ENTRY numbers: topic, partition, bytes of its key (NO_KEY: it has none), where in `bytes` it ends. */
  readonly entries: Int32Array<ArrayBuffer>;
}

const ENTRY = 4;
const NO_KEY = -1;
const TOPICS = ['traces', 'signals'] as const;

/** Writes outputs where they are transferred from. */
export class OutputWriter {
  readonly #part = new Part();
  #entries = new Int32Array(ENTRY * 256);
  #count = 0;

  /** Begins anew, in this memory as long as there is room in it. */
  begin(memory: ArrayBuffer): void {
    this.#part.use(memory);
    this.#count = 0;
  }

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /** One more, of what `write` writes; returns the bytes of that. */
  add(topic: AssemblyOutput['topic'], partition: number, key: string | null, write: () => void): number {
    const part = this.#part;
    const from = part.length;
    let keyEnd = from;
    part.append(() => {
      if (key !== null) text(key);
      keyEnd = position();
      write();
    });
    const at = this.#count * ENTRY;
    if (at === this.#entries.length) {
      const more = new Int32Array(at * 2);
      more.set(this.#entries);
      this.#entries = more;
    }
    const entries = this.#entries;
    entries[at] = topic === 'traces' ? 0 : 1;
    entries[at + 1] = partition;
    entries[at + 2] = key === null ? NO_KEY : keyEnd - from;
    entries[at + 3] = part.length;
    this.#count++;
    return part.length - keyEnd;
  }

  /** As if there had only been the first `count`. */
  cut(count: number): void {
    this.#count = count;
    this.#part.length = count === 0 ? 0 : this.#entries[count * ENTRY - 1];
  }

  /** All since `begin`, in the memory given there or in a larger one. */
  end(): PackedOutputs {
    const bytes = this.#part.bytes.buffer as ArrayBuffer;
    return { bytes, entries: this.#entries.slice(0, this.#count * ENTRY) };
  }
}

/** Bytes of all keys and values. */
export function bytesOf({ entries }: PackedOutputs): number {
  return entries.length === 0 ? 0 : entries[entries.length - 1];
}

/** In their order; keys and values are views, not copies. */
export function unpackOutputs({ bytes, entries }: PackedOutputs): AssemblyOutput[] {
  const outputs: AssemblyOutput[] = [];
  let at = 0;
  for (let i = 0; i < entries.length; i += ENTRY) {
    const keyBytes = entries[i + 2];
    const end = entries[i + 3];
    let key: Uint8Array | null = null;
    if (keyBytes !== NO_KEY) {
      key = new Uint8Array(bytes, at, keyBytes);
      at += keyBytes;
    }
    const value = new Uint8Array(bytes, at, end - at);
    outputs.push({ topic: TOPICS[entries[i]], partition: entries[i + 1], key, value });
    at = end;
  }
  return outputs;
}
