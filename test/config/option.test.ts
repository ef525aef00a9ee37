import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bool,
  formatMemory,
  int,
  memory,
  type Option,
  octal,
  oneOf,
  parseMemory,
  percentOrMemory,
  someOf,
  string,
} from '../../host/config/option.ts';

const context = { previous: { value: null, text: '' }, isAppending: false, directory: '/' };

function parse(option: Option, ...words: string[]): unknown {
  return option.parse(words, context);
}

describe('kinds of options', () => {
  test('a bool takes yes and no in any case', () => {
    const option = bool(true, 'x');
    expect(parse(option, 'YES')).toEqual({ value: true, text: 'yes' });
    expect(parse(option, 'no')).toEqual({ value: false, text: 'no' });
    expect(parse(option, '1')).toBe("argument must be 'yes' or 'no'");
  });

  test('an option of one word refuses none and two', () => {
    expect(parse(int(1, 'x'))).toBe('wrong number of arguments');
    expect(parse(int(1, 'x'), '1', '2')).toBe('wrong number of arguments');
  });

  test.each(['', ' 1', '01', '+1', '1.0', '-0', '0x1', '9223372036854775808'])(
    'an integer is not written %j',
    (word) => {
      expect(parse(int(1, 'x'), word)).toBe("argument couldn't be parsed into an integer");
    },
  );

  test('an integer outside its bounds is refused with both of them', () => {
    expect(parse(int(1, 'x', { min: -1, max: 5 }), '6')).toBe(
      'argument must be between -1 and 5 inclusive',
    );
    expect(parse(int(1, 'x', { min: -1, max: 5 }), '-1')).toEqual({ value: -1, text: '-1' });
  });

  test('a clamped integer is moved into its range', () => {
    const option = int(10, 'x', { clamp: [1, 500] });
    expect(parse(option, '0')).toEqual({ value: 1, text: '1' });
    expect(parse(option, '1000')).toEqual({ value: 500, text: '500' });
  });

  test('an octal number is shown in octal', () => {
    expect(parse(octal(0, 'x', 0o777), '700')).toEqual({ value: 0o700, text: '700' });
    expect(parse(octal(0, 'x', 0o777), '8')).toBe("argument couldn't be parsed as an octal number");
    expect(parse(octal(0, 'x', 0o777), '1000')).toBe(
      'argument must be between 0 and 777 inclusive',
    );
  });

  test('a memory value keeps all 64 bits in its text', () => {
    expect(parse(memory('0', 'x'), '18446744073709551615')).toEqual({
      value: 2 ** 64,
      text: '18446744073709551615',
    });
  });

  test('a percentage is kept as a negative number', () => {
    const option = percentOrMemory('0', 'x');
    expect(parse(option, '5%')).toEqual({ value: -5, text: '5%' });
    expect(parse(option, '1kb')).toEqual({ value: 1024, text: '1024' });
    expect(parse(option, '101%')).toBe('percentage argument must be less or equal to 100');
    expect(parse(option, '-5%')).toBe('argument must be a memory or percent value');
  });

  test('an enum takes its words and synonyms in any case', () => {
    const option = oneOf(['no', 'yes'], 'no', 'x', {}, { relative: 'yes' });
    expect(parse(option, 'Relative')).toEqual({ value: 'yes', text: 'yes' });
    expect(parse(option, 'x')).toBe('argument(s) must be one of the following: no, yes');
  });

  test('a set of words is put in the order of the table', () => {
    const option = someOf(['default', 'save', 'now'], 'x', () => null);
    expect(parse(option, 'NOW', 'save')).toEqual({ value: ['save', 'now'], text: 'save now' });
    expect(parse(option, 'default')).toEqual({ value: [], text: 'default' });
    expect(parse(option)).toBe('argument(s) must be one of the following: default, save, now');
  });

  test('a string is text for the server and bytes for clients', () => {
    expect(parse(string('', 'x'), '\xc3\xa9')).toEqual({ value: 'é', text: '\xc3\xa9' });
  });
});

describe('memory sizes', () => {
  test.each([
    ['1k', 1000n],
    ['1KB', 1024n],
    ['2m', 2_000_000n],
    ['2mb', 2n * 1024n ** 2n],
    ['1Gb', 1024n ** 3n],
    ['7b', 7n],
    ['', 0n],
  ])('%j is %d bytes', (word, bytes) => {
    expect(parseMemory(word)).toBe(bytes);
  });

  test.each(['x', '1x', '-1', '1.5mb', '1 kb', '%'])('%j is none', (word) => {
    expect(parseMemory(word)).toBeNull();
  });

  test('what is formatted reads back the same', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (bytes) => {
        expect(parseMemory(formatMemory(bytes))).toBe(bytes);
      }),
    );
  });
});
