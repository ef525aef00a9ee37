import { describe, expect, test } from 'vitest';
import { byteString } from '../../host/lib/bytes.ts';
import { crc64 } from '../../host/lib/crc64.ts';
import { RdbError, RdbReader } from '../../host/rdb/reader.ts';
import { RdbWriter } from '../../host/rdb/writer.ts';

/** A source that gives at most `step` bytes at a time. */
function slowSource(bytes: Buffer, step: number) {
  let at = 0;
  return {
    size: bytes.length,
    read(into: Buffer, offset: number, length: number): number {
      const count = Math.min(step, length, bytes.length - at);
      bytes.copy(into, offset, at, at + count);
      at += count;
      return count;
    },
  };
}

function errorOf(action: () => unknown): RdbError {
  try {
    action();
  } catch (error) {
    if (error instanceof RdbError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('RdbReader', () => {
  test('a source that gives little at a time reads like a buffer, checksum included', () => {
    const writer = new RdbWriter({ isCompressing: false });
    const texts = Array.from({ length: 300 }, (_, i) => 'x'.repeat((i * 7919) % 5000) + i);
    const large = 'large'.repeat(100_000); // more than one window
    for (const text of texts) writer.text(text);
    writer.text(large);
    writer.text('end');
    const bytes = Buffer.from(writer.take());
    const reader = RdbReader.ofSource(slowSource(bytes, 1000));
    for (const text of texts) expect(reader.text()).toBe(text);
    expect(reader.text()).toBe(large);
    expect(reader.checksum()).toBe(crc64(bytes.subarray(0, reader.offset)));
    expect(reader.text()).toBe('end');
    expect(reader.checksum()).toBe(crc64(bytes));
    expect(reader.offset).toBe(bytes.length);
  });

  test('a length beyond the end is refused before any memory is taken', () => {
    const claim = Buffer.from('80ffffffff6162', 'hex'); // 4 GB announced, 2 bytes there
    const error = errorOf(() => RdbReader.ofBuffer(claim).string());
    expect(error.reason).toBe('Short read');
    expect(error.offset).toBe(5);
  });

  test('an LZF string that claims more than its bytes can expand to is refused', () => {
    const writer = new RdbWriter();
    writer.byte(0xc3);
    writer.length(4);
    writer.length(2 ** 50); // more than can be allocated: trying would be another error
    writer.raw(Buffer.from([0, 97, 0xe0, 0xff]));
    const error = errorOf(() => RdbReader.ofBuffer(writer.take()).string());
    expect(error.reason).toBe('Invalid LZF compressed string');
  });

  test('encodings that do not exist are refused', () => {
    expect(errorOf(() => RdbReader.ofBuffer(Buffer.from([0xc4])).string()).reason).toBe(
      'Unknown RDB string encoding type 4',
    );
    expect(errorOf(() => RdbReader.ofBuffer(Buffer.from([0x82])).length()).reason).toBe(
      'Unknown length encoding',
    );
    expect(errorOf(() => RdbReader.ofBuffer(Buffer.from([0x83])).string()).reason).toContain(
      'Unknown',
    );
  });

  test('a file that becomes shorter while it is read is a short read', () => {
    const source = slowSource(Buffer.from('ab'), 10);
    const reader = RdbReader.ofSource({ ...source, size: 100 });
    expect(errorOf(() => reader.bytes(50)).reason).toBe('Short read');
  });

  test('strings from memory are views of it', () => {
    const bytes = Buffer.from('\x03abc', 'latin1');
    const view = RdbReader.ofBuffer(bytes).string();
    bytes[1] = 0x78;
    expect(byteString(view)).toBe('xbc');
  });
});
