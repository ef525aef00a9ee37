// What the differential test cannot see: 7.2's own rules, randomness, large values.

import { describe, expect, test } from 'vitest';
import { TestInstance } from '../support/instance.ts';

describe('hash commands', () => {
  test('HSET answers how many fields are new and propagates as it came', () => {
    const redcell = new TestInstance();
    expect(redcell.raw('HSET', 'h', 'a', 1, 'b', 2)).toBe(':2\r\n');
    expect(redcell.raw('HSET', 'h', 'a', 3, 'c', 4)).toBe(':1\r\n');
    expect(redcell.takeEffects()).toEqual([
      ['HSET', 'h', 'a', '1', 'b', '2'],
      ['HSET', 'h', 'a', '3', 'c', '4'],
    ]);
  });

  test('HGETALL is a map in RESP3 and a flat array in RESP2', () => {
    const redcell = new TestInstance();
    redcell.raw('HSET', 'h', 'a', 1);
    expect(redcell.raw('HGETALL', 'h')).toBe('*2\r\n$1\r\na\r\n$1\r\n1\r\n');
    redcell.client.writer.protocol = 3;
    expect(redcell.raw('HGETALL', 'h')).toBe('%1\r\n$1\r\na\r\n$1\r\n1\r\n');
    expect(redcell.raw('HGETALL', 'none')).toBe('%0\r\n');
  });

  test('HINCRBYFLOAT propagates its result, because floats round differently elsewhere', () => {
    const redcell = new TestInstance();
    redcell.raw('HSET', 'h', 'f', '10.5');
    redcell.takeEffects();
    expect(redcell.raw('HINCRBYFLOAT', 'h', 'f', '0.1')).toBe('$4\r\n10.6\r\n');
    expect(redcell.takeEffects()).toEqual([['HSET', 'h', 'f', '10.6']]);
  });

  test('a failed increment changes and propagates nothing', () => {
    const redcell = new TestInstance();
    redcell.raw('HSET', 'h', 'n', '9223372036854775807');
    redcell.takeEffects();
    const overflow = '-ERR increment or decrement would overflow\r\n';
    expect(redcell.raw('HINCRBY', 'h', 'n', 1)).toBe(overflow);
    expect(redcell.raw('HINCRBY', 'none', 'n', 'x')).toMatch(/^-ERR value is not an integer/);
    expect(redcell.raw('EXISTS', 'none')).toBe(':0\r\n');
    expect(redcell.takeEffects()).toEqual([]);
  });

  test('HRANDFIELD gives distinct fields for a count and as many as asked for a negative one', () => {
    const redcell = new TestInstance();
    for (let i = 0; i < 20; i++) redcell.raw('HSET', 'h', `field${i}`, i);
    const distinct = fieldsOf(redcell.raw('HRANDFIELD', 'h', 15));
    expect(new Set(distinct).size).toBe(15);
    expect(fieldsOf(redcell.raw('HRANDFIELD', 'h', -50))).toHaveLength(50);
  });

  test('HRANDFIELD pairs fields with their values, nested in RESP3', () => {
    const redcell = new TestInstance();
    redcell.raw('HSET', 'h', 'a', 1);
    expect(redcell.raw('HRANDFIELD', 'h', -2, 'WITHVALUES')).toMatch(/^\*4\r\n/);
    redcell.client.writer.protocol = 3;
    const pair = '*2\r\n$1\r\na\r\n$1\r\n1\r\n';
    expect(redcell.raw('HRANDFIELD', 'h', -2, 'WITHVALUES')).toBe(`*2\r\n${pair}${pair}`);
  });

  test('HSCAN walks a large hash in steps and meets every field', () => {
    const redcell = new TestInstance();
    for (let i = 0; i < 600; i++) redcell.raw('HSET', 'h', `field${i}`, `value${i}`);
    const seen = new Set<string>();
    let cursor = '0';
    let steps = 0;
    do {
      const [, next = '', body = ''] = /^\*2\r\n\$\d+\r\n(\d+)\r\n(.*)$/s.exec(
        redcell.raw('HSCAN', 'h', cursor, 'COUNT', 50),
      ) as RegExpExecArray;
      for (const [field] of body.matchAll(/field\d+/g)) seen.add(field);
      cursor = next;
      steps++;
    } while (cursor !== '0');
    expect(seen.size).toBe(600);
    expect(steps).toBeGreaterThanOrEqual(600 / 50);
  });

  test('limits changed at run time hold for the next write', () => {
    const redcell = new TestInstance();
    redcell.raw('HSET', 'h', 'a', 1);
    redcell.instance.keyspace.limits.hashMaxListpackEntries = 1;
    expect(redcell.raw('OBJECT', 'ENCODING', 'h')).toBe('$8\r\nlistpack\r\n');
    redcell.raw('HSET', 'h', 'b', 1);
    expect(redcell.raw('OBJECT', 'ENCODING', 'h')).toBe('$9\r\nhashtable\r\n');
  });
});

function fieldsOf(raw: string): string[] {
  return [...raw.matchAll(/field\d+/g)].map(([field]) => field);
}
