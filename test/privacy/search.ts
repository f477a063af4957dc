/** Looks for a text in everything that an installation keeps or tells; gives the places where it is. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { TOPICS, type TopicKey, topicName } from '#infra/topics.ts';
import type { Installation } from '../support/installation.ts';
import { eventually } from '../support/otlp-client.ts';

/** As it is, and as it would stand where bytes are written as text. */
function formsOf(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  // Of base64 what is the same wherever in the text it begins.
  const base64 = [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .slice(before === 0 ? 0 : 4, -4),
  );
  return [
    text,
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...base64,
    Buffer.from(text, 'utf16le').toString('latin1'),
  ].map((form) => Buffer.from(form, 'latin1'));
}

export class Search {
  readonly #forms: readonly Buffer[];
  /** `topic ati.spans: record 3 of partition 1`, … */
  readonly found: string[] = [];
  /** So many pieces were looked at, by kind of place. */
  readonly looked: Record<'records' | 'tables' | 'rows' | 'files' | 'logs' | 'answers', number> = {
    records: 0,
    tables: 0,
    rows: 0,
    files: 0,
    logs: 0,
    answers: 0,
  };

  constructor(text: string) {
    this.#forms = formsOf(text);
  }

  holds(bytes: Uint8Array | string): boolean {
    const buffer = Buffer.from(bytes as Uint8Array);
    return this.#forms.some((form) => buffer.includes(form));
  }

  text(where: string, text: string): void {
    this.looked.answers++;
    if (this.holds(text)) this.found.push(where);
  }

  /** Every partition's records, decompressed: key, value, headers. */
  async topics({ kafka, config }: Installation): Promise<void> {
    for (const key of Object.keys(TOPICS) as TopicKey[]) {
      const topic = topicName(key, config.ATI_TOPIC_PREFIX);
      for (const { partition } of await kafka.offsets(topic))
        for await (const record of kafka.read(topic, partition, 0)) {
          this.looked.records++;
          const parts = [record.key, record.value, ...Object.entries(record.headers).flat()];
          if (parts.some((part) => part !== null && this.holds(part)))
            this.found.push(`topic ${topic}: record ${record.offset} of partition ${partition}`);
        }
    }
  }

  /** Every column of every table, of every database that keeps rows; the engine's own logs too, where it has any. */
  async tables({ clickhouse }: Installation): Promise<void> {
    const tables = await clickhouse.query<{ table: string }>(
      `SELECT concat('\`', database, '\`.\`', name, '\`') AS table FROM system.tables
       WHERE engine LIKE '%MergeTree' OR engine IN ('Log', 'TinyLog', 'StripeLog', 'Memory')`,
    );
    for (const { table } of tables) {
      this.looked.tables++;
      for (const row of await clickhouse.query(`SELECT * FROM ${table}`)) {
        this.looked.rows++;
        if (this.holds(JSON.stringify(row)))
          this.found.push(
            `table ${table}: ${Object.keys(row).filter((column) => this.holds(JSON.stringify(row[column])))}`,
          );
      }
    }
  }

  /** Every file as it is on the disk, but those of the topics `but`: what a user writes there is the user's. */
  async files({ config }: Installation, but: readonly string[]): Promise<void> {
    const theirs = (file: string) => but.some((topic) => file.split(path.sep).includes(topic));
    // A live engine removes parts and spooled bodies all the time: a pass in which a file went away is done again.
    const pass = await eventually('a pass over every file', async () => {
      try {
        const files = filesBelow(config.ATI_DATA_DIR).filter((file) => !theirs(file));
        return { files, with: files.filter((file) => this.holds(readFileSync(file))) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    });
    this.looked.files += pass.files.length;
    this.looked.logs += pass.files.filter(
      (file) => file.endsWith('.log') && file.includes(`${path.sep}logs${path.sep}`),
    ).length;
    this.found.push(...pass.with.map((file) => `file ${path.relative(config.ATI_DATA_DIR, file)}`));
  }
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    const file = path.join(directory, name);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat === undefined) return [];
    if (stat.isDirectory()) return filesBelow(file);
    return stat.isFile() ? [file] : [];
  });
}
