/** `npm run why`: what owns the critical path of many traces, and why the slow ones are, from the query API alone. */
import { CommanderError } from 'commander';
import { colours } from '#infra/colours.ts';
import { baseOf } from '../api-url.ts';
import { clean } from '../explain/text.ts';
import { widthOf } from '../explain/width.ts';
import { askWhy } from './api.ts';
import { whyNothing } from './nothing.ts';
import { parseOptions } from './options.ts';
import { page } from './page.ts';
import { refusal } from './refusal.ts';

async function main(): Promise<number> {
  const now = Date.now();
  const options = parseOptions(process.argv.slice(2), now);
  const base = baseOf(options.api);
  if (!base.ok) {
    console.error(base.reason);
    return 2;
  }
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on('error', () => process.exit(0));
  const answer = await askWhy(base.value, options);
  if (!answer.ok) {
    console.error(answer.reason);
    return 1;
  }
  const { attribution, text } = answer.value;
  const named = attribution.refused === '' || attribution.failures.length > 0;
  if (options.json) process.stdout.write(`${text}\n`);
  else if (attribution.root !== null) {
    const lines = page(answer.value, options, {
      width: widthOf(process.stdout, process.env.COLUMNS),
      colours,
      all: options.all,
    });
    process.stdout.write(`${lines.join('\n')}\n`);
  }
  if (attribution.refused !== '') {
    const why =
      attribution.root === null
        ? await whyNothing(base.value, attribution, options, now)
        : refusal(attribution, options);
    console.error(why.map(clean).join('\n'));
  }
  return named ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    // commander has said what is wrong; --help is no error.
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
    throw error;
  },
);
