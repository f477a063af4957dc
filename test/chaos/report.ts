/** The run in Markdown: for whoever asks what happened, and whether the promise held. */
import { commandOf } from './options.ts';
import { type ChaosResult, type Gap, recoveries } from './result.ts';
import { describeFault } from './schedule.ts';

export function reportOf(result: ChaosResult, picture: string): string {
  const { options, problems, spans, incidents, answers, happened } = result;
  const kind = options.broker === 'kafka' ? 'Apache Kafka' : 'the embedded broker';
  const lines = [
    `# Chaos on ${kind}, seed ${options.seed}: ${problems.length === 0 ? 'passed' : 'FAILED'}`,
    '',
    `\`${commandOf(options)}\``,
    '',
    ...problems.map((problem) => `- **${problem}**`),
    ...(problems.length > 0 ? [''] : []),
    `![Timeline of the faults](${picture})`,
    '',
    '| what | |',
    '| --- | --- |',
    `| faults | ${counts(result)} |`,
    `| load | ${result.runs} runs in ${Math.round(result.loadS)} s, open loop |`,
    `| answers of the ingest | ${[...answers].map(([status, n]) => `${status || 'none'}: ${n}`).join(', ')} |`,
    `| longest time without a 200 | ${gap(result.ingestGap)} |`,
    `| longest time in which the incident topic could not be read | ${gap(result.topicGap)} |`,
    `| from the last span to everything read and every window closed | ${seconds(result.drainMs)} |`,
  ];
  if (spans)
    lines.push(
      `| spans sent, acknowledged | ${spans.sent}, ${spans.acknowledged} |`,
      `| spans in \`otel_traces FINAL\` (rows before) | ${spans.stored} (${spans.rows}) |`,
    );
  if (incidents)
    lines.push(
      `| signals of stage 1 (records on \`ati.signals\`) | ${incidents.signals} (${incidents.signalRecords}) |`,
      `| incidents, their events (records on \`ati.incidents\`) | ${incidents.incidents}, ${incidents.events} (${incidents.records}) |`,
    );
  lines.push(
    '',
    '## Recovery',
    '',
    'From the kill, the SIGCONT or the start until the process says that it is ready.',
    '',
    '| component, fault | times | median | longest |',
    '| --- | --- | --- | --- |',
    ...[...recoveries(happened)].map(
      ([what, all]) => `| ${what} | ${all.length} | ${seconds(median(all))} | ${seconds(Math.max(...all))} |`,
    ),
    '',
    '## Timeline',
    '',
    '| at | fault | ready after |',
    '| --- | --- | --- |',
    ...happened.map(
      ({ atMs, fault, recoveryMs }) =>
        `| ${seconds(atMs)} | ${describeFault(fault)} | ${recoveryMs === undefined ? '' : seconds(recoveryMs)} |`,
    ),
    '',
  );
  return lines.join('\n');
}

function counts({ happened }: ChaosResult): string {
  const of = (kind: string) => happened.filter(({ fault }) => fault.kind === kind).length;
  return `${of('kill')} kill -9, ${of('stop')} SIGSTOP, ${of('add')} processors added, ${of('remove')} removed`;
}

const gap = ({ ms, fromMs }: Gap) => `${seconds(ms)}, at ${seconds(fromMs)}`;

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}
