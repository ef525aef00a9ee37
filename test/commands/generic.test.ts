import { describe, expect, test } from 'vitest';
import type { CommandEntry } from '../../host/dispatch/spec.ts';
import { Argv } from '../../host/lib/argv.ts';
import { Slice } from '../../host/lib/slice.ts';
import { type ModuleType, ModuleValue } from '../../host/values/module.ts';
import { TestInstance } from '../support/instance.ts';

function run(redcell: TestInstance, ...lines: string[]): string {
  return lines.map((line) => redcell.raw(...line.split(' '))).at(-1) ?? '';
}

/** A module value under key `m`, of a type that copies by counting its pointer up. */
function addModuleValue(redcell: TestInstance, canCopy = true): void {
  const type: ModuleType = {
    name: 'My-Type_1',
    encodingVersion: 0,
    free: () => {},
    unlink: () => {},
    memoryUsage: () => 0,
    freeEffort: () => 1,
    digest: () => {},
    tag: 0,
    canCopy,
    copy: (value) =>
      canCopy ? new ModuleValue(value.moduleType, value.pointer + 1, value.generation) : null,
  };
  const { keyspace } = redcell.instance;
  keyspace.add(keyspace.database(0), Slice.of('m'), new ModuleValue(type, 100, 1));
}

const pointerOf = (redcell: TestInstance, key: string): number => {
  const db = redcell.instance.keyspace.database(0);
  return (db.valueOf(db.find(Slice.of(key))) as ModuleValue).pointer;
};

describe('keys of module values', () => {
  test('have the name of their data type as type, for TYPE and for SCAN', () => {
    const redcell = new TestInstance();
    addModuleValue(redcell);
    run(redcell, 'SET s 1');
    expect(run(redcell, 'TYPE m')).toBe('+My-Type_1\r\n');
    expect(run(redcell, 'SCAN 0 TYPE my-type_1')).toBe('*2\r\n$1\r\n0\r\n*1\r\n$1\r\nm\r\n');
    expect(run(redcell, 'OBJECT ENCODING m')).toBe('$3\r\nraw\r\n');
  });

  test('are renamed without being copied and copied by their type', () => {
    const redcell = new TestInstance();
    addModuleValue(redcell);
    expect(run(redcell, 'RENAME m n')).toBe('+OK\r\n');
    expect(pointerOf(redcell, 'n')).toBe(100);
    expect(run(redcell, 'COPY n c')).toBe(':1\r\n');
    expect(pointerOf(redcell, 'c')).toBe(101);
  });

  test('stay alone when their type cannot copy', () => {
    const redcell = new TestInstance();
    addModuleValue(redcell, false);
    run(redcell, 'SET c old');
    expect(run(redcell, 'COPY m c REPLACE')).toBe('-ERR not supported for this module key\r\n');
    expect(run(redcell, 'GET c')).toBe('$3\r\nold\r\n');
  });
});

