import { describe, expect, test } from 'vitest';
import { block, integer, key, string } from '../../host/dispatch/args.ts';
import {
  bitfieldKeys,
  migrateKeys,
  setKeys,
  sortKeys,
  sortReadOnlyKeys,
} from '../../host/dispatch/key-finders.ts';
import {
  afterKeyword,
  atIndex,
  type KeyRef,
  keyAccessNames,
  keySpec,
  range,
  UNKNOWN,
} from '../../host/dispatch/key-specs.ts';
import { hasKeys, keysOf } from '../../host/dispatch/keys-of.ts';
import { type CommandSpec, command } from '../../host/dispatch/spec.ts';
import { Argv } from '../../host/lib/argv.ts';

const READ = 'RO access';

function make(parts: Partial<CommandSpec>): ReturnType<typeof command> {
  const base = { name: 'c', summary: 's', since: '1.0.0', group: 'generic', flags: ['readonly'] };
  return command({ ...(base as CommandSpec), ...parts }); // literals of their unions
}

function shown(line: string, keys: readonly KeyRef[] | null): string | null {
  const words = line.split(' ');
  if (keys === null) return null;
  return keys.map((ref) => `${words[ref.position]}:${keyAccessNames(ref.access)}`).join(' ');
}

function keys(entry: ReturnType<typeof command>, line: string): string | null {
  return shown(line, keysOf(entry, Argv.of(...line.split(' '))));
}

describe('keysOf', () => {
  const mset = make({
    args: [block('data', [key('key', { access: 'OW update' }), string('v')], { multiple: true })],
  });
  const zunion = make({ args: [integer('numkeys'), key('key', { multiple: true })] });
  const xread = make({
    args: [
      block('s', [key('key', { multiple: true }), string('id', { multiple: true })], {
        token: 'STREAMS',
      }),
    ],
  });

  test('steps over values', () => {
    expect(keys(mset, 'mset a 1 b 2')).toBe('a:OW,update b:OW,update');
  });

  test('counts keys by numkeys', () => {
    expect(keys(zunion, 'zunion 2 a b WEIGHTS 1 2')).toBe('a:RO,access b:RO,access');
  });

  test.each(['0 a', '3 a b', 'x a', '-1 a', '01 a', '99999999999 a'])(
    'is null for the bad count in "zunion %s"',
    (rest) => {
      expect(keys(zunion, `zunion ${rest}`)).toBeNull();
    },
  );

  test('takes the first half after a keyword in any case', () => {
    expect(keys(xread, 'xread streams a b 0 0')).toBe('a:RO,access b:RO,access');
  });

  test('skips an option that is not given', () => {
    expect(keys(xread, 'xread COUNT 1')).toBe('');
  });

  test('looks backwards for a keyword from the end', () => {
    const entry = make({ keySpecs: [keySpec(READ, afterKeyword('KEYS', -2), range(-1))] });
    expect(keys(entry, 'c x KEYS a b c')).toBe('a:RO,access b:RO,access c:RO,access');
  });

  test('asks getKeys where a spec is unknown, and is null without one', () => {
    const keySpecs = [keySpec(READ, UNKNOWN, UNKNOWN)];
    expect(keys(make({ keySpecs, getKeys: sortKeys }), 'sort k')).toBe('k:RO,access');
    expect(keys(make({ keySpecs }), 'sort k')).toBeNull();
  });

  test('reports shard channels only when asked', () => {
    const entry = make({ keySpecs: [keySpec('not_key', atIndex(1), range(0))] });
    const argv = Argv.of('spublish', 'ch', 'm');
    expect(keysOf(entry, argv)).toEqual([]);
    expect(shown('spublish ch m', keysOf(entry, argv, true))).toBe('ch:not_key');
    expect(hasKeys(entry)).toBe(false);
    expect(hasKeys(zunion)).toBe(true);
  });
});

// Expected values are those of COMMAND GETKEYSANDFLAGS of redis-server 7.0.15.
describe('key finders', () => {
  const found = (finder: (argv: Argv) => KeyRef[], line: string): string | null =>
    shown(line, finder(Argv.of(...line.split(' '))));

  test('SET reads with GET only', () => {
    expect(found(setKeys, 'set k v')).toBe('k:OW,update');
    expect(found(setKeys, 'set k v EX 10 GeT')).toBe('k:RW,access,update');
  });

  test.each([
    ['bitfield k get u8 0', 'k:RO,access'],
    ['bitfield k get u8 0 overflow wrap', 'k:RO,access'],
    ['bitfield k get u8 0 set u8 0 1', 'k:RW,access,update'],
    ['bitfield k overflow wrap incrby u8 0 1', 'k:RW,access,update'],
    ['bitfield k foo', 'k:RW,access,update'],
  ])('%s', (line, expected) => {
    expect(found(bitfieldKeys, line)).toBe(expected);
  });

  test.each([
    ['sort k', 'k:RO,access'],
    ['sort k by x get y store d', 'k:RO,access d:OW,update'],
    ['sort k store a store b', 'k:RO,access b:OW,update'],
    ['sort k limit 0 store', 'k:RO,access'],
  ])('%s', (line, expected) => {
    expect(found(sortKeys, line)).toBe(expected);
  });

  test('SORT_RO reads its key', () => {
    expect(found(sortReadOnlyKeys, 'sort_ro k by x')).toBe('k:RO,access');
  });

  test.each([
    ['migrate h 1 k 0 10', 'k:RW,access,delete'],
    ['migrate h 1  0 10 keys a b', 'a:RW,access,delete b:RW,access,delete'],
    ['migrate h 1  0 10 copy auth keys keys a', 'a:RW,access,delete'],
  ])('%s', (line, expected) => {
    expect(found(migrateKeys, line)).toBe(expected);
  });
});
