import { byTable } from '#sinks/projections/projection.ts';
import { PROJECTIONS } from '#sinks/projections/registry.ts';
import { RowBuffer } from '#sinks/rowbinary/buffer.ts';
import { events } from '../seeds/events.ts';
import { holds, same, type Target } from '../target.ts';

const projections = PROJECTIONS.map(byTable);
/** What stands before: a record that cannot be read must not touch it. */
const BEFORE = 'before';

export const target: Target = {
  name: 'sinks',
  about:
    'every projection of the sink on any bytes: rows or a reason, and without rows the buffers as they were',
  start: () => ({
    seeds: events(),
    mutators: [],
    run(input) {
      for (const { name, tables, append } of projections) {
        const outs = tables.map(() => new RowBuffer(1024));
        for (const out of outs) out.text(BEFORE);
        const appended = append(outs, input);
        const untouched = outs.map((out) => out.length === BEFORE.length + 1);
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
