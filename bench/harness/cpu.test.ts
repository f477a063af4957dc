import { describe, expect, test } from 'vitest';
import { cpuMeter, cpuMs, fromPs, fromStat, residentBytes } from './cpu.ts';

describe('CPU of a process', () => {
  test('/proc/PID/stat, with a command that looks like fields', () => {
    expect(fromStat('42 (a) b) c) S 1 2 3 4 5 6 7 8 9 10 123 45 0 0 20 0 1 0')).toBe(1_680);
  });

  test('ps of macOS and of Linux', () => {
    expect(fromPs('  0:01.25')).toBe(1_250);
    expect(fromPs('01:02:03')).toBe(3_723_000);
    expect(fromPs('1-00:00:10')).toBe(86_410_000);
  });

  test('of this process it grows with work', () => {
    const meter = cpuMeter({ own: process.pid });
    const until = process.cpuUsage().user + 60_000;
    while (process.cpuUsage().user < until);
    expect(meter.read().own).toBeGreaterThanOrEqual(40);
    expect(cpuMs(process.pid)).toBeGreaterThanOrEqual(60);
  });

  test('resident memory is in bytes', () => {
    const { rss } = process.memoryUsage();
    expect(residentBytes(process.pid)).toBeGreaterThan(rss / 3);
    expect(residentBytes(process.pid)).toBeLessThan(rss * 3);
  });

  test('a process that is gone has none', () => {
    expect(() => cpuMs(2 ** 30)).toThrow();
  });
});
