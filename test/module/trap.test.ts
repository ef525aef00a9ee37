import { expect, test } from 'vitest';
import { hex32, ModuleTrap } from '../../host/module/trap.ts';

test('a trap says what, which argument and which function', () => {
  expect(new ModuleTrap('stack overflow').message).toBe('stack overflow');
  expect(new ModuleTrap('is NULL', 'key').message).toBe("argument 'key': is NULL");
  const trap = new ModuleTrap('is NULL', 'key', 'RedisModule_KeyType');
  expect(trap.message).toBe("RedisModule_KeyType: argument 'key': is NULL");
  expect([trap.reason, trap.argument, trap.abiFunction]).toEqual([
    'is NULL',
    'key',
    'RedisModule_KeyType',
  ]);
  expect(trap).toBeInstanceOf(Error);
});

test('the innermost function that is named stays', () => {
  const trap = new ModuleTrap('is NULL')
    .inFunction('RedisModule_Free')
    .inFunction('RedisModule_Call');
  expect(trap.message).toBe('RedisModule_Free: is NULL');
});

test('addresses are printed unsigned', () => {
  expect([hex32(-1), hex32(16), hex32(2 ** 32 - 16)]).toEqual([
    '0xffffffff',
    '0x00000010',
    '0xfffffff0',
  ]);
});
