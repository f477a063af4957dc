/** A real Apache Kafka for one run: on free ports, in a folder of its own, to be killed and started again. */
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { fetchJars } from '#infra/kafka/real/jars.ts';
import { findJava } from '#infra/kafka/real/java.ts';
import { type NodeOptions, nodePid, startNode, stopNode } from '#infra/kafka/real/node.ts';
import { CACHE, freePorts } from '#infra/kafka/real/place.ts';

export class BrokerNode {
  readonly address: string;
  readonly #options: NodeOptions;
  #starting: Promise<void> = Promise.resolve();
  #starts = 0;

  private constructor(options: NodeOptions) {
    this.#options = options;
    this.address = `127.0.0.1:${options.port}`;
  }

  static async start(directory: string, say: (line: string) => void): Promise<BrokerNode> {
    const java = await findJava();
    const lib = await fetchJars(CACHE, say);
    await mkdir(directory, { recursive: true });
    const node = new BrokerNode({ lib, java, directory, port: await freePorts() });
    await startNode(node.#options);
    return node;
  }

  get pid(): number | undefined {
    return nodePid(this.#options.directory);
  }

  /** kill -9; it is started again on the same folder. Resolves when it is gone. */
  async kill(): Promise<void> {
    const { directory } = this.#options;
    await this.#starting;
    await stopNode(directory, 'SIGKILL');
    // Each start begins its log anew.
    const log = path.join(directory, 'server.log');
    await rename(log, `${log}.${++this.#starts}`);
    this.#starting = startNode(this.#options);
    // Whoever waits for it next hears of it.
    this.#starting.catch(() => {});
  }

  async stop(): Promise<void> {
    await this.#starting.catch(() => {});
    // One that is frozen hears no SIGTERM.
    if (this.pid !== undefined) process.kill(this.pid, 'SIGCONT');
    await stopNode(this.#options.directory);
  }
}
