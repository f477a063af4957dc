/**
 * Colours on the terminal. Only there: picocolors by itself also colours what a CI system (`CI` is set) pipes to a file
 * or another program, which then reads escape sequences. `NO_COLOR` takes them away, `FORCE_COLOR` wants them piped too.
 */
import picocolors from 'picocolors';

/** Each colours a text, or leaves it. */
export type Colours = Pick<
  ReturnType<typeof picocolors.createColors>,
  'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan'
>;

/** `isTTY`: of the stream that is written to. */
export function areWanted(isTTY: boolean | undefined, { FORCE_COLOR }: NodeJS.ProcessEnv): boolean {
  return picocolors.isColorSupported && (isTTY === true || (FORCE_COLOR ?? '') !== '');
}

/** For standard output. */
export const colours = picocolors.createColors(areWanted(process.stdout.isTTY, process.env));
