import { CODE } from '../wire/codes.ts';
import type { Api } from './api.ts';

const LATEST = -1;
const EARLIEST = -2;

export const listOffsets: Api = {
  name: 'ListOffsets',
  key: 2,
  min: 1,
  max: 3,
  handle({ broker, body, version }) {
    body.int32(); // replica id
    if (version >= 2) body.int8(); // isolation level
    const topics = body.array(() => ({
      topic: body.string(),
      wanted: body.array(() => ({ index: body.int32(), timestamp: body.int64() })),
    }));
    if (body.failed) return 'malformed';
    const answers = topics.map(({ topic, wanted }) => ({
      topic,
      parts: wanted.map(({ index, timestamp }) => ({ index, ...find(topic, index, timestamp) })),
    }));
    return (out) => {
      if (version >= 2) out.int32(0); // throttle time
      out.array(answers, ({ topic, parts }) => {
        out.string(topic).array(parts, (part) => {
          out.int32(part.index).int16(part.code).int64(part.timestamp).int64(part.offset);
        });
      });
    };

    function find(topic: string, index: number, timestamp: number) {
      const log = broker.catalog.partition(topic, index);
      if (!log) return { code: CODE.UNKNOWN_TOPIC_OR_PARTITION, timestamp: -1, offset: -1 };
      if (timestamp === LATEST) return { code: CODE.NONE, timestamp: -1, offset: log.endOffset };
      if (timestamp === EARLIEST) return { code: CODE.NONE, timestamp: -1, offset: log.startOffset };
      return { code: CODE.NONE, timestamp: -1, offset: -1, ...log.offsetForTime(timestamp) };
    }
  },
};
