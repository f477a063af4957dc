import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { throughDoor } from '#producers/formats/door.ts';
import { readTraceFile } from '#producers/formats/read.ts';
import { SpanColumns } from '#schemas/otlp/columns.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';
import { jsonMutator } from '../mutate/json.ts';
import { protoMutator } from '../mutate/proto.ts';
import { traceExports } from '../seeds/otlp.ts';
import { holds, same, type Target } from '../target.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const FOLDERS = ['producers/formats/testdata', 'processors/trace/testdata/jaeger'];
const MOST_BYTES = 12_000;

function files(): Uint8Array[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(path.join(root, folder))
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => Uint8Array.from(readFileSync(path.join(root, folder, name)))),
  ).filter(({ length }) => length <= MOST_BYTES);
}

function delimited(message: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  return Buffer.concat([length, message, length, message]);
}

export const target: Target = {
  name: 'trace-files',
  about:
    'trace files of every format: read or told why not; what is read is readable, passes the door again and counts',
  share: 1.5,
  quick: 500,
  maxBytes: 24 << 10,
  start() {
    const [, example] = traceExports();
    return {
      seeds: [...files(), ...traceExports().slice(1, 6), delimited(example), gzipSync(example)],
      dictionary: [
        'traceId',
        'traceID',
        'spans',
        'processes',
        'references',
        'binaryAnnotations',
        'localEndpoint',
        '\n',
        '{',
        '[',
      ].map((word) => Buffer.from(word)),
      mutators: [jsonMutator, protoMutator],
      run(input) {
        const { messages, spans, faults, skipped, notes } = readTraceFile(input);
        const columns = new SpanColumns();
        for (const message of messages) {
          const skimmed = skimSpans(message, columns);
          holds(skimmed.ok, () => `read, but not readable: ${skimmed.ok ? '' : skimmed.reason}`);
          const again = throughDoor(message);
          holds(again.ok && again.rejected === 0, () => 'what is read does not pass the door');
        }
        same('spans', columns.n, spans);
        if (spans === 0)
          holds(faults.count + skipped.count + notes.length > 0, () => 'nothing read, and nothing said');
      },
    };
  },
};
