import { describe, expect, test } from 'vitest';
import { growString } from '../../host/keyspace/strings.ts';

const MB = 1024 * 1024;

describe('a string outside the arena', () => {
  test('uses its buffer again while it has room', () => {
    const buffer = Buffer.from('abcdef');
    const shorter = growString(buffer, 6, 2);
    expect(shorter.buffer).toBe(buffer);
    expect(shorter.length).toBe(2);
    expect(growString(buffer, 2, 6).buffer).toBe(buffer);
  });

  test('moves with its bytes to a larger buffer', () => {
    const grown = growString(Buffer.from('abcdef'), 3, 7);
    expect(grown.length).toBe(7);
    expect(grown.buffer.toString('latin1', 0, 3)).toBe('abc');
  });

  test.each([
    [5, 10],
    [MB, 2 * MB],
    [3 * MB, 4 * MB],
  ])('of %i bytes has a buffer of %i', (length, room) => {
    expect(growString(Buffer.alloc(0), 0, length).buffer).toHaveLength(room);
  });

  test('is copied rarely when it grows byte by byte', () => {
    let string = growString(Buffer.alloc(0), 0, 1);
    let copies = 0;
    for (let length = 2; length <= 10_000; length++) {
      const grown = growString(string.buffer, string.length, length);
      if (grown.buffer !== string.buffer) copies++;
      string = grown;
    }
    expect(copies).toBeLessThan(15);
  });
});
