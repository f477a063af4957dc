import { defineConfig } from 'vitest/config';

const wings = '{schemas,infra,producers,processors,sinks,scenarios,bench,test}/**';

/** A tier of tests: files by their suffix, in an order of its own, with so many at a time. */
function tier(name: string, groupOrder: number, suffixes: string, maxWorkers: number, testTimeout: number) {
  return {
    extends: true as const,
    test: {
      name,
      include: [`${wings}/*${suffixes}.ts`],
      exclude: groupOrder === 0 ? [`${wings}/*.{int,e2e}.test.ts`] : [],
      maxWorkers,
      testTimeout,
      sequence: { groupOrder },
    },
  };
}

// Tiers by suffix: .test.ts (pure, fast) and .prop.test.ts (fast-check); .int.test.ts (real broker and engine);
// .e2e.test.ts (scenario to API read-back). ATI_TEST_TIER=unit leaves out the last two. A whole installation with live
// agents needs the machine to itself: those run last and one after the other. The timeouts only end what hangs.
const unit = tier('unit', 0, '.test', 2, 60_000);
const slow = [tier('int', 1, '.int.test', 2, 180_000), tier('e2e', 2, '.e2e.test', 1, 300_000)];

export default defineConfig({
  test: {
    projects: process.env.ATI_TEST_TIER === 'unit' ? [unit] : [unit, ...slow],
    pool: 'forks',
    setupFiles: ['./test/no-colours.ts'],
    hookTimeout: 180_000,
    reporters: ['default', './test/closing-line.ts'],
  },
});
