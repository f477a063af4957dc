import { connect } from 'node:net';
import { listen } from '#infra/kafka/embedded/server/server.ts';
import { Choices } from '../choices.ts';
import { type FuzzBroker, frame, fuzzBroker, requests } from '../seeds/kafka.ts';
import { holds, type Target } from '../target.ts';

const API_VERSIONS = 18;
const PROBE = frame(API_VERSIONS, 0, new Uint8Array());
/** A right request of a connection waits for those that stand before it on this one, and for no other. */
const ANSWER_MS = 20_000;
const MOST_TOPICS = 12;

export const target: Target = {
  name: 'kafka-socket',
  about:
    'bytes on a connection to the embedded broker, in pieces: the connection may be closed, the broker answers the next one',
  quick: 200,
  async start() {
    let current: FuzzBroker = fuzzBroker();
    let server = await listen(current.broker, 0);
    const renew = async () => {
      await server.close();
      current.remove();
      current = fuzzBroker();
      server = await listen(current.broker, 0);
    };
    return {
      seeds: [
        ...requests().map(({ key, version, body }) => Uint8Array.from([0, ...frame(key, version, body)])),
        Uint8Array.from([2, ...PROBE, ...PROBE, ...PROBE]),
        Uint8Array.from([1, 0x7f, 0xff, 0xff, 0xff, ...PROBE]),
      ],
      dictionary: [PROBE],
      mutators: [],
      async run(input) {
        if (current.broker.catalog.all().length > MOST_TOPICS) await renew();
        const choices = new Choices(input);
        const pieces = 1 + choices.below(4);
        await send(server.port, choices.rest(), pieces);
        holds(await answers(server.port), () => 'the broker does not answer another connection');
        current.check();
      },
      async stop() {
        await server.close();
        current.remove();
      },
    };
  },
};

/** Writes and ends; resolves when the other side has closed, or has had its turn. */
function send(port: number, bytes: Uint8Array, pieces: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const size = Math.ceil(bytes.length / pieces);
    socket.on('error', () => undefined); // closed in mid-write: 'close' follows
    socket.on('close', () => resolve());
    socket.setNoDelay(true);
    for (let at = 0; at < bytes.length; at += size) socket.write(bytes.subarray(at, at + size));
    socket.end();
    socket.resume();
    // A long poll keeps it open: the client goes away.
    setTimeout(() => socket.destroy(), 20);
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const late = setTimeout(() => socket.destroy(), ANSWER_MS);
    let answered = false;
    socket.on('error', () => undefined);
    socket.on('data', () => {
      answered = true;
      socket.destroy();
    });
    socket.on('close', () => {
      clearTimeout(late);
      resolve(answered);
    });
    socket.write(PROBE);
  });
}
