import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeZiplist, decodeZipmap } from '../../host/rdb/ziplist.ts';

/** Lays out entries, each given as its bytes behind the size of the one before. */
function ziplist(...entries: Buffer[]): Buffer {
  const parts: Buffer[] = [];
  let previous = 0;
  let at = 10;
  let last = 10;
  for (const entry of entries) {
    const size =
      previous < 254
        ? Buffer.from([previous])
        : Buffer.concat([Buffer.from([254]), uint32(previous)]);
    parts.push(size, entry);
    last = at;
    previous = size.length + entry.length;
    at += previous;
  }
  const header = Buffer.concat([uint32(at + 1), uint32(last), Buffer.alloc(2)]);
  header.writeUInt16LE(entries.length, 8);
  return Buffer.concat([header, ...parts, Buffer.from([255])]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const short = (text: string): Buffer =>
  Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);

describe('ziplists', () => {
  test('all kinds of entries are understood', () => {
    const medium = Buffer.concat([hex('412c'), Buffer.alloc(300, 'm')]);
    const long = Buffer.concat([hex('8000004e20'), Buffer.alloc(20_000, 'l')]);
    const bytes = ziplist(
      short('abc'),
      medium,
      short('after'),
      long,
      hex('c00080'),
      hex('d0ffffff7f'),
      hex('e0ffffffffffffff7f'),
      hex('f0000080'),
      hex('fe80'),
      hex('f1'),
      hex('fd'),
      short(''),
    );
    expect(decodeZiplist(bytes)).toEqual([
      'abc',
      'm'.repeat(300),
      'after',
      'l'.repeat(20_000),
      '-32768',
      '2147483647',
      '9223372036854775807',
      '-8388608',
      '-128',
      '0',
      '12',
      '',
    ]);
  });

  test('the empty ziplist has no elements', () => {
    expect(decodeZiplist(ziplist())).toEqual([]);
  });

  test('damage is noticed', () => {
    const good = ziplist(short('abc'), hex('c00080'), short('x'));
    for (const at of [0, 4, 8, 10, 11, 15, good.length - 1]) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] as number) ^ 0x41;
      expect(decodeZiplist(bad), `byte ${at}`).toBeNull();
    }
  });

  test('any bytes give null or a list, never an exception', () => {
    const good = ziplist(short('abc'), hex('c00080'), short('xyz'), hex('f5'));
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 });
    fc.assert(
      fc.property(flips, (changes) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        const decoded = decodeZiplist(bytes);
        return decoded === null || Array.isArray(decoded);
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        decodeZiplist(Buffer.from(bytes));
        decodeZipmap(Buffer.from(bytes));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('zipmaps', () => {
  test('keys and values come by turns, free bytes left out', () => {
    const bytes = Buffer.concat([
      hex('02'),
      short('foo'),
      hex('0300'),
      Buffer.from('bar'),
      short('hello'),
      hex('0502'),
      Buffer.from('world??'),
      hex('ff'),
    ]);
    expect(decodeZipmap(bytes)).toEqual(['foo', 'bar', 'hello', 'world']);
  });

  test('long lengths take four bytes', () => {
    const bytes = Buffer.concat([
      hex('01'),
      short('k'),
      hex('fe'),
      uint32(300),
      hex('00'),
      Buffer.alloc(300, 'v'),
      hex('ff'),
    ]);
    expect(decodeZipmap(bytes)).toEqual(['k', 'v'.repeat(300)]);
  });

  test('a missing value or a wrong count is noticed', () => {
    expect(decodeZipmap(Buffer.concat([hex('01'), short('foo'), hex('ff')]))).toBeNull();
    const counted = Buffer.concat([
      hex('02'),
      short('f'),
      hex('0100'),
      Buffer.from('b'),
      hex('ff'),
    ]);
    expect(decodeZipmap(counted)).toBeNull();
  });
});
