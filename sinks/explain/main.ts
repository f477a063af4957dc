/** `npm run explain -- <trace id>`: why a trace took its time, on the terminal, from the query API alone. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CommanderError } from 'commander';
import { colours } from '#infra/colours.ts';
import { baseOf } from '../api-url.ts';
import { type Answer, askNewest, askTrace, type TraceAnswer } from './api.ts';
import { ARRIVE_MS, CLOSE_MS, type Options, parseOptions } from './options.ts';
import { page } from './page.ts';
import { progressOn } from './progress.ts';
import { isClosed } from './view.ts';
import { waitFor } from './wait.ts';
import { widthOf } from './width.ts';

/** Newest first, then the trace itself: both may still be on their way. */
async function explained(base: string, { id, wait }: Options): Promise<Answer<TraceAnswer>> {
  const progress = progressOn(process.stderr);
  const waiting = (what: string) => ({
    arriveMs: wait ? ARRIVE_MS : 0,
    completeMs: wait ? CLOSE_MS : 0,
    now: () => performance.now(),
    sleep: (ms: number) => sleep(ms),
    onPause: (state: 'missing' | 'incomplete', elapsedMs: number) =>
      progress.say(
        state === 'missing' ? `${what} is not there yet` : `${what} has not closed yet`,
        (state === 'missing' ? ARRIVE_MS : CLOSE_MS) - elapsedMs,
      ),
  });
  try {
    const known: Answer<string> =
      id === undefined
        ? await waitFor(
            () => askNewest(base),
            () => true,
            waiting('a closed trace'),
          )
        : { ok: true, value: id };
    if (!known.ok) return known;
    return await waitFor(
      () => askTrace(base, known.value),
      ({ trace }) => isClosed(trace),
      waiting(`trace ${known.value}`),
    );
  } finally {
    progress.end();
  }
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  const base = baseOf(options.api);
  if (!base.ok) {
    console.error(base.reason);
    return 2;
  }
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on('error', () => process.exit(0));
  const answer = await explained(base.value, options);
  if (!answer.ok) {
    console.error(answer.missing ? `${answer.reason} at ${base.value}: ${hint(options)}` : answer.reason);
    return 1;
  }
  const { trace, text } = answer.value;
  if (options.json) process.stdout.write(`${text}\n`);
  if (!isClosed(trace)) {
    console.error(
      `trace ${trace.traceId} has not closed: it does so when its root span has come and no other follows for a while`,
    );
    return 1;
  }
  if (!options.json) {
    const lines = page(trace, options.id === undefined, {
      width: widthOf(process.stdout, process.env.COLUMNS),
      colours,
      all: options.all,
    });
    process.stdout.write(`${lines.join('\n')}\n`);
  }
  return 0;
}

const hint = ({ id }: Options) =>
  id === undefined
    ? 'run a workflow first'
    : 'no span of it has arrived (GET /v1/traces lists those that have closed)';

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    // commander has said what is wrong; --help is no error.
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
    throw error;
  },
);
