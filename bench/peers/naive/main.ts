/** The pipeline as one would write it first: JSON records, rxjs, JSONEachRow. */
import { runPeer } from '../shared/peer.ts';
import { spanRow } from '../shared/span-row.ts';
import { AssemblyStage } from './assembly-stage.ts';
import { json } from './json.ts';
import { parseRecord } from './log-record.ts';

runPeer({
  name: 'naive',
  about: 'JSON records, rxjs operators, JSONEachRow',
  format: json,
  startAssembly: (context, producer) => new AssemblyStage(context, producer),
  spanRows(record) {
    const { tenant, receivedAt, span } = parseRecord(record);
    return span === undefined ? [] : [spanRow(span, tenant, receivedAt)];
  },
});
