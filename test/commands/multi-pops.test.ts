import { describe, expect, test } from 'vitest';
import { TestInstance } from '../support/instance.ts';

const SYNTAX = '-ERR syntax error\r\n';
const BAD_KEY_COUNT = '-ERR numkeys should be greater than 0\r\n';
const BAD_COUNT = '-ERR count should be greater than 0\r\n';

/** The four commands, each as what stands before numkeys and a word for where. */
const commands = [
  { words: ['LMPOP'], where: 'LEFT' },
  { words: ['BLMPOP', '0.01'], where: 'RIGHT' },
  { words: ['ZMPOP'], where: 'MIN' },
  { words: ['BZMPOP', '0.01'], where: 'MAX' },
] as const;

describe.each(commands)('the arguments of $words.0', ({ words, where }) => {
  const call = (...rest: string[]): string => new TestInstance().raw(...words, ...rest);

  test.each([
    [['1', 'k', where]],
    [['2', 'k', 'l', where]],
    [['1', 'k', where.toLowerCase(), 'COUNT', '1']],
    [['1', where, where, 'count', '9223372036854775807']],
    [['2', 'COUNT', '5', where, 'COUNT', '5']],
  ])('may be %j', (rest) => {
    expect(call(...rest)).toBe(call('1', 'missing', where));
  });

  test.each(['0', '-1', 'x', '1.0', '', '9223372036854775808'])('have no numkeys %j', (count) => {
    expect(call(count, 'k', where)).toBe(BAD_KEY_COUNT);
  });

  test.each(['0', '-1', 'x', '', '1.5'])('have no count %j', (count) => {
    expect(call('1', 'k', where, 'COUNT', count)).toBe(BAD_COUNT);
  });

  test.each([
    ['a numkeys that leaves no place for where', ['2', 'k', where]],
    ['a huge numkeys', ['9223372036854775807', 'k', where]],
    ['no such place', ['1', 'k', 'MIDDLE']],
    ['a count without its number', ['1', 'k', where, 'COUNT']],
    ['two counts', ['1', 'k', where, 'COUNT', '1', 'COUNT', '1']],
    ['another option', ['1', 'k', where, 'LIMIT', '1']],
  ])('with %s are a syntax error', (_name, rest) => {
    expect(call(...rest)).toBe(SYNTAX);
  });

  test('are looked at from left to right', () => {
    expect(call('0', 'k', 'MIDDLE')).toBe(BAD_KEY_COUNT);
    expect(call('1', 'k', 'MIDDLE', 'COUNT', '0')).toBe(SYNTAX);
  });
});

test('without a count one element is popped', () => {
  const redcell = new TestInstance();
  redcell.raw('RPUSH', 'l', 'a', 'b');
  redcell.raw('ZADD', 'z', 1, 'a', 2, 'b');
  expect(redcell.raw('LMPOP', 1, 'l', 'LEFT')).toBe('*2\r\n$1\r\nl\r\n*1\r\n$1\r\na\r\n');
  const reply = '*2\r\n$1\r\nz\r\n*1\r\n*2\r\n$1\r\nb\r\n$1\r\n2\r\n';
  expect(redcell.raw('ZMPOP', 1, 'z', 'MAX')).toBe(reply);
});
