/** For tests: a right request of each API in its newest version, and how a request is handled without a socket. */
import { buildBatch } from '../batch/build.ts';
import type { Broker } from '../broker.ts';
import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';
import type { Call, Handled } from './api.ts';
import { APIS } from './table.ts';

/** By API key; they are about the topic `t`, which need not be there. */
export const SAMPLES: ReadonlyMap<number, (out: Writer) => void> = new Map<number, (out: Writer) => void>([
  [
    0,
    (out) => {
      out.string(null).int16(-1).int32(1000);
      const batch = buildBatch({ records: [{ value: 'v' }] });
      out.array(['t'], (name) => out.string(name).array([0], (index) => out.int32(index).bytes(batch)));
    },
  ],
  [
    1,
    (out) => {
      out
        .int32(-1)
        .int32(0)
        .int32(1)
        .int32(1 << 20)
        .int8(0)
        .int32(0)
        .int32(-1);
      out.array(['t'], (name) => {
        out.string(name).array([0], (index) =>
          out
            .int32(index)
            .int32(-1)
            .int64(0)
            .int64(-1)
            .int32(1 << 20),
        );
      });
      out.int32(0).string('');
    },
  ],
  [
    2,
    (out) => {
      out.int32(-1).int8(0);
      out.array(['t'], (name) => out.string(name).array([0], (index) => out.int32(index).int64(-1)));
    },
  ],
  [3, (out) => out.array(['t'], (name) => out.string(name)).boolean(false)],
  [
    8,
    (out) => {
      out.string('g').int32(-1).string('');
      out.array(['t'], (name) =>
        out.string(name).array([0], (index) => out.int32(index).int64(3).string('m')),
      );
    },
  ],
  [
    9,
    (out) => out.string('g').array(['t'], (name) => out.string(name).array([0], (index) => out.int32(index))),
  ],
  [10, (out) => out.string('g').int8(0)],
  [12, (out) => out.string('g').int32(1).string('m').string(null)],
  [13, (out) => out.string('g').array(['m'], (id) => out.string(id).string(null))],
  [
    14,
    (out) => {
      out.string('g').int32(1).string('m').string(null);
      out.array(['m'], (id) => out.string(id).bytes(Buffer.from('a')));
    },
  ],
  [15, (out) => out.array(['g'], (id) => out.string(id))],
  [16, () => undefined],
  [18, () => undefined],
  [
    19,
    (out) => {
      out.array(['bad name'], (name) => {
        out.string(name).int32(1).int16(1).int32(0);
        out.array(['retention.ms'], (key) => out.string(key).string('1'));
      });
      out.int32(1000).boolean(true);
    },
  ],
  [20, (out) => out.array(['none'], (name) => out.string(name)).int32(1000)],
  [22, (out) => out.string(null).int32(1000)],
  [32, (out) => out.array([2], (type) => out.int8(type).string('t').int32(-1)).boolean(false)],
  [
    37,
    (out) =>
      out
        .array(['none'], (name) => out.string(name).int32(3).int32(-1))
        .int32(1000)
        .boolean(true),
  ],
]);

/** The body of the right request. */
export function sample(key: number): Buffer {
  const out = new Writer();
  SAMPLES.get(key)?.(out);
  return Buffer.concat(out.pieces());
}

/** What becomes of a body; a long poll is hurried. */
export function handle(broker: Broker, key: number, version: number, body: Buffer): Handled {
  const call: Call = {
    broker,
    version,
    body: new Reader(body),
    clientId: 'c',
    clientHost: '/h',
    onHurry: (run) => run(),
  };
  return APIS.get(key)!.handle(call);
}
