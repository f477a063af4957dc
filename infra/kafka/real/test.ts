/**
 * `npm run test:kafka`: the contract suite, all other tests under infra/kafka, and the rebalances of processors and sinks
 * (test/rebalance) against a real Apache Kafka that is started for them on a free port and stopped again. One file at a
 * time: some kill the broker.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchJars, KAFKA_VERSION } from './jars.ts';
import { findJava } from './java.ts';
import { startNode, stopNode } from './node.ts';
import { CACHE, freePorts, script } from './place.ts';

/** Retention and compaction without the waits that production wants; retention only for topics that ask for it. */
const QUICK = {
  'log.retention.ms': '-1',
  'log.retention.check.interval.ms': '200',
  'log.initial.task.delay.ms': '100',
  'log.cleaner.backoff.ms': '200',
  'log.segment.delete.delay.ms': '100',
};

const DESCRIPTION =
  'Runs the tests under infra/kafka and test/rebalance against a real Apache Kafka that is started for them.';

await script('test:kafka', DESCRIPTION, async () => {
  const java = await findJava();
  const lib = await fetchJars(CACHE, console.log);
  const directory = await mkdtemp(join(tmpdir(), 'ati-kafka-'));
  const port = await freePorts();
  try {
    await startNode({ lib, java, directory, port, properties: QUICK });
    console.log(`Apache Kafka ${KAFKA_VERSION} serves on 127.0.0.1:${port}`);
    const environment = {
      ATI_TEST_KAFKA_BROKERS: `127.0.0.1:${port}`,
      ATI_TEST_KAFKA_NODE: JSON.stringify({ lib, java, directory, port, properties: QUICK }),
    };
    return await vitest(['infra/kafka', 'test/rebalance', '--no-file-parallelism'], environment);
  } finally {
    await stopNode(directory);
    await rm(directory, { recursive: true, force: true });
  }
});

function vitest(words: readonly string[], environment: Record<string, string>): Promise<number> {
  const program = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, 'run', ...words], {
      stdio: 'inherit',
      env: { ...process.env, ...environment },
    });
    // Ctrl-C reaches vitest too; here it must not end us before the Kafka that we have started.
    process.on('SIGINT', () => undefined);
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
