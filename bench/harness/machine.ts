/** What a reader must know of the machine that measured. Nothing that names it. */
import { cpus, loadavg, totalmem, type } from 'node:os';

export function machine(): string {
  const all = cpus();
  const model = all[0]?.model.trim() || 'unknown CPU';
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${model}, ${all.length} cores, ${memory} GiB, ${type()}, Node ${process.versions.node}`;
}

/** Of the last 1, 5 and 15 minutes. */
export const load = (): string =>
  loadavg()
    .map((value) => value.toFixed(2))
    .join(' ');
