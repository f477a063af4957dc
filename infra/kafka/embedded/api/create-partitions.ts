import type { Broker } from '../broker.ts';
import { MAX_PARTITIONS } from '../topics/limits.ts';
import { CODE, type Code } from '../wire/codes.ts';
import type { Api } from './api.ts';

interface Outcome {
  readonly code: Code;
  readonly reason: string | null;
}

export const createPartitions: Api = {
  name: 'CreatePartitions',
  key: 37,
  min: 0,
  max: 1,
  handle({ broker, body }) {
    const requests = body.array(() => ({
      name: body.string(),
      count: body.int32(),
      assignments: body.nullableArray(() => body.array(() => body.int32())),
    }));
    body.int32(); // timeout
    const validateOnly = body.boolean();
    if (body.failed) return 'malformed';
    const outcomes = requests.map(({ name, count }) => {
      const run = () => grow(broker, name, count, validateOnly);
      return { name, ...broker.storing(run, (code, reason): Outcome => ({ code, reason })) };
    });
    return (out) => {
      out.int32(0); // throttle time
      out.array(outcomes, ({ name, code, reason }) => out.string(name).int16(code).string(reason));
    };
  },
};

function grow(broker: Broker, name: string, count: number, validateOnly: boolean): Outcome {
  const topic = broker.catalog.get(name);
  if (!topic)
    return { code: CODE.UNKNOWN_TOPIC_OR_PARTITION, reason: `This server does not host '${name}'.` };
  const now = topic.partitions.length;
  if (count <= now || count > MAX_PARTITIONS) {
    const reason = `The topic has ${now} partitions: ${count} is not more, or more than ${MAX_PARTITIONS}.`;
    return { code: CODE.INVALID_PARTITIONS, reason };
  }
  if (!validateOnly) broker.catalog.grow(topic, count);
  return { code: CODE.NONE, reason: null };
}
