/** A Python virtual environment with pinned packages, from the package index that pip is configured for. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../errors.ts';
import { runLines } from './go.ts';

/** Minor version of Python 3 that the pinned packages ask for. */
const NEEDED_MINOR = 9;

async function run(file: string, args: readonly string[], problem: string, say: (line: string) => void) {
  const ended = await runLines({ file, args, cwd: '.', env: process.env }, say);
  if (ended.code !== 0) throw new UserError(`${problem}\n${ended.tail.join('\n')}`.trimEnd());
}

/** Throws a UserError where `python3` is missing or older. */
export async function checkPython(): Promise<void> {
  const test = `import sys; sys.exit(sys.version_info < (3, ${NEEDED_MINOR}))`;
  await run('python3', ['-c', test], `python3 is missing, or older than 3.${NEEDED_MINOR}`, () => undefined);
}

/**
 * Makes the environment in the folder `directory`. It may be moved as a whole afterwards: its `bin/python` finds its
 * packages from where it stands (the scripts beside it do not). Throws a UserError with what went wrong.
 */
export async function buildVenv(
  requirements: URL,
  directory: string,
  say: (line: string) => void,
): Promise<void> {
  const noVenv = 'no virtual environment could be made (Debian: apt-get install python3-venv):';
  await run('python3', ['-m', 'venv', directory], noVenv, say);
  const install = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--only-binary',
    ':all:',
  ];
  const args = [...install, '--requirement', fileURLToPath(requirements)];
  await run(join(directory, 'bin', 'python'), args, 'pip could not install the packages:', say);
}
