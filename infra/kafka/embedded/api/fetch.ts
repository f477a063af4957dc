import { LEADER_EPOCH, type PartitionLog } from '../log/partition-log.ts';
import { CODE, type Code } from '../wire/codes.ts';
import type { Writer } from '../wire/writer.ts';
import type { Answer, Api, Call } from './api.ts';

/** fetch.max.bytes of Kafka: what one answer holds, except that a first batch is always given whole. */
const MAX_ANSWER_BYTES = 55 << 20;

interface Wanted {
  readonly topic: string;
  readonly index: number;
  readonly leaderEpoch: number;
  readonly offset: number;
  readonly maxBytes: number;
}

interface Query {
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly sessionId: number;
  readonly topics: readonly { readonly topic: string; readonly wanted: readonly Wanted[] }[];
}

interface Part {
  readonly index: number;
  readonly code: Code;
  readonly endOffset: number;
  readonly startOffset: number;
  readonly records: Buffer;
}

interface Collected {
  readonly topics: readonly { readonly topic: string; readonly parts: readonly Part[] }[];
  readonly bytes: number;
  readonly failed: boolean;
}

const NO_RECORDS: Buffer = Buffer.alloc(0);

export const fetch: Api = {
  name: 'Fetch',
  key: 1,
  min: 4,
  max: 11,
  handle(call) {
    const query = readQuery(call);
    if (query === undefined) return 'malformed';
    const { version } = call;
    // Sessions are never given out (id 0 in every answer), so none can be continued.
    if (query.sessionId !== 0 && version >= 7) {
      return (out) => out.int32(0).int16(CODE.FETCH_SESSION_ID_NOT_FOUND).int32(0).int32(0);
    }
    const collected = collect(call, query);
    if (collected.failed || collected.bytes >= query.minBytes || query.maxWaitMs <= 0) {
      return (out) => write(out, version, collected);
    }
    return waitForBytes(call, query, collected.bytes);
  },
};

function readQuery({ body, version }: Call): Query | undefined {
  body.int32(); // replica id
  const maxWaitMs = body.int32();
  const minBytes = body.int32();
  const maxBytes = body.int32();
  body.int8(); // isolation level: without transactions both are the same
  const sessionId = version >= 7 ? body.int32() : 0;
  if (version >= 7) body.int32(); // session epoch
  const topics = body.array(() => {
    const topic = body.string();
    const wanted = body.array((): Wanted => {
      const index = body.int32();
      const leaderEpoch = version >= 9 ? body.int32() : -1;
      const offset = body.int64();
      if (version >= 5) body.int64(); // log start offset, of followers
      return { topic, index, leaderEpoch, offset, maxBytes: body.int32() };
    });
    return { topic, wanted };
  });
  if (version >= 7) body.array(() => [body.string(), body.array(() => body.int32())]); // forgotten topics
  if (version >= 11) body.string(); // rack
  return body.failed ? undefined : { maxWaitMs, minBytes, maxBytes, sessionId, topics };
}

/** Reads what is there. Each partition gives at least one batch while the answer has room. */
function collect({ broker }: Call, query: Query): Collected {
  const limit = Math.min(query.maxBytes, MAX_ANSWER_BYTES);
  let bytes = 0;
  let failed = false;
  const topics = query.topics.map(({ topic, wanted }) => {
    const parts = wanted.map((want): Part => {
      const log = broker.catalog.partition(topic, want.index);
      const room = limit - bytes;
      const part = readPart(log, want, bytes === 0 ? Math.max(room, 1) : room);
      bytes += part.records.length;
      failed ||= part.code !== CODE.NONE;
      return part;
    });
    return { topic, parts };
  });
  return { topics, bytes, failed };
}

function readPart(log: PartitionLog | undefined, want: Wanted, room: number): Part {
  const part = (code: Code, records = NO_RECORDS): Part => ({
    index: want.index,
    code,
    endOffset: log?.endOffset ?? -1,
    startOffset: log?.startOffset ?? -1,
    records,
  });
  if (log === undefined) return part(CODE.UNKNOWN_TOPIC_OR_PARTITION);
  if (want.leaderEpoch > LEADER_EPOCH) return part(CODE.UNKNOWN_LEADER_EPOCH);
  if (want.offset < log.startOffset || want.offset > log.endOffset) return part(CODE.OFFSET_OUT_OF_RANGE);
  if (room <= 0) return part(CODE.NONE);
  return part(CODE.NONE, log.read(want.offset, Math.max(0, Math.min(want.maxBytes, room))));
}

/** Parks the request until enough has been appended, its time is up, or somebody is in a hurry. */
function waitForBytes(call: Call, query: Query, present: number): Promise<Answer> {
  return new Promise((resolve) => {
    let bytes = present;
    const logs = query.topics.flatMap(({ topic, wanted }) =>
      wanted.flatMap(({ index }) => call.broker.catalog.partition(topic, index) ?? []),
    );
    let finished = false;
    const finish = (): void => {
      if (finished) return;
      finished = true;
      clearTimeout(timer);
      for (const log of logs) log.waiters.delete(wake);
      const collected = collect(call, query);
      resolve((out) => write(out, call.version, collected));
    };
    const wake = (appended: number): void => {
      bytes += appended;
      if (bytes >= query.minBytes) finish();
    };
    const timer = setTimeout(finish, query.maxWaitMs);
    for (const log of logs) log.waiters.add(wake);
    call.onHurry(finish);
  });
}

function write(out: Writer, version: number, { topics }: Collected): void {
  out.int32(0); // throttle time
  if (version >= 7) out.int16(CODE.NONE).int32(0); // session id
  out.array(topics, ({ topic, parts }) => {
    out.string(topic).array(parts, (part) => {
      out.int32(part.index).int16(part.code).int64(part.endOffset).int64(part.endOffset);
      if (version >= 5) out.int64(part.startOffset);
      out.int32(-1); // aborted transactions: null
      if (version >= 11) out.int32(-1); // preferred read replica
      out.bytes(part.records);
    });
  });
}
