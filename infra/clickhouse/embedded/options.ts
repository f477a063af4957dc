/** What can be set of the embedded engine, with values for a small machine. */
import os from 'node:os';

export interface EngineOptions {
  /** Holds the engine's files; one process at a time. */
  readonly dataDir: string;
  /**
   * Memory of the whole engine; a query may use half of it. An answer in memory is counted with the engine's, not with
   * its query's: until it is stopped it may for a moment have twice this.
   */
  readonly memoryBytes: number;
  /** Greatest request body of rows, sent and decompressed. */
  readonly maxBodyBytes: number;
  /** Greatest request body that is, or is put behind, SQL text: it is held in memory. */
  readonly maxQueryBytes: number;
  /** Greatest answer (in the engine's columns) that is not streamed. */
  readonly maxResultBytes: number;
  /**
   * False: acknowledged rows survive the end of the process (kill -9), since they are in the system's page cache.
   * True: also the end of the machine (fsync of every part and its directory), at some milliseconds an insert.
   */
  readonly fsync: boolean;
  /** Operations at a time; the rest wait. Leaves threads of libuv's pool to files, compression and cancelling. */
  readonly slots: number;
}

export const THREAD_POOL_SIZE = 16;
const GIB = 1 << 30;

export function engineOptions(given: Partial<EngineOptions> & Pick<EngineOptions, 'dataDir'>): EngineOptions {
  return {
    memoryBytes: Math.min(2 * GIB, Math.max(GIB, Math.floor(os.totalmem() / 4))),
    maxBodyBytes: 256 << 20,
    maxQueryBytes: 16 << 20,
    maxResultBytes: 256 << 20,
    fsync: false,
    slots: THREAD_POOL_SIZE - 4,
    ...given,
  };
}

/** Bloom filters of attributes and words, by their names in the migrations; those of trace ids and times are not among them. */
const LATE_INDEXES = ['res_attr', 'scope_attr', 'span_attr', 'log_attr', 'attr']
  .flatMap((map) => [`idx_${map}_key`, `idx_${map}_value`])
  .join(',');

/** Settings that every query starts with; what the request names comes after. */
export function sessionDefaults(options: EngineOptions): [string, string][] {
  return [
    // chdb writes them bare, which JSON.parse rounds above 2^53.
    ['output_format_json_quote_64bit_integers', '1'],
    ['max_memory_usage', String(Math.floor(options.memoryBytes / 2))],
    ['max_threads', String(os.availableParallelism())],
    // On in chdb, off in ClickHouse. With implicit_select a misspelt command becomes a SELECT.
    ['implicit_select', '0'],
    ['allow_introspection_functions', '0'],
    // They come with the first merge: a filter of 50,000 rows saves a search less than it cost to make.
    ['exclude_materialize_skip_indexes_on_insert', LATE_INDEXES],
  ];
}

/** ClickHouse's server configuration: pools and caches small enough that an idle engine costs next to nothing. */
export function serverConfig(options: EngineOptions): string {
  const server: [string, number][] = [
    ['max_server_memory_usage', options.memoryBytes],
    ['background_pool_size', 2],
    ['background_merges_mutations_concurrency_ratio', 2],
    ['background_schedule_pool_size', 4],
    ['background_common_pool_size', 2],
    ['background_move_pool_size', 1],
    ['background_fetches_pool_size', 1],
    ['background_buffer_flush_schedule_pool_size', 1],
    ['background_message_broker_schedule_pool_size', 1],
    ['background_distributed_schedule_pool_size', 1],
    ['mark_cache_size', 64 << 20],
    ['asynchronous_metrics_update_period_s', 60],
  ];
  const mergeTree: [string, number | string][] = [
    ['fsync_after_insert', options.fsync ? 1 : 0],
    ['fsync_part_directory', options.fsync ? 1 : 0],
    // Their defaults (20, 8, 25) are more than the whole pool has here: mutations would never run.
    ['number_of_free_entries_in_pool_to_execute_mutation', 1],
    ['number_of_free_entries_in_pool_to_lower_max_size_of_merge', 1],
    ['number_of_free_entries_in_pool_to_execute_optimize_entire_partition', 1],
    // An insert is a part of few files, what it is merged into one of files by column: vertical merges need these and
    // take half. Larger and fewer merges. docs/adr/0021-fewer-files-fewer-merges.md.
    ['min_bytes_for_wide_part', 48 << 20],
    ['string_serialization_version', 'single_stream'],
    ['vertical_merge_algorithm_min_rows_to_activate', 8192],
    ['min_parts_to_merge_at_once', 10],
  ];
  const xml = (entries: [string, number | string][]) =>
    entries.map(([name, value]) => `<${name}>${value}</${name}>`).join('\n');
  return `<clickhouse>\n${xml(server)}\n<merge_tree>\n${xml(mergeTree)}\n</merge_tree>\n</clickhouse>\n`;
}
