import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  FLAG_INT,
  FLAG_RAW,
  FLAG_VALUE_OUTSIDE,
  TYPE_LIST,
  TYPE_STRING,
} from '../../host/keyspace/record.ts';
import { fitsInside, NO_EXPIRE, Records, type Ref } from '../../host/keyspace/records.ts';
import { OutsideString } from '../../host/keyspace/strings.ts';
import { Slice } from '../../host/lib/slice.ts';
import { DEFAULT_ENCODING_LIMITS } from '../../host/values/limits.ts';
import { ListValue } from '../../host/values/list.ts';

const MARK = 0x7_123456; // epoch 7, LRU bits 123456

function make(records: Records, key: string, value: string, flags = 0): Ref {
  return records.createString(Slice.of(key), Slice.of(value), flags, MARK);
}

const keyOf = (records: Records, ref: Ref) => records.keyOf(ref, new Slice()).toByteString();
const stringOf = (records: Records, ref: Ref) => records.stringOf(ref, new Slice()).toByteString();

const isOutside = (records: Records, ref: Ref) => (records.flagsOf(ref) & FLAG_VALUE_OUTSIDE) !== 0;

function keyIs(records: Records, ref: Ref, key: string): boolean {
  const buffer = Buffer.from(`x${key}x`, 'latin1');
  return records.keyIs(ref, buffer, 1, buffer.length - 1);
}

/** Around the lengths at which keys and strings move out of their record. */
const sizes = fc.oneof(fc.nat(60), fc.integer({ min: 990, max: 1060 }), fc.nat(2500));

