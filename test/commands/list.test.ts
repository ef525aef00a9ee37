// What the differential tests cannot see: 7.2's own rules, time, propagation of waiting commands.

import { describe, expect, test } from 'vitest';
import { TestInstance } from '../support/instance.ts';

describe('list commands', () => {
  test('a list is a listpack until it outgrows one, and again when it has shrunk', () => {
    const redcell = new TestInstance();
    const encoding = () => redcell.raw('OBJECT', 'ENCODING', 'l').split('\r\n')[1];
    redcell.raw('RPUSH', 'l', 'a');
    expect(encoding()).toBe('listpack');
    redcell.raw('RPUSH', 'l', 'x'.repeat(9000));
    expect(encoding()).toBe('quicklist');
    redcell.raw('RPOP', 'l');
    expect(encoding()).toBe('listpack');
  });

  test('ranks and counts that have no opposite are refused', () => {
    const redcell = new TestInstance();
    const message =
      '-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807\r\n';
    const least = '-9223372036854775808';
    expect(redcell.raw('LPOS', 'l', 'a', 'RANK', least)).toBe(message);
    expect(redcell.raw('LREM', 'l', least, 'a')).toBe(message);
  });

  test('LTRIM that cuts nothing is no change', () => {
    const redcell = new TestInstance();
    redcell.raw('RPUSH', 'l', 'a', 'b');
    redcell.takeEffects();
    expect(redcell.raw('LTRIM', 'l', 0, -1)).toBe('+OK\r\n');
    expect(redcell.takeEffects()).toEqual([]);
  });

  test('moving an element counts as one change', () => {
    const redcell = new TestInstance();
    redcell.raw('RPUSH', 'l', 'a', 'b');
    const before = redcell.instance.keyspace.dirty;
    redcell.raw('LMOVE', 'l', 'm', 'LEFT', 'RIGHT');
    expect(redcell.instance.keyspace.dirty).toBe(before + 1);
  });
});

describe('waiting for list elements', () => {
  test('a wait in vain ends when its time is over, not before', () => {
    const redcell = new TestInstance();
    expect(redcell.raw('BLPOP', 'l', '1.5')).toBe('');
    redcell.advance(1499);
    expect(redcell.takeReply()).toBe('');
    redcell.advance(1);
    expect(redcell.takeReply()).toBe('*-1\r\n');
    expect(redcell.instance.executor.blocking.blockedCount).toBe(0);
  });

  test.each([
    ['BLPOP', 'k', 'l', '0.1'],
    ['BRPOP', 'k', '0.1'],
    ['BLMOVE', 'k', 'l', 'LEFT', 'RIGHT', '0.1'],
    ['BRPOPLPUSH', 'k', 'l', '0.1'],
    ['BLMPOP', '0.1', '2', 'k', 'l', 'LEFT'],
    ['BZPOPMIN', 'k', '0.1'],
    ['BZPOPMAX', 'k', '0.1'],
    ['BZMPOP', '0.1', '1', 'k', 'MIN'],
  ])('%s answers with a null array when its time is over', (...words) => {
    const redcell = new TestInstance();
    expect(redcell.raw(...words)).toBe('');
    redcell.advance(100);
    expect(redcell.takeReply()).toBe('*-1\r\n');
  });

  test('a timeout of less than a millisecond still ends', () => {
    const redcell = new TestInstance();
    expect(redcell.raw('BLPOP', 'l', '0.0001')).toBe('');
    redcell.advance(1);
    expect(redcell.takeReply()).toBe('*-1\r\n');
  });

  test('zero waits for ever', () => {
    const redcell = new TestInstance();
    redcell.raw('BLPOP', 'l', 0);
    redcell.advance(1e9);
    expect(redcell.takeReply()).toBe('');
  });

  test('timeouts beyond all time are refused', () => {
    const redcell = new TestInstance();
    const message = '-ERR timeout is out of range\r\n';
    expect(redcell.raw('BLPOP', 'l', 'inf')).toBe(message);
    expect(redcell.raw('BLPOP', 'l', '1e300')).toBe(message);
    expect(redcell.raw('BLPOP', 'l', '9223372036854775')).toBe(message);
    expect(redcell.raw('BLPOP', 'l', '-inf')).toBe('-ERR timeout is negative\r\n');
  });

  test('what a waiting client was served is propagated as a plain command', () => {
    const redcell = new TestInstance();
    const other = redcell.instance.createClient();
    const cases: [wait: string[], push: string[], served: string[]][] = [
      [
        ['BLPOP', 'a', '0'],
        ['RPUSH', 'a', 'x'],
        ['LPOP', 'a'],
      ],
      [
        ['BRPOP', 'b', '0'],
        ['RPUSH', 'b', 'x'],
        ['RPOP', 'b'],
      ],
      [
        ['BLMOVE', 'c', 'd', 'LEFT', 'RIGHT', '0'],
        ['RPUSH', 'c', 'x'],
        ['LMOVE', 'c', 'd', 'LEFT', 'RIGHT'],
      ],
      [
        ['BRPOPLPUSH', 'e', 'f', '0'],
        ['RPUSH', 'e', 'x'],
        ['RPOPLPUSH', 'e', 'f'],
      ],
      [
        ['BLMPOP', '0', '1', 'g', 'LEFT', 'COUNT', '5'],
        ['RPUSH', 'g', 'x', 'y'],
        ['LPOP', 'g', '2'],
      ],
      [
        ['BZPOPMIN', 'h', '0'],
        ['ZADD', 'h', '1', 'x'],
        ['ZPOPMIN', 'h'],
      ],
      [
        ['BZPOPMAX', 'i', '0'],
        ['ZADD', 'i', '1', 'x'],
        ['ZPOPMAX', 'i'],
      ],
      [
        ['BZMPOP', '0', '1', 'j', 'MAX', 'COUNT', '5'],
        ['ZADD', 'j', '1', 'x'],
        ['ZPOPMAX', 'j', '1'],
      ],
    ];
    for (const [wait, push, served] of cases) {
      expect(redcell.raw(...wait)).toBe('');
      expect(redcell.takeEffects()).toEqual([]);
      redcell.rawAs(other, ...push);
      expect(redcell.takeReply()).not.toBe('');
      expect(redcell.takeEffects()).toEqual([push, served]);
    }
  });

  test('a client that left is not served', () => {
    const redcell = new TestInstance();
    const gone = redcell.instance.createClient();
    redcell.rawAs(gone, 'BLPOP', 'l', 0);
    redcell.raw('PING');
    redcell.takeReply();
    redcell.instance.dropClient(gone);
    redcell.raw('RPUSH', 'l', 'x');
    expect(redcell.raw('LLEN', 'l')).toBe(':1\r\n');
    expect(redcell.instance.executor.blocking.watchedKeyCount).toBe(0);
  });

  test('a client that waits for several keys is served once', () => {
    const redcell = new TestInstance();
    const other = redcell.instance.createClient();
    redcell.raw('BLPOP', 'k', 'l', 0);
    for (const words of [['MULTI'], ['RPUSH', 'l', 'x'], ['RPUSH', 'k', 'y'], ['EXEC']]) {
      redcell.rawAs(other, ...words);
    }
    expect(redcell.takeReply()).toBe('*2\r\n$1\r\nk\r\n$1\r\ny\r\n'); // 7.2: in the order it asked
    expect(redcell.rawAs(other, 'LLEN', 'l')).toBe(':1\r\n');
  });
});
