/** No process that a benchmark starts outlives it, whatever ends it (but kill -9, and V8 when its heap is full). */

const pids = new Set<number>();
let watching = false;

/** Kills this process when ours exits; call what is returned once it is gone by itself. */
export function endWithUs(pid: number): () => void {
  pids.add(pid);
  if (!watching) process.once('exit', endAll);
  watching = true;
  return () => void pids.delete(pid);
}

function endAll(): void {
  for (const pid of pids)
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It is gone: what was wanted.
    }
}
