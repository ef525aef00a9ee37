import { expect, test } from 'vitest';
import type { ByteString } from '../../host/lib/bytes.ts';
import { crc16, keySlot } from '../../host/lib/crc16.ts';

const slot = (key: string) => keySlot(key as ByteString);

test('the check value is that of XMODEM', () => {
  expect(crc16('123456789' as ByteString)).toBe(0x31c3);
});

test('keys with the same hash tag share a slot', () => {
  expect(slot('{user1000}.following')).toBe(slot('{user1000}.followers'));
  expect(slot('{user1000}.following')).toBe(slot('user1000'));
  expect(slot('foo{bar}{zap}')).toBe(slot('bar'));
  expect(slot('foo{{bar}}zap')).toBe(slot('{bar'));
});

test('an empty or open tag counts for nothing', () => {
  expect(slot('foo{}{bar}')).toBe(crc16('foo{}{bar}' as ByteString) & 16383);
  expect(slot('foo{bar')).toBe(crc16('foo{bar' as ByteString) & 16383);
});

test('known keys are in their slots', () => {
  expect(slot('foo')).toBe(12182);
  expect(slot('somekey')).toBe(11058);
  expect(slot('')).toBe(0);
});
