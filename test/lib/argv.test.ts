import { expect, test } from 'vitest';
import { Argv } from '../../host/lib/argv.ts';

test('words are views that are used again', () => {
  const argv = new Argv();
  const buffer = Buffer.from('GETkey');
  argv.push(buffer, 0, 3);
  argv.push(buffer, 3, 6);
  const first = argv.at(0);
  expect(argv.toByteStrings()).toEqual(['GET', 'key']);
  argv.clear();
  expect(argv.length).toBe(0);
  argv.push(Buffer.from('PING'), 0, 4);
  expect(argv.at(0)).toBe(first);
  expect(argv.toByteStrings()).toEqual(['PING']);
});

test('a clone has bytes of its own', () => {
  const buffer = Buffer.from('SETkeyvalue');
  const argv = new Argv();
  for (const [start, end] of [
    [0, 3],
    [3, 6],
    [6, 11],
    [11, 11],
  ] as const)
    argv.push(buffer, start, end);
  const clone = argv.clone();
  buffer.fill('x');
  argv.clear();
  expect(clone.toByteStrings()).toEqual(['SET', 'key', 'value', '']);
  expect(clone.toByteStrings(2)).toEqual(['value', '']);
});

test('one made of words owns them', () => {
  const argv = Argv.of('SET', '\xff', '');
  expect(argv.length).toBe(3);
  expect(argv.toByteStrings()).toEqual(['SET', '\xff', '']);
});
