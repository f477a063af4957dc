import type { Broker } from '../broker.ts';
import { topicConfig } from '../topics/config.ts';
import { MAX_PARTITIONS } from '../topics/limits.ts';
import { nameProblem } from '../topics/names.ts';
import { CODE, type Code } from '../wire/codes.ts';
import type { Api } from './api.ts';

interface Request {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly assignments: readonly { readonly index: number; readonly nodes: readonly number[] }[];
  readonly configs: readonly { readonly name: string; readonly value: string | null }[];
}

interface Outcome {
  readonly code: Code;
  readonly reason: string | null;
}

const CREATED: Outcome = { code: CODE.NONE, reason: null };
const refuse = (code: Code, reason: string): Outcome => ({ code, reason });

export const createTopics: Api = {
  name: 'CreateTopics',
  key: 19,
  min: 0,
  max: 3,
  handle({ broker, body, version }) {
    const requests = body.array(
      (): Request => ({
        name: body.string(),
        partitions: body.int32(),
        replicationFactor: body.int16(),
        assignments: body.array(() => ({ index: body.int32(), nodes: body.array(() => body.int32()) })),
        configs: body.array(() => ({ name: body.string(), value: body.nullableString() })),
      }),
    );
    body.int32(); // timeout
    const validateOnly = version >= 1 ? body.boolean() : false;
    if (body.failed) return 'malformed';
    const count = Map.groupBy(requests, ({ name }) => name);
    const outcomes = [...count].map(([name, [request, ...more]]) => {
      const outcome =
        more.length > 0
          ? refuse(CODE.INVALID_REQUEST, 'the topic is named more than once')
          : broker.storing(
              () => create(broker, request, validateOnly),
              (code, reason) => refuse(code, reason),
            );
      return { name, ...outcome };
    });
    return (out) => {
      if (version >= 2) out.int32(0); // throttle time
      out.array(outcomes, ({ name, code, reason }) => {
        out.string(name).int16(code);
        if (version >= 1) out.string(reason);
      });
    };
  },
};

function create(broker: Broker, request: Request, validateOnly: boolean): Outcome {
  const { name, assignments } = request;
  const problem = nameProblem(name);
  if (problem !== undefined) return refuse(CODE.INVALID_TOPIC_EXCEPTION, problem);
  if (broker.catalog.get(name)) return refuse(CODE.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`);
  const collision = broker.catalog.collision(name);
  if (collision !== undefined) {
    return refuse(CODE.INVALID_TOPIC_EXCEPTION, `Topic '${name}' collides with existing topic: ${collision}`);
  }
  const layout = assignments.length > 0 ? assigned(request) : counted(request);
  if (typeof layout !== 'number') return layout;
  const parsed = topicConfig(Object.fromEntries(request.configs.map((entry) => [entry.name, entry.value])));
  if (!parsed.ok) return refuse(CODE.INVALID_CONFIG, parsed.reason);
  if (!validateOnly) broker.catalog.create(name, layout, parsed.config);
  return CREATED;
}

/** The number of partitions of a request that gives it; -1 is the default. */
function counted({ partitions, replicationFactor }: Request): number | Outcome {
  if (partitions === 0 || partitions < -1) {
    return refuse(CODE.INVALID_PARTITIONS, 'Number of partitions was set to an invalid non-positive value.');
  }
  if (partitions > MAX_PARTITIONS) {
    return refuse(
      CODE.INVALID_PARTITIONS,
      `the embedded broker takes up to ${MAX_PARTITIONS} partitions a topic`,
    );
  }
  if (replicationFactor !== 1 && replicationFactor !== -1) {
    const reason = `Unable to replicate the partition ${replicationFactor} time(s): there is 1 broker.`;
    return refuse(CODE.INVALID_REPLICATION_FACTOR, reason);
  }
  return partitions === -1 ? 1 : partitions;
}

/** The number of partitions of a request that names the replicas: each has to be this broker. */
function assigned({ partitions, replicationFactor, assignments }: Request): number | Outcome {
  if (partitions !== -1 || replicationFactor !== -1) {
    return refuse(CODE.INVALID_REQUEST, 'both replica assignments and a number of partitions were given');
  }
  const indexes = assignments.map(({ index }) => index).sort((a, b) => a - b);
  const complete = indexes.every((index, i) => index === i) && indexes.length <= MAX_PARTITIONS;
  if (!complete || !assignments.every(({ nodes }) => nodes.length === 1 && nodes[0] === 1)) {
    return refuse(CODE.INVALID_REPLICA_ASSIGNMENT, 'every partition from 0 on needs the one replica 1');
  }
  return assignments.length;
}
