import type { Reporter, TestModule } from 'vitest/node';

/** Prints the plain line `N passed, N failed, N skipped` after vitest's own summary. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      let inModule = 0;
      for (const test of module.children.allTests()) {
        count[test.result().state]++;
        inModule++;
      }
      if (inModule === 0 && module.state() === 'failed') count.failed++; // the file itself did not load
    }
    // After the default reporter's summary, which is printed in the same hook.
    process.once('exit', () => {
      process.stdout.write(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`);
    });
  }
}
