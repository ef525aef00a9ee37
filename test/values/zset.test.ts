import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ByteString } from '../../host/lib/bytes.ts';
import { SeededRandom } from '../../host/lib/random.ts';
import { DEFAULT_ENCODING_LIMITS } from '../../host/values/limits.ts';
import { type LexBound, type RankRange, ZsetValue } from '../../host/values/zset.ts';
import { hasRedis, startOracle } from '../lib/redis-oracle.ts';
import { attach, expectExactUndo } from './undo-support.ts';

const bytes = (text: string) => text as ByteString;
const random = () => new SeededRandom(Buffer.from('0123456789abcdef'));
const limits = { ...DEFAULT_ENCODING_LIMITS, zsetMaxListpackEntries: 15, zsetMaxListpackValue: 6 };

const scores = fc.oneof(
  fc.integer({ min: -4, max: 4 }),
  fc.constantFrom(Infinity, -Infinity, 0.5, 1e300),
);
type Operation = { member: ByteString; score: number; isRemove: boolean };
const operations = (memberCount: number) =>
  fc.array(
    fc.record<Operation>({
      member: fc.oneof(
        { weight: 40, arbitrary: fc.nat(memberCount).map((n) => bytes(`m${n}`)) },
        { weight: 1, arbitrary: fc.constant(bytes('longer than 6')) },
      ),
      score: scores,
      isRemove: fc.boolean(),
    }),
    { maxLength: 120 },
  );

type Model = Map<ByteString, number>;

function apply(zset: ZsetValue, list: Operation[], model?: Model): void {
  for (const { member, score, isRemove } of list) {
    const changed = isRemove ? zset.remove(member) : zset.add(member, score);
    if (model) expect(changed).toBe(isRemove ? model.delete(member) : !model.has(member));
    if (!isRemove) model?.set(member, score);
  }
}

function sorted(model: Model): [ByteString, number][] {
  return [...model].sort(([a, x], [b, y]) => (x === y ? (a < b ? -1 : 1) : x < y ? -1 : 1));
}

function entries(zset: ZsetValue, range: RankRange = { start: 0, end: zset.size }, down = false) {
  const found: [ByteString, number][] = [];
  zset.forEach(range, (member, score) => found.push([member, score]), down);
  return found;
}

function bound(member: string, exclusive: boolean): LexBound {
  if (member === '-' || member === '+') {
    return { infinite: member === '-' ? -1 : 1, member: bytes(''), exclusive: false };
  }
  return { infinite: 0, member: bytes(member), exclusive };
}

// Few members keep to the compact encoding, many leave it.
describe.each([10, 40])('a sorted set of up to %i members', (memberCount) => {
  const steps = operations(memberCount);

  test('holds and orders what a sorted Map would', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const zset = new ZsetValue(limits, random());
        const model: Model = new Map();
        apply(zset, list, model);
        const expected = sorted(model);
        expect(zset.size).toBe(model.size);
        expect(entries(zset)).toEqual(expected);
        expect(entries(zset, { start: 0, end: zset.size }, true)).toEqual([...expected].reverse());
        expected.forEach(([member, score], rank) => {
          expect([zset.score(member), zset.rank(member)]).toEqual([score, rank]);
          expect(zset.memberAt(rank)).toBe(member);
        });
        expect([zset.score(bytes('none')), zset.rank(bytes('none'))]).toEqual([undefined, -1]);
      }),
      { numRuns: 200 },
    );
  });

  test('comes back exactly when its changes are undone', () => {
    fc.assert(
      fc.property(steps, steps, (before, after) => {
        const zset = new ZsetValue(limits, random());
        const ledger = attach(zset);
        apply(zset, before);
        const snapshot = () => {
          const scanned: string[] = []; // shows the positions of the dense map
          let cursor = 0;
          do cursor = zset.scan(cursor, 10, (member) => scanned.push(member));
          while (cursor !== 0);
          return [entries(zset), scanned, scanned.map((m) => zset.rank(bytes(m)))];
        };
        expectExactUndo(zset, ledger, snapshot, () => {
          apply(zset, after);
          zset.removeRanks({ start: 1, end: Math.min(4, zset.size) });
          zset.compact();
          apply(zset, before);
        });
      }),
      { numRuns: 300 },
    );
  });

  test('finds the ranks of scores', () => {
    fc.assert(
      fc.property(steps, scores, scores, fc.boolean(), fc.boolean(), (list, min, max, ex1, ex2) => {
        const zset = new ZsetValue(limits, random());
        apply(zset, list);
        const range = { min, max, minExclusive: ex1, maxExclusive: ex2 };
        const expected = entries(zset).filter(
          ([, s]) => (ex1 ? s > min : s >= min) && (ex2 ? s < max : s <= max),
        );
        expect(entries(zset, zset.ranksByScore(range))).toEqual(expected);
      }),
    );
  });

  test('finds the ranks of members with equal scores', () => {
    const bounds = fc.constantFrom('-', '+', 'm1', 'm2', 'm25', 'm', 'n', '');
    fc.assert(
      fc.property(steps, bounds, bounds, fc.boolean(), fc.boolean(), (list, min, max, ex1, ex2) => {
        const zset = new ZsetValue(limits, random());
        apply(
          zset,
          list.map((step) => ({ ...step, score: 1 })),
        );
        const expected = entries(zset).filter(([m]) => {
          const above = min === '-' || (min !== '+' && (ex1 ? m > min : m >= min));
          return above && (max === '+' || (max !== '-' && (ex2 ? m < max : m <= max)));
        });
        expect(entries(zset, zset.ranksByLex(bound(min, ex1), bound(max, ex2)))).toEqual(expected);
      }),
    );
  });

  test('is scanned completely and picks members of its own', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const zset = new ZsetValue(limits, random());
        apply(zset, list);
        const seen: [ByteString, number][] = [];
        let cursor = 0;
        do cursor = zset.scan(cursor, 7, (member, score) => seen.push([member, score]));
        while (cursor !== 0);
        expect(new Map(seen)).toEqual(new Map(entries(zset)));
        expect(seen.length).toBe(zset.size);
        if (zset.size > 0) expect(zset.score(zset.random(random()))).toBeDefined();
      }),
    );
  });
});

