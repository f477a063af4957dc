import { defineConfig } from 'vitest/config';

// Tiers by suffix: .test.ts (pure, fast), .prop.test.ts (fast-check), .int.test.ts (real broker and engine),
// .e2e.test.ts (scenario to API read-back). ATI_TEST_TIER=unit leaves out the last two.
const slow = ['**/*.int.test.ts', '**/*.e2e.test.ts'];
const wings = '{schemas,infra,producers,processors,sinks,scenarios,bench,test}/**/*.test.ts';

export default defineConfig({
  test: {
    include: [wings],
    exclude: process.env.ATI_TEST_TIER === 'unit' ? slow : [],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    reporters: ['default', './test/closing-line.ts'],
  },
});
