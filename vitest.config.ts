// How the tests run: two processes, from the sources, with totals as the last line.

import { defineConfig } from 'vitest/config';
import { TotalsReporter } from './test/support/reporter.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // `npm test -- --tags-filter '!slow'` leaves them out.
    tags: [
      { name: 'slow', description: 'takes seconds: installs, starts servers', timeout: 180_000 },
    ],
    reporters: [['default', { summary: false }], new TotalsReporter()],
  },
});
