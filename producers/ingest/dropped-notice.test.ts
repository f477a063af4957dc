import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { nothingDropped } from '#schemas/otlp/dropped.ts';
import { DroppedNotice } from './dropped-notice.ts';

test('tells what was kept back at once, then the sum of each minute, and nothing where nothing was', () => {
  const lines: object[] = [];
  const write = new Writable({
    write(line: Buffer, _encoding, done) {
      lines.push(JSON.parse(line.toString()).keptBack);
      done();
    },
  });
  const notice = new DroppedNotice(pino(write));
  notice.add(nothingDropped(), 0);
  expect(lines).toEqual([]);
  notice.add({ ...nothingDropped(), content: 2 }, 1_000);
  notice.add({ ...nothingDropped(), content: 3, links: 1 }, 2_000);
  notice.add({ ...nothingDropped(), content: 4 }, 60_999);
  expect(lines).toEqual([{ content: 2 }]);
  notice.add(nothingDropped(), 61_000);
  expect(lines).toEqual([{ content: 2 }, { content: 7, links: 1 }]);
  notice.add(nothingDropped(), 500_000);
  expect(lines).toHaveLength(2);
});
