// What the differential test cannot see: 7.2's own rules, randomness, large values.

import { describe, expect, test } from 'vitest';
import { TestInstance } from '../support/instance.ts';

function withMembers(count: number): TestInstance {
  const redcell = new TestInstance();
  for (let i = 0; i < count; i++) redcell.raw('SADD', 's', `m${i}`);
  redcell.takeEffects();
  return redcell;
}

function membersOf(raw: string): string[] {
  return [...raw.matchAll(/m\d+/g)].map(([member]) => member);
}

describe('set commands', () => {
  test('sets are set replies in RESP3, picks are arrays', () => {
    const redcell = withMembers(1);
    redcell.client.writer.protocol = 3;
    expect(redcell.raw('SMEMBERS', 's')).toBe('~1\r\n$2\r\nm0\r\n');
    expect(redcell.raw('SUNION', 'none')).toBe('~0\r\n');
    expect(redcell.raw('SRANDMEMBER', 's', 1)).toBe('*1\r\n$2\r\nm0\r\n');
    expect(redcell.raw('SPOP', 's', 0)).toBe('~0\r\n');
    expect(redcell.raw('SPOP', 's', 1)).toBe('~1\r\n$2\r\nm0\r\n');
    expect(redcell.raw('SPOP', 's')).toBe('_\r\n');
  });

  test('SPOP propagates which member it removed', () => {
    const redcell = withMembers(10);
    const [member] = membersOf(redcell.raw('SPOP', 's'));
    expect(redcell.raw('SISMEMBER', 's', member as string)).toBe(':0\r\n');
    expect(redcell.takeEffects()).toEqual([['SREM', 's', member]]);
  });

  test('SPOP with a count propagates what it removed in batches of one transaction', () => {
    const redcell = withMembers(3000);
    const popped = membersOf(redcell.raw('SPOP', 's', 2500));
    expect(new Set(popped).size).toBe(2500);
    const effects = redcell.takeEffects();
    expect(effects.map((words) => words[0])).toEqual(['MULTI', 'SREM', 'SREM', 'SREM', 'EXEC']);
    expect(effects.map((words) => words.length)).toEqual([1, 1026, 1026, 454, 1]);
    expect(effects.flatMap((words) => words.slice(2)).sort()).toEqual(popped.sort());
    expect(redcell.raw('SCARD', 's')).toBe(':500\r\n');
  });

  test('SPOP of everything propagates as DEL', () => {
    const redcell = withMembers(5);
    expect(membersOf(redcell.raw('SPOP', 's', 5))).toHaveLength(5);
    expect(redcell.takeEffects()).toEqual([['DEL', 's']]);
    expect(redcell.raw('EXISTS', 's')).toBe(':0\r\n');
  });

  test('SPOP reaches every member of each encoding', () => {
    for (const members of [
      ['1', '2', '3'],
      ['a', 'b', 'c'],
      [...'defghij'].map((c) => c.repeat(65)),
    ]) {
      const popped = new Set<string>();
      for (let tries = 0; tries < 200; tries++) {
        const redcell = new TestInstance();
        redcell.raw('SADD', 's', ...members);
        popped.add(redcell.raw('SPOP', 's').split('\r\n')[1] as string);
      }
      expect([...popped].sort()).toEqual(members);
    }
  });

  test('SRANDMEMBER gives distinct members for a count and repeats for a negative one', () => {
    const redcell = withMembers(100);
    expect(new Set(membersOf(redcell.raw('SRANDMEMBER', 's', 10))).size).toBe(10);
    expect(new Set(membersOf(redcell.raw('SRANDMEMBER', 's', 99))).size).toBe(99);
    const repeated = membersOf(redcell.raw('SRANDMEMBER', 's', -500));
    expect(repeated).toHaveLength(500);
    expect(new Set(repeated).size).toBeLessThanOrEqual(100);
    expect(redcell.takeEffects()).toEqual([]);
  });

  test('small sets of strings are listpacks, as from 7.2 on', () => {
    const redcell = new TestInstance();
    const encoding = (key: string) => redcell.raw('OBJECT', 'ENCODING', key).split('\r\n')[1];
    redcell.raw('SADD', 's', 'a', 1);
    expect(encoding('s')).toBe('listpack');
    redcell.raw('SADD', 's', 'x'.repeat(65));
    expect(encoding('s')).toBe('hashtable');
    redcell.raw('SADD', 'i', 1, 2);
    expect(encoding('i')).toBe('intset');
    redcell.raw('SADD', 'mixed', 1, 2, 'a');
    redcell.raw('SINTERSTORE', 'd', 'mixed', 'i');
    expect(encoding('d')).toBe('intset');
    redcell.raw('SUNIONSTORE', 'd', 'i', 'mixed');
    expect(encoding('d')).toBe('listpack');
  });

  test('a result replaces a value of any type and loses its expire time', () => {
    const redcell = withMembers(1);
    redcell.raw('SET', 'd', 'text', 'EX', 100);
    expect(redcell.raw('SUNIONSTORE', 'd', 's')).toBe(':1\r\n');
    expect(redcell.raw('TTL', 'd')).toBe(':-1\r\n');
  });

  test('SINTERCARD stops at its limit', () => {
    const redcell = withMembers(50);
    expect(redcell.raw('SINTERCARD', 1, 's')).toBe(':50\r\n');
    expect(redcell.raw('SINTERCARD', 1, 's', 'LIMIT', 7)).toBe(':7\r\n');
  });
});
