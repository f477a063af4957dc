/** For tests: a disk that can be filled, a small tmpfs. Only root may mount one; who is not skips. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A program of the system, not of a package. */
const system = (program: string, args: readonly string[]) => execFileSync(program, args, { stdio: 'pipe' });

export class SmallDisk {
  readonly directory: string;

  /** Throws where nothing can be mounted. */
  constructor(megabytes: number) {
    this.directory = mkdtempSync(path.join(tmpdir(), 'ati-disk-'));
    try {
      system('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', this.directory]);
    } catch (error) {
      rmdirSync(this.directory);
      throw error;
    }
  }

  /** Takes all the room that is left; gives it back when called. */
  fill(): () => void {
    const ballast = path.join(this.directory, 'ballast');
    const fd = openSync(ballast, 'w');
    for (let block = 1 << 20; block >= 1; ) {
      try {
        writeSync(fd, Buffer.alloc(block));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        block >>= 1;
      }
    }
    closeSync(fd);
    return () => rmSync(ballast);
  }

  /** Whatever still runs on it. */
  remove(): void {
    system('umount', ['-l', this.directory]);
    rmdirSync(this.directory);
  }
}

/** Whether this machine and user can have one. */
export function maySmallDisk(): boolean {
  try {
    new SmallDisk(1).remove();
    return true;
  } catch {
    return false; // not root, or no such system
  }
}
