/** The tables of docs/capacity.md. */
import { markdownTable } from '#infra/markdown.ts';
import { COSTS, FIGURES, PLAN, RATES } from './figures.ts';
import { type Sizing, sizing } from './model.ts';

const FROM = '<!-- made by bench/capacity/main.ts -->';
const TO = '<!-- end -->';

const whole = (value: number) => Math.ceil(value).toLocaleString('en-US');
const some = (value: number) => (value < 10 ? value.toFixed(1) : whole(value));

const ROWS: readonly (readonly [string, (of: Sizing) => string])[] = [
  ['partitions of ati.spans', (of) => whole(of.partitions)],
  ['ingest processes (a core each)', (of) => whole(of.ingests)],
  ['processors (`ATI_WORKERS=2`)', (of) => whole(of.processors)],
  ['sinks (a core each)', (of) => whole(of.sinks)],
  ['Kafka: cores busy, brokers', (of) => `${some(of.brokerCores)}, ${whole(of.brokers)}`],
  ['ClickHouse: cores busy, nodes', (of) => `${some(of.engineCores)}, ${whole(of.engines)}`],
  ['log, GB a day', (of) => whole(of.logGbPerDay)],
  [`log, TB for ${PLAN.logDays} days`, (of) => some(of.logTb)],
  ['ClickHouse, GB a day', (of) => whole(of.storedGbPerDay)],
  [`ClickHouse, TB for ${PLAN.storedDays} days`, (of) => some(of.storedTb)],
  ['open traces, GB in all processors', (of) => some(of.openGb)],
  ['network into the ingests, Mbit/s', (of) => whole(of.inMbit)],
  ['network of the brokers, Mbit/s', (of) => whole(of.logMbit)],
];

export function tables(): string {
  const sizings = RATES.map((rate) => sizing(rate, COSTS, PLAN));
  const figures = Object.entries(FIGURES).map(([name, { value, unit, measured, why }]) => [
    `\`${name}\``,
    `${value} ${unit}`,
    measured === undefined ? 'assumed' : 'measured',
    measured ?? why ?? '',
  ]);
  return [
    markdownTable(
      ['spans/s', ...RATES.map((rate) => rate.toLocaleString('en-US'))],
      ROWS.map(([name, of]) => [name, ...sizings.map(of)]),
      [false, ...RATES.map(() => true)],
    ),
    '',
    markdownTable(['figure', 'a span', '', 'case, or why so'], figures, [false, true]),
  ].join('\n');
}

/** The page with its tables made anew; throws where it has no place for them. */
export function withTables(page: string): string {
  const from = page.indexOf(FROM);
  const to = page.indexOf(TO);
  if (from < 0 || to < from) throw new Error(`the page has no place for its tables: ${FROM} … ${TO}`);
  return `${page.slice(0, from + FROM.length)}\n\n${tables()}\n\n${page.slice(to)}`;
}
