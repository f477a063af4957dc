/** Records in the Confluent wire format (0, schema id, Avro) with avsc, by the schemas that ATI commits. */
import { SCHEMA_VERSIONS, versionsOf } from '#schemas/avro/catalog.ts';
import { avroType } from '#schemas/codec.ts';
import type { EventName, Events, SpanBatch } from '#schemas/events.ts';
import type { Format, ResultName, Results } from '../shared/format.ts';

const HEADER_BYTES = 5;

const types = new Map(SCHEMA_VERSIONS.map(({ id, name, text }) => [id, { name, type: avroType(text) }]));

const writers = new Map<EventName, { id: number; type: ReturnType<typeof avroType> }>();
for (const { id, name } of SCHEMA_VERSIONS)
  if (versionsOf(name).at(-1)?.id === id) writers.set(name, { id, type: types.get(id)!.type });

function encode<N extends ResultName>(name: N, value: Events[N]): Buffer {
  const { id, type } = writers.get(name)!;
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeInt32BE(id, 1);
  return Buffer.concat([header, type.toBuffer(value)]);
}

function typeOf(record: Buffer) {
  const known = types.get(record.readInt32BE(1));
  if (record[0] !== 0 || known === undefined) throw new Error('a record without the id of a schema of ours');
  return known;
}

function decode(record: Buffer): Results {
  const { name, type } = typeOf(record);
  return { name, value: type.fromBuffer(record.subarray(HEADER_BYTES)) } as Results;
}

/** The SpanBatch around the OTLP bytes. */
export function decodeEnvelope(record: Buffer): SpanBatch {
  return typeOf(record).type.fromBuffer(record.subarray(HEADER_BYTES)) as SpanBatch;
}

export const avro: Format = { encode, decode };
