import { execFile, execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTopic, kafkaOf, openBroker, type TestBroker, uniqueName } from './harness.ts';

/** kcat: librdkafka, so the other great family of clients. Debian: apt-get install kcat. */
const missing = !isInstalled();

let broker: TestBroker;

beforeAll(async () => {
  if (!missing) broker = await openBroker();
});

afterAll(async () => {
  await broker?.close();
});

function isInstalled(): boolean {
  try {
    execFileSync('kcat', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Runs kcat with `input` on its standard input; resolves with what it printed. */
function kcat(words: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile('kcat', ['-b', broker.brokers[0], ...words], (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stderr}`));
      else resolve(stdout);
    });
    child.stdin?.end(input);
  });
}

describe.skipIf(missing)(
  `kcat${missing ? ' (skipped: it is not installed; Debian: apt-get install kcat)' : ''}`,
  () => {
    test('lists the broker and its topics', async () => {
      const topic = await createTopic(kafkaOf(broker), 3);
      const listed = await kcat(['-L', '-t', topic]);
      expect(listed).toContain(`topic "${topic}" with 3 partitions`);
    });

    test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
      'writes with %s and reads it back',
      async (codec) => {
        const topic = await createTopic(kafkaOf(broker));
        const lines = Array.from({ length: 300 }, (_, i) => `key-${i}:value-${i}`).join('\n');
        await kcat(['-P', '-t', topic, '-K:', '-z', codec], `${lines}\n`);
        const read = await kcat(['-C', '-t', topic, '-K:', '-o', 'beginning', '-e', '-q']);
        expect(read.trim()).toBe(lines);
      },
    );

    test('writes idempotently, reads from an offset and from a time', async () => {
      const topic = await createTopic(kafkaOf(broker));
      await kcat(['-P', '-t', topic, '-X', 'enable.idempotence=true'], 'a\nb\nc\n');
      expect(await kcat(['-C', '-t', topic, '-o', '1', '-e', '-q'])).toBe('b\nc\n');
      expect(await kcat(['-C', '-t', topic, '-o', 's@1000000000000', '-e', '-q'])).toBe('a\nb\nc\n');
      expect(await kcat(['-Q', '-t', `${topic}:0:-1`])).toContain('offset 3');
    });

    test('consumes in a group, and goes on where it stopped', async () => {
      const topic = await createTopic(kafkaOf(broker), 2);
      const group = uniqueName('kcat');
      const words = ['-G', group, '-e', '-q', '-X', 'auto.offset.reset=earliest', topic];
      await kcat(['-P', '-t', topic], 'a\nb\nc\n');
      expect((await kcat(words)).split('\n').sort().join('')).toBe('abc');
      await kcat(['-P', '-t', topic], 'd\n');
      expect(await kcat(words)).toBe('d\n');
    });
  },
);
