import { describe, expect, test } from 'vitest';
import { activeExpireCycle } from '../../host/keyspace/expire.ts';
import { SeededRandom } from '../../host/lib/random.ts';
import { TestInstance } from '../support/instance.ts';

const SEED = Buffer.alloc(16, 5);
const NO_TIME = 0;
const MUCH_TIME = 1e9;

/** `expiring` keys whose time has come, and `lasting` ones that have much time left. */
function filled(expiring: number, lasting = 0): TestInstance {
  const redcell = new TestInstance();
  for (let i = 0; i < expiring; i++) redcell.raw('SET', `soon${i}`, 'v', 'PX', 10);
  for (let i = 0; i < lasting; i++) redcell.raw('SET', `late${i}`, 'v', 'EX', 1e6);
  redcell.raw('SET', 'forever', 'v');
  redcell.takeEffects();
  redcell.advance(10);
  redcell.instance.executor.beginTurn();
  return redcell;
}

/** One cycle, in which every look at the clock takes a millisecond. */
function cycle(redcell: TestInstance, budgetMs: number): boolean {
  const { executor, keyspace } = redcell.instance;
  let nowMs = 0;
  let ranOut = false;
  executor.unit(() => {
    ranOut = activeExpireCycle(keyspace, new SeededRandom(SEED), () => nowMs++, budgetMs);
  }, false);
  return ranOut;
}

describe('active expiry', () => {
  test('deletes keys that nobody asks for, propagates and counts them', () => {
    const redcell = filled(100);
    expect(cycle(redcell, MUCH_TIME)).toBe(false);
    const db = redcell.instance.keyspace.database(0);
    expect(db.size).toBe(1);
    expect(db.expiresSize).toBe(0);
    expect(redcell.instance.keyspace.stats.expired).toBe(100);
    const deleted = redcell.takeEffects().map(([command, key]) => `${command} ${key}`);
    expect(new Set(deleted).size).toBe(100);
    expect(deleted.every((effect) => /^DEL soon\d+$/.test(effect))).toBe(true);
  });

  test('leaves alone what has time left or never expires', () => {
    const redcell = filled(0, 50);
    cycle(redcell, MUCH_TIME);
    expect(redcell.instance.keyspace.database(0).size).toBe(51);
    expect(redcell.takeEffects()).toEqual([]);
  });

  test('goes on while more than few of a sample have expired', () => {
    const redcell = filled(900, 100);
    expect(cycle(redcell, MUCH_TIME)).toBe(false);
    expect(redcell.instance.keyspace.stats.expired).toBeGreaterThan(600);
  });

  test('stops when few of a sample have expired', () => {
    const redcell = filled(10, 10_000);
    expect(cycle(redcell, MUCH_TIME)).toBe(false);
    expect(redcell.instance.keyspace.database(0).size).toBeGreaterThan(10_001);
  });

  test('tells when it ran out of time with many left, and goes on the next time', () => {
    const redcell = filled(1000);
    expect(cycle(redcell, NO_TIME)).toBe(true);
    const db = redcell.instance.keyspace.database(0);
    const left = db.size;
    expect(left).toBeLessThan(1001);
    expect(left).toBeGreaterThan(900);
    expect(cycle(redcell, MUCH_TIME)).toBe(false);
    expect(db.size).toBe(1);
  });

  test('goes through all databases', () => {
    const redcell = filled(30);
    redcell.raw('SELECT', 9);
    for (let i = 0; i < 30; i++) redcell.raw('SET', `k${i}`, 'v', 'PX', 10);
    redcell.advance(10);
    cycle(redcell, MUCH_TIME);
    expect(redcell.instance.keyspace.database(9).size).toBe(0);
    expect(redcell.instance.keyspace.database(0).size).toBe(1);
  });

  test.each([
    ['expired keys are only hidden', 'deletesExpired', false],
    ['clients that write are paused', 'isExpiryPaused', true],
    ['it is switched off', 'expiresActively', false],
  ] as const)('rests while %s', (_name, field, value) => {
    const redcell = filled(30);
    redcell.instance.keyspace[field] = value;
    expect(cycle(redcell, MUCH_TIME)).toBe(false);
    expect(redcell.instance.keyspace.database(0).size).toBe(31);
  });

  test('runs by itself, ten times a second', () => {
    const redcell = filled(0);
    redcell.instance.start();
    redcell.raw('SET', 'k', 'v', 'PX', 50);
    redcell.advance(49);
    expect(redcell.instance.keyspace.database(0).size).toBe(2);
    redcell.advance(60);
    expect(redcell.instance.keyspace.database(0).size).toBe(1);
    redcell.instance.stop();
  });
});
