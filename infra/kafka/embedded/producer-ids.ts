import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '#infra/files.ts';

/** Ids are reserved on disk this many at a time, as Kafka's controller does. */
const BLOCK = 1000;

/** Gives out producer ids: never the same twice, crashes included. */
export class ProducerIds {
  readonly #path: string;
  readonly #fsync: boolean;
  #next: number;
  #reserved: number;

  constructor(directory: string, fsync: boolean) {
    this.#path = join(directory, 'producer-ids');
    this.#fsync = fsync;
    this.#next = readReserved(this.#path);
    this.#reserved = this.#next;
  }

  /** Throws the system's error when a new block cannot be reserved. */
  next(): number {
    if (this.#next === this.#reserved) {
      replaceFile(this.#path, `${this.#reserved + BLOCK}\n`, this.#fsync);
      this.#reserved += BLOCK;
    }
    return this.#next++;
  }
}

function readReserved(path: string): number {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
  if (!/^\d+\n$/.test(text)) throw new Error(`${path} does not hold a number`);
  return Number(text);
}
