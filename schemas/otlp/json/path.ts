/** Where in a body that is known to be JSON a value is: looked for only where a fault is told of. */
import { CLOSE, CLOSE_LIST, COLON, COMMA, OPEN, OPEN_LIST, parse, QUOTE, stringEnd } from './scan.ts';

/** No value that is asked for is in more. What is written beyond the end of a typed array is not kept. */
const MAX_LEVELS = 1_000;

/** The path to the value that begins at `offset` (`resourceSpans[0].schemaUrl`), in one walk to there. */
export function pathTo(b: Uint8Array, offset: number): string {
  // Of each list and object around it: how many items came before, or ~(where the last name is).
  const levels = new Int32Array(MAX_LEVELS);
  let depth = 0;
  let text = 0;
  for (let p = 0; p < offset; p++) {
    switch (b[p]) {
      case QUOTE:
        text = p;
        p = stringEnd(b, p + 1);
        break;
      case COLON:
        levels[depth - 1] = ~text;
        break;
      case COMMA:
        if (levels[depth - 1] >= 0) levels[depth - 1]++;
        break;
      case OPEN:
      case OPEN_LIST:
        levels[depth++] = b[p] === OPEN ? -1 : 0;
        break;
      case CLOSE:
      case CLOSE_LIST:
        depth--;
        break;
    }
  }
  let path = '';
  for (const level of levels.subarray(0, depth)) {
    if (level >= 0) path += `[${level}]`;
    else path += `${path === '' ? '' : '.'}${parse(b, ~level, stringEnd(b, ~level + 1) + 1)}`;
  }
  return path;
}
