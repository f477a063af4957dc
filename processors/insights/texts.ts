/** Labels that come again in every trace: each is made once and never copied again. */

/** The names seen last; a long name is not worth its memory. */
const MOST_KEPT = 1000;
const MOST_NUMBERED = 200;
const LONGEST_NAME = 200;

const numbered = new Map<string, string[]>();
/** The name asked for last, and its texts by number: siblings are mostly called the same. */
let lastName = '';
let lastTexts: string[] = [];

function textsOf(name: string): string[] {
  const known = numbered.get(name);
  if (known !== undefined) return known;
  const texts: string[] = [];
  if (name.length > LONGEST_NAME) return texts;
  if (numbered.size >= MOST_KEPT) numbered.clear();
  numbered.set(name, texts);
  return texts;
}

/** `search #3`; numbers from 1. */
export function withNumber(name: string, number: number): string {
  if (number > MOST_NUMBERED) return `${name} #${number}`;
  if (name !== lastName) {
    lastTexts = textsOf(name);
    lastName = name;
  }
  while (lastTexts.length < number) lastTexts.push(`${name} #${lastTexts.length + 1}`);
  return lastTexts[number - 1];
}