describe('keys', () => {
  test.each([
    ['RENAME no x', '-ERR no such key\r\n'],
    ['RENAMENX no x', '-ERR no such key\r\n'],
    ['MOVE k 0', '-ERR source and destination objects are the same\r\n'],
    ['MOVE k 16', '-ERR DB index is out of range\r\n'],
    ['COPY k k', '-ERR source and destination objects are the same\r\n'],
    ['COPY k l what', '-ERR syntax error\r\n'],
    ['SWAPDB x 1', '-ERR invalid first DB index\r\n'],
    ['SWAPDB 1 x', '-ERR invalid second DB index\r\n'],
    ['FLUSHALL now', '-ERR syntax error\r\n'],
    ['SCAN x', '-ERR invalid cursor\r\n'],
    ['SCAN 0 COUNT 0', '-ERR syntax error\r\n'],
    ['EXPIRE k x', '-ERR value is not an integer or out of range\r\n'],
    ['EXPIRE k 9223372036854775', "-ERR invalid expire time in 'expire' command\r\n"],
    ['EXPIRE k 1 SOON', '-ERR Unsupported option SOON\r\n'],
    ['EXPIRE k 1 GT LT', '-ERR GT and LT options at the same time are not compatible\r\n'],
    ['OBJECT WHAT k', "-ERR unknown subcommand 'WHAT'. Try OBJECT HELP.\r\n"],
    ['SORT k', '-WRONGTYPE Operation against a key holding the wrong kind of value\r\n'],
    ['SORT_RO k STORE d', '-ERR syntax error\r\n'],
    ['DEL', "-ERR wrong number of arguments for 'del' command\r\n"],
    ['TTL', "-ERR wrong number of arguments for 'ttl' command\r\n"],
  ])('%s is refused and propagates nothing', (line, error) => {
    const redcell = new TestInstance();
    run(redcell, 'SET k v');
    redcell.takeEffects();
    expect(run(redcell, line)).toBe(error);
    expect(redcell.takeEffects()).toEqual([]);
  });

  test('a scan returns all keys, each once when nothing changes', () => {
    const redcell = new TestInstance();
    const names = Array.from({ length: 1000 }, (_, i) => `key:${i}`);
    for (const name of names) redcell.raw('SET', name, '1');
    const seen: string[] = [];
    let cursor = '0';
    do {
      const parts = run(redcell, `SCAN ${cursor} COUNT 7`).split('\r\n');
      cursor = parts[2] as string; // the reply's first bulk string
      for (let i = 5; i < parts.length - 1; i += 2) seen.push(parts[i] as string); // below length
    } while (cursor !== '0');
    expect(seen.sort()).toEqual(names.sort());
  });

  test('flushing an empty database is propagated all the same', () => {
    const redcell = new TestInstance();
    run(redcell, 'FLUSHALL', 'FLUSHDB ASYNC');
    expect(redcell.takeEffects()).toEqual([['FLUSHALL'], ['FLUSHDB', 'ASYNC']]);
  });

  test('changes are counted as Redis counts them', () => {
    const redcell = new TestInstance();
    const { keyspace } = redcell.instance;
    const cost = (line: string): number => {
      const before = keyspace.dirty;
      run(redcell, line);
      return keyspace.dirty - before;
    };
    run(redcell, 'MSET a 1 b 2 c 3', 'RPUSH l 2 1');
    expect(cost('RENAME a a2')).toBe(1);
    expect(cost('MOVE b 1')).toBe(1);
    expect(cost('COPY c d')).toBe(1);
    expect(cost('DEL c d no')).toBe(2);
    expect(cost('SORT l STORE s')).toBe(2);
    expect(cost('EXPIRE l 100')).toBe(1);
    expect(cost('TTL l')).toBe(0);
    expect(cost('FLUSHALL')).toBe(4);
  });

  test('SWAPDB breaks the transactions of those who watch a key of either database', () => {
    const redcell = new TestInstance();
    run(redcell, 'SET k 1', 'WATCH k', 'MULTI', 'GET k');
    redcell.rawAs(redcell.instance.createClient(), 'SWAPDB', '0', '1');
    expect(run(redcell, 'EXEC')).toBe('*-1\r\n');
  });

  test('RANDOMKEY passes over expired keys and deletes them', () => {
    const redcell = new TestInstance();
    for (let i = 0; i < 20; i++) redcell.raw('SET', `gone:${i}`, '1', 'PX', '10');
    run(redcell, 'SET stays 1');
    redcell.advance(20);
    for (let i = 0; i < 50; i++) expect(run(redcell, 'RANDOMKEY')).toBe('$5\r\nstays\r\n');
    redcell.advance(1);
    expect(run(redcell, 'DEL stays', 'RANDOMKEY')).toBe('$-1\r\n');
    expect(run(redcell, 'DBSIZE')).toBe(':0\r\n');
  });

  test('idle time passes until a key is used, not when it is looked at', () => {
    const redcell = new TestInstance();
    redcell.instance.start();
    run(redcell, 'SET k 1');
    redcell.advance(5000);
    expect(run(redcell, 'TTL k', 'TYPE k', 'EXISTS k', 'OBJECT IDLETIME k')).toBe(':5\r\n');
    expect(run(redcell, 'TOUCH k', 'OBJECT IDLETIME k')).toBe(':0\r\n');
    redcell.instance.stop();
  });

  test('OBJECT FREQ and IDLETIME depend on the policy', () => {
    const redcell = new TestInstance();
    run(redcell, 'SET k 1');
    expect(run(redcell, 'OBJECT FREQ k')).toContain('-ERR An LFU maxmemory policy is not selected');
    redcell.instance.keyspace.accessPolicy = { touch: () => {}, frequencyOf: () => 7 };
    expect(run(redcell, 'OBJECT FREQ k')).toBe(':7\r\n');
    expect(run(redcell, 'OBJECT IDLETIME k')).toContain('-ERR An LFU maxmemory policy is selected');
  });
});

