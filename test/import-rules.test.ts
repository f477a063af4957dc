import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const planted: string[] = [];
afterEach(() => {
  for (const folder of planted.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Lints `source` as if it stood in `wing`; gives what Biome says. */
function lint(wing: string, source: string): string {
  const folder = path.join(root, wing, 'planted-by-import-rules-test');
  planted.push(folder);
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'planted.ts');
  writeFileSync(file, source);
  const biome = path.join(root, 'node_modules/.bin/biome');
  const run = spawnSync(biome, ['lint', '--vcs-enabled=false', file], { cwd: root, encoding: 'utf8' });
  return `${run.stdout}${run.stderr}`;
}

describe('wings never import each other', () => {
  test.each([
    ['schemas', '#infra/config.ts'],
    ['infra', '#producers/ingest/app.ts'],
    ['infra', '../../sinks/main.ts'],
    ['producers', '#processors/main.ts'],
    ['producers', '../../sinks/main.ts'],
    ['processors', '#sinks/main.ts'],
    ['processors', '#producers/ingest/app.ts'],
    ['sinks', '#processors/main.ts'],
    ['sinks', 'kafkajs'],
    ['processors', 'kafkajs'],
    ['infra/clickhouse', 'kafkajs'],
    ['producers', '@clickhouse/client'],
    ['infra/kafka', '@clickhouse/client'],
    ['scenarios', 'kafkajs'],
  ])('%s may not import %s', (wing, module) => {
    expect(lint(wing, `import '${module}';\n`)).toContain('noRestrictedImports');
  });

  test.each([
    ['infra', '#schemas/events.ts'],
    ['producers', '#infra/config.ts'],
    ['processors', '#schemas/events.ts'],
    ['scenarios', '#producers/ingest/app.ts'],
    ['infra/kafka', 'kafkajs'],
    ['infra/clickhouse', '@clickhouse/client'],
  ])('%s may import %s', (wing, module) => {
    expect(lint(wing, `import '${module}';\n`)).not.toContain('noRestrictedImports');
  });
});

describe('processors see no clock and no randomness', () => {
  test.each(['Date.now()', 'new Date()', 'performance.now()', 'Math.random()', 'process.hrtime.bigint()'])(
    '%s is refused',
    (call) => {
      expect(lint('processors', `export const value = ${call};\n`)).toContain('Processors see no wall clock');
      expect(lint('producers', `export const value = ${call};\n`)).not.toContain(
        'Processors see no wall clock',
      );
    },
  );
});
