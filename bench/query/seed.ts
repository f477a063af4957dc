/** Real rows to begin with: what the sink writes of spans, traces, signals and incidents, in tables beside the real ones. */
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { PipelineDriver } from '#processors/testing/driver.ts';
import { encode } from '#schemas/codec.ts';
import { incidents } from '#sinks/projections/incidents.ts';
import { newRows, type Projection } from '#sinks/projections/projection.ts';
import { signals } from '#sinks/projections/signals.ts';
import { spans } from '#sinks/projections/spans.ts';
import { traces } from '#sinks/projections/traces.ts';

/** A record of ati.spans. */
export interface SeedRecord {
  readonly partition: number;
  /** Avro SpanBatch. */
  readonly value: Uint8Array;
  /** Unix ms. */
  readonly receivedAt: number;
}

/** The tables that are filled, and the projection that writes each. */
export const FILLED = [spans, traces, signals, incidents] as const;

/** Rows of one insert: under the engine's greatest body. */
const ROWS = 20_000;
/** Windows have settled, and the hour without traffic that ends an incident is over. */
const SETTLED_MS = 2 * 3_600_000;

export const seedOf = (table: string) => `seed_${table}`;

/**
 * Puts the records through both stages in memory and stores what the sink would, in `seed_<table>`. Throws where
 * a record becomes a dead letter.
 */
export async function storeSeed(
  clickhouse: ClickHouse,
  database: string,
  records: Iterable<SeedRecord>,
  partitions: number,
): Promise<void> {
  const driver = new PipelineDriver({ partitions });
  const values: Uint8Array[] = [];
  let last = 0;
  for (const { partition, value, receivedAt } of records) {
    driver.pipe(partition, value);
    values.push(Uint8Array.from(value));
    last = Math.max(last, receivedAt);
  }
  driver.advanceTo(last + SETTLED_MS);
  if (driver.deadLetters.length > 0) throw new Error(`the corpus has dead letters: ${driver.deadLetters[0]}`);
  const summaries = driver.readTraces().map((summary) => encode('TraceSummary', summary));
  const said = driver.readSignals().map((signal) => encode('Signal', signal));
  const events = driver.readIncidents().map(({ value }) => value);
  for (const { table } of FILLED)
    await clickhouse.command(`CREATE TABLE ${database}.${seedOf(table)} AS ${database}.${table}`);
  await store(clickhouse, database, spans, values);
  await store(clickhouse, database, traces, summaries);
  await store(clickhouse, database, signals, said);
  await store(clickhouse, database, incidents, events);
}

async function store(
  clickhouse: ClickHouse,
  database: string,
  projection: Projection,
  values: readonly Uint8Array[],
): Promise<void> {
  const { table, columns, append } = projection;
  const out = newRows(projection);
  let rows = 0;
  const flush = async () => {
    if (rows === 0) return;
    await clickhouse.insert(`${database}.${seedOf(table)}`, columns, out.format, out.body());
    out.clear();
    rows = 0;
  };
  for (const value of values) {
    const appended = append(out, value);
    if (!appended.ok) throw new Error(appended.reason);
    rows += appended.rows;
    if (rows >= ROWS) await flush();
  }
  await flush();
}
