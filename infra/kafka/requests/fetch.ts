/** Fetch, versions 4 to 11 (kafka.apache.org/protocol#The_Messages_Fetch), without fetch sessions. */
import type { Reader } from '../embedded/wire/reader.ts';
import type { Writer } from '../embedded/wire/writer.ts';
import { type Broker, OFFSET_OUT_OF_RANGE, offsetOutOfRange, protocolError } from '../kafkajs.ts';
import type { Aborted } from '../record-batch/decode.ts';
import { type RequestKind, request } from './request.ts';

const FETCH: RequestKind = { name: 'Fetch', key: 1, versions: { min: 4, max: 11 } };
/** What an answer takes on its way beside the waiting that was asked for (kafkajs's own value). */
const NETWORK_MS = 100;
/** Records of aborted transactions are left out, whoever wrote them. */
const READ_COMMITTED = 1;
const NO_REPLICA = -1;
const NO_SESSION = { id: 0, epoch: -1 };

export interface FetchRequest {
  readonly maxWaitMs: number;
  /** Of the whole answer. */
  readonly maxBytes: number;
  readonly maxBytesPerPartition: number;
  readonly positions: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
  }[];
}

export interface FetchedSet {
  readonly topic: string;
  readonly partition: number;
  /** Offset after the last record that consumers may read. */
  readonly end: number;
  readonly aborted: readonly Aborted[];
  /** Record batches as they are in the log. */
  readonly set: Buffer;
}

/** One request to the leader of these partitions. Rejects with kafkajs's errors. */
export async function fetchSets(broker: Broker, fetch: FetchRequest): Promise<FetchedSet[]> {
  const { body, version, throttle } = await request(
    broker,
    FETCH,
    (out, version) => write(out, version, fetch),
    fetch.maxWaitMs + NETWORK_MS,
  );
  const throttledMs = body.int32();
  const code = version >= 7 ? body.int16() : 0;
  if (version >= 7) body.int32(); // session
  const answers = body.array(() => {
    const topic = body.string();
    return body.array(() => readPartition(body, version, topic));
  });
  if (body.failed) throw new Error('the answer to a Fetch request is cut short');
  if (version >= 8) throttle(throttledMs);
  if (code !== 0) throw protocolError(code);
  return answers.flat().map(({ code, ...fetched }) => {
    if (code === OFFSET_OUT_OF_RANGE) throw offsetOutOfRange(fetched.topic, fetched.partition);
    if (code !== 0) throw protocolError(code);
    return fetched;
  });
}

function write(
  out: Writer,
  version: number,
  { maxWaitMs, maxBytes, maxBytesPerPartition, positions }: FetchRequest,
) {
  out.int32(NO_REPLICA).int32(maxWaitMs).int32(1).int32(maxBytes).int8(READ_COMMITTED);
  if (version >= 7) out.int32(NO_SESSION.id).int32(NO_SESSION.epoch);
  // In another order each time: where an answer is full, the last ones get nothing (KIP-74).
  const topics = Map.groupBy(shuffled(positions), ({ topic }) => topic);
  out.array([...topics], ([topic, partitions]) => {
    out.string(topic).array(partitions, ({ partition, offset }) => {
      out.int32(partition);
      if (version >= 9) out.int32(-1); // leader epoch, not known
      out.int64(offset);
      if (version >= 5) out.int64(-1); // start of the log, of followers
      out.int32(maxBytesPerPartition);
    });
  });
  if (version >= 7) out.int32(0); // forgotten topics
  if (version >= 11) out.string(''); // rack
}

function readPartition(body: Reader, version: number, topic: string): FetchedSet & { readonly code: number } {
  const partition = body.int32();
  const code = body.int16();
  const highWatermark = body.int64();
  const stable = body.int64();
  if (version >= 5) body.int64(); // start of the log
  const aborted = body.nullableArray(() => ({ producerId: body.int64(), firstOffset: body.int64() })) ?? [];
  if (version >= 11) body.int32(); // preferred replica
  const set = body.nullableBytes() ?? NOTHING;
  return { topic, partition, code, end: stable >= 0 ? stable : highWatermark, aborted, set };
}

const NOTHING: Buffer = Buffer.alloc(0);

function shuffled<T>(items: readonly T[]): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}
