import { type Broker, NODE_ID } from '../broker.ts';
import { CONFIG_DEFINITIONS } from '../topics/config-definitions.ts';
import { CODE, type Code } from '../wire/codes.ts';
import type { Writer } from '../wire/writer.ts';
import type { Api } from './api.ts';

const TOPIC = 2;
const BROKER = 4;
/** Where a value comes from, as the protocol numbers it. */
const SOURCE = { topic: 1, broker: 4, default: 5 };

interface Entry {
  readonly name: string;
  readonly value: string;
  readonly source: number;
  readonly readOnly: boolean;
}

interface Described {
  readonly code: Code;
  readonly reason: string | null;
  readonly entries: readonly Entry[];
}

export const describeConfigs: Api = {
  name: 'DescribeConfigs',
  key: 32,
  min: 0,
  max: 2,
  handle({ broker, body, version }) {
    const resources = body.array(() => ({
      type: body.int8(),
      name: body.string(),
      names: body.nullableArray(() => body.string()),
    }));
    const synonyms = version >= 1 ? body.boolean() : false;
    if (body.failed) return 'malformed';
    return (out) => {
      out.int32(0); // throttle time
      out.array(resources, ({ type, name, names }) => {
        const { code, reason, entries } = describe(broker, type, name);
        out.int16(code).string(reason).int8(type).string(name);
        const wanted = entries.filter((entry) => names === null || names.includes(entry.name));
        out.array(wanted, (entry) => writeEntry(out, version, synonyms, entry));
      });
    };
  },
};

function describe(broker: Broker, type: number, name: string): Described {
  if (type === TOPIC) {
    const topic = broker.catalog.get(name);
    if (!topic) return { code: CODE.UNKNOWN_TOPIC_OR_PARTITION, reason: null, entries: [] };
    const { given } = topic.config;
    const entries = [...CONFIG_DEFINITIONS].map(([key, { fallback }]): Entry => {
      const source = key in given ? SOURCE.topic : SOURCE.default;
      return { name: key, value: given[key] ?? fallback, source, readOnly: false };
    });
    return { code: CODE.NONE, reason: null, entries };
  }
  if (type === BROKER && (name === '' || name === String(NODE_ID))) {
    const entries = Object.entries(broker.settings()).map(([key, value]): Entry => {
      return { name: key, value, source: SOURCE.broker, readOnly: true };
    });
    return { code: CODE.NONE, reason: null, entries };
  }
  return {
    code: CODE.INVALID_REQUEST,
    reason: `no such resource: type ${type}, name '${name}'`,
    entries: [],
  };
}

function writeEntry(out: Writer, version: number, synonyms: boolean, entry: Entry): void {
  out.string(entry.name).string(entry.value).boolean(entry.readOnly);
  if (version === 0) out.boolean(entry.source === SOURCE.default);
  else out.int8(entry.source);
  out.boolean(false); // sensitive
  if (version >= 1) {
    out.array(synonyms ? [entry] : [], ({ name, value, source }) =>
      out.string(name).string(value).int8(source),
    );
  }
}
