/**
 * What the ratios of a case were when somebody last looked and was content: `bench/baselines/CASE.json`. A run whose ratio
 * leaves its band on the bad side has regressed: the low side, and the high one where the ratio is promised `atMost`.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { Ratio } from './case.ts';
import { isKept, promised, shown } from './report.ts';

export interface Band {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Small sizes have other ratios: each kind of run has its own bands, by the ratio's name. */
export type Baselines = Partial<Record<Kind, Readonly<Record<string, Band>>>>;
export type Kind = 'full' | 'quick';

/** How far around the median is still noise; the rounds that were measured always are. */
const NOISE: Record<Kind, number> = { full: 0.25, quick: 0.4 };
const FOLDER = new URL('../baselines/', import.meta.url);

export async function readBaselines(name: string, folder: URL = FOLDER): Promise<Baselines> {
  const file = new URL(`${name}.json`, folder);
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Baselines) : {};
}

/** The bands of this kind of run become those around these ratios; the other kind's stay. */
export async function saveBaselines(
  name: string,
  kind: Kind,
  ratios: readonly Ratio[],
  folder: URL = FOLDER,
): Promise<void> {
  const bands = Object.fromEntries(ratios.map((ratio) => [ratio.name, bandOf(ratio, kind)]));
  const all = { ...(await readBaselines(name, folder)), [kind]: bands };
  await mkdir(folder, { recursive: true });
  await writeFile(new URL(`${name}.json`, folder), `${JSON.stringify(all, null, 2)}\n`);
}

function bandOf({ median, min, max }: Ratio, kind: Kind): Band {
  const noise = NOISE[kind];
  return {
    median: shown(median),
    low: shown(Math.min(min, median * (1 - noise))),
    high: shown(Math.max(max, median * (1 + noise))),
  };
}

/** What is wrong with the ratios of a run, a sentence each. In a quick run promises are not looked at: it is too short. */
export function faults(ratios: readonly Ratio[], baselines: Baselines, kind: Kind): string[] {
  const wrong: string[] = [];
  for (const ratio of ratios) {
    const is = `${ratio.name}: ${shown(ratio.median)}`;
    if (kind === 'full' && !isKept(ratio)) wrong.push(`${is}, promised ${promised(ratio)}`);
    const band = baselines[kind]?.[ratio.name];
    if (band === undefined) continue;
    const small = ratio.atMost !== undefined;
    if (!small && ratio.median < band.low)
      wrong.push(`${is}, below its band (${shown(band.low)}, baseline ${shown(band.median)})`);
    if (small && ratio.median > band.high)
      wrong.push(`${is}, above its band (${shown(band.high)}, baseline ${shown(band.median)})`);
  }
  // A promise or a baseline that is no longer measured would pass for ever.
  for (const name of Object.keys(baselines[kind] ?? {}))
    if (!ratios.some((ratio) => ratio.name === name))
      wrong.push(`${name}: has a baseline and was not measured`);
  return wrong;
}
