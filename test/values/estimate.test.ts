import { expect, test } from 'vitest';
import type { ByteString } from '../../host/lib/bytes.ts';
import { stringBytes } from '../../host/values/estimate.ts';

test('a string takes a header and whole words', () => {
  const sizes = [0, 1, 8, 9, 64].map((length) => stringBytes('x'.repeat(length) as ByteString));
  expect(sizes).toEqual([16, 24, 24, 32, 80]);
});
