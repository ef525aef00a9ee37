import { describe, expect, test } from 'vitest';
import { cursorArg } from '../../host/commands/scan-options.ts';
import { Slice } from '../../host/lib/slice.ts';
import { TestInstance } from '../support/instance.ts';

const SYNTAX = '-ERR syntax error\r\n';
const NOT_AN_INTEGER = '-ERR value is not an integer or out of range\r\n';
const EMPTY = '*2\r\n$1\r\n0\r\n*0\r\n';

/** A key of each kind that can be scanned, with elements a1, a2, b1. */
function filled(): TestInstance {
  const redcell = new TestInstance();
  redcell.raw('HSET', 'h', 'a1', 'v', 'a2', 'v', 'b1', 'v');
  redcell.raw('SADD', 's', 'a1', 'a2', 'b1');
  redcell.raw('ZADD', 'z', 1, 'a1', 2, 'a2', 3, 'b1');
  return redcell;
}

/** The elements of a scan that came in one step. */
function elementsOf(reply: string): string[] {
  expect(reply.startsWith('*2\r\n$1\r\n0\r\n')).toBe(true);
  return (reply.match(/\$2\r\n[ab]\d/g) ?? []).map((bulk) => bulk.slice(4)).sort();
}

describe('cursors', () => {
  test('are unsigned 64-bit integers', () => {
    expect(cursorArg(Slice.of('0'))).toBe(0n);
    expect(cursorArg(Slice.of('18446744073709551615'))).toBe(2n ** 64n - 1n);
  });

  test.each(['x', '1x', ' 1', '1.0', '18446744073709551616'])('are not %j', (text) => {
    expect(() => cursorArg(Slice.of(text))).toThrow('ERR invalid cursor');
  });
});

describe.each([
  ['HSCAN', 'h'],
  ['SSCAN', 's'],
  ['ZSCAN', 'z'],
])('the options of %s', (command, key) => {
  const scan = (...words: string[]): string => filled().raw(command, key, ...words);

  test('may be left out', () => {
    expect(elementsOf(scan('0'))).toEqual(['a1', 'a2', 'b1']);
  });

  test('choose elements by pattern, the last one given', () => {
    expect(elementsOf(scan('0', 'MATCH', 'a*'))).toEqual(['a1', 'a2']);
    expect(elementsOf(scan('0', 'match', '?1', 'count', '5'))).toEqual(['a1', 'b1']);
    expect(elementsOf(scan('0', 'MATCH', 'a*', 'MATCH', '*'))).toEqual(['a1', 'a2', 'b1']);
    expect(scan('0', 'MATCH', 'nothing')).toBe(EMPTY);
  });

  test.each([
    [['COUNT', '0'], SYNTAX],
    [['COUNT', '-5'], SYNTAX],
    [['COUNT', 'x'], NOT_AN_INTEGER],
    [['COUNT', '9223372036854775808'], NOT_AN_INTEGER],
    [['COUNT'], SYNTAX],
    [['MATCH'], SYNTAX],
    [['MATCH', 'a', 'COUNT'], SYNTAX],
    [['TYPE', 'string'], SYNTAX],
    [['NOSUCH', '1'], SYNTAX],
  ])('refuse %j', (options, reply) => {
    expect(scan('0', ...options)).toBe(reply);
  });

  test('are not looked at when the key is missing or of another type, the cursor is', () => {
    const redcell = filled();
    redcell.raw('SET', 'string', 'x');
    expect(redcell.raw(command, 'missing', '0', 'NOSUCH', '1')).toBe(EMPTY);
    expect(redcell.raw(command, 'string', '0', 'NOSUCH', '1')).toMatch(/^-WRONGTYPE /);
    expect(redcell.raw(command, 'string', 'x')).toBe('-ERR invalid cursor\r\n');
  });
});

test('companions come with the elements that match, not with others', () => {
  const redcell = filled();
  expect(redcell.raw('ZSCAN', 'z', 0, 'MATCH', 'b*')).toBe(
    '*2\r\n$1\r\n0\r\n*2\r\n$2\r\nb1\r\n$1\r\n3\r\n',
  );
  expect(redcell.raw('HSCAN', 'h', 0, 'MATCH', 'v')).toBe(EMPTY); // values are not matched
});
