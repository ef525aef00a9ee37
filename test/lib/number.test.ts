import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ByteString } from '../../host/lib/bytes.ts';
import {
  formatDouble,
  formatDoubleG17,
  isInt64,
  parseCursor,
  parseDouble,
  parseDoubleBytes,
  parseInt64,
  parseInt64Bytes,
  parseInteger,
  parseIntegerBytes,
  parseRangeDouble,
  parseUint64,
} from '../../host/lib/number.ts';
import { hasRedis, type Oracle, startOracle } from './redis-oracle.ts';

const bytes = (text: string) => text as ByteString;

/** Calls a parser on a text that has neighbours in its buffer. */
function within<T>(parse: (buffer: Buffer, start: number, end: number) => T, text: string): T {
  const buffer = Buffer.from(`9${text}9`, 'latin1');
  return parse(buffer, 1, buffer.length - 1);
}

const doubles = fc.oneof(
  fc.double({ noNaN: true }),
  fc.float({ noNaN: true }),
  fc.integer(),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.tuple(fc.integer(), fc.integer({ min: -12, max: 12 })).map(([m, e]) => m * 10 ** e),
);

/** Texts near the grammar of numbers. */
const nearNumbers = fc.oneof(
  fc.string({
    unit: fc.constantFrom(...'0123456789.+-eExXpPaAfFnNiItTyY \0'.split('')),
    maxLength: 12,
  }),
  fc
    .tuple(
      fc.constantFrom('', '+', '-', ' ', '--'),
      fc.constantFrom('', '0', '0x', '0X', '1', '00', '12.', '.'),
      fc.string({ unit: fc.constantFrom(...'0123456789af'.split('')), maxLength: 6 }),
      fc.constantFrom('', '.', '.5', '.08'),
      fc.constantFrom(
        '',
        'e',
        'e5',
        'E-3',
        'e+400',
        'e-400',
        'p3',
        'P-1070',
        'p-1080',
        'p1024',
        ' ',
      ),
    )
    .map((parts) => parts.join('')),
  fc.constantFrom(
    'inf',
    '+INF',
    '-Infinity',
    'infinit',
    'nan',
    '-nan',
    'nan(1)',
    '',
    '1e308',
    '1.8e308',
  ),
  fc.constantFrom(
    '4.9e-324',
    '2e-324',
    '3e-324',
    '0e-999',
    '0x0p-9999',
    '0x1.8p-1074',
    '-0',
    '0x',
    '0x.p1',
  ),
);

describe('integers', () => {
  test('are parsed when written as Redis would print them', () => {
    for (const text of ['0', '1', '-1', '42', '9007199254740991', '-9007199254740991']) {
      expect(within(parseInteger, text)).toBe(Number(text));
      expect(parseIntegerBytes(bytes(text))).toBe(Number(text));
      expect(within(parseInt64, text)).toBe(BigInt(text));
    }
  });

  test('are refused in any other form', () => {
    for (const text of [
      '',
      '-',
      '+1',
      ' 1',
      '1 ',
      '01',
      '-0',
      '00',
      '1.0',
      '1e3',
      '0x1',
      'a',
      '1\0',
    ]) {
      expect(within(parseInteger, text)).toBeNaN();
      expect(parseIntegerBytes(bytes(text))).toBeNaN();
      expect(within(parseInt64, text)).toBeNull();
      expect(isInt64(bytes(text))).toBe(false);
    }
  });

  test('beyond the safe range are left to the 64-bit form', () => {
    for (const text of ['9007199254740992', '-9007199254740992', '9223372036854775807']) {
      expect(within(parseInteger, text)).toBeNaN();
      expect(parseIntegerBytes(bytes(text))).toBeNaN();
      expect(within(parseInt64, text)).toBe(BigInt(text));
    }
  });

  test('end at the limits of 64 bits', () => {
    expect(parseInt64Bytes(bytes('9223372036854775807'))).toBe(2n ** 63n - 1n);
    expect(parseInt64Bytes(bytes('-9223372036854775808'))).toBe(-(2n ** 63n));
    expect(parseInt64Bytes(bytes('9223372036854775808'))).toBeNull();
    expect(parseInt64Bytes(bytes('-9223372036854775809'))).toBeNull();
    expect(parseInt64Bytes(bytes('10000000000000000000'))).toBeNull();
  });

  test('round-trip over the whole range', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(within(parseInt64, value.toString())).toBe(value);
      }),
    );
  });
});

