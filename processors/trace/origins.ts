/** Who wrote a span: what its Resource message says. */
import { ATTRIBUTES_OF } from '#schemas/otlp/attributes.ts';
import type { SpanColumns } from '#schemas/otlp/columns.ts';
import { KeySet, roomFor } from '#schemas/otlp/key-set.ts';
import { ATTR, INSTANCE_KEYS } from '#schemas/semconv.ts';
import { EMPTY, generation, type Name, nameOf, newest, textOf } from './names.ts';

const RESOURCE_KEYS = new KeySet(ATTRIBUTES_OF.resource, [ATTR.SERVICE_NAME, ...INSTANCE_KEYS]);
const UNKNOWN_SERVICE = 'unknown_service'; // as OpenTelemetry SDKs call it

export class Origin {
  service: Name;
  /** The empty name where the resource names none. */
  instance: Name;
  /** The least of theirs. */
  generation: number;
  /** Their indexes in the strings of the trace that is being described, if `trace` is that one's number. */
  trace = -1;
  serviceIndex = 0;
  instanceIndex = 0;

  constructor(service: Name, instance: Name) {
    this.service = service;
    this.instance = instance;
    this.generation = Math.min(service.generation, instance.generation);
  }

  /** Those of one trace must have names of one generation. */
  renew(): void {
    this.service = newest(this.service);
    this.instance = newest(this.instance);
    this.generation = generation();
  }
}

/** Origins that are kept, a power of two: one for each hash, of two that share one the later stays. */
const KEPT = 1 << 10;
const kept: (Origin | undefined)[] = new Array(KEPT).fill(undefined);

function originOf(service: Name, instance: Name): Origin {
  const hash = Math.imul(service.id, 0x9e3779b1) ^ Math.imul(instance.id, 0x85ebca6b);
  const place = (hash ^ (hash >>> 15)) & (KEPT - 1);
  let origin = kept[place];
  if (origin === undefined || origin.service !== service || origin.instance !== instance) {
    origin = new Origin(service, instance);
    kept[place] = origin;
  }
  return origin;
}

/** Resources that are sought one by one. */
const FEW = 16;

/** Reads each Resource message once, of the same columns until `clear`. */
export class Origins {
  readonly #located = roomFor(RESOURCE_KEYS, 1);
  /** Buffer and offset of each, and its origin. */
  #places: number[] = [];
  #origins: Origin[] = [];
  #count = 0;
  /** Its number by place, once there are many. */
  #many: Map<number, number> | undefined;

  /** For other columns. */
  clear(): void {
    this.#count = 0;
    this.#many = undefined;
    if (this.#origins.length <= FEW * 16) return;
    this.#places = [];
    this.#origins = [];
  }

  /** The row's. */
  of(c: SpanColumns, row: number): Origin {
    const buffer = c.buffer[row];
    const offset = c.resourceOffset[row];
    const known = this.#find(buffer, offset);
    if (known >= 0) return this.#origins[known];
    const origin = this.#read(c.buffers[buffer], offset, c.resourceLength[row]);
    const number = this.#count++;
    this.#places[number * 2] = buffer;
    this.#places[number * 2 + 1] = offset;
    this.#origins[number] = origin;
    if (this.#count > FEW) this.#index();
    return origin;
  }

  #find(buffer: number, offset: number): number {
    if (this.#many !== undefined) return this.#many.get(buffer * 2 ** 32 + offset) ?? -1;
    const places = this.#places;
    // The last first: spans mostly have the resource of the one before them.
    for (let number = this.#count - 1; number >= 0; number--)
      if (places[number * 2 + 1] === offset && places[number * 2] === buffer) return number;
    return -1;
  }

  #index(): void {
    const places = this.#places;
    const many = this.#many ?? new Map<number, number>();
    for (let number = many.size; number < this.#count; number++)
      many.set(places[number * 2] * 2 ** 32 + places[number * 2 + 1], number);
    this.#many = many;
  }

  #read(b: Uint8Array, offset: number, length: number): Origin {
    const located = this.#located;
    RESOURCE_KEYS.locate(b, offset, length, located, 0);
    const service = textOf(RESOURCE_KEYS, b, offset, length, located, 0, 0) ?? nameOf(UNKNOWN_SERVICE);
    let instance: Name | undefined;
    for (let key = 1; instance === undefined && key <= INSTANCE_KEYS.length; key++)
      instance = textOf(RESOURCE_KEYS, b, offset, length, located, 0, key);
    return originOf(service, instance ?? EMPTY);
  }
}