describe('a record', () => {
  test('gives back the bytes it was made of, wherever it keeps them', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(sizes, sizes), { maxLength: 20 }), (pairs) => {
        const records = new Records();
        const made = pairs.map(([keySize, size], i) => {
          const key = `${i}`.padEnd(keySize, 'k');
          const value = `${i}`.padEnd(size, 'v');
          return { key, value, ref: make(records, key, value) };
        });
        for (const { key, value, ref } of made) {
          expect(keyOf(records, ref)).toBe(key);
          expect(stringOf(records, ref)).toBe(value);
          expect(records.stringLength(ref)).toBe(value.length);
          expect(keyIs(records, ref, key)).toBe(true);
          expect(keyIs(records, ref, `${key.slice(0, -1)}!`)).toBe(false);
          expect(keyIs(records, ref, `${key}!`)).toBe(false);
        }
        for (const { ref } of made) records.release(ref);
        expect(records.memoryBytes).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  test('keeps type, flags, access mark, epoch and expire time apart', () => {
    const records = new Records();
    const ref = make(records, 'k', 'v', FLAG_INT);
    expect(records.typeOf(ref)).toBe(TYPE_STRING);
    expect(records.flagsOf(ref)).toBe(FLAG_INT);
    expect([records.lruOf(ref), records.epochOf(ref)]).toEqual([0x123456, 7]);
    expect(records.expireOf(ref)).toBe(NO_EXPIRE);
    records.setLru(ref, 0xffffff);
    records.setEpoch(ref, 255);
    records.setExpire(ref, 2 ** 53 - 1);
    records.setStringFlags(ref, FLAG_RAW);
    expect([records.lruOf(ref), records.epochOf(ref)]).toEqual([0xffffff, 255]);
    expect(records.expireOf(ref)).toBe(2 ** 53 - 1);
    expect(records.flagsOf(ref)).toBe(FLAG_RAW);
    expect([keyOf(records, ref), stringOf(records, ref)]).toEqual(['k', 'v']);
  });

  test('of a value holds the object and gives it back', () => {
    const records = new Records();
    const list = new ListValue(DEFAULT_ENCODING_LIMITS);
    const ref = records.createValue(Slice.of('k'.repeat(2000)), list, MARK);
    make(records, 'other', 'x'.repeat(5000));
    expect(records.typeOf(ref)).toBe(TYPE_LIST);
    expect(records.valueOf(ref)).toBe(list);
    expect([...records.values()]).toEqual([list]);
    expect(records.release(ref)).toBe(list);
    expect([...records.values()]).toEqual([]);
  });

  test('counts what it holds outside its block, room to grow included', () => {
    const records = new Records();
    const key = 'k'.repeat(2000);
    const spacious = new OutsideString(Buffer.alloc(10_000), 5000);
    const ref = records.createOutsideString(Slice.of(key), spacious, FLAG_RAW, MARK);
    expect(records.bytesOf(ref)).toBe(records.memoryBytes);
    expect(records.bytesOf(ref)).toBeGreaterThan(12_000);
    records.release(ref);
    expect(records.memoryBytes).toBe(0);
  });
});

describe('writing a string over another', () => {
  const overwrite = (records: Records, ref: Ref, value: string) =>
    records.overwriteInside(ref, Slice.of(value), FLAG_INT, 9);

  test('happens in its block when it fits there', () => {
    const records = new Records();
    const ref = make(records, 'k', 'long value', FLAG_RAW);
    expect(overwrite(records, ref, '42')).toBe(true);
    expect(stringOf(records, ref)).toBe('42');
    expect(records.flagsOf(ref)).toBe(FLAG_INT);
    expect([records.lruOf(ref), records.epochOf(ref)]).toEqual([9, 7]);
  });

  test('does not when it is too long, or would leave most of a block unused', () => {
    const records = new Records();
    const ref = make(records, 'k', 'x'.repeat(500));
    expect(overwrite(records, ref, 'y'.repeat(800))).toBe(false);
    expect(overwrite(records, ref, 'y')).toBe(false);
    expect(stringOf(records, ref)).toBe('x'.repeat(500));
  });

  test('does not where no string is inside', () => {
    const records = new Records();
    const outside = make(records, 'k', 'x'.repeat(5000));
    const list = records.createValue(Slice.of('l'), new ListValue(DEFAULT_ENCODING_LIMITS), MARK);
    expect(overwrite(records, outside, 'y')).toBe(false);
    expect(overwrite(records, list, 'y')).toBe(false);
  });
});

describe('changing the length of a string', () => {
  test('keeps its bytes, and refuses what its block cannot hold', () => {
    const records = new Records();
    const ref = make(records, 'k', 'abc');
    expect(records.resizeString(ref, 2)).toBe(true);
    expect(stringOf(records, ref)).toBe('ab');
    expect(records.resizeString(ref, 1000)).toBe(false);
    expect(stringOf(records, ref)).toBe('ab');
  });

  test('outside always works, and what was taken of it before stays as it was', () => {
    const records = new Records();
    const ref = make(records, 'k', 'x'.repeat(3000));
    expect(isOutside(records, ref)).toBe(true);
    const image = records.stringImage(ref) as OutsideString; // it is outside
    expect(records.resizeString(ref, 9000)).toBe(true);
    expect(records.stringLength(ref)).toBe(9000);
    expect(stringOf(records, ref).slice(0, 3000)).toBe('x'.repeat(3000));
    expect(image.length).toBe(3000);
    records.release(ref);
    expect(records.memoryBytes).toBe(0);
  });

  test('is prepared for where a string may grow inside', () => {
    expect(fitsInside(Slice.of('k'), 900)).toBe(true);
    expect(fitsInside(Slice.of('k'), 1000)).toBe(false);
    expect(fitsInside(Slice.of('k'.repeat(1024)), 900)).toBe(false);
    expect(fitsInside(Slice.of('k'.repeat(1025)), 900)).toBe(true); // the key is outside
  });
});

describe('a walk', () => {
  test('visits each record once, in as many pieces as it likes', () => {
    const records = new Records();
    const keys = Array.from({ length: 500 }, (_, i) => `k${i}`);
    for (const [i, key] of keys.entries()) make(records, key, 'x'.repeat((i * 37) % 2100));
    const at = { page: 0, block: 0 };
    const seen: string[] = [];
    let pieces = 1;
    while (!records.walk(at, (ref) => seen.push(keyOf(records, ref)) % 7 !== 0)) pieces++;
    expect([...seen].sort()).toEqual([...keys].sort());
    expect(pieces).toBe(72);
  });

  test('sees every record that stays while others come and go', () => {
    const records = new Records();
    const refs = new Map<string, Ref>();
    for (let i = 0; i < 300; i++) refs.set(`k${i}`, make(records, `k${i}`, 'x'.repeat(i)));
    const seen: string[] = [];
    const at = { page: 0, block: 0 };
    for (let i = 0; !records.walk(at, (ref) => seen.push(keyOf(records, ref)) % 10 !== 0); i++) {
      const name = `k${i * 3}`;
      const ref = refs.get(name);
      if (ref !== undefined) records.release(ref);
      refs.delete(name);
      make(records, `new${i}`, 'y'.repeat(i * 20));
    }
    const stayed = [...refs.keys()];
    expect(stayed.length).toBeGreaterThan(200);
    expect(seen.filter((key) => refs.has(key)).sort()).toEqual(stayed.sort());
  });
});
