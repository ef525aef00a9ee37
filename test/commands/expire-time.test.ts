import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AT_MS, AT_SECOND, IN_MS, IN_SECONDS, unixMs } from '../../host/commands/expire-time.ts';
import { Argv } from '../../host/lib/argv.ts';
import { TestInstance } from '../support/instance.ts';

const NOW_MS = 1_700_000_000_000;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
const LATEST = Number.MAX_SAFE_INTEGER;
const FORMS = [IN_SECONDS, IN_MS, AT_SECOND, AT_MS];

describe('a time in Unix milliseconds', () => {
  test('counts from now or from 1970, in seconds or milliseconds', () => {
    expect(unixMs(10, IN_SECONDS, NOW_MS)).toBe(NOW_MS + 10_000);
    expect(unixMs(-10, IN_MS, NOW_MS)).toBe(NOW_MS - 10);
    expect(unixMs(10, AT_SECOND, NOW_MS)).toBe(10_000);
    expect(unixMs(10, AT_MS, NOW_MS)).toBe(10);
  });

  test('is exact as far as doubles are, then the bound; null beyond 64 bits', () => {
    const values = fc.oneof(
      fc.bigInt({ min: INT64_MIN, max: INT64_MAX }),
      fc.bigInt({ min: -(10n ** 13n), max: 10n ** 13n }),
      fc.bigInt({ min: -20n, max: 20n }).map((n) => n + INT64_MAX / 1000n),
      fc.bigInt({ min: -2n * BigInt(NOW_MS), max: 0n }).map((n) => n + INT64_MAX),
    );
    const property = fc.property(values, fc.constantFrom(...FORMS), (value, form) => {
      const ms = form.isSeconds ? value * 1000n : value;
      const when = form.isRelative ? ms + BigInt(NOW_MS) : ms;
      const small = Number(value);
      const argument = Number.isSafeInteger(small) ? small : value;
      const isOutside = ms > INT64_MAX || ms < INT64_MIN || when > INT64_MAX;
      const bounded = Math.max(-LATEST, Math.min(LATEST, Number(when)));
      expect(unixMs(argument, form, NOW_MS)).toBe(isOutside ? null : bounded);
    });
    fc.assert(property, { numRuns: 500 });
  });
});

describe('the time argument of a write', () => {
  const latest = String(INT64_MAX);
  const soonest = String(INT64_MAX / 1000n + 1n); // that is too late in milliseconds

  test.each([
    ['SETEX', 'setex', soonest, (time: string) => ['SETEX', 'k', time, 'v']],
    ['PSETEX', 'psetex', latest, (time: string) => ['PSETEX', 'k', time, 'v']],
    ['SET EX', 'set', soonest, (time: string) => ['SET', 'k', 'v', 'EX', time]],
    ['SET PXAT', 'set', null, (time: string) => ['SET', 'k', 'v', 'PXAT', time]],
    ['GETEX EXAT', 'getex', soonest, (time: string) => ['GETEX', 'k', 'EXAT', time]],
  ])('of %s must be positive and fit', (_name, command, overflow, words) => {
    const redcell = new TestInstance();
    redcell.raw('SET', 'k', 'old');
    const invalid = `-ERR invalid expire time in '${command}' command\r\n`;
    expect(redcell.raw(...words('0'))).toBe(invalid);
    expect(redcell.raw(...words('-1'))).toBe(invalid);
    expect(redcell.raw(...words('x'))).toBe('-ERR value is not an integer or out of range\r\n');
    if (overflow !== null) expect(redcell.raw(...words(overflow))).toBe(invalid);
    expect(redcell.raw('GET', 'k')).toBe('$3\r\nold\r\n');
    expect(redcell.raw('TTL', 'k')).toBe(':-1\r\n');
  });

  test('of EXPIRE may be negative, but not below 64 bits', () => {
    const redcell = new TestInstance();
    redcell.raw('SET', 'k', 'v');
    const invalid = "-ERR invalid expire time in 'expire' command\r\n";
    expect(redcell.raw('EXPIRE', 'k', String(INT64_MIN))).toBe(invalid);
    expect(redcell.raw('EXPIRE', 'k', String(INT64_MAX))).toBe(invalid);
    expect(redcell.raw('EXPIRE', 'k', '-1')).toBe(':1\r\n');
    expect(redcell.raw('EXISTS', 'k')).toBe(':0\r\n');
  });
});

describe('a time that is past', () => {
  test.each([
    ['no', 'DEL'],
    ['yes', 'UNLINK'],
  ])('deletes the key; with lazyfree-lazy-expire %s that is propagated as %s', (isLazy, word) => {
    const redcell = new TestInstance({ 'lazyfree-lazy-expire': isLazy });
    redcell.raw('SET', 'k', 'v');
    redcell.takeEffects();
    expect(redcell.raw('PEXPIREAT', 'k', NOW_MS)).toBe(':1\r\n');
    expect(redcell.takeEffects()).toEqual([[word, 'k']]);
    expect(redcell.raw('EXISTS', 'k')).toBe(':0\r\n');
  });

  test('is kept while files are loaded, so that the file decides', () => {
    const redcell = new TestInstance();
    const { executor, keyspace } = redcell.instance;
    redcell.raw('SET', 'k', 'v');
    executor.isLoading = true;
    keyspace.deletesExpired = false;
    const loader = redcell.instance.createInternalClient();
    const entry = redcell.instance.dispatcher.table.lookupName('pexpireat');
    if (entry === undefined) throw new Error('no PEXPIREAT');
    executor.call(loader, entry, Argv.of('PEXPIREAT', 'k', '5'), loader.writer);
    expect(redcell.takeReply(loader)).toBe(':1\r\n');
    expect(keyspace.database(0).size).toBe(1);
    expect(keyspace.database(0).expiresSize).toBe(1);
  });
});
