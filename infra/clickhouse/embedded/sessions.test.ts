import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Connection } from './connection.ts';
import { Sessions } from './sessions.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  const log: string[] = [];
  let made = 0;
  const sessions = new Sessions(() => {
    const name = `c${made++}`;
    return { name, close: () => log.push(`close ${name}`) } as unknown as Connection;
  });
  const use = (id?: string, timeout = 60, check = false) =>
    sessions.use(id === undefined ? undefined : { id, timeout, check }, async (connection, shared) => {
      const { name } = connection as unknown as { name: string };
      log.push(`${name} ${shared}`);
      await Promise.resolve();
      log.push(`end ${name}`);
    });
  return { sessions, use, log };
}

describe('Sessions', () => {
  it('gives a request without a session a connection of its own', async () => {
    const { use, log } = setUp();
    await use();
    await use();
    expect(log).toEqual(['c0 false', 'end c0', 'close c0', 'c1 false', 'end c1', 'close c1']);
  });

  it('lets the requests of one session follow each other', async () => {
    const { use, log } = setUp();
    await Promise.all([use('s'), use('s')]);
    expect(log).toEqual(['c0 true', 'end c0', 'c0 true', 'end c0']);
  });

  it('ends a session that has not been used, counted from its last use', async () => {
    const { use, log } = setUp();
    await use('s', 10);
    await vi.advanceTimersByTimeAsync(9_000);
    await use('s', 10);
    await vi.advanceTimersByTimeAsync(9_000);
    expect(log).not.toContain('close c0');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(log).toContain('close c0');
    await expect(use('s', 10, true)).rejects.toMatchObject({ code: 372 });
  });

  it('has a limit, and closes them all', async () => {
    const { sessions, use, log } = setUp();
    for (let i = 0; i < 100; i++) await use(`s${i}`);
    await expect(use('one more')).rejects.toMatchObject({ code: 202 });
    sessions.close();
    expect(log.filter((line) => line.startsWith('close'))).toHaveLength(100);
  });
});
