import { expect, test } from 'vitest';
import { markAccess } from '../../host/keyspace/access.ts';
import { Slice } from '../../host/lib/slice.ts';
import { TestInstance } from '../support/instance.ts';

function marked(isFrequency: boolean, idleSeconds: number, frequency: number): number {
  const redis = new TestInstance();
  redis.raw('SET', 'k', 'v');
  const { keyspace } = redis.instance;
  if (isFrequency) keyspace.accessPolicy = { touch: () => {}, frequencyOf: () => 0 };
  const db = keyspace.database(0);
  const ref = db.find(Slice.of('k'));
  db.setLru(ref, 42);
  markAccess(keyspace, db, ref, idleSeconds, frequency);
  return db.lruOf(ref);
}

const NOW_SECONDS = 1_700_000_000;

test('an idle time becomes the time of the last access', () => {
  expect(marked(false, 10, -1)).toBe((NOW_SECONDS - 10) & 0xffffff);
  expect(marked(false, 0, -1)).toBe(NOW_SECONDS & 0xffffff);
  expect(marked(false, 2 ** 40, -1)).toBe((NOW_SECONDS - 0xffffff) & 0xffffff);
});

test('a frequency becomes the counter, as of this minute', () => {
  expect(marked(true, -1, 200)).toBe(((Math.floor(NOW_SECONDS / 60) & 0xffff) << 8) | 200);
});

test('what the policy in force cannot use is left aside', () => {
  expect(marked(false, -1, 200)).toBe(42);
  expect(marked(true, 10, -1)).toBe(42);
  expect(marked(false, -1, -1)).toBe(42);
});
