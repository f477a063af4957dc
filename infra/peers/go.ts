/** The Go toolchain: is it there, is it new enough, and one command of it with its progress. */
import { spawn } from 'node:child_process';
import { UserError } from '../errors.ts';

/** The Collector's builder asks for it. */
export const NEEDED_GO = { major: 1, minor: 26 } as const;

const DOWNLOADING = /^go: downloading /;
const KEPT_LINES = 40;

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface Ended {
  /** -1: the program is not there. */
  readonly code: number;
  /** The last lines of what it printed. */
  readonly tail: readonly string[];
}

/** Runs a command to its end, line by line; never rejects. `onLine` is not told of Go's download lines. */
export function runLines(command: Command, onLine: (line: string) => void): Promise<Ended> {
  const { file, args, cwd, env } = command;
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const tail: string[] = [];
  const keep = (line: string) => {
    tail.push(line);
    if (tail.length > KEPT_LINES) tail.shift();
    if (!DOWNLOADING.test(line)) onLine(line);
  };
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') keep(line);
    });
    stream.on('end', () => {
      if (rest.trim() !== '') keep(rest);
    });
  }
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: -1, tail: [String(error)] }));
    child.once('close', (code) => resolve({ code: code ?? 1, tail }));
  });
}

/** Throws a UserError where `go` is missing or older than NEEDED_GO. */
export async function checkGo(env: NodeJS.ProcessEnv): Promise<void> {
  const { code, tail } = await runLines({ file: 'go', args: ['version'], cwd: '.', env }, () => undefined);
  const reason = goProblem(code, tail.join('\n'));
  if (reason !== undefined) throw new UserError(reason);
}

/** What is wrong with this answer to `go version`, if anything is. */
export function goProblem(code: number, output: string): string | undefined {
  const wanted = `${NEEDED_GO.major}.${NEEDED_GO.minor}`;
  const remedy = `install Go ${wanted} or later (https://go.dev/dl)`;
  if (code === -1) return `go is missing: the tools are built from the Go module proxy; ${remedy}`;
  const found = /\bgo(\d+)\.(\d+)/.exec(output);
  if (code !== 0 || found === null) return `\`go version\` does not work (${output.trim()}): ${remedy}`;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  const isOld = major < NEEDED_GO.major || (major === NEEDED_GO.major && minor < NEEDED_GO.minor);
  return isOld ? `go is too old: it is ${major}.${minor}; ${remedy}` : undefined;
}
