/**
 * Rebuilds the tables of a projection: carries over what the log does not give, replays the log, and swaps.
 *
 * Why no row is lost that the live sink writes meanwhile: every row in the old table came from a record before the log's
 * end as it is after the swap (an insert that was under way during it, too), and the fresh table gets every record up to
 * that end, from the log. The live sink writes some of them as well: a row replaces itself. Until that last piece is
 * read, which begins when little is left, the newest rows may be missing for a moment; that the swap has begun is durable,
 * so that a replay that is killed there is ended by the next one, before it does anything else.
 */
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { UserError } from '#infra/errors.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import { topicName } from '#infra/topics.ts';
import type { Deletions } from '../delete/deletions.ts';
import { honouring, purgeTraces } from '../delete/honour.ts';
import { formatOf, type TablesProjection } from '../projections/projection.ts';
import { markAll } from '../roll-up/marks.ts';
import { groupOf } from '../sink.ts';
import type { Insert } from '../writer/insert.ts';
import { carryOver, countCarried } from './carry.ts';
import { endsOf, type Filled, Filler, Interrupted, rangesUpToNow, recordsIn } from './fill.ts';
import { type Plan, planOf, type Range } from './plan.ts';
import type { Scratch, Swap } from './scratch.ts';
import { stampColumn } from './stamps.ts';
import type { TimePoint } from './time.ts';

export interface ReplayDeps {
  readonly kafka: Kafka;
  /** Waits for long statements: copying and counting a large table takes minutes without a byte. */
  readonly clickhouse: ClickHouse;
  /** For the rows of the log: an insert that is silent for long is tried again. */
  readonly writing: ClickHouse;
  readonly scratch: Scratch;
  readonly database: string;
  /** ATI_TOPIC_PREFIX */
  readonly prefix: string;
  readonly batchRows: number;
  /** What was deleted is not brought back. */
  readonly deletions?: Deletions;
  readonly signal: AbortSignal;
  readonly report: Report;
}

/** What happens, for the terminal. */
export interface Report {
  phase(text: string): void;
  progress(filled: Filled, records: number): void;
  say(text: string): void;
}

export interface ReplayWish {
  readonly projection: TablesProjection;
  readonly from: TimePoint;
  readonly to: TimePoint;
  /** As TABLE__before_TIME. */
  readonly keepAs?: string;
}

export interface Replayed {
  readonly filled: Filled;
  readonly carried: number;
  readonly tables: readonly { readonly table: string; readonly before: number; readonly after: number }[];
  readonly kept: readonly string[];
}

/** What is left is read after the swap, where the newest rows are missing so long. */
const NEAR_RECORDS = 500;
/** A log that grows faster than it is read is swapped all the same. */
const MAX_ROUNDS = 20;

export interface Estimate {
  readonly plan: Plan;
  readonly records: number;
  readonly tables: readonly { readonly table: string; readonly rows: number; readonly carried: number }[];
}

/** What a replay would read and carry over. */
export async function estimate(deps: ReplayDeps, wish: ReplayWish): Promise<Estimate> {
  const plan = await planFor(deps, wish);
  const stamp = stampColumn(wish.projection.topic);
  const tables = [];
  for (const { table } of wish.projection.tables) {
    const counted = await countCarried(
      deps.clickhouse,
      { old: `${deps.database}.${table}`, stamp },
      plan.carry,
    );
    tables.push({ table, ...counted });
  }
  return { plan, records: recordsIn(plan.ranges), tables };
}

/** Throws Interrupted when the signal comes before the swap: nothing has changed then. */
export async function replay(deps: ReplayDeps, wish: ReplayWish): Promise<Replayed> {
  const { kafka, clickhouse, scratch, database, report } = deps;
  const { projection, keepAs } = wish;
  const topic = topicName(projection.topic, deps.prefix);
  const plan = await planFor(deps, wish);
  await scratch.create();
  const before = await counts(deps, projection);

  report.phase('carrying over rows that the log does not give');
  const stamp = stampColumn(projection.topic);
  let carried = 0;
  for (const { table } of projection.tables) {
    throwIfAborted(deps.signal);
    const tables = { old: `${database}.${table}`, fresh: `${scratch.name}.${table}`, stamp };
    carried += await carryOver(clickhouse, tables, plan.carry, deps.signal);
  }

  report.phase(`replaying ${topic}`);
  const fresh = fillerInto(deps, projection, scratch.name, recordsIn(plan.ranges));
  await fresh.fill(plan.ranges);
  let positions = plan.tail;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const ranges = await rangesUpToNow(kafka, topic, positions);
    if (recordsIn(ranges) <= NEAR_RECORDS && round > 0) break;
    if (recordsIn(ranges) > 0) report.phase('catching up with the sink');
    await fresh.fill(ranges);
    positions = endsOf(ranges);
  }

  if (deps.deletions) await purgeTraces(clickhouse, scratch.name, deps.deletions);
  throwIfAborted(deps.signal);
  report.phase('swapping');
  const swap = await scratch.begin(
    { projection: projection.name, positions: [...positions], ...(keepAs !== undefined && { keepAs }) },
    projection.tables.map(({ table }) => table),
  );
  const { kept, filled } = await endSwap(deps, projection, swap);
  const after = await counts(deps, projection);
  return {
    filled: sum(fresh.filled, filled),
    carried,
    kept,
    tables: projection.tables.map(({ table }, i) => ({ table, before: before[i], after: after[i] })),
  };
}

