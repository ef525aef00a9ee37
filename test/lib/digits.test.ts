import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeDigits } from '../../host/lib/digits.ts';

test('digits are those of the number, whatever is around them', () => {
  const numbers = fc.oneof(fc.nat(1200), fc.nat(), fc.maxSafeNat());
  fc.assert(
    fc.property(numbers, fc.nat(5), (value, at) => {
      const buffer = Buffer.alloc(32, '.');
      const end = writeDigits(buffer, at, value);
      expect(buffer.toString()).toBe(`${'.'.repeat(at)}${value}`.padEnd(32, '.'));
      expect(end).toBe(at + String(value).length);
    }),
  );
});
