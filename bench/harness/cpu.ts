/** CPU time of processes, user and system, of all their threads: in ticks of 10 ms from /proc, elsewhere from `ps`. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** USER_HZ: 100 on every Linux that Node runs on. */
const TICK_MS = 10;
const HAS_PROC = existsSync('/proc/self/stat');

/** Milliseconds of CPU so far. Throws when there is no such process. */
export function cpuMs(pid: number): number {
  return HAS_PROC ? fromStat(readFileSync(`/proc/${pid}/stat`, 'utf8')) : fromPs(ps(pid));
}

/** utime and stime of /proc/PID/stat; the second field is the command, which may hold blanks and brackets. */
export function fromStat(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** `ps -o time`: `[[d-]h:]m:s[.c]`. */
export function fromPs(time: string): number {
  const [days, clock] = time.includes('-') ? time.trim().split('-') : ['0', time.trim()];
  const seconds = clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return Math.round((Number(days) * 86_400 + seconds) * 1000);
}

const ps = (pid: number): string =>
  execFileSync('ps', ['-o', 'time=', '-p', String(pid)], { encoding: 'utf8' });

export interface CpuMeter<Name extends string> {
  /** Milliseconds of CPU of each since the meter started. */
  read(): Record<Name, number>;
}

/** Starts to measure these processes: `cpuMeter({ processor: 123, sink: 124 })`. */
export function cpuMeter<Name extends string>(pids: Readonly<Record<Name, number>>): CpuMeter<Name> {
  const names = Object.keys(pids) as Name[];
  const now = () =>
    Object.fromEntries(names.map((name) => [name, cpuMs(pids[name])])) as Record<Name, number>;
  const before = now();
  return {
    read() {
      const after = now();
      for (const name of names) after[name] -= before[name];
      return after;
    },
  };
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  const kib = HAS_PROC
    ? /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(kib) * 1024;
}
