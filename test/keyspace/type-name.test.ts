import { expect, test } from 'vitest';
import { typeNameOf } from '../../host/keyspace/type-name.ts';
import { Slice } from '../../host/lib/slice.ts';
import { type ModuleType, ModuleValue } from '../../host/values/module.ts';
import { TestInstance } from '../support/instance.ts';

const MODULE_TYPE: ModuleType = {
  name: 'My-Type_1',
  encodingVersion: 0,
  free: () => {},
  unlink: () => {},
  memoryUsage: () => 0,
  freeEffort: () => 1,
  digest: () => {},
  tag: 0,
  canCopy: false,
  copy: () => null,
};

test('each kind of record has the name that TYPE answers', () => {
  const redcell = new TestInstance();
  redcell.raw('SET', 'string', 'x');
  redcell.raw('SET', 'int', '1');
  redcell.raw('SET', 'long', 'x'.repeat(5000));
  redcell.raw('RPUSH', 'list', 'x');
  redcell.raw('SADD', 'set', 'x');
  redcell.raw('ZADD', 'zset', 1, 'x');
  redcell.raw('HSET', 'hash', 'x', 'y');
  const { keyspace } = redcell.instance;
  const db = keyspace.database(0);
  keyspace.add(db, Slice.of('module'), new ModuleValue(MODULE_TYPE, 1, 1));
  const names: Record<string, string> = {};
  db.forEach((ref) => {
    names[db.keyOf(ref).toByteString()] = typeNameOf(db, ref);
  });
  expect(names).toEqual({
    string: 'string',
    int: 'string',
    long: 'string',
    list: 'list',
    set: 'set',
    zset: 'zset',
    hash: 'hash',
    module: 'My-Type_1',
  });
});
