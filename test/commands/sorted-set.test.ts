// What the differential test cannot see: 7.2's own rules, randomness, large values.

import { describe, expect, test } from 'vitest';
import { TestInstance } from '../support/instance.ts';

describe('sorted set commands', () => {
  test('ZRANK and ZREVRANK answer with the score too', () => {
    const redcell = new TestInstance();
    redcell.raw('ZADD', 'z', 1, 'a', 2.5, 'b', 3, 'c');
    expect(redcell.raw('ZRANK', 'z', 'b', 'WITHSCORE')).toBe('*2\r\n:1\r\n$3\r\n2.5\r\n');
    expect(redcell.raw('ZREVRANK', 'z', 'a', 'withscore')).toBe('*2\r\n:2\r\n$1\r\n1\r\n');
    expect(redcell.raw('ZRANK', 'z', 'none', 'WITHSCORE')).toBe('*-1\r\n');
    expect(redcell.raw('ZRANK', 'none', 'a', 'WITHSCORE')).toBe('*-1\r\n');
    expect(redcell.raw('ZRANK', 'z', 'none')).toBe('$-1\r\n');
    expect(redcell.raw('ZRANK', 'z', 'a', 'WITHSCORES')).toBe('-ERR syntax error\r\n');
    expect(redcell.raw('ZRANK', 'z', 'a', 'WITHSCORE', 'x')).toBe(
      "-ERR wrong number of arguments for 'zrank' command\r\n",
    );
    redcell.client.writer.protocol = 3;
    expect(redcell.raw('ZRANK', 'z', 'b', 'WITHSCORE')).toBe('*2\r\n:1\r\n,2.5\r\n');
    expect(redcell.raw('ZRANK', 'z', 'none', 'WITHSCORE')).toBe('_\r\n');
  });

  test('scores are the shortest digits that read back the same', () => {
    const redcell = new TestInstance();
    redcell.raw('ZADD', 'z', '0.1', 'a', '1e21', 'b', '-0.30000000000000004', 'c');
    expect(redcell.raw('ZSCORE', 'z', 'a')).toBe('$3\r\n0.1\r\n');
    expect(redcell.raw('ZSCORE', 'z', 'b')).toBe('$5\r\n1e+21\r\n');
    expect(redcell.raw('ZSCORE', 'z', 'c')).toBe('$20\r\n-0.30000000000000004\r\n');
  });

  test('ZSCAN prints the scores of large sorted sets with 17 digits, as Redis does', () => {
    const redcell = new TestInstance();
    redcell.raw('ZADD', 'z', '0.1', 'a');
    const step = (score: string) =>
      `*2\r\n$1\r\n0\r\n*2\r\n$1\r\na\r\n$${score.length}\r\n${score}\r\n`;
    expect(redcell.raw('ZSCAN', 'z', 0)).toBe(step('0.1'));
    redcell.instance.keyspace.limits.zsetMaxListpackEntries = 0;
    redcell.raw('DEL', 'z');
    redcell.raw('ZADD', 'z', '0.1', 'a');
    expect(redcell.raw('ZSCAN', 'z', 0)).toBe(step('0.10000000000000001'));
  });

  test('ZPOPMIN with a count is an array of pairs in RESP3 only', () => {
    const redcell = new TestInstance();
    redcell.raw('ZADD', 'z', 1, 'a', 2, 'b', 3, 'c');
    expect(redcell.raw('ZPOPMIN', 'z', 1)).toBe('*2\r\n$1\r\na\r\n$1\r\n1\r\n');
    redcell.client.writer.protocol = 3;
    expect(redcell.raw('ZPOPMIN', 'z')).toBe('*2\r\n$1\r\nb\r\n,2\r\n');
    expect(redcell.raw('ZPOPMIN', 'z', 1)).toBe('*1\r\n*2\r\n$1\r\nc\r\n,3\r\n');
  });

  test('ZMPOP propagates as a pop of the key that had members', () => {
    const redcell = new TestInstance();
    redcell.raw('ZADD', 'z', 1, 'a', 2, 'b');
    redcell.takeEffects();
    redcell.raw('ZMPOP', 2, 'none', 'z', 'MAX', 'COUNT', 9);
    expect(redcell.takeEffects()).toEqual([['ZPOPMAX', 'z', '2']]);
  });

  test('ZADD that changes nothing is not propagated', () => {
    const redcell = new TestInstance();
    redcell.raw('ZADD', 'z', 1, 'a');
    redcell.takeEffects();
    expect(redcell.raw('ZADD', 'z', 1, 'a')).toBe(':0\r\n');
    expect(redcell.raw('ZADD', 'z', 'INCR', 0, 'a')).toBe('$1\r\n1\r\n');
    expect(redcell.raw('ZADD', 'z', 'GT', 0, 'a')).toBe(':0\r\n');
    expect(redcell.takeEffects()).toEqual([]);
  });

  test('ZRANDMEMBER gives distinct members for a count and repeats for a negative one', () => {
    const redcell = new TestInstance();
    for (let i = 0; i < 300; i++) redcell.raw('ZADD', 'z', i, `m${i}`);
    const membersOf = (raw: string) => [...raw.matchAll(/m\d+/g)].map(([member]) => member);
    expect(new Set(membersOf(redcell.raw('ZRANDMEMBER', 'z', 299))).size).toBe(299);
    expect(new Set(membersOf(redcell.raw('ZRANDMEMBER', 'z', 10))).size).toBe(10);
    expect(membersOf(redcell.raw('ZRANDMEMBER', 'z', -1000))).toHaveLength(1000);
    const pairs = redcell.raw('ZRANDMEMBER', 'z', -3, 'WITHSCORES');
    for (const [, member, score] of pairs.matchAll(/m(\d+)\r\n\$\d+\r\n(\d+)/g)) {
      expect(score).toBe(member);
    }
  });

  test('the result of an operation is compact when its content allows it', () => {
    const redcell = new TestInstance();
    const encoding = (key: string) => redcell.raw('OBJECT', 'ENCODING', key).split('\r\n')[1];
    for (let i = 0; i < 200; i++) redcell.raw('ZADD', 'large', i, `m${i}`);
    expect(encoding('large')).toBe('skiplist');
    redcell.raw('ZADD', 'small', 1, 'm7', 2, 'm8');
    redcell.raw('ZINTERSTORE', 'd', 2, 'large', 'small');
    expect(encoding('d')).toBe('listpack');
    redcell.raw('ZUNIONSTORE', 'd', 2, 'large', 'small');
    expect(encoding('d')).toBe('skiplist');
    redcell.raw('ZRANGESTORE', 'd', 'large', 5, 9);
    expect(encoding('d')).toBe('listpack');
  });

  test('two instances with the same random source pick the same', () => {
    const always = { below: () => 0, unit: () => 0 };
    const redcell = new TestInstance();
    redcell.raw('ZADD', 'z', 1, 'a', 2, 'b');
    Object.defineProperty(redcell.instance.executor, 'random', { value: always });
    expect(redcell.raw('ZRANDMEMBER', 'z')).toBe('$1\r\na\r\n');
  });
});
