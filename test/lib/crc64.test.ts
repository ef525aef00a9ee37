import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Crc64, crc64 } from '../../host/lib/crc64.ts';

/** Bit by bit, straight from the polynomial. */
function reference(bytes: Uint8Array): bigint {
  let crc = 0n;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 1n ? (crc >> 1n) ^ 0x95ac9329ac4bc9b5n : crc >> 1n;
    }
  }
  return crc;
}

test('the check value is that of Jones', () => {
  expect(crc64(Buffer.from('123456789'))).toBe(0xe9c6d914c4b8d9can);
  expect(crc64(Buffer.alloc(0))).toBe(0n);
});

test('eight bytes a step give the same as one bit a step', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(crc64(bytes)).toBe(reference(bytes));
    }),
  );
});

test('chunks and a resumed checksum give the same as the whole', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, cut) => {
      const at = Math.min(cut, bytes.length);
      const running = new Crc64().update(bytes, 0, at);
      expect(new Crc64(running.digest()).update(bytes, at).digest()).toBe(crc64(bytes));
      expect(running.update(bytes, at).digest()).toBe(crc64(bytes));
    }),
  );
});

test('it is written little-endian', () => {
  const buffer = Buffer.alloc(10);
  new Crc64().update(Buffer.from('123456789')).writeTo(buffer, 1);
  expect(buffer.readBigUInt64LE(1)).toBe(0xe9c6d914c4b8d9can);
});
