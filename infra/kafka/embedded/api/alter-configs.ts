import type { Broker } from '../broker.ts';
import { topicConfig } from '../topics/config.ts';
import { CODE, type Code } from '../wire/codes.ts';
import type { Api } from './api.ts';

const TOPIC = 2;

interface Outcome {
  readonly code: Code;
  readonly reason: string | null;
}

/** Replaces all settings of a topic: what is not named has its default again, as in Apache Kafka. */
export const alterConfigs: Api = {
  name: 'AlterConfigs',
  key: 33,
  min: 0,
  max: 1,
  handle({ broker, body }) {
    const resources = body.array(() => ({
      type: body.int8(),
      name: body.string(),
      entries: body.array(() => [body.string(), body.nullableString()] as const),
    }));
    const validateOnly = body.boolean();
    if (body.failed) return 'malformed';
    const outcomes = resources.map((resource) =>
      broker.storing(
        () => alter(broker, resource, validateOnly),
        (code, reason): Outcome => ({ code, reason }),
      ),
    );
    return (out) => {
      out.int32(0); // throttle time
      out.array(resources, ({ type, name }) => {
        const { code, reason } =
          outcomes[resources.findIndex((each) => each.type === type && each.name === name)];
        out.int16(code).string(reason).int8(type).string(name);
      });
    };
  },
};

function alter(
  broker: Broker,
  {
    type,
    name,
    entries,
  }: { type: number; name: string; entries: readonly (readonly [string, string | null])[] },
  validateOnly: boolean,
): Outcome {
  if (type !== TOPIC)
    return {
      code: CODE.INVALID_REQUEST,
      reason: `only topics have settings here, not resources of type ${type}`,
    };
  const topic = broker.catalog.get(name);
  if (!topic) return { code: CODE.UNKNOWN_TOPIC_OR_PARTITION, reason: null };
  const parsed = topicConfig(Object.fromEntries(entries));
  if (!parsed.ok) return { code: CODE.INVALID_CONFIG, reason: parsed.reason };
  if (!validateOnly) broker.catalog.configure(topic, parsed.config);
  return { code: CODE.NONE, reason: null };
}
