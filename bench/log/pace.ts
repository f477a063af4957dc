/** Writes a corpus to the log at the speed of its own log time: a live load of so many spans a second. */
import { setTimeout as wait } from 'node:timers/promises';
import type { CorpusRecord } from '#bench/corpus/span-log.ts';
import type { Kafka } from '#infra/kafka/port.ts';

export interface Paced {
  spans(): number;
  /** Ms that the load is behind its own time; seconds mean that the machine cannot bear it. */
  behindMs(): number;
  /** Settles when everything is on the log, or after `stop`. */
  readonly done: Promise<void>;
  stop(): void;
}

const TURN_MS = 20;

/** Records leave when the wall clock has reached their `receivedAt`. */
export function pace(kafka: Kafka, topic: string, records: Generator<CorpusRecord>): Paced {
  let spans = 0;
  let behind = 0;
  let stopped = false;
  const run = async () => {
    const producer = await kafka.producer({ compression: 'zstd' });
    try {
      let next = records.next();
      while (!next.done && !stopped) {
        const now = Date.now();
        const due: CorpusRecord[] = [];
        while (!next.done && next.value.receivedAt <= now) {
          due.push(next.value);
          next = records.next();
        }
        if (due.length > 0) {
          behind = now - due[0].receivedAt;
          await producer.send(topic, due);
          for (const record of due) spans += record.spans;
        }
        await wait(TURN_MS);
      }
    } finally {
      await producer.close();
    }
  };
  return {
    spans: () => spans,
    behindMs: () => behind,
    done: run(),
    stop: () => {
      stopped = true;
    },
  };
}
