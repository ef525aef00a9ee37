import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ByteString } from '../../host/lib/bytes.ts';
import { globMatch, isLiteralPattern } from '../../host/lib/glob.ts';
import { hasRedis, startOracle } from './redis-oracle.ts';

const matches = (pattern: string, text: string, nocase = false) =>
  globMatch(pattern as ByteString, text as ByteString, nocase);

describe('glob patterns', () => {
  test('match stars, single bytes, classes and escapes', () => {
    expect(matches('h?llo', 'hello')).toBe(true);
    expect(matches('h*llo', 'heeeello')).toBe(true);
    expect(matches('h[ae]llo', 'hallo')).toBe(true);
    expect(matches('h[^e]llo', 'hello')).toBe(false);
    expect(matches('h[a-b]llo', 'hbllo')).toBe(true);
    expect(matches('h[b-a]llo', 'hallo')).toBe(true);
    expect(matches('h\\*llo', 'h*llo')).toBe(true);
    expect(matches('h\\*llo', 'hello')).toBe(false);
    expect(matches('***a', 'bba')).toBe(true);
    expect(matches('', '')).toBe(true);
    expect(matches('?', '')).toBe(false);
    expect(matches('a*', 'a')).toBe(true);
  });

  test('do not match an empty text unless they are empty', () => {
    expect(matches('*', '')).toBe(false);
    expect(matches('**', '')).toBe(false);
    expect(matches('', 'a')).toBe(false);
  });

  test('ignore case on demand', () => {
    expect(matches('MAX[M-O]*', 'maxmemory', true)).toBe(true);
    expect(matches('MAX*', 'maxmemory')).toBe(false);
    expect(matches('[T-a]', 't', true)).toBe(false); // in order, then without case: t-a
    expect(matches('[t-A]', 'g', true)).toBe(true);
  });

  test('with many stars take no exponential time', () => {
    expect(matches('a*'.repeat(200), `${'a'.repeat(20_000)}b`)).toBe(true);
    expect(matches(`${'a*'.repeat(200)}c`, `${'a'.repeat(20_000)}b`)).toBe(false);
  });

  test('without special bytes are literal', () => {
    expect(isLiteralPattern('news.tech' as ByteString)).toBe(true);
    for (const pattern of ['a*', 'a?', '[a]', 'a\\b']) {
      expect(isLiteralPattern(pattern as ByteString)).toBe(false);
    }
  });
});

const alphabet = (letters: string, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...letters.split('')), maxLength });

describe.skipIf(!hasRedis)('against redis-server', () => {
  test('KEYS finds the same keys', async () => {
    const redis = await startOracle();
    const texts = fc.array(alphabet('abcAB-[]^\\*?\xff', 6), { minLength: 20, maxLength: 60 });
    const patterns = fc.array(alphabet('abcAB-[]^\\*?**[[\xff', 9), {
      minLength: 50,
      maxLength: 50,
    });
    try {
      await fc.assert(
        fc.asyncProperty(texts, patterns, async (keys, list) => {
          await redis.call('FLUSHALL');
          await redis.call('MSET', ...keys.flatMap((key) => [key, 'v']));
          for (const pattern of list) {
            const theirs = (await redis.call('KEYS', pattern)) as string[];
            const ours = [...new Set(keys)].filter(
              (key) => pattern === '*' || matches(pattern, key),
            );
            expect([pattern, theirs.sort()]).toEqual([pattern, ours.sort()]);
          }
        }),
        { numRuns: 60 },
      );
    } finally {
      await redis.close();
    }
  });

  test('CONFIG GET ignores case the same way', async () => {
    const redis = await startOracle();
    const names = ((await redis.call('CONFIG', 'GET', '*')) as string[]).filter(
      (_, i) => i % 2 === 0,
    );
    const patterns = alphabet('aMsStTxe-[]^\\*?*', 9).filter((p) => /[[*?]/.test(p));
    try {
      await fc.assert(
        fc.asyncProperty(patterns, async (pattern) => {
          const reply = (await redis.call('CONFIG', 'GET', pattern)) as string[];
          const theirs = reply.filter((_, i) => i % 2 === 0).sort();
          expect(theirs).toEqual(names.filter((name) => matches(pattern, name, true)).sort());
        }),
        { numRuns: 500 },
      );
    } finally {
      await redis.close();
    }
  });
});
