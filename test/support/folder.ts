// A folder of a test's own, gone when the test is over.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Returns its absolute path. Call it inside a test. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'redcell-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
