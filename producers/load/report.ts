import Table from 'cli-table3';
import pc from 'picocolors';
import type { Agreement, ReadBack } from './read-back.ts';
import { type Line, percentile } from './summary.ts';
import type { Played } from './workflow.ts';

/** The live line of a load: on a terminal written over each second, elsewhere a line every ten. */
export interface Progress {
  started(): void;
  played(played: Played): void;
  tick(): void;
  end(): void;
}

const PLAIN_EVERY = 10;
/** Latencies of the live line: those of the last so many workflows. */
const RECENT = 200;

export function progress(durationS: number, out: NodeJS.WriteStream = process.stderr): Progress {
  const began = performance.now();
  const recent: number[] = [];
  let started = 0;
  let done = 0;
  let errors = 0;
  let ticks = 0;
  return {
    started() {
      started++;
    },
    played({ latencyMs, error }) {
      done++;
      if (error !== undefined) errors++;
      else recent.push(latencyMs);
      if (recent.length > RECENT) recent.shift();
    },
    tick() {
      const elapsed = (performance.now() - began) / 1_000;
      const sorted = recent.toSorted((a, b) => a - b);
      const line =
        `${elapsed.toFixed(0).padStart(4)} of ${durationS} s  ${started - done} running, ${done} done, ` +
        `${errors} failed  p50 ${ms(percentile(sorted, 0.5))}, p95 ${ms(percentile(sorted, 0.95))}`;
      if (out.isTTY) out.write(`\r\x1b[K  ${line}`);
      else if (++ticks % PLAIN_EVERY === 0) out.write(`  ${line}\n`);
    },
    end() {
      if (out.isTTY) out.write('\r\x1b[K');
    },
  };
}

const style = () => (pc.isColorSupported ? { head: ['bold'], border: ['dim'] } : { head: [], border: [] });
const right = 'right' as const;
const left = 'left' as const;

/** Latency and errors by scenario. */
export function summaryTable(lines: readonly Line[]): string {
  const table = new Table({
    head: ['scenario', 'runs', 'failed', 'p50', 'p95', 'p99', 'longest'],
    colAligns: [left, right, right, right, right, right, right],
    style: style(),
  });
  for (const { scenario, runs, errors, p50, p95, p99, max } of lines)
    table.push([
      scenario,
      runs,
      errors === 0 ? '0' : pc.red(String(errors)),
      ms(p50),
      ms(p95),
      ms(p99),
      ms(max),
    ]);
  return table.toString();
}

/** What was planted against what was found. */
export function agreementTable(agreement: readonly Agreement[]): string {
  if (agreement.length === 0) return 'Nothing was planted, and nothing found.';
  const table = new Table({
    head: ['failure', 'planted in', 'found in', 'missed', 'not planted, found all the same'],
    colAligns: [left, right, right, right, right],
    style: style(),
  });
  for (const { kind, planted, found, unplanted } of agreement) {
    const missed = planted - found;
    table.push([kind, planted, found, missed === 0 ? '0' : pc.red(String(missed)), unplanted]);
  }
  return table.toString();
}

/** The incidents that the load's traces show, the most frequent first. */
export function incidentLines(incidents: ReadBack['incidents']): string {
  if (incidents.length === 0) return 'No incidents.';
  return [
    'Incidents:',
    ...incidents.map(({ kind, agent, traces }) => `  ${kind} at ${agent}: ${traces} traces`),
  ].join('\n');
}

function ms(value: number | undefined): string {
  if (value === undefined) return '–';
  return value >= 10_000 ? `${(value / 1000).toFixed(1)} s` : `${Math.round(value)} ms`;
}
