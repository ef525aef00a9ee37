// The last line of `npm test`: `N passed, N failed[, N skipped]`, for people and for CI. Failed
// counts everything that went wrong: tests, files that did not import, hooks, unhandled errors.

import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export class TotalsReporter implements Reporter {
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void = (line) => void process.stdout.write(line)) {
    this.#print = print;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    for (const test of flakyTests(modules)) this.#print(`${describeFlaky(test)}\n`);
    this.#print(`${describeTotals(totalsOf(modules, unhandledErrors.length))}\n`);
  }
}

export function describeTotals({ passed, failed, skipped }: Totals): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped > 0 ? `${line}, ${skipped} skipped` : line;
}

/** Tests that passed only when tried again (`--retry`): nobody should overlook them. */
function flakyTests(modules: readonly TestModule[]): TestCase[] {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  return tests.filter((test) => test.diagnostic()?.flaky === true);
}

function describeFlaky(test: TestCase): string {
  const why = test.result().errors?.[0]?.message.split('\n')[0];
  return `passed when tried again: ${test.module.relativeModuleId} > ${test.fullName}: ${why}`;
}

/** @param otherErrors those that belong to no test */
export function totalsOf(modules: readonly TestModule[], otherErrors: number): Totals {
  const totals = { passed: 0, failed: otherErrors, skipped: 0 };
  for (const module of modules) {
    totals.failed += failuresOf(module);
    for (const suite of module.children.allSuites()) totals.failed += failuresOf(suite);
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') totals.passed++;
      else if (state === 'failed') totals.failed++;
      else if (state === 'skipped') totals.skipped++;
      else totals.failed++; // it never came to its end
    }
  }
  return totals;
}

/** 1 when the file or group itself failed: it did not import, or a hook of it threw. */
function failuresOf(container: TestModule | TestSuite): number {
  if (container.errors().length > 0) return 1;
  const isUnfinished = container.type === 'module' && container.state() === 'queued';
  return isUnfinished ? 1 : 0;
}
