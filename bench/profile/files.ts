/** The profiles that a process has left behind: `CPU.DATE.TIME.PID.THREAD.SEQUENCE.cpuprofile`, one a thread. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type CpuProfile, type Frame, framesOf } from './cpuprofile.ts';

export interface ThreadProfile {
  /** `main`, or `worker 1`. */
  readonly thread: string;
  readonly root: Frame;
}

/**
 * The threads of one process: of those that wrote into this folder (it is started on nothing first, to see what a
 * start costs) the one that worked most.
 */
export async function threadsIn(directory: string, projectRoot: string): Promise<ThreadProfile[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.cpuprofile'));
  const threads = await Promise.all(
    files.map(async (file) => {
      const [, , , pid, thread] = file.split('.');
      const profile = JSON.parse(await readFile(path.join(directory, file), 'utf8')) as CpuProfile;
      return { pid, number: Number(thread), root: framesOf(profile, projectRoot) };
    }),
  );
  const processes = [...Map.groupBy(threads, ({ pid }) => pid).values()];
  const work = (of: typeof threads) => of.reduce((sum, { root }) => sum + root.total, 0);
  const busiest = processes.sort((a, b) => work(b) - work(a))[0] ?? [];
  return busiest
    .sort((a, b) => a.number - b.number)
    .map(({ number, root }) => ({ thread: number === 0 ? 'main' : `worker ${number}`, root }));
}