/** Ends a swap that was begun: exchanges what is not exchanged yet, reads the rest of the log, lets the old tables go. */
export async function endSwap(
  deps: ReplayDeps,
  projection: TablesProjection,
  swap: Swap,
): Promise<{ kept: string[]; filled: Filled }> {
  const topic = topicName(projection.topic, deps.prefix);
  await deps.scratch.exchange(swap);
  // Only now: whatever went into the old tables is of a record before this end.
  const rest: readonly Range[] = await rangesUpToNow(deps.kafka, topic, new Map(swap.positions));
  // No signal ends this: it is short, and half of it would be no use.
  const live = fillerInto({ ...deps, signal: NEVER }, projection, deps.database, recordsIn(rest));
  await live.fill(rest);
  if (deps.deletions) await purgeTraces(deps.clickhouse, deps.database, deps.deletions);
  // What was rolled up is of the old table. Before the swap is forgotten, so that whoever ends it does this, too.
  if (projection.tables.some(({ table }) => table === 'otel_traces'))
    await markAll(deps.clickhouse, deps.database);
  const kept = await deps.scratch.keep(swap);
  await deps.scratch.drop();
  return { kept, filled: live.filled };
}

const NEVER = new AbortController().signal;

async function planFor({ kafka, prefix }: ReplayDeps, { projection, from, to }: ReplayWish): Promise<Plan> {
  return planOf(kafka, topicName(projection.topic, prefix), groupOf(projection, prefix), from, to);
}

function fillerInto(
  deps: ReplayDeps,
  projection: TablesProjection,
  database: string,
  records: number,
): Filler {
  const { kafka, writing, batchRows, deletions, signal, report } = deps;
  const options = {
    ...{ kafka, batchRows, signal },
    projection: deletions ? honouring(projection, deletions) : projection,
    topic: topicName(projection.topic, deps.prefix),
    onProgress: (filled: Filled) => report.progress(filled, records),
    onRetry: (reason: string) => report.say(`waiting for ClickHouse: ${reason}`),
  };
  const inserts = projection.tables.map((each): Insert => {
    const name = `${database}.${each.table}`;
    const format = formatOf(each);
    return (rows, cut) => writing.insert(name, each.columns, format, rows, cut);
  });
  return new Filler(options, inserts);
}

/** Rows as a user counts them. */
async function counts({ clickhouse, database }: ReplayDeps, projection: TablesProjection): Promise<number[]> {
  const found: number[] = [];
  for (const { table } of projection.tables) {
    const [row] = await clickhouse.query<{ rows: string }>(
      `SELECT count() AS rows FROM ${database}.${table} FINAL`,
    );
    found.push(Number(row.rows));
  }
  return found;
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new Interrupted();
}

const sum = (a: Filled, b: Filled): Filled => ({
  records: a.records + b.records,
  rows: a.rows + b.rows,
  refused: a.refused + b.refused,
});

/** What an earlier replay has left: ends its swap, or throws its fresh tables away. */
export async function cleanUp(deps: ReplayDeps, projections: readonly TablesProjection[]): Promise<void> {
  const { scratch, report } = deps;
  if (!(await scratch.exists())) return;
  const swap = await scratch.begunSwap();
  if (swap === undefined) {
    report.say('an interrupted replay has left fresh tables: they are dropped');
    await scratch.drop();
    return;
  }
  const projection = projections.find(({ name }) => name === swap.projection);
  if (projection === undefined)
    throw new UserError(
      `${scratch.name} has the swap of ${swap.projection}, which this version does not know: run the version that began it`,
    );
  report.say(`a replay of ${swap.projection} was interrupted while it swapped: it is ended first`);
  await endSwap(deps, projection, swap);
}
