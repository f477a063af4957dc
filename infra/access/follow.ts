/** Notices when a file changes, appears or goes. */
import { stat } from 'node:fs/promises';

/** Not fs.watch: it misses files that are replaced on network file systems and in mounted Kubernetes secrets. */
const LOOK_EVERY_MS = 1_000;

/**
 * Calls `changed` after each change since this has resolved, one call at a time; what it does must not throw. Read the
 * file after that, and no change is missed.
 */
export async function followFile(
  path: string,
  changed: () => Promise<void>,
): Promise<{ close(): Promise<void> }> {
  let seen = await signature(path);
  let looking = Promise.resolve();
  let busy = false;
  const look = async () => {
    const now = await signature(path);
    if (now === seen) return;
    seen = now;
    await changed();
  };
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    looking = look().finally(() => {
      busy = false;
    });
  }, LOOK_EVERY_MS);
  timer.unref();
  return {
    async close() {
      clearInterval(timer);
      await looking;
    },
  };
}

/** Another one for another file or content; of a file that cannot be looked at, why. */
async function signature(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join();
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
