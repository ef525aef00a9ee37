import { expect, test } from 'vitest';
import { type ModuleType, ModuleValue } from '../../host/values/module.ts';

test('a module value remembers whose pointer it holds', () => {
  const type: ModuleType = {
    name: 'test-type',
    encodingVersion: 1,
    free: () => {},
    unlink: () => {},
    memoryUsage: () => 0,
    freeEffort: () => 1,
    digest: () => {},
    tag: 0,
    canCopy: true,
    copy: (value) => new ModuleValue(value.moduleType, value.pointer + 8, value.generation),
  };
  const value = new ModuleValue(type, 1024, 3);
  expect(value).toMatchObject({ type: 'module', encoding: 'raw', pointer: 1024, generation: 3 });
  expect(value.ledger).toBeNull();
  const place = { key: 'k' as never, databaseIndex: 0 };
  expect(type.copy(value, place, place)).toMatchObject({ pointer: 1032, generation: 3 });
});
