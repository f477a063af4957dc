import { tokenAdvice } from '#infra/access/own-token.ts';
import type { Logger } from '#infra/log.ts';

export type Signal = 'traces' | 'metrics' | 'logs' | 'sdk';

const EVERY_MS = 60_000;

/** What became of an export, as every OTLP exporter of the SDK tells: code 0 is success. */
interface Outcome {
  readonly code: number;
  readonly error?: Error;
}

interface Exporter<T> {
  export(items: T, done: (outcome: Outcome) => void): void;
}

/** Counts exports that failed and tells of them once a minute at most: the first at once, the others in numbers. */
export class ExportFailures {
  readonly #log: Pick<Logger, 'warn'>;
  readonly #endpoint: string;
  readonly #now: () => number;
  readonly #untold = new Map<Signal, number>();
  #toldAt = Number.NEGATIVE_INFINITY;
  #total = 0;
  #reason = '';

  constructor(log: Pick<Logger, 'warn'>, endpoint: string, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#endpoint = endpoint;
    this.#now = now;
  }

  /** Since the start. */
  get total(): number {
    return this.#total;
  }

  /** Of the latest one. */
  get reason(): string {
    return this.#reason;
  }

  add(signal: Signal, error: unknown): void {
    this.#total++;
    this.#reason = reasonOf(error);
    this.#untold.set(signal, (this.#untold.get(signal) ?? 0) + 1);
    if (this.#now() - this.#toldAt >= EVERY_MS) this.tell();
  }

  /** Logs what is not told yet. */
  tell(): void {
    if (this.#untold.size === 0) return;
    this.#toldAt = this.#now();
    this.#log.warn(
      { endpoint: this.#endpoint, failed: Object.fromEntries(this.#untold), reason: this.#reason },
      'telemetry was not taken',
    );
    this.#untold.clear();
  }

  /**
   * The same exporter, whose failures come here and are, to the SDK, dealt with: what it would do with them (throw from a
   * flush, log each) differs by signal.
   */
  watch<T, E extends Exporter<T>>(signal: Signal, exporter: E & Exporter<T>): E {
    const send = exporter.export.bind(exporter);
    exporter.export = (items, done) =>
      send(items, ({ code, error }) => {
        if (code !== 0) this.add(signal, error);
        done({ code: 0 });
      });
    return exporter;
  }
}

/** A code where there is one (ECONNREFUSED, HTTP 400): messages may carry what the receiver answered. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error ?? 'unknown');
  if (!('code' in error) || error.code === undefined) return error.message;
  return typeof error.code === 'number' ? `HTTP ${error.code}${adviceOf(error.code)}` : String(error.code);
}

function adviceOf(status: number): string {
  const advice = tokenAdvice(status, 'ingest');
  return advice === undefined ? '' : `, ${advice}`;
}
