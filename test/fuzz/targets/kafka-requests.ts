import { handle } from '#infra/kafka/embedded/api/samples.testkit.ts';
import { APIS } from '#infra/kafka/embedded/api/table.ts';
import { Broker } from '#infra/kafka/embedded/broker.ts';
import { Writer } from '#infra/kafka/embedded/wire/writer.ts';
import { Choices } from '../choices.ts';
import { type FuzzBroker, fuzzBroker, requests, TOPIC } from '../seeds/kafka.ts';
import { same, type Target } from '../target.ts';

const KEYS = [...APIS.keys()].sort((a, b) => a - b);
/** A broker is used for so many inputs, or topics. */
const MOST_INPUTS = 400;
const MOST_TOPICS = 12;

export const target: Target = {
  name: 'kafka-requests',
  about:
    'requests to the embedded broker, without a socket: answered or malformed, never a throw; what is on its disk afterwards is read again as it was',
  share: 1.5,
  start() {
    let current: FuzzBroker = fuzzBroker();
    let inputs = 0;
    const renew = () => {
      reopens(current);
      current.remove();
      current = fuzzBroker();
      inputs = 0;
    };
    return {
      seeds: requests().map(({ key, version, body }) =>
        Uint8Array.from([KEYS.indexOf(key), version - APIS.get(key)!.min, ...body]),
      ),
      dictionary: [
        TOPIC,
        'g',
        'm',
        'retention.ms',
        'cleanup.policy',
        'compact',
        '__consumer_offsets',
        '..',
      ].map((word) => Buffer.concat([Buffer.from([0, word.length]), Buffer.from(word)])),
      mutators: [],
      async run(input) {
        if (++inputs > MOST_INPUTS || current.broker.catalog.all().length > MOST_TOPICS) renew();
        const choices = new Choices(input);
        const key = choices.pick(KEYS);
        const { min, max } = APIS.get(key)!;
        const version = min + choices.below(max - min + 1);
        const handled = handle(current.broker, key, version, Buffer.from(choices.rest()));
        if (handled !== 'malformed' && handled !== 'silent') {
          // A join waits for others, and is left waiting.
          const turn = new Promise<'waiting'>((resolve) => setImmediate(() => resolve('waiting')));
          const answer = handled instanceof Promise ? await Promise.race([handled, turn]) : handled;
          if (typeof answer === 'function') answer(new Writer());
        }
        current.check();
      },
      stop: () => current.remove(),
    };
  },
};

/** Another broker on the same files finds the same: nothing that was answered is lost or in the way. */
function reopens({ broker, directory, check }: FuzzBroker): void {
  const stateOf = ({ catalog }: Broker) =>
    JSON.stringify(
      catalog
        .all()
        .map((topic) => [topic.name, topic.partitions.map((log) => [log.startOffset, log.endOffset])])
        .sort(),
    );
  const before = stateOf(broker);
  const nothing = () => undefined;
  const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
  const again = new Broker({
    directory,
    clusterId: 'c',
    verify: true,
    fsync: false,
    autoCreateTopics: true,
    log,
  });
  try {
    same('topics and offsets after opening the directory again', stateOf(again), before);
  } finally {
    again.close();
  }
  check();
}
