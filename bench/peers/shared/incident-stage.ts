import type { Batch, Producer } from 'kafkajs';
import { FROM_THE_FIRST } from '#processors/incidents/position.ts';
import { SignalProcessor } from '#processors/incidents/signal-processor.ts';
import type { BatchHandler } from './consume.ts';
import type { PeerContext } from './context.ts';
import type { Format } from './format.ts';
import { type Outgoing, sendAll } from './kafka.ts';

/** Signals → incidents: ATI's own windows and lifecycles, between the peer's reading and writing. */
export class IncidentStage implements BatchHandler {
  readonly #context: PeerContext;
  readonly #format: Format;
  readonly #producer: Producer;
  readonly #processors = new Map<number, SignalProcessor>();
  readonly #done = new Map<number, number>();

  constructor(context: PeerContext, format: Format, producer: Producer) {
    this.#context = context;
    this.#format = format;
    this.#producer = producer;
  }

  reset(): void {
    this.#processors.clear();
    this.#done.clear();
  }

  done(): Iterable<readonly [number, number]> {
    return this.#done;
  }

  async handle({ partition, messages }: Batch): Promise<void> {
    const { topics } = this.#context;
    const processor = this.#processorOf(partition, Number(messages[0].offset));
    for (const { offset, value } of messages) {
      const outcome = processor.add(Number(offset), { ok: true, ...this.#format.decode(value!) });
      if (outcome.outcome === 'deadLetter')
        throw new Error(`${topics.signals} ${partition}@${offset}: ${outcome.reason}`);
    }
    const { events, bugs } = processor.advance();
    if (bugs.length > 0) throw bugs[0].error;
    const outgoing = events.map(
      ({ key, event }): Outgoing => ({
        topic: topics.incidents,
        partition,
        key,
        value: this.#format.encode('IncidentEvent', event),
      }),
    );
    await sendAll(this.#producer, outgoing);
    const position = processor.position();
    if (position !== undefined) this.#done.set(partition, position.offset);
  }

  #processorOf(partition: number, offset: number): SignalProcessor {
    let processor = this.#processors.get(partition);
    if (processor === undefined) {
      const { settings, detectors } = this.#context;
      const start = { ...FROM_THE_FIRST, offset, incidents: [] };
      processor = new SignalProcessor(settings.windows, detectors, start);
      this.#processors.set(partition, processor);
    }
    return processor;
  }
}
