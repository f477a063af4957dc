import { expect, test } from 'vitest';
import { encode } from '#schemas/codec.ts';
import { byTable, newRows } from '#sinks/projections/projection.ts';
import { PROJECTIONS } from '#sinks/projections/registry.ts';
import { logBatch, metricBatch, NANOS } from '#sinks/testing-telemetry.ts';
import { events } from './fuzz/seeds/events.ts';

const point = { timeUnixNano: NANOS, asDouble: 1.5, attributes: { place: 'here' } };
const RECORDS: readonly Uint8Array[] = [
  ...events(),
  ...['queue', 'cache'].flatMap((service) => [
    encode(
      'MetricBatch',
      metricBatch([{ name: `${service}.size`, gauge: { dataPoints: [point] } }], { service }),
    ),
    encode('LogBatch', logBatch([{ timeUnixNano: NANOS, body: `from ${service}` }], { service })),
  ]),
];

/** Kafka's consumer writes over the bytes of a batch once it was handled; its rows are stored later. */
test.each(PROJECTIONS.map(byTable))('$name: rows keep nothing of the record that they are made of', (of) => {
  const rowsOf = (isOverwritten: boolean) => {
    const outs = of.tables.map(newRows);
    let rows = 0;
    for (const event of RECORDS) {
      const value = Buffer.from(event);
      const appended = of.append(outs, value);
      if (appended.ok) rows += appended.rows.reduce((sum, each) => sum + each, 0);
      if (isOverwritten) value.fill(0xee);
    }
    return { rows, bodies: outs.map((out) => Buffer.from(out.body()).toString('hex')) };
  };
  const whole = rowsOf(false);
  expect(whole.rows).toBeGreaterThan(0);
  expect(rowsOf(true)).toEqual(whole);
});
