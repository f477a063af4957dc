/** Node's own CPU profiler in the processes that the harness starts, while `npm run profile` asks for it. */
import path from 'node:path';

let into: string | undefined;
let wanted: string | undefined;

/** From now on each Node process writes its profiles (one a thread) to DIRECTORY/NAME; `only`: that process alone. */
export function profileInto(directory: string, only?: string): void {
  into = directory;
  wanted = only;
}

/** Flags for a process of this name: none unless it is to be profiled. Worker threads inherit them. */
export function profilerFlags(name: string): string[] {
  if (into === undefined || (wanted !== undefined && name !== wanted)) return [];
  return ['--cpu-prof', `--cpu-prof-dir=${path.join(into, name)}`];
}
