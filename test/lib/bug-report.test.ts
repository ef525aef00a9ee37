import { expect, test } from 'vitest';
import { reportBug } from '../../host/lib/bug-report.ts';
import { createLog } from '../../host/lib/log.ts';

test('a bug is reported as a block of warnings with the stack', () => {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  reportBug(createLog({ level: 'warning', format: 'redis', write }), 'at start', new Error('odd'));
  expect(lines[0]).toContain('# === REDIS BUG REPORT START');
  expect(lines[1]).toContain('Unexpected error at start');
  expect(lines[2]).toContain('Error: odd');
  expect(lines[3]).toContain('bug-report.test.ts');
  expect(lines.at(-1)).toContain('# === REDIS BUG REPORT END ===');
});
