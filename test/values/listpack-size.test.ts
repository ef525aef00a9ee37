import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ByteString } from '../../host/lib/bytes.ts';
import { LISTPACK_OVERHEAD_BYTES, listpackEntryBytes } from '../../host/values/listpack-size.ts';
import { hasRedis, startOracle } from '../lib/redis-oracle.ts';

const size = (text: string) => listpackEntryBytes(text as ByteString);

test('integers take one to nine bytes and their length back', () => {
  const sizes = [
    '0',
    '127',
    '128',
    '4095',
    '-4096',
    '4096',
    '-32768',
    '8388607',
    '8388608',
    '-2147483648',
  ].map(size);
  expect(sizes).toEqual([2, 2, 3, 3, 3, 4, 4, 5, 6, 6]);
  expect([size('2147483648'), size('-9223372036854775808'), size('9223372036854775807')]).toEqual([
    10, 10, 10,
  ]);
});

test('text takes its bytes, its header and its length back', () => {
  expect([size(''), size('a'), size('01'), size('-0')]).toEqual([2, 3, 4, 4]);
  expect([size('x'.repeat(63)), size('x'.repeat(64)), size('x'.repeat(4095))]).toEqual([
    65, 67, 4099,
  ]);
  expect(size('x'.repeat(4096))).toBe(4096 + 5 + 2);
  expect(size('9223372036854775808')).toBe(19 + 2);
});

test.skipIf(!hasRedis)('a list dumps as many bytes as computed', async () => {
  const elements = fc.array(
    fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }).map(String),
      fc.integer({ min: -70000, max: 70000 }).map(String),
      fc.nat(200).map((n) => 'x'.repeat(n)),
    ),
    { minLength: 1, maxLength: 12 },
  );
  const redis = await startOracle('--rdbcompression', 'no', '--list-max-listpack-size', '-5');
  try {
    await fc.assert(
      fc.asyncProperty(elements, async (list) => {
        await redis.call('DEL', 'l');
        await redis.call('RPUSH', 'l', ...list);
        const dump = (await redis.call('DUMP', 'l')) as string;
        const bytes = list.reduce((sum, element) => sum + size(element), LISTPACK_OVERHEAD_BYTES);
        // Type, node count and container take 3 bytes, then the listpack with its length, then 10.
        const header = bytes < 64 ? 1 : bytes < 16384 ? 2 : 5;
        expect(dump.length).toBe(3 + header + bytes + 10);
      }),
      { numRuns: 300 },
    );
  } finally {
    await redis.close();
  }
});
