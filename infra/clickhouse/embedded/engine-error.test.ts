import { expect, it } from 'vitest';
import { exceptionBlock } from './answer.ts';
import { EngineError, httpStatusOf } from './engine-error.ts';

it('keeps the code and the words of the engine', () => {
  const error = EngineError.from(
    new Error('Query failed: Code: 60. DB::Exception: Unknown table. (UNKNOWN_TABLE)\n'),
  );
  expect(error).toMatchObject({
    code: 60,
    message: 'Code: 60. DB::Exception: Unknown table. (UNKNOWN_TABLE)',
  });
});

it.each([new Error('boom'), 'boom', new Error('')])(
  'gives what is no ClickHouse error a code: %j',
  (thrown) => {
    expect(EngineError.from(thrown)).toMatchObject({
      code: 1002,
      message: expect.stringMatching(/^Code: 1002\. DB::/),
    });
  },
);

it.each([
  [62, 400],
  [60, 404],
  [516, 401],
  [497, 403],
  [159, 408],
  [223, 413],
  [48, 501],
  [202, 503],
  [241, 500],
])('code %i is HTTP %i', (code, status) => {
  expect(httpStatusOf(code)).toBe(status);
});

it('writes an error into a stream as clients look for it', () => {
  expect(exceptionBlock('tag', 'é boom ')).toBe(
    '\r\n__exception__\r\ntag\r\né boom\n8 tag\r\n__exception__\r\n',
  );
});
