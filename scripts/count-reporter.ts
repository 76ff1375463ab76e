import type { Reporter, TestModule } from 'vitest/node';

/** The last line of a test run: "N passed, N failed". A file that could not be loaded is a failure. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
    const broken = modules.filter((module) => module.state() === 'failed' && [...module.children.allTests('failed')].length === 0).length;
    // On its own line, after the summary of the reporter before it.
    setImmediate(() => process.stdout.write(`\n${count('passed')} passed, ${count('failed') + broken + errors.length} failed\n`));
  }
}
