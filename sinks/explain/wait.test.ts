import { expect, test } from 'vitest';
import type { Answer } from './api.ts';
import { waitFor } from './wait.ts';

const missing = { ok: false, missing: true, reason: 'no trace' } as const;
const failed = { ok: false, missing: false, reason: 'no API' } as const;
const value = (text: string) => ({ ok: true, value: text }) as const;

/** Asks for the answers in turn, the last one for ever, in a time of its own. */
async function run(answers: readonly Answer<string>[], { arriveMs = 1000, completeMs = 3000 } = {}) {
  let now = 50;
  let asked = 0;
  const pauses: string[] = [];
  const answer = await waitFor(
    async () => answers[Math.min(asked++, answers.length - 1)],
    (text) => text === 'closed',
    {
      ...{ arriveMs, completeMs, now: () => now },
      sleep: async (ms) => {
        now += ms;
      },
      onPause: (state, elapsedMs) => pauses.push(`${state} ${elapsedMs}`),
    },
  );
  return { answer, asked, pauses };
}

test('what is complete, and what has failed, is not waited for', async () => {
  expect(await run([value('closed')])).toEqual({ answer: value('closed'), asked: 1, pauses: [] });
  expect(await run([failed])).toEqual({ answer: failed, asked: 1, pauses: [] });
});

test('first it arrives, then it closes', async () => {
  const { answer, pauses } = await run([missing, missing, value('open'), value('closed')]);
  expect(answer).toEqual(value('closed'));
  expect(pauses).toEqual(['missing 0', 'missing 250', 'incomplete 500']);
});

test('a failure while waiting ends it', async () => {
  expect((await run([value('open'), failed, value('closed')])).answer).toBe(failed);
});

test('each has its own limit', async () => {
  expect(await run([missing])).toMatchObject({ answer: missing, asked: 5 });
  expect(await run([value('open')])).toMatchObject({ answer: value('open'), asked: 13 });
});

test('no time to wait: it is asked once', async () => {
  for (const answers of [[missing], [value('open')]])
    expect(await run(answers, { arriveMs: 0, completeMs: 0 })).toMatchObject({ asked: 1, pauses: [] });
});
