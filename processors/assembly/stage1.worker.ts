/** A worker thread of stage 1: one Piscina pool of one thread each, so that the state of its partitions never moves. */
import { move, transferableSymbol, valueSymbol, workerData } from 'piscina';
import { analyseTrace } from '../analyse.ts';
import { configureDetectors } from '../detectors/registry.ts';
import type { Stage1Task, WorkerSetup } from './protocol.ts';
import { Stage1 } from './stage1.ts';

const setup = workerData as WorkerSetup;
const configured = configureDetectors(setup.detectors);
if (!configured.ok) throw new Error(configured.message);
const { detectors } = configured;
const stage1 = new Stage1(setup.assembly, (tenant, traceId, columns) =>
  analyseTrace(tenant, traceId, columns, detectors),
);

export default function run(task: Stage1Task) {
  const result = stage1.run(task);
  if (result === undefined) return undefined;
  return move({
    get [transferableSymbol]() {
      const { outputs, spent } = result;
      return [outputs.bytes, outputs.entries.buffer, ...spent];
    },
    get [valueSymbol]() {
      return result;
    },
  });
}
