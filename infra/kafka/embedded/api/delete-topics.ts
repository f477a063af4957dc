import { CODE } from '../wire/codes.ts';
import type { Api } from './api.ts';

export const deleteTopics: Api = {
  name: 'DeleteTopics',
  key: 20,
  min: 0,
  max: 1,
  handle({ broker, body, version }) {
    const names = body.array(() => body.string());
    body.int32(); // timeout
    if (body.failed) return 'malformed';
    const outcomes = [...new Set(names)].map((name) => {
      const topic = broker.catalog.get(name);
      if (!topic) return { name, code: CODE.UNKNOWN_TOPIC_OR_PARTITION };
      const remove = () => {
        broker.catalog.delete(topic);
        broker.coordinator.offsets.removeTopic(name);
        return CODE.NONE;
      };
      return { name, code: broker.storing(remove, (code) => code) };
    });
    return (out) => {
      if (version >= 1) out.int32(0); // throttle time
      out.array(outcomes, ({ name, code }) => out.string(name).int16(code));
    };
  },
};