describe('the encoding of a sorted set', () => {
  test('is a listpack up to the limits of entries and bytes', () => {
    const many = new ZsetValue(DEFAULT_ENCODING_LIMITS, random());
    for (let i = 0; i < 128; i++) many.add(bytes(`m${i}`), i);
    many.add(bytes('m1'), 5);
    expect(many.encoding).toBe('listpack');
    many.add(bytes('m128'), 1);
    expect(many.encoding).toBe('skiplist');
    many.remove(bytes('m1'));
    expect(many.encoding).toBe('skiplist');
    many.compact();
    expect(many.encoding).toBe('listpack');

    const long = new ZsetValue(DEFAULT_ENCODING_LIMITS, random());
    long.add(bytes('x'.repeat(65)), 1);
    expect(long.encoding).toBe('skiplist');
    long.compact();
    expect(long.encoding).toBe('skiplist');
  });

  test('follows what is expected to come', () => {
    const zset = new ZsetValue(DEFAULT_ENCODING_LIMITS, random());
    zset.expect(128, 64);
    expect(zset.encoding).toBe('listpack');
    zset.expect(1, 65);
    expect(zset.encoding).toBe('skiplist');
    const many = new ZsetValue(DEFAULT_ENCODING_LIMITS, random());
    many.expect(129);
    expect(many.encoding).toBe('skiplist');
  });

  test('is kept by a clone, which is independent', () => {
    const zset = new ZsetValue(limits, random());
    for (let i = 0; i < 16; i++) zset.add(bytes(`m${i}`), i);
    const copy = zset.clone();
    expect([copy.encoding, entries(copy)]).toEqual([zset.encoding, entries(zset)]);
    copy.remove(bytes('m1'));
    expect(zset.score(bytes('m1'))).toBe(1);
  });
});

test('negative zero is zero while compact and kept when large, as in Redis', () => {
  const small = new ZsetValue(DEFAULT_ENCODING_LIMITS, random());
  small.add(bytes('a'), -0);
  expect(Object.is(small.score(bytes('a')), 0)).toBe(true);
  const large = new ZsetValue(DEFAULT_ENCODING_LIMITS, random());
  large.expect(1000);
  large.add(bytes('a'), -0);
  expect(Object.is(large.score(bytes('a')), -0)).toBe(true);
});

test('a score that is no number is a bug of the caller', () => {
  const zset = new ZsetValue(DEFAULT_ENCODING_LIMITS, random());
  expect(() => zset.add(bytes('a'), Number.NaN)).toThrow('NaN');
});

test.skipIf(!hasRedis).each([2, 128])(
  'ranges are those of redis-server with %i entries at most in a listpack',
  async (most) => {
    const redis = await startOracle('--zset-max-listpack-entries', `${most}`);
    try {
      await fc.assert(
        fc.asyncProperty(operations(30), scores, scores, async (list, min, max) => {
          await redis.call('DEL', 'z');
          const zset = new ZsetValue(
            { ...limits, zsetMaxListpackEntries: most, zsetMaxListpackValue: 64 },
            random(),
          );
          for (const { member, score, isRemove } of list) {
            const text = Number.isFinite(score) ? `${score}` : score > 0 ? 'inf' : '-inf';
            await redis.call(...(isRemove ? ['ZREM', 'z', member] : ['ZADD', 'z', text, member]));
          }
          apply(zset, list);
          if (zset.size === 0) return;
          const limit = (n: number) => (Number.isFinite(n) ? `${n}` : n > 0 ? '+inf' : '-inf');
          const ranks = zset.ranksByScore({ min, max, minExclusive: false, maxExclusive: false });
          const names = (down: boolean) => entries(zset, ranks, down).map(([member]) => member);
          expect(await redis.call('OBJECT', 'ENCODING', 'z')).toBe(zset.encoding);
          expect(await redis.call('ZRANGEBYSCORE', 'z', limit(min), limit(max))).toEqual(
            names(false),
          );
          expect(await redis.call('ZREVRANGEBYSCORE', 'z', limit(max), limit(min))).toEqual(
            names(true),
          );
          expect(await redis.call('ZCOUNT', 'z', limit(min), limit(max))).toBe(names(false).length);
        }),
        { numRuns: 60 },
      );
    } finally {
      await redis.close();
    }
  },
);
