/** For tests: traces of many shapes, each of which raises some of the questions. */
import {
  chainTrace,
  failing,
  fanoutTrace,
  reactTrace,
  retryTrace,
  streamTrace,
  workflow,
} from '../detectors/testkit.ts';
import type { TestSpan } from '../trace/testkit.ts';

/** Draft, wait for a person, publish. */
const humanTrace: readonly TestSpan[] = [
  { id: 1, name: 'workflow', start: 0, end: 1200 },
  { id: 2, parent: 1, name: 'worker', start: 0, end: 1200, attributes: { 'gen_ai.agent.name': 'assistant' } },
  { id: 3, parent: 2, name: 'tool_call', kind: 3, start: 0, end: 100 },
  { id: 4, parent: 2, name: 'human_feedback', start: 100, end: 1100, attributes: { 'ati.role': 'human' } },
  { id: 5, parent: 2, name: 'tool_call', kind: 3, start: 1100, end: 1200 },
];

/** Chunk i is i kB larger than the one before and takes 10 ms longer. */
const ragTrace: readonly TestSpan[] = [
  { id: 1, name: 'worker', start: 0, end: 3000, attributes: { 'gen_ai.agent.name': 'librarian' } },
  ...Array.from(
    { length: 12 },
    (_, i): TestSpan => ({
      id: i + 2,
      parent: 1,
      name: 'tool_call',
      kind: 3,
      start: i * 220,
      end: i * 220 + 80 + i * 10,
      attributes: { 'gen_ai.tool.name': 'retrieve', 'http.response.body.size': 2000 + i * 1000 },
    }),
  ),
];

/** Names that break lines, ids that name nobody, a cycle, times that run backwards. */
const brokenTrace: readonly TestSpan[] = [
  { id: 1, name: 'plan\nner', start: 0, end: 500, attributes: { 'gen_ai.agent.name': 'a\r\nb\u2028c' } },
  ...Array.from(
    { length: 8 },
    (_, i): TestSpan => ({
      id: i + 2,
      parent: 1,
      name: 'tool\ncall',
      kind: 3,
      start: i,
      end: i === 3 ? 400 : 90,
      error: i === 5,
      attributes: {
        'ati.role': 'tool',
        'error.type': 'x\ny',
        'gen_ai.tool.name': `${'long '.repeat(80)}${i % 2}`,
      },
    }),
  ),
  { id: 20, parent: 99, name: 'orphan', start: 700, end: 100 },
  { id: 21, parent: 22, name: 'worker', start: 10, end: 20 },
  { id: 22, parent: 21, name: 'worker', start: 10, end: 20 },
];

export const SHAPES: Readonly<Record<string, readonly TestSpan[]>> = {
  'a fan-out that queues': fanoutTrace(),
  'a fan-out within its slots': fanoutTrace({ fanout: 20 }),
  'a straggler': fanoutTrace({ fanout: 20, delay: (call) => (call === 7 ? 400 : 80) }),
  'calls without workers': fanoutTrace({ fanout: 40, concurrency: 10, workers: false }),
  'calls that take no time': fanoutTrace({ fanout: 20, delay: 0 }),
  'a chain': chainTrace(),
  'a chain of siblings': chainTrace({ depth: 25, siblings: true }),
  retries: retryTrace(0.1),
  'nothing but failures': fanoutTrace({ fanout: 30, retries: { fails: () => true, max: 3 } }),
  'failures without retries': fanoutTrace({ fanout: 30, retries: { fails: failing(0.3), max: 0 } }),
  'a ReAct loop': reactTrace(10),
  'rounds of three tools': reactTrace(10, 3),
  'a stream that starves': streamTrace(),
  'a stream alone': streamTrace({ background: 0 }),
  'a person': humanTrace,
  'growing answers': ragTrace,
  'a broken trace': brokenTrace,
  'a trace without a root': fanoutTrace({ fanout: 20 }).filter((span) => span.parent !== undefined),
  'spans of no duration': Array.from({ length: 12 }, (_, i) => ({
    id: i + 1,
    parent: i === 0 ? undefined : 1,
    name: i === 0 ? 'workflow' : 'tool_call',
    start: 5,
    end: 5,
  })),
  'a plain service trace': Array.from({ length: 50 }, (_, i) => ({
    id: i + 1,
    parent: i === 0 ? undefined : i,
    name: `GET /step/${i}`,
    kind: 2 + (i % 2),
    service: `service-${i >> 1}`,
    start: i,
    end: 3000 - i,
  })),
};

/** What raises no question. */
export const SILENT: Readonly<Record<string, readonly TestSpan[]>> = {
  ...Object.fromEntries(
    ['other', 'workflow', 'agent', 'planner', 'worker', 'chat', 'tool', 'checkpoint'].map((role) => [
      `one ${role}`,
      [{ id: 1, name: 'x', kind: 3, start: 0, end: 900, error: true, attributes: { 'ati.role': role } }],
    ]),
  ),
  'one span of no duration': [{ id: 1, name: 'workflow', start: 0, end: 0 }],
  'one orphan': [{ id: 1, parent: 9, name: 'tool_call', start: 0, end: 10 }],
  'a workflow that does nothing': workflow(function* () {
    yield 10;
  }),
  'a call and its server': [
    { id: 1, name: 'tool_call', kind: 3, start: 0, end: 100 },
    { id: 2, parent: 1, name: 'GET /tool/:name', kind: 2, service: 'tools', start: 5, end: 95 },
  ],
};