describe('unsigned integers', () => {
  test('are strict decimals or what strtoull takes', () => {
    expect(within(parseUint64, '18446744073709551615')).toBe(2n ** 64n - 1n);
    expect(within(parseUint64, '007')).toBe(7n);
    expect(within(parseUint64, ' +7')).toBe(7n);
    expect(within(parseUint64, '-01')).toBe(2n ** 64n - 1n);
    for (const text of ['18446744073709551616', '-1', '', '-', 'x', '1x', '1 ']) {
      expect(within(parseUint64, text)).toBeNull();
    }
  });

  test('as cursors may not begin with a space but may be negative', () => {
    expect(within(parseCursor, '0')).toBe(0n);
    expect(within(parseCursor, '')).toBe(0n);
    expect(within(parseCursor, '-1')).toBe(2n ** 64n - 1n);
    expect(within(parseCursor, ' 1')).toBeNull();
    expect(within(parseCursor, '18446744073709551616')).toBeNull();
  });
});

describe('doubles', () => {
  test('are printed shortest, laid out as Redis 7.2 does', () => {
    const cases: [number, string][] = [
      [3, '3'],
      [0.1, '0.1'],
      [-0, '-0'],
      [Infinity, 'inf'],
      [-Infinity, '-inf'],
      [1e21, '1e+21'],
      [1e19, '1e+19'],
      [1e18, '1000000000000000000'],
      [2 ** 62, '4611686018427387904'],
      [2 ** 63, '9223372036854776000'],
      [0.00001, '0.00001'],
      [1e-7, '1e-7'],
      [1.5e-7, '1.5e-7'],
      [0.0001234567, '1.234567e-4'],
      [0.001234567, '0.001234567'],
      [123456.7891234, '1.234567891234e+5'],
      [123456.789123, '123456.789123'],
      [1.7976931348623157e308, '1.7976931348623157e+308'],
      [5e-324, '5e-324'],
    ];
    for (const [value, text] of cases) expect(formatDouble(value)).toBe(text);
  });

  test('are shortest where Redis is not', () => {
    expect(formatDouble(0.2816540306090001)).toBe('0.2816540306090001'); // 0.28165403060900007
    expect(formatDouble(508206808.0674254)).toBe('5.082068080674254e+8'); // 508206808.06742537e…
  });

  test('read back as the same number', () => {
    fc.assert(
      fc.property(doubles, (value) => {
        expect(parseDoubleBytes(bytes(formatDouble(value)))).toBe(value);
      }),
      { numRuns: 2000 },
    );
  });

  test('may be hexadecimal and are rounded to even, also when subnormal', () => {
    expect(parseDoubleBytes(bytes('0x1.8p1'))).toBe(3);
    expect(parseDoubleBytes(bytes('-0x.8'))).toBe(-0.5);
    expect(parseDoubleBytes(bytes('0x20000000000001'))).toBe(2 ** 53);
    expect(parseDoubleBytes(bytes('0x20000000000003'))).toBe(2 ** 53 + 4);
    expect(parseDoubleBytes(bytes('0x1.8p-1074'))).toBe(2 * 5e-324);
    expect(parseDoubleBytes(bytes('0x1p-1075'))).toBeNaN();
    expect(parseDoubleBytes(bytes('0x1p1024'))).toBeNaN();
  });

  test('are refused when they overflow or vanish, unless written as infinity or zero', () => {
    expect(within(parseDouble, '1e309')).toBeNaN();
    expect(within(parseDouble, '1e-400')).toBeNaN();
    expect(within(parseDouble, '0e-400')).toBe(0);
    expect(within(parseDouble, '-iNf')).toBe(-Infinity);
    expect(within(parseDouble, 'nan')).toBeNaN();
  });
});

