/**
 * What the API serves as a read-only Schema Registry (Confluent's REST shapes), from the committed schemas.
 *
 * Subjects follow TopicRecordNameStrategy: `<topic>-<full record name>`, e.g. `ati.signals-ati.Signal`.
 */
import { EVENT_FILES, EVENT_NAMES, SCHEMA_VERSIONS, type SchemaVersion, versionsOf } from './avro/catalog.ts';

export interface RegisteredSchema {
  readonly subject: string;
  readonly id: number;
  readonly version: number;
  readonly schemaType: 'AVRO';
  /** The schema's JSON as text. */
  readonly schema: string;
}

/** `prefix` is the configured topic prefix (ATI_TOPIC_PREFIX). */
function registered(entry: SchemaVersion, prefix: string): RegisteredSchema {
  const { name, id, version, text } = entry;
  const subject = `${prefix}${EVENT_FILES[name].topic}-ati.${name}`;
  return { subject, id, version, schemaType: 'AVRO', schema: text };
}

/** `GET /subjects` */
export function subjects(prefix = ''): string[] {
  return [...new Set(SCHEMA_VERSIONS.map((entry) => registered(entry, prefix).subject))].sort();
}

/** `GET /subjects/:subject/versions` and `/versions/:version`: oldest first; empty for an unknown subject. */
export function subjectVersions(subject: string, prefix = ''): RegisteredSchema[] {
  return EVENT_NAMES.flatMap((name) => versionsOf(name).map((entry) => registered(entry, prefix))).filter(
    (entry) => entry.subject === subject,
  );
}

/** `GET /schemas/ids/:id` */
export function schemaById(id: number, prefix = ''): RegisteredSchema | undefined {
  const entry = SCHEMA_VERSIONS.find((version) => version.id === id);
  return entry === undefined ? undefined : registered(entry, prefix);
}
