// The block that is logged when something happened that cannot happen.

import type { Log } from './log.ts';

/** @param where what was being done, as a phrase */
export function reportBug(log: Log, where: string, error: unknown): void {
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  log.warning('=== REDIS BUG REPORT START: Cut & paste starting from here ===');
  log.warning(`Unexpected error ${where}`);
  for (const line of trace.split('\n')) log.warning(line);
  log.warning(`Node.js ${process.version}, V8 ${process.versions.v8}, ${process.platform}`);
  log.warning('=== REDIS BUG REPORT END ===');
}
