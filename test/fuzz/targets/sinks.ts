import { encode } from '#schemas/codec.ts';
import { byTable, newRows } from '#sinks/projections/projection.ts';
import { PROJECTIONS } from '#sinks/projections/registry.ts';
import { RowBuffer } from '#sinks/rowbinary/buffer.ts';
import { hex, spanBatch } from '#sinks/testing.ts';
import { events } from '../seeds/events.ts';
import { holds, same, type Target } from '../target.ts';

const projections = PROJECTIONS.map(byTable);
/** What stands before: a record that cannot be read must not touch it. */
const BEFORE = 'before';
const SPANS_BEFORE = encode(
  'SpanBatch',
  spanBatch([{ traceId: hex(1, 32), spanId: hex(1, 16), name: BEFORE }]),
);

export const target: Target = {
  name: 'sinks',
  about:
    'every projection of the sink on any bytes: rows or a reason, and without rows the buffers as they were',
  start: () => ({
    seeds: events(),
    mutators: [],
    run(input) {
      for (const { name, tables, append } of projections) {
        const outs = tables.map(newRows);
        for (const out of outs)
          if (out instanceof RowBuffer) out.text(BEFORE);
          else append(outs, SPANS_BEFORE);
        const before = outs.map(({ length }) => length);
        const appended = append(outs, input);
        const untouched = outs.map(({ length }, i) => length === before[i]);
        if (appended.ok)
          untouched.forEach((same, i) => {
            holds(
              same === (appended.rows[i] === 0),
              () => `${name}: ${appended.rows[i]} rows, bytes: ${!same}`,
            );
          });
        else {
          holds(appended.reason !== '', () => `${name}: refused without a reason`);
          same(`${name}: buffers as before`, untouched.every(Boolean), true);
        }
      }
    },
  }),
};
