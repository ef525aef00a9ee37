import { expect, test } from 'vitest';
import { processMemory } from '../../host/commands/info-basics.ts';
import { usedEntries } from '../../host/commands/info-statistics.ts';
import { TestInstance } from '../support/instance.ts';

test('commands and subcommands are used when they were called or refused', () => {
  const redcell = new TestInstance();
  redcell.raw('CONFIG', 'GET', 'port');
  redcell.raw('MULTI');
  redcell.raw('WATCH', 'k');
  redcell.raw('SHUTDOWN', 'NOSAVE'); // not allowed inside a transaction
  const { executor, dispatcher } = redcell.instance;
  const names = [...usedEntries(executor, dispatcher.table.commands())].map((it) => it.fullName);
  expect(names.sort()).toEqual(['config|get', 'multi', 'shutdown', 'watch']);
});

test('the memory of the process is at least what its heap uses', () => {
  const { residentBytes, heapBytes, usedBytes } = processMemory();
  expect(usedBytes).toBeGreaterThan(0);
  expect(heapBytes).toBeGreaterThanOrEqual(usedBytes);
  expect(residentBytes).toBeGreaterThan(0);
});
