import type { TopicKey } from '#infra/topics.ts';
import type { Appended } from '../otel-traces/rowbinary.ts';
import type { RowBuffer } from '../rowbinary/buffer.ts';

/** One topic into one table: data plus a pure function. Adding a table is a file like these and a migration. */
export interface Projection {
  /** Its consumer group is `${prefix}ati-sink-${name}`. */
  readonly name: string;
  readonly topic: TopicKey;
  readonly table: string;
  /** In the order of the rows' bytes. */
  readonly columns: readonly string[];
  /**
   * Appends the rows of one record (none of a tick). On a failure `out` is as before and the record becomes a dead
   * letter; it never throws on bad bytes.
   */
  append(out: RowBuffer, value: Uint8Array): Appended;
}
