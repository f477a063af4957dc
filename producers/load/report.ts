import Table from 'cli-table3';
import { colours } from '#infra/colours.ts';
import type { Agreement, Incident } from './agreement.ts';
import { latencyText } from './progress.ts';
import type { ReadBack } from './read-back.ts';
import type { Line } from './summary.ts';

/** A table without lines between its rows; all columns but the first to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const drawn = new Table({
    head: [...head],
    colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')),
    style: {
      compact: true,
      ...(colours.isColorSupported ? { head: ['bold'], border: ['dim'] } : { head: [], border: [] }),
    },
  });
  for (const row of rows) drawn.push([...row]);
  return drawn.toString();
}

const bad = (count: number) => (count === 0 ? '0' : colours.red(String(count)));

/** Latency and errors by scenario. */
export function summaryTable(lines: readonly Line[]): string {
  return table(
    ['scenario', 'runs', 'failed', 'p50', 'p95', 'p99', 'longest'],
    lines.map(({ scenario, runs, errors, p50, p95, p99, max }) => [
      scenario,
      String(runs),
      bad(errors),
      latencyText(p50),
      latencyText(p95),
      latencyText(p99),
      latencyText(max),
    ]),
  );
}

/** What ATI made of it: the traces, what was planted against what was found, the incidents. */
export function readBackText({ traces, arrived, agreement, incidents }: ReadBack): string {
  const all = `ATI: ${arrived} of ${traces} traces arrived`;
  return [
    arrived === traces ? all : colours.red(all),
    agreement.length === 0 ? 'Nothing was planted, and nothing found.' : agreementTable(agreement),
    incidents.length === 0 ? 'No incidents.' : incidentTable(incidents),
  ].join('\n');
}

function agreementTable(agreement: readonly Agreement[]): string {
  return table(
    ['failure', 'planted in', 'found in', 'missed', 'found, not planted'],
    agreement.map(({ kind, planted, found, unplanted }) => [
      kind,
      String(planted),
      String(found),
      bad(planted - found),
      String(unplanted),
    ]),
  );
}

function incidentTable(incidents: readonly Incident[]): string {
  return table(
    ['incident', 'root', 'callee', 'traces', 'is now', 'id'],
    incidents.map(({ kind, agent, callee, traces, state, incidentId }) => [
      kind,
      agent,
      callee,
      String(traces),
      state === 'none' ? colours.red('not reported') : state,
      incidentId,
    ]),
  );
}
