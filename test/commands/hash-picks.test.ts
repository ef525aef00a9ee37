import { describe, expect, test } from 'vitest';
import { TestInstance } from '../support/instance.ts';

const SYNTAX = '-ERR syntax error\r\n';

/** A hash of `size` fields f0, f1, … with values v0, v1, …. */
function withHash(size: number, protocol: 2 | 3 = 2): TestInstance {
  const redcell = new TestInstance();
  redcell.client.writer.protocol = protocol;
  for (let i = 0; i < size; i++) redcell.raw('HSET', 'h', `f${i}`, `v${i}`);
  return redcell;
}

const wordsOf = (reply: string): string[] => reply.match(/^[fv]\d+$/gm) ?? [];

describe('HRANDFIELD', () => {
  test('without a count is one field, or null', () => {
    const redcell = withHash(3);
    const seen = new Set(Array.from({ length: 200 }, () => redcell.raw('HRANDFIELD', 'h')));
    expect([...seen].sort()).toEqual(['$2\r\nf0\r\n', '$2\r\nf1\r\n', '$2\r\nf2\r\n']);
    expect(redcell.raw('HRANDFIELD', 'missing')).toBe('$-1\r\n');
  });

  test('with a count gives as many different fields as there are', () => {
    const redcell = withHash(5);
    expect(new Set(wordsOf(redcell.raw('HRANDFIELD', 'h', 3))).size).toBe(3);
    expect(new Set(wordsOf(redcell.raw('HRANDFIELD', 'h', 99))).size).toBe(5);
    expect(redcell.raw('HRANDFIELD', 'h', 0)).toBe('*0\r\n');
    expect(redcell.raw('HRANDFIELD', 'missing', 3)).toBe('*0\r\n');
    expect(redcell.raw('HRANDFIELD', 'missing', -3, 'WITHVALUES')).toBe('*0\r\n');
  });

  test('with a negative count gives exactly so many, perhaps repeated', () => {
    expect(wordsOf(withHash(2).raw('HRANDFIELD', 'h', -20))).toHaveLength(20);
  });

  test.each([3, -3])('gives each field its own value (count %i)', (count) => {
    const words = wordsOf(withHash(9).raw('HRANDFIELD', 'h', count, 'withvalues'));
    expect(words).toHaveLength(6);
    for (let i = 0; i < words.length; i += 2) {
      expect(words[i + 1]).toBe(words[i]?.replace('f', 'v'));
    }
  });

  test('nests pairs in RESP3 only', () => {
    const pair = '$2\r\nf0\r\n$2\r\nv0\r\n';
    expect(withHash(1, 2).raw('HRANDFIELD', 'h', 1, 'WITHVALUES')).toBe(`*2\r\n${pair}`);
    expect(withHash(1, 3).raw('HRANDFIELD', 'h', 1, 'WITHVALUES')).toBe(`*1\r\n*2\r\n${pair}`);
    expect(withHash(1, 3).raw('HRANDFIELD', 'h', 1)).toBe('*1\r\n$2\r\nf0\r\n');
  });

  test.each([
    [['x'], '-ERR value is not an integer or out of range\r\n'],
    [
      ['-9223372036854775808'],
      '-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807\r\n',
    ],
    [['4611686018427387904', 'WITHVALUES'], '-ERR value is out of range\r\n'],
    [['1', 'WITHSCORES'], SYNTAX],
    [['1', 'WITHVALUES', 'x'], SYNTAX],
  ])('refuses %j', (options, reply) => {
    expect(withHash(1).raw('HRANDFIELD', 'h', ...options)).toBe(reply);
  });

  test('refuses other types', () => {
    const redcell = new TestInstance();
    redcell.raw('SET', 's', 'x');
    expect(redcell.raw('HRANDFIELD', 's')).toMatch(/^-WRONGTYPE /);
    expect(redcell.raw('HRANDFIELD', 's', 1)).toMatch(/^-WRONGTYPE /);
  });
});

describe('HSCAN', () => {
  test.each([3, 2000])('visits all %i fields, each with its value', (size) => {
    const redcell = withHash(size);
    const found = new Map<string, string>();
    let cursor = '0';
    do {
      const reply = redcell.raw('HSCAN', 'h', cursor, 'COUNT', 50);
      cursor = reply.split('\r\n')[2] ?? '0';
      const words = wordsOf(reply);
      for (let i = 0; i + 1 < words.length; i += 2) found.set(words[i] ?? '', words[i + 1] ?? '');
    } while (cursor !== '0');
    expect(found.size).toBe(size);
    for (const [field, value] of found) expect(value).toBe(field.replace('f', 'v'));
  });

  test('of a small hash is over in one step, whatever the count', () => {
    const reply = withHash(20).raw('HSCAN', 'h', 0, 'COUNT', 1);
    expect(reply.startsWith('*2\r\n$1\r\n0\r\n*40\r\n')).toBe(true);
  });
});
