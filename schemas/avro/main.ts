/**
 * `node schemas/avro/main.ts`: gives new schema files their ids in ids.json. Exits 1 when a file that has an id was
 * changed: released versions are immutable, a change is a new version.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  AVRO_DIR,
  EVENT_FILES,
  EVENT_NAMES,
  fingerprint,
  IDS_FILE,
  parseFileName,
  readIds,
  schemaText,
} from './catalog.ts';

const ids = readIds();
let next = Math.max(0, ...Object.values(ids).map((entry) => entry.id)) + 1;
const files = readdirSync(fileURLToPath(AVRO_DIR)).filter((file) => file.endsWith('.avsc'));
const rank = (file: string) =>
  EVENT_NAMES.findIndex((name) => file.startsWith(`${EVENT_FILES[name].file}.v`));
files.sort(
  (a, b) => rank(a) - rank(b) || (parseFileName(a)?.version ?? 0) - (parseFileName(b)?.version ?? 0),
);

for (const file of files) {
  if (parseFileName(file) === undefined) {
    console.error(`${file}: not <event>.v<N>.avsc of an event in catalog.ts`);
    process.exitCode = 1;
    continue;
  }
  const print = fingerprint(schemaText(file));
  const known = ids[file];
  if (known === undefined) {
    ids[file] = { id: next++, fingerprint: print };
    console.log(`${file}: id ${ids[file].id}`);
  } else if (known.fingerprint !== print) {
    console.error(`${file}: changed after it got id ${known.id}; add a new version instead`);
    process.exitCode = 1;
  }
}
writeFileSync(IDS_FILE, `${JSON.stringify(ids, null, 2)}\n`);
