import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { byteString } from '../../host/lib/bytes.ts';
import { crc64 } from '../../host/lib/crc64.ts';
import { RdbReader } from '../../host/rdb/reader.ts';
import { RdbWriter } from '../../host/rdb/writer.ts';
import { elements } from '../support/values.ts';

function written(write: (writer: RdbWriter) => void, isCompressing = true): Buffer {
  const writer = new RdbWriter({ isCompressing });
  write(writer);
  return writer.take();
}

describe('RdbWriter', () => {
  test.each([
    [0, '00'],
    [63, '3f'],
    [64, '4040'],
    [16383, '7fff'],
    [16384, '8000004000'],
    [0xffffffff, '80ffffffff'],
    [0x100000000, '810000000100000000'],
  ])('the length %i is %s', (value, hex) => {
    expect(written((w) => w.length(value)).toString('hex')).toBe(hex);
    expect(written((w) => w.length64(BigInt(value))).toString('hex')).toBe(hex);
  });

  test.each([
    ['0', 'c000'],
    ['-1', 'c0ff'],
    ['127', 'c07f'],
    ['128', 'c18000'],
    ['-32768', 'c10080'],
    ['32768', 'c200800000'],
    ['2147483647', 'c2ffffff7f'],
    ['2147483648', '0a32313437343833363438'],
    ['-2147483648', 'c200000080'],
    ['01', '023031'],
    ['-0', '022d30'],
    ['', '00'],
    ['-', '012d'],
    ['abc', '03616263'],
  ])('the string %j is %s', (text, hex) => {
    expect(written((w) => w.string(Buffer.from(text))).toString('hex')).toBe(hex);
    expect(written((w) => w.text(text)).toString('hex')).toBe(hex);
  });

  test('a string is compressed from 21 bytes on, if that saves at least four', () => {
    expect(written((w) => w.text('a'.repeat(20)))[0]).toBe(20);
    expect(written((w) => w.text('a'.repeat(21)))[0]).toBe(0xc3);
    expect(written((w) => w.text('a'.repeat(21)), false)[0]).toBe(21);
    expect(written((w) => w.text('abcdefghijklmnopqrstuvwxyz'))[0]).toBe(26);
  });

  test('strings, lengths and numbers are read back as they were written', () => {
    fc.assert(
      fc.property(fc.array(elements, { maxLength: 20 }), fc.boolean(), (texts, isCompressing) => {
        const bytes = written((w) => {
          for (const text of texts) w.text(text);
          w.double(0.1);
          w.milliseconds(-5);
          w.length64(2n ** 64n - 1n);
        }, isCompressing);
        const reader = RdbReader.ofBuffer(bytes);
        expect(texts.map(() => reader.text())).toEqual(texts);
        expect(reader.double()).toBe(0.1);
        expect(reader.milliseconds()).toBe(-5);
        expect(reader.length64()).toBe(2n ** 64n - 1n);
        expect(reader.remaining).toBe(0);
      }),
    );
  });

  test('chunks of a sink add up to the same bytes and checksum as one buffer', () => {
    fc.assert(
      fc.property(fc.array(elements, { maxLength: 30 }), (texts) => {
        const chunks: Buffer[] = [];
        const sink = { write: (chunk: Buffer) => void chunks.push(chunk) };
        const chunked = new RdbWriter({ sink, chunkBytes: 64, isChecksummed: true });
        const whole = new RdbWriter({ isChecksummed: true });
        for (const text of texts) {
          chunked.text(text);
          whole.text(text);
        }
        const sum = chunked.checksum();
        chunked.flush();
        const bytes = Buffer.concat(chunks);
        expect(byteString(bytes)).toBe(byteString(whole.take()));
        expect(sum).toBe(crc64(bytes));
        expect(whole.checksum()).toBe(sum);
        expect(chunked.offset).toBe(bytes.length);
      }),
    );
  });
});
