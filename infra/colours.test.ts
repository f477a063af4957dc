import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

const module = new URL('./colours.ts', import.meta.url).href;

/** What a program writes to a pipe, where these are set. */
function piped(set: Record<string, string>): string {
  const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...rest } = process.env;
  const program = `const { colours } = await import(${JSON.stringify(module)}); process.stdout.write(colours.red('x'));`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...rest, ...set },
  }).toString();
}

test.each([
  [{}, 'x'],
  [{ CI: 'true' }, 'x'],
  [{ FORCE_COLOR: '' }, 'x'],
  [{ FORCE_COLOR: '1' }, '\u001b[31mx\u001b[39m'],
  [{ CI: 'true', FORCE_COLOR: '1' }, '\u001b[31mx\u001b[39m'],
  [{ FORCE_COLOR: '1', NO_COLOR: '1' }, 'x'],
])('a pipe, where %j is set', (set, written) => expect(piped(set)).toBe(written));
