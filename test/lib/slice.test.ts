import { describe, expect, test } from 'vitest';
import { Slice } from '../../host/lib/slice.ts';

const inside = (text: string): Slice =>
  new Slice(Buffer.from(`<<${text}>`, 'latin1'), 2, 2 + text.length);

test('a slice is a part of a buffer', () => {
  const slice = inside('abc');
  expect(slice.length).toBe(3);
  expect(slice.toByteString()).toBe('abc');
  expect([slice.at(0), slice.at(2), slice.at(3)]).toEqual([97, 99, -1]);
});

test('copies stay when the buffer changes, views do not', () => {
  const slice = inside('abc');
  const [copy, bytes, view] = [slice.toBuffer(), slice.toByteString(), slice.view()];
  slice.buffer.fill('x');
  expect(copy.toString()).toBe('abc');
  expect(bytes).toBe('abc');
  expect(view.toString()).toBe('xxx');
});

test('it can be pointed elsewhere', () => {
  const slice = new Slice();
  expect(slice.length).toBe(0);
  slice.set(Buffer.from('hello'), 1, 3);
  expect(slice.toByteString()).toBe('el');
});

describe('as text', () => {
  test('bytes are UTF-8', () => {
    expect(new Slice(Buffer.from('é')).toText()).toBe('é');
    expect(new Slice(Buffer.from('é')).toByteString()).toBe('\xc3\xa9');
  });

  test('ASCII letters alone have a lower case', () => {
    expect(inside('ABc\xc9').toLower()).toBe('abc\xc9');
  });

  test('words are the same in any case', () => {
    expect(inside('GeT').is('get')).toBe(true);
    expect(inside('GETX').is('get')).toBe(false);
    expect(inside('ge').is('get')).toBe(false);
    expect(inside('g[t').is('g{t')).toBe(false);
  });
});

test('equal slices have equal bytes, wherever they are', () => {
  expect(inside('abc').equals(Slice.of('abc'))).toBe(true);
  expect(inside('abc').equals(Slice.of('abd'))).toBe(false);
  expect(inside('abc').equals(Slice.of('ab'))).toBe(false);
  expect(new Slice().equals(Slice.of(''))).toBe(true);
});
