import { describe, expect, test } from 'vitest';
import { page } from './page.ts';
import { closedTrace, view } from './testing.ts';
import { columns } from './text.ts';
import type { Trace } from './view.ts';

type Share = Trace['shares'][number];

const share = (operation: string, pathMs: number, dragMs: number, given: Partial<Share> = {}): Share => ({
  ...{ type: 'self', role: 'tool', service: 'agents', agent: 'planner', operation, instance: '' },
  ...{ callerService: '', callerOperation: '', spans: 1, errors: 0 },
  ...{ pathNs: pathMs * 1e6, dragNs: dragMs * 1e6 },
  ...given,
});

/** Of the trace of the other tests: 400 ms worker, 140 ms search, 58 ms a person, 2 ms network. */
const SHARES = [
  share('worker', 400, 30),
  share('GET /tool/:name', 80, 70, { service: 'tools', instance: 'a' }),
  share('GET /tool/:name', 60, 60, { service: 'tools', instance: 'b', dragNs: '60000000' }),
  share('human_feedback', 58, 0, { type: 'idle' }),
  share('GET /tool/:name', 2, 1, {
    ...{
      type: 'edge',
      role: 'other',
      service: 'tools',
      callerService: 'agents',
      callerOperation: 'tool_call',
    },
  }),
];
const linesOf = (shares: readonly Share[], width = 80) =>
  page(closedTrace({ shares: [...shares], findings: [], insights: [] }), false, view({ width }));

describe('what could be saved', () => {
  test('beside each share; where it is little for much time, a star and what to do', () => {
    expect(linesOf(SHARES).slice(3, -4).join('\n')).toBe(
      `
Critical path: where the 600 ms went
                                         share  could save
  worker               agents    400 ms   67 %     30 ms *  █████████████▍
  GET /tool/:name × 2  tools     140 ms   23 %    130 ms    ████▋
  human_feedback       a person   58 ms   10 %      0 ms    █▉
  tool_call            network     2 ms   <1 %      1 ms    ▏
  * much of the path, little to save: others beside it end not much earlier.
  Faster alone it saves no more than that: make all of them faster, or fewer, or
  the queue before them shorter.
`.trim(),
    );
  });

  test('a serial chain has no star, nor a wait for a person', () => {
    const text = linesOf([share('worker', 400, 400), ...SHARES.slice(1)]).join('\n');
    expect(text).toMatch(/worker +agents +400 ms +67 % +400 ms +█/);
    expect(text).not.toMatch(/\*/);
  });

  test('stored by an older version: no column', () => {
    expect(linesOf([]).join('\n')).not.toMatch(/could save|share|\*/);
  });

  test('a share that is not among the 200 has none', () => {
    expect(linesOf(SHARES.slice(1)).join('\n')).toMatch(/worker +agents +400 ms +67 % +█/);
  });

  test.each([60, 80, 100, 120])('in %i columns every line fits, and the column is there', (width) => {
    const long = 'an operation with a very long name indeed';
    const { criticalPath } = closedTrace();
    const lines = page(
      closedTrace({
        criticalPath: criticalPath.map((each) => ({ ...each, operation: long, service: long })),
        shares: [share(long, 400, 3, { service: long })],
      }),
      false,
      view({ width }),
    );
    expect(lines.filter((line) => columns(line) > width)).toEqual([]);
    expect(lines.join('\n')).toMatch(/could save[\s\S]* \*/);
  });
});
