/** Which Avro schema files exist, of which event and version, under which committed id, on which topic. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { EventName } from '../events.ts';
import type { AvroSchema } from './check.ts';

/** The file of each event (`<file>.v<N>.avsc`) and the topic it travels on (without the configured prefix). */
export const EVENT_FILES: Readonly<Record<EventName, { file: string; topic: string }>> = {
  SpanBatch: { file: 'span-batch', topic: 'ati.spans' },
  TraceSummary: { file: 'trace-summary', topic: 'ati.traces' },
  Signal: { file: 'signal', topic: 'ati.signals' },
  ClockMark: { file: 'clock-mark', topic: 'ati.signals' },
  OperatorAction: { file: 'operator-action', topic: 'ati.signals' },
  IncidentEvent: { file: 'incident-event', topic: 'ati.incidents' },
  IncidentState: { file: 'incident-state', topic: 'ati.incident-state' },
  MetricBatch: { file: 'metric-batch', topic: 'ati.telemetry' },
  LogBatch: { file: 'log-batch', topic: 'ati.telemetry' },
};
export const EVENT_NAMES = Object.keys(EVENT_FILES) as EventName[];

/** A line of ids.json: schema files are immutable once they have an id; the fingerprint proves it. */
export interface IdEntry {
  readonly id: number;
  /** SHA-256 of the schema's compact JSON, hex. */
  readonly fingerprint: string;
}

export interface SchemaVersion {
  readonly name: EventName;
  readonly version: number;
  readonly id: number;
  readonly file: string;
  /** Compact JSON. */
  readonly text: string;
  readonly schema: AvroSchema;
}

export const AVRO_DIR = new URL('./', import.meta.url);
export const IDS_FILE = new URL('ids.json', AVRO_DIR);

/** The committed lock of schema ids, by schema file. */
export function readIds(): Record<string, IdEntry> {
  return JSON.parse(readFileSync(IDS_FILE, 'utf8')) as Record<string, IdEntry>;
}

/** Compact JSON of a schema file, so that its layout is free. */
export function schemaText(file: string): string {
  return JSON.stringify(JSON.parse(readFileSync(new URL(file, AVRO_DIR), 'utf8')));
}

export function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Event and version of a schema file's name; undefined for any other file. */
export function parseFileName(file: string): { name: EventName; version: number } | undefined {
  const match = /^(.+)\.v([1-9]\d*)\.avsc$/.exec(file);
  const name = EVENT_NAMES.find((event) => EVENT_FILES[event].file === match?.[1]);
  return match === null || name === undefined ? undefined : { name, version: Number(match[2]) };
}

function load(): SchemaVersion[] {
  const versions: SchemaVersion[] = [];
  for (const [file, entry] of Object.entries(readIds())) {
    const parsed = parseFileName(file);
    if (parsed === undefined) throw new Error(`ids.json names ${file}, which is no schema of an event`);
    const text = schemaText(file);
    versions.push({ ...parsed, id: entry.id, file, text, schema: JSON.parse(text) as AvroSchema });
  }
  return versions.sort((a, b) => a.id - b.id);
}

/** Every committed schema version, in order of id. */
export const SCHEMA_VERSIONS: readonly SchemaVersion[] = load();

/** All versions of an event, oldest first. */
export function versionsOf(name: EventName): SchemaVersion[] {
  return SCHEMA_VERSIONS.filter((entry) => entry.name === name).sort((a, b) => a.version - b.version);
}
