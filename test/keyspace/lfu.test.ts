import { beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../host/keyspace/database.ts';
import { LfuPolicy } from '../../host/keyspace/lfu.ts';
import type { Random } from '../../host/lib/random.ts';
import { Slice } from '../../host/lib/slice.ts';
import { TestInstance } from '../support/instance.ts';

const MINUTE_MS = 60_000;
const KEY = Slice.of('key');

class FixedRandom implements Random {
  next = 0;
  below = (bound: number): number => Math.floor(this.next * bound);
  unit = (): number => this.next;
}

let random: FixedRandom;
let policy: LfuPolicy;
let server: TestInstance;
let db: Database;

beforeEach(() => {
  server = new TestInstance();
  const { keyspace } = server.instance;
  random = new FixedRandom();
  policy = new LfuPolicy(keyspace, random);
  keyspace.accessPolicy = policy;
  keyspace.lruClock = policy.firstMark;
  db = server.client.db;
  server.raw('SET', 'key', 'value');
});

function frequency(): number {
  return policy.frequencyOf(db, db.find(KEY));
}

function passMinutes(count: number): void {
  server.advance(count * MINUTE_MS);
  server.raw('PING');
}

test('a new key has been used five times', () => {
  expect(frequency()).toBe(5);
});

test('an access counts always as long as the key is new', () => {
  random.next = 0.999;
  server.raw('GET', 'key');
  expect(frequency()).toBe(6);
});

test('the more accesses have counted, the less likely the next does', () => {
  for (const share of [0, 1 / 11.1, 1 / 21.1]) {
    random.next = share;
    server.raw('GET', 'key');
  }
  expect(frequency()).toBe(8);
  random.next = 1 / 30.9; // it would take less than 1 in 31
  server.raw('GET', 'key');
  expect(frequency()).toBe(8);
});

test('the counter ends at 255', () => {
  random.next = 0;
  for (let i = 0; i < 300; i++) server.raw('GET', 'key');
  expect(frequency()).toBe(255);
});

describe('time', () => {
  test('takes one a minute, and no more than there is', () => {
    passMinutes(2);
    expect(frequency()).toBe(3);
    passMinutes(100);
    expect(frequency()).toBe(0);
  });

  test('takes less often with a longer lfu-decay-time', () => {
    policy.decayMinutes = 3;
    passMinutes(7);
    expect(frequency()).toBe(3);
  });

  test('takes nothing with lfu-decay-time 0', () => {
    policy.decayMinutes = 0;
    passMinutes(100);
    expect(frequency()).toBe(5);
  });

  test('is measured across the end of its 16 bits', () => {
    const lastMinute = 0xffff * MINUTE_MS;
    server.instance.keyspace.nowMs = lastMinute;
    db.setLru(db.find(KEY), policy.firstMark);
    server.instance.keyspace.nowMs = lastMinute + 2 * MINUTE_MS;
    expect(frequency()).toBe(3);
  });
});
