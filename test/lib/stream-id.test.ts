import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bytesOf } from '../../host/lib/bytes.ts';
import { formatStreamId, parseStreamId } from '../../host/lib/stream-id.ts';
import { hasRedis, type Oracle, startOracle } from './redis-oracle.ts';

const UINT64_MAX = 2n ** 64n - 1n;

const parsed = (text: string): string | null => {
  const id = parseStreamId(bytesOf(text));
  return id === null ? null : formatStreamId(id);
};

describe('stream IDs', () => {
  test('read back as they print', () => {
    const part = fc.bigInt({ min: 0n, max: UINT64_MAX });
    fc.assert(
      fc.property(part, part, (ms, seq) => {
        expect(parseStreamId(bytesOf(formatStreamId({ ms, seq })))).toEqual({ ms, seq });
      }),
    );
  });

  test('of one number are the first of their millisecond', () => {
    expect(parsed('5')).toBe('5-0');
  });

  test('have a first and a last', () => {
    expect(parsed('-')).toBe('0-0');
    expect(parsed('+')).toBe(`${UINT64_MAX}-${UINT64_MAX}`);
  });

  test.each(['', 'x', '5-', '-5', '5-x', '5-6-7', '--', '5-*', '18446744073709551616', '1-1 '])(
    'are not %j',
    (text) => {
      expect(parsed(text)).toBeNull();
    },
  );

  test('have at most 127 bytes, and end at a zero byte', () => {
    expect(parsed('5'.padStart(127, '0'))).toBe('5-0');
    expect(parsed('5'.padStart(128, '0'))).toBeNull();
    expect(parsed('5\0-x')).toBe('5-0');
    expect(parsed('5-6\0x')).toBe('5-6');
  });
});

describe.skipIf(!hasRedis)('against redis-server', () => {
  let oracle: Oracle;

  beforeAll(async () => {
    oracle = await startOracle();
    await oracle.call('XGROUP', 'CREATE', 's', 'g', '0', 'MKSTREAM');
  });

  afterAll(() => oracle.close());

  /** What redis-server reads: the group's last delivered ID tells. */
  async function parsedThere(text: string): Promise<string | null> {
    const reply = await oracle.call('XGROUP', 'SETID', 's', 'g', text);
    if (typeof reply === 'string' && reply.startsWith('!')) return null;
    const groups = (await oracle.call('XINFO', 'GROUPS', 's')) as unknown[][];
    return groups[0]?.[7] as string;
  }

  test('texts near IDs mean the same', async () => {
    const unit = fc.constantFrom(...'0123459-+ \0\t'.split(''));
    const near = fc.oneof(
      fc.string({ unit, maxLength: 8 }),
      fc.tuple(fc.nat(30), fc.string({ unit, maxLength: 3 })).map(([n, s]) => `${n}-${s}`),
      fc.bigInt({ min: UINT64_MAX - 2n, max: UINT64_MAX + 2n }).map((n) => `${n}-${n}`),
      fc.integer({ min: 125, max: 129 }).map((size) => '7'.padStart(size, '0')),
    );
    await fc.assert(
      fc.asyncProperty(near, async (text) => {
        fc.pre(text !== '-' && text !== '+'); // that command alone refuses them
        expect(parsed(text)).toBe(await parsedThere(text));
      }),
      { numRuns: 300 },
    );
  });
});
