import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { avroType } from '../codec.ts';
import {
  AVRO_DIR,
  EVENT_FILES,
  EVENT_NAMES,
  fingerprint,
  parseFileName,
  readIds,
  SCHEMA_VERSIONS,
  schemaText,
  versionsOf,
} from './catalog.ts';

const files = readdirSync(fileURLToPath(AVRO_DIR)).filter((file) => file.endsWith('.avsc'));

test('every schema file belongs to an event and has an id (node schemas/avro/main.ts adds one)', () => {
  expect(files.filter((file) => parseFileName(file) === undefined)).toEqual([]);
  expect(files.toSorted()).toEqual(Object.keys(readIds()).toSorted());
});

test('a schema file with an id never changes', () => {
  for (const [file, entry] of Object.entries(readIds())) {
    expect({ file, fingerprint: fingerprint(schemaText(file)) }).toEqual({
      file,
      fingerprint: entry.fingerprint,
    });
  }
});

test('ids are unique and versions count from 1 without a gap', () => {
  expect(new Set(SCHEMA_VERSIONS.map((entry) => entry.id)).size).toBe(SCHEMA_VERSIONS.length);
  for (const name of EVENT_NAMES) {
    expect(versionsOf(name).map((entry) => entry.version)).toEqual(versionsOf(name).map((_, i) => i + 1));
  }
});

test('file names that are nearly right are refused', () => {
  const wrong = ['signal.v0.avsc', 'signal.v01.avsc', 'signal.avsc', 'signals.v1.avsc', 'signal.v1.json'];
  for (const name of wrong) expect(parseFileName(name)).toBeUndefined();
  expect(parseFileName('signal.v12.avsc')).toEqual({ name: 'Signal', version: 12 });
});

describe.each(EVENT_NAMES)('%s', (name) => {
  test(`is the record ati.${name} in ${EVENT_FILES[name].file}`, () => {
    for (const { schema } of versionsOf(name)) {
      expect(schema).toMatchObject({ type: 'record', name, namespace: 'ati' });
    }
  });

  test('every newer version reads every older one', () => {
    const types = versionsOf(name).map((entry) => avroType(entry.text));
    for (const [i, newer] of types.entries()) {
      for (const older of types.slice(0, i + 1)) expect(() => newer.createResolver(older)).not.toThrow();
    }
  });
});

test('the compatibility check can fail: a new field without a default is refused', () => {
  const older = avroType('{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}');
  const field = (extra: string) =>
    avroType(
      `{"type":"record","name":"R","fields":[{"name":"a","type":"long"},{"name":"b","type":"int"${extra}}]}`,
    );
  expect(() => field('').createResolver(older)).toThrow(/b/);
  expect(() => field(',"default":0').createResolver(older)).not.toThrow();
});
