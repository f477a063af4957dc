/** Curves as a small SVG file: one line for each series, over minutes. */
import { escaped, svg, tenths } from '../support/svg.ts';
import type { Point } from './slope.ts';

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

const [WIDTH, HEIGHT] = [760, 300];
const PLOT = { left: 64, right: 640, top: 32, bottom: 262 };
/** Okabe and Ito: told apart by the colour-blind too. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];
const TICKS = 5;

/** `warmUp`: minutes that are not judged, shaded. */
export function curves(title: string, series: readonly Series[], warmUp: number): string {
  const shown = series.filter(({ points }) => points.length > 0);
  const all = shown.flatMap(({ points }) => points);
  const maxX = Math.max(1e-9, ...all.map(({ minute }) => minute));
  const maxY = niceCeiling(Math.max(1, ...all.map(({ value }) => value)));
  const x = (minute: number) => tenths(PLOT.left + (minute / maxX) * (PLOT.right - PLOT.left));
  const y = (value: number) => tenths(PLOT.bottom - (value / maxY) * (PLOT.bottom - PLOT.top));
  const grid = Array.from({ length: TICKS + 1 }, (_, i) => (i / TICKS) * maxY).map(
    (value) =>
      `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(value)}" y2="${y(value)}" stroke="#ddd"/>` +
      `<text x="${PLOT.left - 6}" y="${y(value) + 4}" text-anchor="end">${label(value)}</text>`,
  );
  const minutes = Array.from({ length: TICKS + 1 }, (_, i) => (i / TICKS) * maxX).map(
    (minute) => `<text x="${x(minute)}" y="${PLOT.bottom + 18}" text-anchor="middle">${label(minute)}</text>`,
  );
  const lines = shown.map(({ name, points }, i) => {
    const colour = COLOURS[i % COLOURS.length];
    const path = points.map(({ minute, value }) => `${x(minute)},${y(value)}`).join(' ');
    const at = PLOT.top + 14 + i * 18;
    return (
      `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${path}"/>` +
      `<line x1="${PLOT.right + 12}" x2="${PLOT.right + 30}" y1="${at}" y2="${at}" stroke="${colour}" stroke-width="3"/>` +
      `<text x="${PLOT.right + 36}" y="${at + 4}">${escaped(name)}</text>`
    );
  });
  return svg(title, WIDTH, HEIGHT, [
    `<rect x="${PLOT.left}" y="${PLOT.top}" width="${tenths(x(Math.min(warmUp, maxX)) - PLOT.left)}" height="${PLOT.bottom - PLOT.top}" fill="#f4f4f4"/>`,
    `<text x="${PLOT.left}" y="18" font-size="14">${escaped(title)}</text>`,
    ...grid,
    ...minutes,
    `<text x="${(PLOT.left + PLOT.right) / 2}" y="${PLOT.bottom + 34}" text-anchor="middle">minutes</text>`,
    ...lines,
  ]);
}

const label = (value: number) => String(Number(value.toPrecision(3)));

/** 1, 2 or 5 times a power of ten. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 5].find((step) => step * power >= value) ?? 10);
}
