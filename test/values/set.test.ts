import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ByteString } from '../../host/lib/bytes.ts';
import { SeededRandom } from '../../host/lib/random.ts';
import { DEFAULT_ENCODING_LIMITS } from '../../host/values/limits.ts';
import { compareIntegers, SetValue } from '../../host/values/set.ts';
import { hasRedis, startOracle } from '../lib/redis-oracle.ts';
import { attach, expectExactUndo } from './undo-support.ts';

const bytes = (text: string) => text as ByteString;
const limits = {
  ...DEFAULT_ENCODING_LIMITS,
  setMaxIntsetEntries: 12,
  setMaxListpackEntries: 18,
  setMaxListpackValue: 5,
};

const integers = fc.oneof(
  fc.integer({ min: -20, max: 20 }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);
const members = fc.oneof(
  { weight: 30, arbitrary: integers.map((n) => bytes(`${n}`)) },
  { weight: 2, arbitrary: fc.nat(30).map((n) => bytes(`m${n}`)) },
  { weight: 1, arbitrary: fc.constantFrom(bytes('01'), bytes('-0'), bytes(''), bytes('longer')) },
);
type Operation = { member: ByteString; isRemove: boolean };
const operations = fc.array(fc.record<Operation>({ member: members, isRemove: fc.boolean() }), {
  maxLength: 100,
});

function apply(set: SetValue, list: Operation[], model?: Set<ByteString>): void {
  for (const { member, isRemove } of list) {
    const changed = isRemove ? set.remove(member) : set.add(member);
    if (model) expect(changed).toBe(isRemove ? model.delete(member) : !model.has(member));
    if (!isRemove) model?.add(member);
  }
}

describe('a set', () => {
  test('holds what a Set would hold, in the order of its encoding', () => {
    fc.assert(
      fc.property(operations, (list) => {
        const set = new SetValue(limits);
        const model = new Set<ByteString>();
        apply(set, list, model);
        expect(set.size).toBe(model.size);
        for (const member of model) expect(set.has(member)).toBe(true);
        expect(set.has(bytes('none'))).toBe(false);
        expect([...set.members].sort()).toEqual([...model].sort());
        if (set.encoding === 'intset') {
          const numbers = set.members.map(BigInt);
          expect(numbers).toEqual([...numbers].sort((a, b) => (a < b ? -1 : 1)));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('comes back exactly when its changes are undone', () => {
    fc.assert(
      fc.property(operations, operations, (before, after) => {
        const set = new SetValue(limits);
        const ledger = attach(set);
        apply(set, before);
        const snapshot = () => [[...set.members], set.members.every((each) => set.has(each))];
        expectExactUndo(set, ledger, snapshot, () => {
          apply(set, after);
          set.compactIntegers();
        });
      }),
      { numRuns: 400 },
    );
  });

  test('of integers stays an intset up to its limit and then is a hashtable', () => {
    const set = new SetValue(DEFAULT_ENCODING_LIMITS);
    for (let i = 0; i < 512; i++) set.add(bytes(`${i}`));
    expect(set.encoding).toBe('intset');
    set.add(bytes('512'));
    expect(set.encoding).toBe('hashtable');
    set.remove(bytes('512'));
    expect(set.encoding).toBe('hashtable');
  });

  test('of integers becomes a listpack for another member when it is small', () => {
    const small = new SetValue(DEFAULT_ENCODING_LIMITS);
    for (let i = 127; i > 0; i--) small.add(bytes(`${i}`));
    small.add(bytes('a'));
    expect(small.encoding).toBe('listpack');
    expect(small.members.at(-1)).toBe('a');
    expect(small.members[0]).toBe('1');
    small.add(bytes('b'));
    expect(small.encoding).toBe('hashtable');

    const large = new SetValue(DEFAULT_ENCODING_LIMITS);
    for (let i = 0; i < 128; i++) large.add(bytes(`${i}`));
    large.add(bytes('a'));
    expect(large.encoding).toBe('hashtable');

    const wide = new SetValue(DEFAULT_ENCODING_LIMITS);
    wide.add(bytes('1'));
    wide.add(bytes('x'.repeat(65)));
    expect(wide.encoding).toBe('hashtable');

    const wideIntegers = new SetValue(limits);
    wideIntegers.add(bytes('-12345'));
    wideIntegers.add(bytes('a'));
    expect(wideIntegers.encoding).toBe('hashtable');
  });

  test('starts in the encoding of its first member and the number expected', () => {
    const encoding = (first: string, expected: number) =>
      SetValue.for(DEFAULT_ENCODING_LIMITS, bytes(first), expected).encoding;
    expect(encoding('1', 512)).toBe('intset');
    expect(encoding('1', 513)).toBe('hashtable');
    expect(encoding('a', 128)).toBe('listpack');
    expect(encoding('a', 129)).toBe('hashtable');
    const set = SetValue.withEncoding(DEFAULT_ENCODING_LIMITS, 'listpack');
    set.expect(128);
    expect(set.encoding).toBe('listpack');
    set.expect(129);
    expect(set.encoding).toBe('hashtable');
  });

  test('of integers only can be made an intset again', () => {
    const set = new SetValue(DEFAULT_ENCODING_LIMITS);
    for (const member of ['5', 'a', '-3', '10']) set.add(bytes(member));
    set.compactIntegers();
    expect(set.encoding).toBe('listpack');
    set.remove(bytes('a'));
    set.compactIntegers();
    expect([set.encoding, ...set.members]).toEqual(['intset', '-3', '5', '10']);
    expect(set.has(bytes('10'))).toBe(true);
  });

  test('pops each member once', () => {
    const set = new SetValue(limits);
    for (let i = 0; i < 40; i++) set.add(bytes(`m${i}`));
    const random = new SeededRandom(Buffer.from('0123456789abcdef'));
    expect(set.has(set.random(random))).toBe(true);
    const popped = Array.from({ length: 40 }, () => set.pop(random));
    expect(new Set(popped).size).toBe(40);
    expect(set.size).toBe(0);
  });

  test('is scanned whole and in order while compact, in steps when large', () => {
    const set = new SetValue(limits);
    for (const n of [3, 1, 2]) set.add(bytes(`${n}`));
    const seen: string[] = [];
    expect(set.scan(0, 1, (member) => seen.push(member))).toBe(0);
    expect(seen).toEqual(['1', '2', '3']);
    for (let i = 0; i < 30; i++) set.add(bytes(`m${i}`));
    expect(set.scan(0, 10, () => {})).toBe(23);
  });

  test('is cloned with its encoding and then independent', () => {
    const set = new SetValue(limits);
    set.add(bytes('1'));
    const copy = set.clone();
    expect([copy.encoding, copy.memoryBytes]).toEqual([set.encoding, set.memoryBytes]);
    copy.add(bytes('a'));
    expect([set.encoding, set.size]).toEqual(['intset', 1]);
  });
});

test('canonical integers compare by value', () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.bigInt(), (a, b) => {
      const expected = a < b ? -1 : a > b ? 1 : 0;
      expect(Math.sign(compareIntegers(bytes(`${a}`), bytes(`${b}`)))).toBe(expected);
    }),
  );
});

test.skipIf(!hasRedis)('an intset lists its members in the order of redis-server', async () => {
  const redis = await startOracle();
  const someIntegers = fc.array(
    integers.map((n) => bytes(`${n}`)),
    { minLength: 1, maxLength: 40 },
  );
  try {
    await fc.assert(
      fc.asyncProperty(someIntegers, async (list) => {
        const set = new SetValue(DEFAULT_ENCODING_LIMITS);
        for (const member of list) set.add(member);
        await redis.call('DEL', 's');
        await redis.call('SADD', 's', ...list);
        expect(await redis.call('OBJECT', 'ENCODING', 's')).toBe(set.encoding);
        expect(await redis.call('SMEMBERS', 's')).toEqual(set.members);
      }),
    );
  } finally {
    await redis.close();
  }
});
