import { describe, expect, test } from 'vitest';
import { TestInstance } from '../support/instance.ts';

const WRONG_TYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value\r\n';
const NOT_AN_INTEGER = '-ERR value is not an integer or out of range\r\n';

function run(redcell: TestInstance, ...lines: string[]): string {
  return lines.map((line) => redcell.raw(...line.split(' '))).at(-1) ?? '';
}

describe('bitmaps', () => {
  test.each([
    'GETBIT h 0',
    'SETBIT h 0 1',
    'BITCOUNT h',
    'BITPOS h 1',
    'BITOP NOT d h',
    'BITFIELD h GET u1 0',
    'BITFIELD h SET u1 0 1',
  ])('%s refuses a hash', (line) => {
    const redcell = new TestInstance();
    run(redcell, 'HSET h f v');
    redcell.takeEffects();
    expect(run(redcell, line)).toBe(WRONG_TYPE);
    expect(redcell.takeEffects()).toEqual([]);
  });

  test.each([
    ['BITCOUNT no x 1', NOT_AN_INTEGER],
    ['BITCOUNT no 1', '-ERR syntax error\r\n'],
    ['BITPOS no 1 x', NOT_AN_INTEGER],
    ['BITPOS no 1 0 1 nibble', '-ERR syntax error\r\n'],
  ])('%s is refused even though there is no such key, as since 7.2', (line, error) => {
    expect(run(new TestInstance(), line)).toBe(error);
  });

  test('only what changes something is propagated', () => {
    const redcell = new TestInstance();
    run(redcell, 'SETBIT k 1 0', 'SETBIT k 1 0', 'SETBIT k 1 1', 'SETBIT k 1 1');
    run(redcell, 'BITFIELD k GET u8 0', 'BITFIELD k SET u8 0 64', 'BITFIELD k SET u8 0 65');
    run(redcell, 'BITOP AND d no', 'BITOP OR d k');
    expect(redcell.takeEffects().map((words) => words.join(' '))).toEqual([
      'SETBIT k 1 0',
      'SETBIT k 1 1',
      'BITFIELD k SET u8 0 65',
      'BITOP OR d k',
    ]);
  });

  test('each write of BITFIELD counts as a change of its own', () => {
    const redcell = new TestInstance();
    run(redcell, 'BITFIELD k SET u8 0 1 SET u8 8 2 GET u8 0 INCRBY u8 0 1');
    expect(redcell.instance.keyspace.dirty).toBe(3);
  });

  test('a failed overflow is null in both protocols', () => {
    const redcell = new TestInstance();
    expect(run(redcell, 'BITFIELD k OVERFLOW FAIL INCRBY u2 0 4')).toBe('*1\r\n$-1\r\n');
    redcell.client.writer.protocol = 3;
    expect(run(redcell, 'BITFIELD k OVERFLOW FAIL INCRBY u2 0 4')).toBe('*1\r\n_\r\n');
  });

  test('an undone write leaves the string as it was', () => {
    const redcell = new TestInstance();
    const { keyspace } = redcell.instance;
    run(redcell, 'SET k 123');
    const savepoint = keyspace.journal.open();
    run(redcell, 'SETBIT k 100 1', 'BITFIELD k SET u8 0 255 SET u8 #4 7', 'BITOP NOT k k');
    keyspace.journal.rollback(savepoint);
    expect(run(redcell, 'GET k')).toBe('$3\r\n123\r\n');
    expect(run(redcell, 'OBJECT ENCODING k')).toBe('$3\r\nint\r\n');
  });
});
