import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quote, quoteIfNeeded, splitQuoted } from '../../host/lib/quoted-words.ts';

describe('a line is split', () => {
  test.each<[string, string[]]>([
    ['', []],
    [' \t ', []],
    ['a b\tc', ['a', 'b', 'c']],
    ['"a b" c', ['a b', 'c']],
    ['""', ['']],
    ["''", ['']],
    ['"\\x41\\n\\r\\t\\b\\a\\q\\""', ['A\n\r\t\b\x07q"']],
    ['"\\xzz"', ['xzz']],
    ["'\\n\\x41\\''", ["\\n\\x41'"]],
    ['a"b"', ['ab']],
    ['\xe9\xff', ['\xe9\xff']],
    ['a\0b c', ['a']],
  ])('%j', (line, words) => expect(splitQuoted(line)).toEqual(words));

  test.each(['"a', "'a", '"a"b', "'a'b", '"a\\"', 'x "'])('but not %j', (line) => {
    expect(splitQuoted(line)).toBeNull();
  });
});

test('what was quoted is one word again, whatever its bytes', () => {
  const bytes = fc.uint8Array({ maxLength: 60 }).map((b) => Buffer.from(b).toString('latin1'));
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 5 }), (words) => {
      const line = words.map(quote).join(' ');
      expect(line).toMatch(/^[\x20-\x7e]*$/);
      expect(splitQuoted(line)).toEqual(words);
    }),
  );
});

test.each([
  ['./a.wasm', './a.wasm'],
  ['a\\b\xe9', 'a\\b\xe9'],
  ['', '""'],
  ['a b', '"a b"'],
  ["it's", '"it\'s"'],
  ['"', '"\\""'],
  ['a\0\n', '"a\\x00\\n"'],
])('%j is quoted only if it has to be', (word, expected) => {
  expect(quoteIfNeeded(word)).toBe(expected);
  expect(splitQuoted(`loadmodule ${expected}`)).toEqual(['loadmodule', word]);
});
