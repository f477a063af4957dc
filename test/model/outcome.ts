/** What a run leaves for those who read topics and tables, in a form in which two runs can be compared byte for byte. */
import { decode } from '#schemas/codec.ts';
import type { Installation } from './installation.ts';
import { topicOf } from './installation.ts';

/** By name of what is compared, and within it by the name of the thing; bytes are latin1 text. */
export type Outcome = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Throws where one revision of anything has two values: that is wrong in any run. */
export function outcomeOf({ log, tables, topics }: Installation): Outcome {
  const outcome = new Map<string, Map<string, string>>();
  for (const topic of [topics.traces, topics.signals, topics.incidents]) {
    const events = new Map<string, string>();
    outcome.set(topic, events);
    for (const [partition, records] of log.partitions(topic).entries())
      for (const { value } of records) {
        const bytes = value!.toString('latin1');
        put(events, `${partition} ${remembered(bytes, () => identityOf(value!))}`, bytes, topic);
      }
  }
  const letters = new Map<string, string>();
  for (const { headers, value } of log.partitions(topics.deadLetters)[0])
    letters.set(...letterOf(headers, value));
  outcome.set('dead letters', letters);
  for (const [table, rows] of tables.rows())
    outcome.set(table, new Map([...rows].map(([key, { bytes }]) => [key, bytes])));
  outcome.set('committed', committed(log, topics));
  return outcome;
}

/**
 * What was put aside, and why; it may be there twice. Of a bug with the record at which it came out, which depends on what
 * was read together: without it.
 */
function letterOf(headers: Readonly<Record<string, Buffer>>, value: Buffer | null): [string, string] {
  const atRecord = String(headers.reason) !== 'bug';
  const left = atRecord ? ['ts'] : ['ts', 'offset', 'key'];
  const told = Object.entries(headers).filter(([name]) => !left.includes(name));
  const text = told.map(([name, bytes]) => `${name}=${bytes}`);
  return [text.sort().join(' '), atRecord ? (value?.toString('latin1') ?? '') : ''];
}

function put(events: Map<string, string>, identity: string, value: string, topic: string): void {
  const known = events.get(identity);
  if (known !== undefined && known !== value) throw new Error(`${topic} has two different ${identity}`);
  events.set(identity, value);
}

const identities = new Map<string, string>();

/** `name` of the bytes, which are mostly the same from run to run. */
function remembered(bytes: string, name: () => string): string {
  const known = identities.get(bytes) ?? name();
  identities.set(bytes, known);
  return known;
}

/** What names an event for whoever counts events: what comes twice under one name is the same thing. */
function identityOf(value: Buffer): string {
  const decoded = decode(value);
  if (!decoded.ok) throw new Error(decoded.reason);
  switch (decoded.name) {
    case 'TraceSummary':
      return `${decoded.value.tenant} ${decoded.value.traceId} revision ${decoded.value.revision}`;
    case 'Signal':
    case 'ClockMark': {
      const { partition, offset, sequence } = decoded.value.source;
      return `${decoded.name} ${partition}-${offset}-${sequence}`;
    }
    case 'IncidentEvent':
      return `${decoded.value.incidentId} revision ${decoded.value.revision}`;
    default:
      throw new Error(`${decoded.name} where nobody writes it`);
  }
}

/** Where everyone would go on; of stage 1 and 2 with how far they are done, but not where in other topics to look. */
function committed(log: Installation['log'], topics: Installation['topics']): Map<string, string> {
  const positions = new Map<string, string>();
  const groups: [string, string][] = [[topics.assemblyGroup, topics.spans]];
  for (const [group, topic] of groups)
    for (const partition of log.partitions(topic).keys()) {
      const { offset, metadata } = log.committed(group, topic, partition) ?? { offset: -1, metadata: '{}' };
      const { traces: _traces, ...done } = JSON.parse(metadata);
      positions.set(`${group} ${partition}`, `${offset} ${JSON.stringify(done)}`);
    }
  for (const name of ['spans', 'traces', 'signals', 'incidents'] as const)
    for (const [partition, records] of log.partitions(topicOf(name)).entries()) {
      const { offset } = log.committed(`ati-sink-${name}`, topicOf(name), partition) ?? { offset: 0 };
      positions.set(
        `sink of ${name} ${partition}`,
        offset === records.length ? 'the end' : `${offset} of ${records.length}`,
      );
    }
  for (const [partition, records] of log.partitions(topics.signals).entries()) {
    const { metadata } = log.committed(topics.incidentsGroup, topics.signals, partition) ?? {
      metadata: '{}',
    };
    const { done, read } = JSON.parse(metadata);
    positions.set(
      `${topics.incidentsGroup} ${partition}`,
      `${done} ${read === records.length ? 'the end' : read}`,
    );
  }
  return positions;
}

/** What is not as in `expected`, in a few words each; empty where all is. */
export function differences(expected: Outcome, found: Outcome): string[] {
  const said: string[] = [];
  for (const name of new Set([...expected.keys(), ...found.keys()])) {
    const before = expected.get(name) ?? new Map<string, string>();
    const after = found.get(name) ?? new Map<string, string>();
    for (const [key, value] of before)
      if (!after.has(key)) said.push(`${name}: no ${key}`);
      else if (after.get(key) !== value)
        said.push(`${name}: another ${key}: ${printable(after.get(key)!)}, not ${printable(value)}`);
    for (const key of after.keys()) if (!before.has(key)) said.push(`${name}: more than expected: ${key}`);
  }
  return said;
}

function printable(bytes: string): string {
  return JSON.stringify(bytes.slice(0, 200));
}
