import { NODE_ID } from '../broker.ts';
import type { Topic } from '../topics/catalog.ts';
import { CODE, type Code } from '../wire/codes.ts';
import type { Writer } from '../wire/writer.ts';
import type { Api } from './api.ts';

interface Described {
  readonly name: string;
  readonly code: Code;
  readonly topic?: Topic;
}

export const metadata: Api = {
  name: 'Metadata',
  key: 3,
  min: 0,
  max: 6,
  handle({ broker, body, version }) {
    const names = body.nullableArray(() => body.string());
    const autoCreate = version >= 4 ? body.boolean() : true;
    if (body.failed) return 'malformed';
    const all = names === null || (version === 0 && names.length === 0);
    const topics: Described[] = all
      ? broker.catalog.all().map((topic) => ({ name: topic.name, code: CODE.NONE, topic }))
      : [...new Set(names)].map((name) => broker.describeTopic(name, autoCreate));
    return (out) => {
      if (version >= 3) out.int32(0); // throttle time
      out.array([NODE_ID], (id) => {
        out.int32(id).string(broker.host).int32(broker.port);
        if (version >= 1) out.string(null); // rack
      });
      if (version >= 2) out.string(broker.clusterId);
      if (version >= 1) out.int32(NODE_ID); // controller
      out.array(topics, (topic) => writeTopic(out, version, topic));
    };
  },
};

function writeTopic(out: Writer, version: number, { name, code, topic }: Described): void {
  out.int16(code).string(name);
  if (version >= 1) out.boolean(false); // internal
  out.array(topic?.partitions.map((_, index) => index) ?? [], (index) => {
    out.int16(CODE.NONE).int32(index).int32(NODE_ID);
    out.array([NODE_ID], (id) => out.int32(id)); // replicas
    out.array([NODE_ID], (id) => out.int32(id)); // in-sync replicas
    if (version >= 5) out.array([], () => undefined); // offline replicas
  });
}
