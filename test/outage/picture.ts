/** The memory curve of a run as an SVG file: resident memory of each process, what was away when shaded. */
import { escaped, svg, tenths } from '../support/svg.ts';
import type { Watch, Watched } from './watch.ts';

/** Minutes since the watch began. */
export interface Phase {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

const [WIDTH, HEIGHT] = [860, 360];
const PLOT = { left: 60, right: 840, top: 60, bottom: 310 };
/** Okabe and Ito: told apart by the colour-blind too. */
const COLOURS: Readonly<Record<Watched | 'heap', string>> = {
  sink: '#d55e00',
  heap: '#e69f00',
  processor: '#0072b2',
  ingest: '#009e73',
};
const SHADES = ['#eeeeee', '#e0e0e0'];
const STEPS = 5;
/** As many points as the picture has room for. */
const MOST_POINTS = 400;

export function memoryPicture(
  title: string,
  { samples }: Pick<Watch, 'samples'>,
  phases: readonly Phase[],
): string {
  const lines = [
    ...(['sink', 'processor', 'ingest'] as const).map((name) => ({
      name: `${name}, resident`,
      colour: COLOURS[name],
      points: samples[name].map(({ minute, rss }) => ({ minute, value: rss })),
    })),
    {
      name: 'sink, heap in use',
      colour: COLOURS.heap,
      points: samples.sink.map(({ minute, metrics }) => ({ minute, value: metrics.heap })),
    },
  ];
  const all = lines.flatMap(({ points }) => points);
  const maxX = Math.max(0.1, ...all.map(({ minute }) => minute));
  const maxY = Math.ceil(Math.max(1, ...all.map(({ value }) => value)) / 50) * 50;
  const x = (minute: number) =>
    tenths(PLOT.left + (Math.min(minute, maxX) / maxX) * (PLOT.right - PLOT.left));
  const y = (value: number) => tenths(PLOT.bottom - (value / maxY) * (PLOT.bottom - PLOT.top));
  const bands = phases.map(
    ({ name, from, to }, i) =>
      `<rect x="${x(from)}" y="${PLOT.top}" width="${tenths(x(to) - x(from))}" height="${PLOT.bottom - PLOT.top}" fill="${SHADES[i % 2]}"/>` +
      `<text x="${x(from) + 3}" y="${PLOT.top + 12}" fill="#555">${escaped(name)}</text>`,
  );
  const steps = Array.from({ length: STEPS + 1 }, (_, i) => i / STEPS);
  const scale = steps.map(
    (share) =>
      `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(share * maxY)}" y2="${y(share * maxY)}" stroke="#ccc" stroke-width="0.5"/>` +
      `<text x="${PLOT.left - 6}" y="${y(share * maxY) + 4}" text-anchor="end">${tenths(share * maxY)}</text>` +
      `<text x="${x(share * maxX)}" y="${PLOT.bottom + 16}" text-anchor="middle">${tenths(share * maxX)}</text>`,
  );
  const drawn = lines.map(({ name, colour, points }, i) => {
    const every = Math.max(1, Math.ceil(points.length / MOST_POINTS));
    const shown = points.filter((_, at) => at % every === 0);
    const path = shown.map(({ minute, value }) => `${x(minute)},${y(value)}`).join(' ');
    const at = PLOT.left + i * 195;
    return (
      `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${path}"/>` +
      `<line x1="${at}" x2="${at + 20}" y1="42" y2="42" stroke="${colour}" stroke-width="3"/><text x="${at + 26}" y="46">${name}</text>`
    );
  });
  return svg(title, WIDTH, HEIGHT, [
    `<text x="${PLOT.left}" y="20" font-size="14">${escaped(title)} (MiB)</text>`,
    ...bands,
    ...scale,
    `<text x="${(PLOT.left + PLOT.right) / 2}" y="${PLOT.bottom + 36}" text-anchor="middle">minutes</text>`,
    ...drawn,
  ]);
}
