/**
 * `@platformatic/kafka`'s producer: idempotent, acks from all. Its zstd has the library's level (3, not ours of 1, and
 * cannot be told another).
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Sender, SenderOptions } from '#bench/produce/sender.ts';
import { UserError } from '#infra/errors.ts';

/** As much of the library as is used here: it is installed on demand, and need not be there to check the types. */
interface Library {
  readonly Producer: new (options: {
    clientId: string;
    bootstrapBrokers: string[];
    idempotent: boolean;
    acks: number;
    compression: 'zstd' | 'none';
    autocreateTopics: boolean;
  }) => {
    send(request: {
      messages: { topic: string; partition: number; value: Buffer; timestamp: bigint }[];
    }): Promise<unknown>;
    close(): Promise<void>;
  };
}

const FOLDER = fileURLToPath(new URL('platformatic/', import.meta.url));
const PACKAGE = new URL('platformatic/node_modules/@platformatic/kafka/', import.meta.url);

/** Installs the library where it is not yet there. Rejects with a UserError that says what to do. */
export async function installPlatformatic(progress: (text: string) => void): Promise<void> {
  if (existsSync(PACKAGE)) return;
  progress('npm ci in bench/peers/platformatic');
  try {
    await promisify(execFile)('npm', ['ci', '--no-audit', '--no-fund'], { cwd: FOLDER });
  } catch (cause) {
    throw new UserError('@platformatic/kafka cannot be installed: try `npm ci` in bench/peers/platformatic', {
      cause,
    });
  }
}

export async function openPlatformatic({ broker, compression }: SenderOptions): Promise<Sender> {
  const { Producer } = (await import(new URL('dist/index.js', PACKAGE).href)) as Library;
  const producer = new Producer({
    clientId: 'platformatic-bench',
    bootstrapBrokers: [broker],
    idempotent: true,
    acks: -1,
    compression,
    autocreateTopics: false,
  });
  return {
    async send(topic, partition, values, at) {
      const timestamp = BigInt(at);
      await producer.send({ messages: values.map((value) => ({ topic, partition, value, timestamp })) });
    },
    close: () => producer.close(),
  };
}
