/** After the stop no process is left: none that was seen, none of their groups, none that names the data directory. */
import { readdir, readFile } from 'node:fs/promises';

/** In words, empty when all is well. Needs /proc; without it (no Linux) it says so. */
export async function orphans(pids: ReadonlySet<number>, directory: string): Promise<string[]> {
  const running = await processes();
  if (running.length === 0) return ['whether a process is left cannot be seen: there is no /proc'];
  const found: string[] = [];
  for (const pid of running) {
    const stat = await read(pid, 'stat');
    // Behind the command's closing parenthesis: state, parent, process group.
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // One that has ended is no process any more, although its parent has not asked for its end yet.
    if (stat === '' || state === 'Z' || pid === process.pid) continue;
    if (pids.has(pid)) found.push(`process ${pid} is left: it was started by the run`);
    else if (pids.has(Number(group)))
      found.push(`process ${pid} is left: it is of the process group ${group}`);
    else if (((await read(pid, 'cmdline')) + (await read(pid, 'environ'))).includes(directory))
      found.push(`process ${pid} is left: it names ${directory}`);
  }
  return found;
}

async function processes(): Promise<number[]> {
  const entries = await readdir('/proc').catch(() => []);
  return entries.filter((name) => /^\d+$/.test(name)).map(Number);
}

/** '' where the process has ended meanwhile, or is another user's. */
function read(pid: number, file: string): Promise<string> {
  return readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
}
