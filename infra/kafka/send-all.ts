import type { OutgoingRecord, Producer } from './port.ts';

/** A request is larger only where one record is: a topic takes that, and may not take it with another beside it. */
const MAX_BYTES = 1 << 20;

/**
 * Sends records in order, in requests of a bounded size. Resolves when the broker has them all, with the first offset
 * of each request.
 */
export async function sendAll(
  producer: Pick<Producer, 'send'>,
  topic: string,
  records: readonly OutgoingRecord[],
): Promise<{ first: number; partition: number; baseOffset: number }[]> {
  const acks: { first: number; partition: number; baseOffset: number }[] = [];
  for (let from = 0; from < records.length; ) {
    let to = from;
    let bytes = 0;
    for (; to < records.length; to++) {
      bytes += records[to].value?.length ?? 0;
      if (to > from && bytes > MAX_BYTES) break;
    }
    for (const ack of await producer.send(topic, records.slice(from, to))) acks.push({ first: from, ...ack });
    from = to;
  }
  return acks;
}