describe.skipIf(!hasRedis)('against redis-server', () => {
  const withOracle = async (run: (redis: Oracle) => Promise<void>) => {
    const redis = await startOracle();
    try {
      await run(redis);
    } finally {
      await redis.close();
    }
  };

  test('scores are accepted and valued the same', async () => {
    await withOracle(async (redis) => {
      await fc.assert(
        fc.asyncProperty(nearNumbers, async (text) => {
          fc.pre(!/^(nx|xx|gt|lt|ch|incr)(\0|$)/i.test(text)); // options, which Redis reads as C strings
          const ours = within(parseDouble, text);
          await redis.call('DEL', 'z');
          const reply = await redis.call('ZINCRBY', 'z', text, 'm');
          if (Number.isNaN(ours)) {
            expect(reply).toBe('!ERR value is not a valid float');
          } else {
            const theirs = (await redis.call('ZSCORE', 'z', 'm')) as string;
            expect(parseDoubleBytes(bytes(theirs)) === ours).toBe(true); // 0 + -0 is 0
          }
        }),
        { numRuns: 1500 },
      );
    });
  });

  test('score ranges are accepted the same', async () => {
    await withOracle(async (redis) => {
      await redis.call('ZADD', 'z', '0', 'a', '1', 'b', '12', 'c', 'inf', 'd');
      const members: [number, string][] = [
        [0, 'a'],
        [1, 'b'],
        [12, 'c'],
        [Infinity, 'd'],
      ];
      await fc.assert(
        fc.asyncProperty(nearNumbers, async (text) => {
          const ours = parseRangeDouble(bytes(text));
          const reply = await redis.call('ZRANGEBYSCORE', 'z', text, '+inf');
          if (Number.isNaN(ours)) expect(reply).toBe('!ERR min or max is not a float');
          else expect(reply).toEqual(members.filter(([s]) => s >= ours).map(([, m]) => m));
        }),
        { numRuns: 1500 },
      );
    });
  });

  test('integers are accepted the same', async () => {
    const texts = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'0123456789+- '.split('')), maxLength: 21 }),
      fc.bigInt({ min: -(2n ** 63n) - 5n, max: 2n ** 63n + 5n }).map(String),
    );
    await withOracle(async (redis) => {
      await fc.assert(
        fc.asyncProperty(texts, async (text) => {
          await redis.call('SET', 'k', text);
          const reply = await redis.call('INCRBY', 'k', '0');
          const accepted = typeof reply === 'number' || !String(reply).startsWith('!');
          expect(within(parseInt64, text) !== null).toBe(accepted);
        }),
        { numRuns: 1000 },
      );
    });
  });

  test('scores of large sorted sets look the same in ZSCAN', async () => {
    const ties = fc.integer({ min: 20, max: 40 }).map((k) => 2 ** -k); // many end in 5
    const values = fc.oneof(
      fc.double({ noNaN: true }),
      fc.tuple(ties, fc.integer({ min: 1, max: 999 })).map(([unit, n]) => unit * n),
      fc.double({ min: -1e20, max: 1e20, noNaN: true }).map(Math.round),
    );
    await withOracle(async (redis) => {
      await redis.call('CONFIG', 'SET', 'zset-max-listpack-entries', '0');
      await fc.assert(
        fc.asyncProperty(values, async (value) => {
          await redis.call('DEL', 'z');
          const text = Number.isFinite(value) && value !== 0 ? String(value) : formatDouble(value);
          await redis.call('ZADD', 'z', text, 'm');
          const [, [, score]] = (await redis.call('ZSCAN', 'z', '0')) as [string, string[]];
          expect(formatDoubleG17(value)).toBe(score);
        }),
        { numRuns: 2000 },
      );
    });
  });

  test('stream ids and cursors are accepted the same', async () => {
    const texts = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'0123456789+ '.split('')), maxLength: 21 }),
      fc.bigInt({ min: 2n ** 64n - 5n, max: 2n ** 64n + 5n }).map(String),
      fc.constantFrom('-1', '-0', '-01', '- 1', '\t2', '5\0', '5\0x'),
    );
    await withOracle(async (redis) => {
      await fc.assert(
        fc.asyncProperty(texts, async (text) => {
          const cursor = await redis.call('SCAN', text);
          expect(within(parseCursor, text) === null).toBe(cursor === '!ERR invalid cursor');
          if (text.includes('-') || text.includes('\0')) return; // ids split at `-`
          await redis.call('DEL', 's');
          const id = await redis.call('XADD', 's', `1-${text}`, 'f', 'v');
          const ours = within(parseUint64, text);
          expect(id).toBe(
            ours === null
              ? '!ERR Invalid stream ID specified as stream command argument'
              : `1-${ours}`,
          );
        }),
        { numRuns: 800 },
      );
    });
  });
});
