import { execFile, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encode } from '#schemas/codec.ts';
import { EVENTS, type IncidentLog, startIncidentLog } from './testing.ts';

/** What kcat says of itself; '' where it is not installed. */
const version = spawnSync('kcat', ['-V'], { encoding: 'utf8' }).stdout ?? '';
const missing = version === '';
/** Debian's is built without. */
const noAvro = !/\bAvro\b/i.test(version);
const note = missing ? ' (skipped: it is not installed; Debian: apt-get install kcat)' : '';

let log: IncidentLog;
beforeAll(async () => {
  if (missing) return;
  log = await startIncidentLog();
  await log.produce(EVENTS);
});
afterAll(() => log?.stop());

/** Everything on the topic; resolves with what kcat printed. */
function kcat(...words: string[]): Promise<string> {
  const all = ['-b', log.brokers, '-C', '-t', log.topic, '-o', 'beginning', '-e', '-q', ...words];
  return new Promise((resolve, reject) => {
    execFile('kcat', all, (error, stdout, stderr) =>
      error === null ? resolve(stdout) : reject(new Error(`${error.message}\n${stderr}`)),
    );
  });
}

describe.skipIf(missing)(`incidents with kcat${note}`, () => {
  test('keys and sizes', async () => {
    const lines = (await kcat('-f', '%k %S\n')).trim().split('\n').sort();
    const expected = EVENTS.map((event) => `${event.incidentId} ${encode('IncidentEvent', event).length}`);
    expect(lines).toEqual(expected.sort());
  });

  test('each names its schema, and the API has it', async () => {
    // The first five bytes: the zero of the wire format, then the id, big endian.
    const heads = (await kcat('-s', 'value=>bI', '-f', '%s\n')).trim().split('\n');
    expect(heads).toHaveLength(EVENTS.length);
    for (const head of new Set(heads)) {
      const id = /^0(\d+)$/.exec(head)?.[1];
      const answer = await fetch(`${log.registry}/schemas/ids/${id}`);
      const { schema } = (await answer.json()) as { schema: string };
      expect(JSON.parse(schema)).toMatchObject({ type: 'record', name: 'IncidentEvent' });
    }
  });

  test.skipIf(noAvro)(
    `decoded through the schema endpoint${noAvro ? ' (skipped: this kcat is built without Avro)' : ''}`,
    async () => {
      const lines = (await kcat('-s', 'value=avro', '-r', log.registry, '-J')).trim().split('\n');
      const found = lines.map((line) => JSON.parse(line).payload);
      expect(found.map(({ incidentId }) => incidentId).sort()).toEqual(
        EVENTS.map(({ incidentId }) => incidentId).sort(),
      );
    },
  );
});
