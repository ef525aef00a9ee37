import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lexBound, scoreRange } from '../../host/commands/sorted-set-bounds.ts';
import { Slice } from '../../host/lib/slice.ts';

const scores = (min: string, max: string) => scoreRange(Slice.of(min), Slice.of(max));
const lex = (text: string) => lexBound(Slice.of(text));

describe('score bounds', () => {
  test('are inclusive unless a parenthesis opens them', () => {
    expect(scores('1', '(2.5')).toEqual({
      min: 1,
      max: 2.5,
      minExclusive: false,
      maxExclusive: true,
    });
    expect(scores('(-inf', '+inf')).toEqual({
      min: -Infinity,
      max: Infinity,
      minExclusive: true,
      maxExclusive: false,
    });
  });

  test('are every double as it prints', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.boolean(), (value, isExclusive) => {
        const text = (isExclusive ? '(' : '') + String(value).replace('Infinity', 'inf');
        const range = scores(text, '0');
        expect(range.min).toBe(value === 0 ? 0 : value); // "-0" comes as "0" from String
        expect(range.minExclusive).toBe(isExclusive);
      }),
    );
  });

  test('are read as C reads numbers: nothing is zero, spaces may stand in front', () => {
    expect(scores('', '(').max).toBe(0);
    expect(scores(' 7', '( 8')).toMatchObject({ min: 7, max: 8, maxExclusive: true });
    expect(scores('0x10', '1e400')).toMatchObject({ min: 16, max: Infinity });
  });

  test.each(['x', 'nan', '(nan', '((1', '[1', '1 ', '1x', '--1', '-', '+'])(
    'are not %j on either side',
    (text) => {
      expect(() => scores(text, '1')).toThrow('ERR min or max is not a float');
      expect(() => scores('1', text)).toThrow('ERR min or max is not a float');
    },
  );
});

describe('name bounds', () => {
  test('say whether the name itself belongs to the range', () => {
    expect(lex('[abc')).toEqual({ infinite: 0, member: 'abc', exclusive: false });
    expect(lex('(abc')).toEqual({ infinite: 0, member: 'abc', exclusive: true });
    expect(lex('[')).toEqual({ infinite: 0, member: '', exclusive: false });
  });

  test('take any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
        const name = Buffer.from(bytes).latin1Slice();
        expect(lex(`[${name}`).member).toBe(name);
        expect(lex(`(${name}`).member).toBe(name);
      }),
    );
  });

  test('may be without end', () => {
    expect(lex('-').infinite).toBe(-1);
    expect(lex('+').infinite).toBe(1);
    expect(lex('-\0x').infinite).toBe(-1); // a C string ends there
  });

  test.each(['', 'a', 'abc', '-a', '+1', '-inf', '+inf', ' [a', '\0'])('are not %j', (text) => {
    expect(() => lex(text)).toThrow('ERR min or max not valid string range item');
  });
});
