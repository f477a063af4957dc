/** `npm run analyze -- FILE…`: what ATI says of traces in files, without anything running. */
import { CommanderError } from 'commander';
import { colours } from '#infra/colours.ts';
import { messageOf } from '#infra/errors.ts';
import { widthOf } from '#sinks/explain/width.ts';
import { isWhole, type ReadFile } from './files.ts';
import { analyseGuarded, readGuarded } from './guard.ts';
import { readInput } from './input.ts';
import { parseOptions } from './options.ts';
import { page } from './page.ts';
import { reportOf } from './report.ts';

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  const read: ReadFile[] = [];
  for (const file of options.files) {
    const input = await readInput(file, process.stdin);
    const name = file === '-' ? 'standard input' : file;
    if (input.ok) read.push(readGuarded(name, input.bytes, options.format));
    else read.push({ name, reading: undefined, reason: input.reason });
  }
  const { files, analysis } = analyseGuarded(read);
  const text = options.json
    ? JSON.stringify(reportOf(files, analysis), null, 2)
    : page(files, analysis, {
        width: widthOf(process.stdout, process.env.COLUMNS),
        colours,
        all: options.all,
      }).join('\n');
  await write(`${text}\n`);
  return files.every(isWhole) && analysis.traces.length > 0 ? 0 : 1;
}

/** Resolves when all of it is out: a pipe takes it in pieces. A reader that has seen enough (`| head`) is no error. */
function write(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.once('error', () => resolve());
    process.stdout.write(text, () => resolve());
  });
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    // commander has said what is wrong; --help is no error.
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
    // A bug; its stack says nothing to who only has a file.
    process.stderr.write(`analyze: ${process.argv.slice(2).join(' ')}: ${messageOf(error)}\n`);
    process.exit(1);
  },
);
