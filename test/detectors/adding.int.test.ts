/**
 * Adding a detector is one file, its test and a scenario: done here for real, in a copy of the project, whose own tests
 * then say whether anything else wanted a change.
 */
import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PARTS = ['schemas', 'infra', 'producers', 'processors', 'sinks', 'scenarios', 'test', 'docs'];
const FILES = ['package.json', 'tsconfig.json', 'vitest.config.ts'];

const DETECTOR = `import { z } from 'zod';
import { ROLE } from '../trace/roles.ts';
import { agentOperation } from './calls.ts';
import type { Detector } from './detector.ts';
import { makeFinding } from './finding.ts';
import { count } from './measures.ts';

const MOST_CHATS = 70;
const config = z.strictObject({});

/** An agent that asks its model more often than anybody waits for. */
export const detector: Detector<z.output<typeof config>> = {
  kind: 'endless_loop',
  title: 'Endless loop',
  version: 1,
  config,
  inTrace({ tenant, view }) {
    const chats = Array.from(view.role.keys()).filter((row) => view.role[row] === ROLE.chat);
    if (chats.length < MOST_CHATS) return { findings: [], facts: [] };
    const finding = makeFinding(tenant, {
      kind: 'endless_loop',
      severity: 'warning',
      ...agentOperation(view, view.parent[chats[0]]),
      signature: view.strings[view.callee[chats[0]]],
      evidence: [count('chats', chats.length)],
      timeline: [],
      explanation: \`The agent asked its model \${chats.length} times.\`,
      recommendations: [{ action: 'bound_loop', text: \`Stop before \${chats.length} rounds.\` }],
    });
    return { findings: [finding], facts: [] };
  },
};
`;

const TEST = `import { expect, test } from 'vitest';
import { findingsOf } from './analysed.testkit.ts';
import { reactTrace } from './testkit.ts';

test('a loop of eighty is one, a loop of ten is none', () => {
  expect(findingsOf('endless_loop', reactTrace(80))).toHaveLength(1);
  expect(findingsOf('endless_loop', reactTrace(10))).toEqual([]);
});
`;

const SCENARIO = `import type { Scenario } from './scenario.ts';

/** An agent goes round eighty times. */
export const scenario: Scenario = {
  name: 'endless',
  about: 'one agent goes round eighty times',
  parameters: { scenario: 'react', max_steps: 80 },
  expects: ['endless_loop'],
  roots: { endless_loop: 'reasoner' },
  plants: [{ kind: 'endless_loop', agent: 'mesh-reasoner', callee: 'chat', numbers: { chats: 81 } }],
  insights: [{ kind: 'steps', found: true }],
};
`;

let copy: string;
beforeAll(async () => {
  copy = await mkdtemp(path.join(os.tmpdir(), 'ati-adding-'));
  for (const part of [...PARTS, ...FILES])
    await cp(path.join(ROOT, part), path.join(copy, part), { recursive: true });
  await symlink(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
  await writeFile(path.join(copy, 'processors/detectors/endless-loop.detector.ts'), DETECTOR);
  await writeFile(path.join(copy, 'processors/detectors/endless-loop.test.ts'), TEST);
  await writeFile(path.join(copy, 'scenarios/endless.scenario.ts'), SCENARIO);
});
afterAll(() => rm(copy, { recursive: true, force: true }));

function run(program: string, ...given: string[]): { status: number | null; output: string } {
  const bin = path.join(ROOT, 'node_modules/.bin', program);
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' };
  const { status, stdout, stderr } = spawnSync(bin, given, { cwd: copy, encoding: 'utf8', env });
  return { status, output: `${stdout}${stderr}` };
}

const own = ['processors/detectors', 'test/detectors/contract.test.ts', 'test/virtual-scenarios.test.ts'];

test('with a detector, its test and its scenario everything holds, and nothing else was changed', () => {
  expect(run('tsc', '--noEmit')).toEqual({ status: 0, output: '' });
  const { status, output } = run('vitest', 'run', ...own, 'scenarios/registry.test.ts');
  expect(status, output).toBe(0);
  expect(output).toContain('endless-loop.test.ts');
});

test.each([
  ['test', 'processors/detectors/endless-loop.test.ts'],
  ['scenario', 'scenarios/endless.scenario.ts'],
])('without its %s the contract fails', async (_, file) => {
  const place = path.join(copy, file);
  const aside = `${place}.aside`;
  await cp(place, aside);
  await rm(place);
  const { status, output } = run('vitest', 'run', 'test/detectors/contract.test.ts', '-t', 'has its file');
  expect(status).toBe(1);
  expect(output).toContain('endless_loop > has its file, a test and a scenario');
  await cp(aside, place);
  await rm(aside);
});
