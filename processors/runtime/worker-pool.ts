import { Piscina } from 'piscina';
import type { Readiness } from '#infra/http.ts';
import { Watchdog } from '#infra/watchdog.ts';
import type { RecordsTask, Stage1Result, Stage1Task, WorkerSetup } from '../assembly/protocol.ts';

const WORKER = new URL('../assembly/stage1.worker.ts', import.meta.url);

/** Runs the tasks of a partition on its own thread, in order. */
export interface Stage1Runner {
  run(task: Stage1Task): Promise<Stage1Result | undefined>;
  close(): Promise<void>;
}

/**
 * W pools of one thread each: partition p belongs to worker p mod W, so its state never moves between threads (a pool
 * of W threads would hand tasks to whichever is free).
 */
export class WorkerPool implements Stage1Runner {
  readonly #pools: Piscina<Stage1Task, Stage1Result | undefined>[];
  /** A thread that loops answers no more: see `live`. */
  readonly #watchdog = new Watchdog();

  constructor(workers: number, setup: WorkerSetup) {
    this.#pools = Array.from(
      { length: workers },
      () =>
        new Piscina({
          filename: WORKER.href,
          minThreads: 1,
          maxThreads: 1,
          concurrentTasksPerWorker: 1,
          workerData: setup,
        }),
    );
  }

  async run(task: Stage1Task): Promise<Stage1Result | undefined> {
    if (task.type === 'keep') {
      await Promise.all(
        this.#pools.map((pool, worker) => this.#watchdog.watch(`worker ${worker}`, pool.run(task))),
      );
      return undefined;
    }
    const worker = task.partition % this.#pools.length;
    const running = this.#pools[worker].run(task, {
      transferList: task.type === 'records' ? transferred(task) : [],
    });
    return this.#watchdog.watch(`worker ${worker}`, running);
  }

  /** Not when a task does not end. */
  live(): Readiness {
    return this.#watchdog.live();
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.destroy()));
  }
}

function transferred(task: RecordsTask): ArrayBuffer[] {
  const { records, offsets, appended, room } = task;
  const buffers: ArrayBuffer[] = [records.bytes, records.lengths.buffer, offsets.buffer];
  if (appended !== undefined) buffers.push(appended.buffer);
  if (room !== undefined) buffers.push(room);
  return buffers;
}
