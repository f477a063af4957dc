/** The pipeline as Node's libraries for it would have it: Avro, protobufjs, worker threads, JSONEachRow. */
import { runPeer } from '../shared/peer.ts';
import { spanRow } from '../shared/span-row.ts';
import { AssemblyStage } from './assembly-stage.ts';
import { avro } from './avro.ts';
import { decodeBatch } from './decode.ts';

runPeer({
  name: 'idiomatic',
  about: 'Avro and protobufjs, worker threads with cloned objects, JSONEachRow',
  format: avro,
  startAssembly: (context, producer) => new AssemblyStage(context, producer),
  spanRows(record) {
    const { tenant, receivedAt, spans } = decodeBatch(record);
    return spans.map((span) => spanRow(span, tenant, receivedAt));
  },
});
