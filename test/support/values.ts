// Random values of every type and encoding, and what they hold as plain data to compare.

import fc from 'fast-check';
import { type ByteString, byteString } from '../../host/lib/bytes.ts';
import { SeededRandom } from '../../host/lib/random.ts';
import type { ValueMaterials } from '../../host/rdb/decode-value.ts';
import { NO_MODULE_TYPES } from '../../host/rdb/module-io.ts';
import { HashValue } from '../../host/values/hash.ts';
import type { Value } from '../../host/values/ledger.ts';
import { DEFAULT_ENCODING_LIMITS, type EncodingLimits } from '../../host/values/limits.ts';
import { ListValue } from '../../host/values/list.ts';
import { SetValue } from '../../host/values/set.ts';
import { ZsetValue } from '../../host/values/zset.ts';

/** Small limits: few elements are enough for the large encodings. */
export const SMALL_LIMITS: EncodingLimits = {
  ...DEFAULT_ENCODING_LIMITS,
  hashMaxListpackEntries: 8,
  setMaxIntsetEntries: 8,
  setMaxListpackEntries: 8,
  zsetMaxListpackEntries: 8,
  listMaxListpackSize: 4,
};

export function materials(limits: EncodingLimits = SMALL_LIMITS): ValueMaterials {
  return { limits, random: new SeededRandom(Buffer.alloc(16, 7)), modules: NO_MODULE_TYPES };
}

const integers = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -70000n, max: 70000n }),
  fc.constantFrom(0n, 127n, 128n, -128n, 4095n, 4096n, -4096n, 2n ** 31n, -(2n ** 31n), 2n ** 23n),
);

/** Bytes of all kinds: text, integers, binary, repeated and long. */
export const elements: fc.Arbitrary<ByteString> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 12 }).map((s) => byteString(Buffer.from(s))) },
  { weight: 3, arbitrary: integers.map((n) => String(n) as ByteString) },
  {
    weight: 2,
    arbitrary: fc.uint8Array({ maxLength: 70 }).map((b) => byteString(Buffer.from(b))),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.string({ minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 2000 }))
      .map(([s, count]) => byteString(Buffer.from(s.repeat(count)))),
  },
);

export const scores: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }),
  fc.double({ noNaN: true }),
  fc.constantFrom(Infinity, -Infinity, 0.1, 1e300, 5e-324),
);

/** Counts on both sides of the small limits. */
const many = { maxLength: 24 } as const;

export function lists(limits: EncodingLimits): fc.Arbitrary<ListValue> {
  return fc.array(elements, { minLength: 1, ...many }).map((items) => {
    const list = new ListValue(limits);
    for (const item of items) list.pushTail(item);
    return list;
  });
}

export function sets(limits: EncodingLimits): fc.Arbitrary<SetValue> {
  const members = fc.oneof(
    fc.array(elements, { minLength: 1, ...many }),
    fc.array(integers, { minLength: 1, ...many }).map((ns) => ns.map((n) => `${n}` as ByteString)),
  );
  return members.map((items) => {
    const set = SetValue.for(limits, items[0] as ByteString, 1);
    for (const item of items) set.add(item);
    return set;
  });
}

export function zsets(limits: EncodingLimits): fc.Arbitrary<ZsetValue> {
  return fc.array(fc.tuple(elements, scores), { minLength: 1, ...many }).map((pairs) => {
    const zset = new ZsetValue(limits, new SeededRandom(Buffer.alloc(16, 3)));
    for (const [member, score] of pairs) zset.add(member, score);
    return zset;
  });
}

export function hashes(limits: EncodingLimits): fc.Arbitrary<HashValue> {
  return fc.array(fc.tuple(elements, elements), { minLength: 1, ...many }).map((pairs) => {
    const hash = new HashValue(limits);
    for (const [field, value] of pairs) hash.set(field, value);
    return hash;
  });
}

/** A value of any type. */
export function values(limits: EncodingLimits = SMALL_LIMITS): fc.Arbitrary<Value> {
  return fc.oneof<fc.Arbitrary<Value>[]>(
    lists(limits),
    sets(limits),
    zsets(limits),
    hashes(limits),
  );
}

/** The content as plain data, in an order of its own where the type has none. */
export function contentOf(value: Value): unknown {
  if (value instanceof ListValue) {
    const items: string[] = [];
    value.forEach(0, value.length, (item) => void items.push(item));
    return { list: items };
  }
  if (value instanceof SetValue) return { set: [...value.members].sort() };
  if (value instanceof ZsetValue) {
    const pairs: [string, number][] = [];
    value.forEach({ start: 0, end: value.size }, (member, score) => {
      pairs.push([member, score === 0 ? 0 : score]); // -0 and 0 are one score
    });
    return { zset: pairs };
  }
  if (value instanceof HashValue) {
    return { hash: value.fields.map((field, i) => [field, value.values[i]]).sort() };
  }
  throw new Error(`no content of ${value.type}`);
}
