/** What the engine itself does, below the HTTP server: the traps that this folder is built around, and what hides them. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Connection } from './connection.ts';
import { type Addon, type ConnectionHandle, loadAddon } from './native.ts';
import { Slots } from './slots.ts';

const directory = mkdtempSync(path.join(os.tmpdir(), 'ati-addon-'));
let addon: Addon;
let root: ConnectionHandle;
beforeAll(() => {
  addon = loadAddon();
  root = addon.CreateConnection(directory, []);
});
afterAll(() => {
  addon.CloseConnection(root);
  rmSync(directory, { recursive: true, force: true });
});

const HALF = 'SELECT number, throwIf(number = 3) FROM numbers(10) SETTINGS max_block_size = 1';

async function bare(handle: ConnectionHandle, sql: string): Promise<string> {
  return Buffer.from((await addon.QueryAsyncConnection(handle, sql, 'TSV')).bytes).toString();
}

async function fresh<T>(operation: (handle: ConnectionHandle) => Promise<T>): Promise<T> {
  const handle = addon.CreateConnection(directory, []);
  return operation(handle).finally(() => addon.CloseConnection(handle));
}

describe('the bare engine', () => {
  it('puts the rows of a query that failed in front of the next answer', async () => {
    // How many rows were made before the failure depends on threads: it may be none.
    const answers = new Set<string>();
    for (let i = 0; i < 50 && !answers.has('with rows of the other'); i++)
      await fresh(async (handle) => {
        await expect(bare(handle, HALF)).rejects.toThrow('Code: 395');
        answers.add((await bare(handle, 'SELECT 42')) === '42\n' ? 'right' : 'with rows of the other');
      });
    expect(answers).toContain('with rows of the other');
  });

  it('runs what stands behind a blank line in an insert', async () => {
    await bare(root, 'CREATE DATABASE d');
    await bare(root, 'CREATE TABLE d.t (k String) ENGINE = MergeTree ORDER BY k');
    await bare(root, 'CREATE TABLE d.victim (k String) ENGINE = MergeTree ORDER BY k');
    await fresh((handle) => bare(handle, 'INSERT INTO d.t FORMAT CSV\n"a"\n\nDROP TABLE d.victim'));
    expect(await bare(root, 'SHOW TABLES FROM d')).toBe('t\n');
  });
});

describe('Connection', () => {
  const connect = () => new Connection(addon, new Slots(1), directory);
  const text = async (connection: Connection, sql: string) =>
    Buffer.from((await connection.query(sql, 'TSV')).bytes).toString();
  const streamed = async (connection: Connection, sql: string) => {
    let all = '';
    for await (const piece of connection.stream(sql, 'TSV')) all += Buffer.from(piece).toString();
    return all;
  };

  it('drops that output, whichever way the next query goes', async () => {
    const connection = connect();
    await expect(connection.query(HALF, 'TSV')).rejects.toMatchObject({ code: 395 });
    expect(await text(connection, 'SELECT 42')).toBe('42\n');
    await expect(connection.query(HALF, 'TSV')).rejects.toMatchObject({ code: 395 });
    expect(await streamed(connection, 'SELECT 43')).toBe('43\n');
    await expect(streamed(connection, HALF)).rejects.toMatchObject({ code: 395 });
    expect(await text(connection, 'SELECT 44')).toBe('44\n');
    connection.close();
  });

  it('can be used again after a stream that was left early', async () => {
    const connection = connect();
    for await (const piece of connection.stream('SELECT number FROM numbers(10000000)', 'TSV')) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    expect(await text(connection, 'SELECT 45')).toBe('45\n');
    connection.close();
  });

  it('says that it is closed', async () => {
    const connection = connect();
    connection.close();
    connection.close();
    await expect(connection.query('SELECT 1', 'TSV')).rejects.toMatchObject({ code: 1002 });
  });
});
