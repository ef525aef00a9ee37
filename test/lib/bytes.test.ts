import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asciiLower, bufferOf, byteString, bytesOf, textOf } from '../../host/lib/bytes.ts';

test('bytes become a string and bytes again', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = byteString(Buffer.from(bytes));
      expect(text).toHaveLength(bytes.length);
      expect([...bufferOf(text)]).toEqual([...bytes]);
    }),
  );
});

test('text becomes UTF-8 bytes and text again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(textOf(bytesOf(text))).toBe(text);
      expect(bytesOf(text)).toHaveLength(Buffer.byteLength(text));
    }),
  );
});

test('a part of a buffer can be taken', () => {
  expect(byteString(Buffer.from('hello'), 1, 3)).toBe('el');
});

test('bytes that are no UTF-8 are replaced in text', () => {
  expect(textOf(byteString(Buffer.from([0x61, 0xff])))).toBe('a\ufffd');
});

test('only ASCII letters get lower case', () => {
  expect(asciiLower('already')).toBe('already');
  expect(asciiLower('aBCd-É\xc9Z')).toBe('abcd-É\xc9z');
});
