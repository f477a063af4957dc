/**
 * What splitting metrics and logs have in common: the walk through resources and scopes, parts by service, limits.
 *
 * Works at the wire level through the privacy allowlist (design §3, §8) as the splitter of traces does. Every part
 * repeats the resource, scope and metric of what is in it.
 */
import { ATTRIBUTES_OF, findAttribute } from './attributes.ts';
import type { Dropped } from './dropped.ts';
import { Bytes } from './edits.ts';
import type { FilterOptions } from './field-filter.ts';
import { ENVELOPE } from './fields.ts';
import { Filter } from './filter.ts';
import { gatherGroup, RESOURCE_GROUP, SCOPE_GROUP } from './group.ts';
import { MAX_BODY_BYTES } from './part.ts';
import { Faults } from './partial.ts';
import { Level, openingBytes, ServicePart } from './service-part.ts';
import { type Shape, ShapeFilter } from './shape.ts';
import { type Failure, guarded, lengthEnd, next, skip, tag, WireFault } from './wire.ts';

/** The service of a resource that names none, as OpenTelemetry calls it. */
export const UNKNOWN_SERVICE = 'unknown_service';

export interface TelemetryOptions extends FilterOptions {
  /** More data points or log records make the whole body refused. */
  readonly maxItems: number;
  /** Greatest part, in bytes. */
  readonly maxPartBytes: number;
  /** Keep the bodies of log records. */
  readonly allowBodies: boolean;
}

export interface TelemetryPart {
  readonly service: string;
  /** Data points or log records. */
  readonly count: number;
  /** A MetricsData or LogsData message of its own memory. */
  readonly otlp: Uint8Array;
}

export interface TelemetrySplit {
  readonly ok: true;
  /** Those of one service in the order of their items; none without items. */
  readonly parts: TelemetryPart[];
  readonly accepted: number;
  readonly rejected: number;
  /** Why items were rejected: the first few reasons with their counts; '' when none was. */
  readonly rejectedReason: string;
  readonly dropped: Dropped;
}

export abstract class TelemetrySplitter {
  protected readonly b: Buffer;
  protected readonly filter: Filter;
  protected readonly shapes: ShapeFilter;
  /** The messages that enclose an item, from the outermost. */
  protected readonly levels: readonly Level[];
  readonly #options: TelemetryOptions;
  readonly #item: string;
  readonly #faults: Faults;
  readonly #services = new Map<string, ServicePart>();
  readonly #parts: TelemetryPart[] = [];
  readonly #message = new Bytes(512);
  #service = UNKNOWN_SERVICE;
  #part: ServicePart | undefined;
  #ids = 0;
  #seen = 0;
  #accepted = 0;

  /** `item`: what is split, in the singular; `levels`: how many messages enclose one. */
  constructor(body: Uint8Array, options: TelemetryOptions, item: string, levels: number) {
    this.b = Buffer.from(body.buffer, body.byteOffset, body.length);
    this.#options = options;
    this.#item = item;
    this.filter = new Filter(this.b, options);
    this.shapes = new ShapeFilter(this.filter, options);
    this.#faults = new Faults(item);
    this.levels = Array.from({ length: levels }, () => new Level());
  }

