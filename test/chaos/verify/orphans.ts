/** After the stop no process is left: none that was seen, none of their groups, none that names the data directory. */
import { readdir, readFile } from 'node:fs/promises';

/** In words, empty when all is well. Looks at /proc; on systems without it only at the pids. */
export async function orphans(pids: ReadonlySet<number>, directory: string): Promise<string[]> {
  const found = new Map<number, string>();
  for (const pid of pids) if (isAlive(pid)) found.set(pid, 'it was started by the run');
  for (const pid of await processes()) {
    const stat = await read(pid, 'stat');
    // Behind the command's closing parenthesis: state, parent, process group.
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (stat === '' || state === 'Z' || pid === process.pid) continue;
    if (pids.has(Number(group))) found.set(pid, `it is of the process group ${group}`);
    const words = (await read(pid, 'cmdline')) + (await read(pid, 'environ'));
    if (words.includes(directory)) found.set(pid, `it names ${directory}`);
  }
  return [...found].map(([pid, why]) => `process ${pid} is left: ${why}`);
}

async function processes(): Promise<number[]> {
  const entries = await readdir('/proc').catch(() => []);
  return entries.filter((name) => /^\d+$/.test(name)).map(Number);
}

/** '' where the process has ended meanwhile, or is another user's. */
function read(pid: number, file: string): Promise<string> {
  return readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
