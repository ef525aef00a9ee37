import { beforeEach, expect, test } from 'vitest';
import { AclLog, type Refusal } from '../../host/acl/log.ts';
import { bytes } from './support.ts';

const BASE: Refusal = {
  reason: 'key',
  origin: 'toplevel',
  object: bytes('k'),
  userName: bytes('alice'),
  clientInfo: bytes('id=1'),
};
let log: AclLog;

beforeEach(() => {
  log = new AclLog();
});

const add = (nowMs: number, change: Partial<Refusal> = {}): void =>
  log.add({ ...BASE, ...change }, nowMs);
const shown = (): string[] =>
  log.entries.map(({ id, count, object }) => `${id}:${object}×${count}`);

test('the same refusal within a minute only counts, and comes first again', () => {
  add(1000);
  add(2000, { object: bytes('other') });
  add(61_000, { clientInfo: bytes('id=2') });
  expect(shown()).toEqual(['0:k×2', '1:other×1']);
  expect(log.entries[0]).toMatchObject({ createdMs: 1000, updatedMs: 61_000, clientInfo: 'id=2' });
  add(121_001);
  expect(shown()).toEqual(['2:k×1', '0:k×2', '1:other×1']);
});

test.each([
  ['reason', { reason: 'channel' }],
  ['origin', { origin: 'multi' }],
  ['user', { userName: bytes('bob') }],
] as const)('another %s is another entry', (_name, change) => {
  add(0);
  add(0, change);
  expect(log.entries.length).toBe(2);
});

test('only the ten newest are looked at', () => {
  add(0);
  for (let i = 0; i < 10; i++) add(0, { object: bytes(`k${i}`) });
  add(0);
  expect(log.entries.length).toBe(12);
});

test('it has a length, and counts beyond it', () => {
  log.maxLength = 2;
  for (const object of ['a', 'b', 'c']) add(0, { object: bytes(object) });
  expect(shown()).toEqual(['2:c×1', '1:b×1']);
  expect(log.counts).toEqual({ command: 0, key: 3, channel: 0, auth: 0 });
  log.clear();
  expect([log.entries.length, log.counts.key]).toEqual([0, 3]);
  log.resetCounts();
  expect(log.counts.key).toBe(0);
});