  /** Never throws: malformed framing refuses the body with a reason. */
  run(): TelemetrySplit | Failure {
    return guarded((): TelemetrySplit | Failure => {
      if (this.b.length > MAX_BODY_BYTES) return { ok: false, reason: `body of ${this.b.length} bytes` };
      this.#members(0, this.b.length, ENVELOPE.resources, (from, end) => this.#resource(from, end));
      for (const [service, part] of this.#services) this.#take(service, part);
      return {
        ok: true,
        parts: this.#parts,
        accepted: this.#accepted,
        rejected: this.#faults.total,
        rejectedReason: this.#faults.text(),
        dropped: this.filter.dropped,
      };
    });
  }

  /** The Metric or LogRecord [from, end). */
  protected abstract member(from: number, end: number): void;

  /** What is wrong with the item whose edits have just been noted; '' for nothing. */
  protected abstract fault(): string;

  /** Begins another message at a level: what is open there is not it. */
  protected begin(level: number, fieldTag: number): Level {
    const begun = this.levels[level];
    begun.id = ++this.#ids;
    begun.tag = fieldTag;
    begun.head.n = 0;
    return begun;
  }

  /** The item [from, end), a field with this tag of the innermost level. */
  protected item(shape: Shape, fieldTag: number, from: number, end: number): void {
    if (++this.#seen > this.#options.maxItems)
      throw new WireFault(`more than ${this.#options.maxItems} ${this.#item}s`, from);
    const { edits } = this.filter;
    edits.clear();
    this.shapes.message(shape, from, end);
    const fault = this.fault();
    const length = edits.length(from, end, 0);
    const part = fault === '' ? this.#room(length) : undefined;
    if (part === undefined) {
      this.#faults.add(fault || `larger than ${this.#options.maxPartBytes} bytes with what encloses it`);
      return;
    }
    part.enter(this.levels);
    part.out.varint(fieldTag);
    part.out.varint(length);
    edits.write(this.b, from, end, 0, part.out);
    part.count++;
    this.#accepted++;
  }

  /** The service's part with room for an item of `length` bytes; undefined when no part can have it. */
  #room(length: number): ServicePart | undefined {
    const { maxPartBytes } = this.#options;
    const size = length + 6; // its tag and length
    const part = this.#partOfService();
    if (part.count > 0 && part.out.n + part.cost(this.levels) + size <= maxPartBytes) return part;
    const fresh = openingBytes(this.levels);
    // Heads of more than half a record would multiply the body.
    if (fresh > maxPartBytes / 2 || fresh + size > maxPartBytes) return undefined;
    this.#take(this.#service, part);
    return part;
  }

  #partOfService(): ServicePart {
    if (this.#part !== undefined) return this.#part;
    let part = this.#services.get(this.#service);
    if (part === undefined) {
      part = new ServicePart(this.levels.length);
      this.#services.set(this.#service, part);
    }
    this.#part = part;
    return part;
  }

  #take(service: string, part: ServicePart): void {
    const { count } = part;
    if (count > 0) this.#parts.push({ service, count, otlp: part.take() });
  }

  #resource(from: number, end: number): void {
    const { head } = this.begin(0, ENVELOPE.resources);
    // First what every part repeats, wherever it stands among the members.
    gatherGroup(this.filter, RESOURCE_GROUP, from, end, this.#message, head);
    const { buf, n } = this.#message;
    const service = findAttribute(buf, 0, n, ATTRIBUTES_OF.resource, 'service.name');
    this.#service = typeof service === 'string' && service !== '' ? service : UNKNOWN_SERVICE;
    this.#part = undefined;
    this.#members(from, end, ENVELOPE.scopes, (at, until) => this.#scope(at, until), true);
  }

  #scope(from: number, end: number): void {
    const { head } = this.begin(1, ENVELOPE.scopes);
    gatherGroup(this.filter, SCOPE_GROUP, from, end, this.#message, head);
    this.#members(from, end, ENVELOPE.members, (at, until) => this.member(at, until), true);
  }

  /** Calls `each` with the bounds of every field with this tag; others are unknown, or `gathered` before. */
  #members(
    from: number,
    end: number,
    wanted: number,
    each: (from: number, end: number) => void,
    gathered = false,
  ): void {
    for (let p = from; p < end; ) {
      const field = tag(this.b, p, end);
      if (field === wanted) {
        p = lengthEnd(this.b, next, end);
        each(next, p);
      } else {
        p = skip(this.b, next, end, field);
        if (!gathered) this.filter.dropped.unknownFields++;
      }
    }
  }
}
