import { expect, test } from 'vitest';
import { humanBytes } from '../../host/lib/human-bytes.ts';

test.each([
  [0, '0B'],
  [1023, '1023B'],
  [1024, '1.00K'],
  [1_089_112, '1.04M'],
  [25_276_510_208, '23.54G'],
])('%i bytes are %s', (bytes, text) => {
  expect(humanBytes(bytes)).toBe(text);
});
