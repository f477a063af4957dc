/** The functions with the most self time, as text. */
import type { FunctionTime } from './cpuprofile.ts';

export const TOP = 40;

/** µs as ms, with the share of all work of the thread. */
export function table(functions: readonly FunctionTime[], top = TOP): string {
  const whole = functions.reduce((sum, { self }) => sum + self, 0);
  const lines = functions.slice(0, top).map(({ name, at, self, total }) => {
    const ms = (micros: number) => (micros / 1000).toFixed(1).padStart(9);
    const share = `${((100 * self) / whole).toFixed(1)} %`.padStart(7);
    return `${ms(self)} ${share} ${ms(total)}  ${name}  ${at}`;
  });
  return ['  self ms   share  total ms  function', ...lines, ''].join('\n');
}
