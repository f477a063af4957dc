/** The engine on its data directory: opens it, gives connections and spool files, cancels queries. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { UserError } from '#infra/errors.ts';
import { quoteString } from '../sql-lexer.ts';
import { Connection } from './connection.ts';
import { type Addon, type ConnectionHandle, loadAddon } from './native.ts';
import { type EngineOptions, serverConfig } from './options.ts';
import { Slots } from './slots.ts';

export class Engine {
  readonly options: EngineOptions;
  readonly version: string;
  readonly timezone: string;
  readonly #addon: Addon;
  /** Keeps the engine, and its lock on the directory, while requests come and go. */
  protected readonly root: ConnectionHandle;
  readonly #store: string;
  readonly #spool: string;
  readonly #pidFile: string;
  readonly #slots: Slots;
  readonly #controlSlots = new Slots(2);

  private constructor(options: EngineOptions, addon: Addon, root: ConnectionHandle, facts: [string, string]) {
    this.options = options;
    this.#addon = addon;
    this.root = root;
    [this.version, this.timezone] = facts;
    this.#store = path.join(options.dataDir, 'store');
    this.#spool = spoolDirectory(options.dataDir);
    this.#pidFile = path.join(options.dataDir, 'engine.pid');
    this.#slots = new Slots(options.slots);
    writeFileSync(this.#pidFile, `${process.pid}\n`);
  }

  /** Throws UserError: no build for this platform, or the directory is in use. */
  static async open(options: EngineOptions, addon: Addon = loadAddon()): Promise<Engine> {
    mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
    const config = path.join(options.dataDir, 'engine.xml');
    writeFileSync(config, serverConfig(options));
    const root = openStore(addon, options.dataDir, config);
    const facts = await addon.QueryAsyncConnection(root, 'SELECT version(), timezone()', 'TSV');
    const [version, timezone] = Buffer.from(facts.bytes).toString().trim().split('\t');
    return new Engine(options, addon, root, [version, timezone]);
  }

  connect(): Connection {
    return new Connection(this.#addon, this.#slots, this.#store);
  }

  /** The name of a file that does not exist yet; its writer removes it. */
  spoolFile(): string {
    return path.join(this.#spool, randomUUID());
  }

  /** Asks the queries that run with this log_comment to end; they fail with code 394. */
  async cancel(logComment: string): Promise<void> {
    const connection = new Connection(this.#addon, this.#controlSlots, this.#store);
    try {
      await connection.query(
        `KILL QUERY WHERE Settings['log_comment'] = ${quoteString(logComment)} ASYNC FORMAT Null`,
        'Null',
      );
    } finally {
      connection.close();
    }
  }

  /** Removes what lies beside the store. The store itself stays open until the process ends (`exit.ts`). */
  leave(): void {
    rmSync(this.#spool, { recursive: true, force: true });
    rmSync(this.#pidFile, { force: true });
  }
}

/** The engine takes an flock on the directory: it ends with its process, so there is no stale lock to take over. */
function openStore(addon: Addon, dataDir: string, config: string): ConnectionHandle {
  try {
    return addon.CreateConnection(path.join(dataDir, 'store'), [`--config-file=${config}`]);
  } catch (error) {
    const holder = livingHolder(path.join(dataDir, 'engine.pid'));
    if (holder !== undefined)
      throw new UserError(
        `the engine's data directory ${dataDir} is in use by process ${holder}: stop it first`,
      );
    const reason =
      error instanceof Error && error.message !== '' ? error.message : 'its reason is in the line above';
    throw new UserError(`the engine cannot open its data directory ${dataDir}: ${reason}`);
  }
}

function livingHolder(pidFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'));
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    // EPERM: it lives and is another user's.
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EPERM' ? Number(readFileSync(pidFile, 'utf8')) : undefined;
  }
}

/**
 * An empty directory for the rows of inserts. The engine expands *, ? and {…} in a file's path and then finds no
 * rows, silently: under such a data directory the spool is a temporary one.
 */
function spoolDirectory(dataDir: string): string {
  const beside = path.join(dataDir, 'spool');
  if (!/[*?{}]/.test(beside)) {
    // What a killed process left.
    rmSync(beside, { recursive: true, force: true });
    mkdirSync(beside, { mode: 0o700 });
    return beside;
  }
  const temporary = mkdtempSync(path.join(os.tmpdir(), 'ati-engine-'));
  if (/[*?{}]/.test(temporary)) throw new UserError('set ATI_DATA_DIR to a path without * ? { }');
  return temporary;
}