describe('expire times', () => {
  test.each([
    ['EXPIRE k 10', [['PEXPIREAT', 'k', '1700000010000']]],
    ['PEXPIRE k 10 NX', [['PEXPIREAT', 'k', '1700000000010', 'NX']]],
    ['EXPIREAT k 4102444800', [['PEXPIREAT', 'k', '4102444800000']]],
    ['PEXPIREAT k 4102444800000', [['PEXPIREAT', 'k', '4102444800000']]],
    ['EXPIRE k -1', [['DEL', 'k']]],
    ['EXPIRE k 10 XX', []],
    ['PERSIST k', []],
  ])('%s propagates the time as such', (line, effects) => {
    const redcell = new TestInstance();
    run(redcell, 'SET k v');
    redcell.takeEffects();
    run(redcell, line);
    expect(redcell.takeEffects()).toEqual(effects);
  });

  test('of the past are taken as they are from a file that is replayed', () => {
    const redcell = new TestInstance();
    const { executor, keyspace, dispatcher } = redcell.instance;
    run(redcell, 'SET k v');
    executor.isLoading = true;
    keyspace.deletesExpired = false;
    const argv = Argv.of('PEXPIREAT', 'k', '1');
    const entry = dispatcher.resolve(argv) as CommandEntry; // the command exists
    executor.call(redcell.client, entry, argv, redcell.client.writer);
    expect(redcell.takeReply()).toBe(':1\r\n');
    expect(keyspace.database(0).size).toBe(1);
  });

  test('the periodic work deletes expired keys, each deletion an effect of its own', () => {
    const redcell = new TestInstance();
    redcell.instance.start();
    run(redcell, 'SET a 1 PX 50', 'SET b 1 PX 50', 'SET c 1');
    redcell.takeEffects();
    redcell.advance(200);
    const effects = redcell.takeEffects().map((words) => words.join(' '));
    expect(effects.sort()).toEqual(['DEL a', 'DEL b']);
    expect(run(redcell, 'DBSIZE')).toBe(':1\r\n');
    redcell.instance.stop();
  });

  test('TTL rounds to the nearest second', () => {
    const redcell = new TestInstance();
    run(redcell, 'SET k v PX 10000');
    redcell.advance(1400);
    expect(run(redcell, 'TTL k')).toBe(':9\r\n');
    redcell.advance(200);
    expect(run(redcell, 'TTL k')).toBe(':8\r\n');
    expect(run(redcell, 'PTTL k')).toBe(':8400\r\n');
  });
});

test('OBJECT REFCOUNT takes a copied small integer for shared, which Redis does not', () => {
  const redcell = new TestInstance();
  redcell.raw('SET', 'a', 12);
  redcell.raw('COPY', 'a', 'b');
  expect(redcell.raw('OBJECT', 'REFCOUNT', 'a')).toBe(':2147483647\r\n');
  expect(redcell.raw('OBJECT', 'REFCOUNT', 'b')).toBe(':2147483647\r\n');
});
