/** The timeline as SVG: a lane for each process with its faults and recoveries, and the ingest's 200s beneath. */
import { svg } from '../support/svg.ts';
import type { ChaosResult } from './result.ts';
import type { Fault } from './schedule.ts';

const WIDTH = 960;
const LEFT = 96;
const RIGHT = 16;
const TOP = 40;
const LANE = 24;
const ACKS = 60;
const TICK_S = 30;

export function pictureOf(result: ChaosResult): string {
  const totalMs = Math.max(
    result.loadS * 1_000,
    ...result.happened.map(({ atMs, fault, recoveryMs = 0 }) => atMs + frozenMs(fault) + recoveryMs),
  );
  const x = (ms: number) => LEFT + ((WIDTH - LEFT - RIGHT) * ms) / totalMs;
  const lanes = [...new Set(result.happened.map(({ fault }) => fault.target))].sort();
  const acksTop = TOP + lanes.length * LANE + 16;
  const height = acksTop + ACKS + 32;
  const title = `Chaos, ${result.options.broker}, seed ${result.options.seed}`;
  const parts = [`<text x="8" y="20" font-weight="bold">${title}</text>`, legend()];
  for (const [lane, target] of lanes.entries()) {
    const y = TOP + lane * LANE;
    parts.push(
      `<text x="8" y="${y + 15}">${target}</text>`,
      `<line x1="${LEFT}" y1="${y + 11}" x2="${WIDTH - RIGHT}" y2="${y + 11}" stroke="#ddd"/>`,
    );
    for (const { atMs, fault, recoveryMs = 0 } of result.happened.filter(
      (each) => each.fault.target === target,
    )) {
      const until = atMs + frozenMs(fault);
      if (fault.kind === 'stop') parts.push(bar(x(atMs), x(until), y, '#8da0cb'));
      parts.push(bar(x(until), x(until + recoveryMs), y, '#fdd0a2'), mark(fault, x(atMs), y));
    }
  }
  parts.push(...acknowledgements(result, totalMs, x, acksTop));
  for (let s = 0; s * 1_000 <= totalMs; s += TICK_S)
    parts.push(`<text x="${x(s * 1_000).toFixed(1)}" y="${height - 8}" text-anchor="middle">${s} s</text>`);
  return svg(title, WIDTH, height, parts);
}

function frozenMs(fault: Fault): number {
  return fault.kind === 'stop' ? fault.forMs : 0;
}

function bar(from: number, to: number, y: number, colour: string): string {
  const width = Math.max(1, to - from).toFixed(1);
  return `<rect x="${from.toFixed(1)}" y="${y + 5}" width="${width}" height="12" fill="${colour}"/>`;
}

function mark({ kind }: Fault, x: number, y: number): string {
  const colour = { kill: '#d62728', stop: '#1f4e9c', add: '#2ca02c', remove: '#555' }[kind];
  return `<rect x="${(x - 1.5).toFixed(1)}" y="${y + 2}" width="3" height="18" fill="${colour}"/>`;
}

function legend(): string {
  const items = [
    ['#d62728', 'kill -9'],
    ['#8da0cb', 'frozen (SIGSTOP)'],
    ['#fdd0a2', 'until ready again'],
    ['#2ca02c', 'added'],
    ['#555', 'removed'],
  ];
  return items
    .map(([colour, text], i) => {
      const x = 330 + i * 125;
      return `<rect x="${x}" y="11" width="10" height="10" fill="${colour}"/><text x="${x + 14}" y="20">${text}</text>`;
    })
    .join('');
}

/** Exports acknowledged in each second. */
function acknowledgements(
  { acks }: ChaosResult,
  totalMs: number,
  x: (ms: number) => number,
  top: number,
): string[] {
  const perSecond = new Array<number>(Math.ceil(totalMs / 1_000)).fill(0);
  for (const at of acks) if (at >= 0 && at < totalMs) perSecond[Math.floor(at / 1_000)]++;
  // The burst after an outage would make the rest flat: it is cut off.
  const usual = perSecond.filter((n) => n > 0).sort((a, b) => a - b);
  const most = Math.max(1, usual[Math.floor(usual.length * 0.95)] ?? 1);
  const bars = perSecond.map((n, second) => {
    const height = (ACKS * Math.min(n, most)) / most;
    const width = (x(1_000) - x(0) - 0.5).toFixed(2);
    return `<rect x="${x(second * 1_000).toFixed(1)}" y="${(top + ACKS - height).toFixed(1)}" width="${width}" height="${height.toFixed(1)}" fill="#66a182"/>`;
  });
  return [
    `<text x="8" y="${top + 12}">200s per s</text>`,
    `<text x="8" y="${top + 28}">up to ${most}</text>`,
    ...bars,
  ];
}
