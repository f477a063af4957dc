/** `bench/results.svg`: µs of CPU a span, a bar for each variant of each case, a piece for each process. */
import { escaped, svg, tenths } from '../../test/support/svg.ts';
import type { Cost } from './case.ts';
import type { CaseRun } from './results.ts';

const WIDTH = 860;
const LEFT = 150;
const RIGHT = 70;
const BAR = 18;
const ROW = 24;
const HEADING = 34;

/** Colour-blind safe (Okabe and Ito), each for one process wherever it appears. */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#999999'];

export function picture(runs: readonly CaseRun[]): string {
  const shown = runs.filter(({ result }) => (result.costs ?? []).length > 0);
  const processes = [
    ...new Set(shown.flatMap(({ result }) => (result.costs ?? []).map((cost) => cost.process))),
  ];
  const parts: string[] = [];
  let y = 10;
  for (const { name, result } of shown) {
    const drawn = group(name, byVariant(result.costs ?? []), processes, y);
    parts.push(...drawn.parts);
    y = drawn.below;
  }
  parts.push(...legend(processes, y + 14));
  return svg('µs of CPU a span, by case, variant and process', WIDTH, y + 40, parts);
}

function byVariant(costs: readonly Cost[]): Map<string, readonly Cost[]> {
  // Counted ones first: they make the ratios.
  const ordered = [...costs].sort((a, b) => Number(b.counted) - Number(a.counted));
  return Map.groupBy(ordered, ({ variant }) => variant);
}

function group(
  name: string,
  variants: ReadonlyMap<string, readonly Cost[]>,
  processes: readonly string[],
  top: number,
): { parts: string[]; below: number } {
  const totals = [...variants.values()].map((costs) => costs.reduce((sum, { median }) => sum + median, 0));
  const perMicro = (WIDTH - LEFT - RIGHT) / Math.max(...totals);
  const parts = [`<text x="10" y="${top + 20}" font-weight="bold">${escaped(name)}</text>`];
  let y = top + HEADING;
  for (const [variant, costs] of variants) {
    parts.push(`<text x="${LEFT - 8}" y="${y + 13}" text-anchor="end">${escaped(variant)}</text>`);
    let x = LEFT;
    for (const cost of costs) {
      const width = tenths(cost.median * perMicro);
      const what = `${variant}, ${cost.process}: ${cost.median.toFixed(2)} µs${cost.counted ? '' : ' (beside the ratio)'}`;
      parts.push(
        `<rect x="${tenths(x)}" y="${y}" width="${width}" height="${BAR}" fill="${colourOf(cost.process, processes)}"${cost.counted ? '' : ' opacity="0.4"'}><title>${escaped(what)}</title></rect>`,
      );
      x += width;
    }
    const total = costs.reduce((sum, { median }) => sum + median, 0);
    parts.push(`<text x="${tenths(x) + 6}" y="${y + 13}">${total.toFixed(1)}</text>`);
    y += ROW;
  }
  return { parts, below: y };
}

function legend(processes: readonly string[], y: number): string[] {
  let x = LEFT;
  return processes.flatMap((name) => {
    const at = x;
    x += 32 + name.length * 7;
    return [
      `<rect x="${at}" y="${y}" width="12" height="12" fill="${colourOf(name, processes)}"/>`,
      `<text x="${at + 17}" y="${y + 11}">${escaped(name)}</text>`,
    ];
  });
}

const colourOf = (process: string, processes: readonly string[]): string =>
  COLOURS[processes.indexOf(process) % COLOURS.length];
