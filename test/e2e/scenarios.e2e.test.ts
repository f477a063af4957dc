import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Installation, startInstallation } from '../support/installation.ts';
import { Program } from '../support/program.ts';

const run = async (file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
  const program = new Program(file, args, env);
  return { code: await program.exit(), program };
};

test('npm run scenarios: every scenario and every control in virtual time, read back from the API', async () => {
  const { code, program } = await run('scenarios/matrix/main.ts', ['--all', '--seeds', '2', '--json']);
  expect(code, program.screen).toBe(0);
  const outcomes = JSON.parse(program.output) as { scenario: string; right: boolean; runs: unknown[] }[];
  expect(outcomes.filter(({ right }) => !right)).toEqual([]);
  expect(outcomes.map(({ runs }) => runs.length)).toEqual(outcomes.map(() => 2));
});

test('npm run scenarios: --list, and a name that there is not', async () => {
  const listed = await run('scenarios/matrix/main.ts', ['--list']);
  expect(listed.code).toBe(0);
  expect(listed.program.output).toMatch(/fanout .*100 calls[\s\S]*long-human /);
  const unknown = await run('scenarios/matrix/main.ts', ['fan-out']);
  expect(unknown.code).toBe(1);
  expect(unknown.program.screen).toContain('no scenario fan-out: there are fanout, chain,');
});

describe('on a running installation with two meshes', () => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await startInstallation({ agents: true });
  });
  afterAll(async () => {
    await installation.stop();
    await installation.remove();
  });

  test('sanity_check: every service, every scenario on each mesh', async () => {
    const { code, program } = await run('scenarios/sanity/main.ts', [], installation.env);
    expect(code, program.screen).toBe(0);
    expect(program.output).toMatch(/ok {4}stream \(second mesh\) .* starvation at second-writer/);
    expect(program.output).toContain('25 ok, 0 failed, 0 skipped');
  });

  test('sanity_check: a tool service that hangs is named, and nothing is run', async () => {
    await installation.stack.signal('tool-service', 'SIGSTOP');
    try {
      const { code, program } = await run('scenarios/sanity/main.ts', [], installation.env);
      expect(code).toBe(1);
      expect(program.output).toMatch(/FAIL {2}tool service .*does not answer.*→ start it/);
      expect(program.output).toContain('skip  all                      tool service must be healthy first');
    } finally {
      await installation.stack.signal('tool-service', 'SIGCONT');
    }
  });

  test('generate_scenarios: without a terminal the flags say what runs; its incident is watched', async () => {
    const args = ['--mesh', 'second', '--scenario', 'retry', '--error-rate', '0.3', '--seed', '4'];
    const { code, program } = await run('scenarios/generate/main.ts', args, installation.env);
    expect(code, program.screen).toBe(0);
    expect(program.output).toContain('error_rate=0.3');
    expect(program.output).toMatch(/incident retry_storm \(\w+\) at second-caller/);
    expect(program.output).toMatch(/planted {2}retry_storm.*\n.*found {4}.*retry_storm.*✔/);
  });

  test.each([
    [[], 'name a scenario: --scenario fanout|chain|'],
    [['--scenario', 'dag', '--depth', '4'], 'dag has no parameter depth: it has fanout, delay_ms'],
    [['--scenario', 'chain', '--depth', '0'], 'depth: '],
  ])('generate_scenarios: %j is refused with a reason', async (args, reason) => {
    const { code, program } = await run('scenarios/generate/main.ts', args, installation.env);
    expect(code).toBe(1);
    expect(program.screen).toContain(reason);
  });
});
