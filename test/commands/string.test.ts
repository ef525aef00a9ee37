import { describe, expect, test } from 'vitest';
import { TestInstance } from '../support/instance.ts';

const NOW = 1_700_000_000_000;
const WRONG_TYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value\r\n';

/** Runs lines of words; returns the last reply. */
function run(redcell: TestInstance, ...lines: string[]): string {
  return lines.map((line) => redcell.raw(...line.split(' '))).at(-1) ?? '';
}

function eventsOf(redcell: TestInstance): string[] {
  const events: string[] = [];
  redcell.instance.keyEvents.addListener({
    mask: 0x7fff,
    notify: (_class, name, key) => void events.push(`${name} ${key.toByteString()}`),
  });
  return events;
}

describe('strings', () => {
  test.each([
    'GET',
    'SET k',
    'SETNX k',
    'SETEX k 1',
    'GETDEL',
    'GETSET k',
    'APPEND k',
    'STRLEN',
    'SETRANGE k 0',
    'GETRANGE k 0',
    'MGET',
    'MSET k',
    'INCRBYFLOAT k',
    'LCS a',
  ])('%s has too few arguments', (line) => {
    const name = (line.split(' ')[0] as string).toLowerCase(); // a line has a first word
    const error = `-ERR wrong number of arguments for '${name}' command\r\n`;
    expect(run(new TestInstance(), line)).toBe(error);
  });

  test.each([
    'GET h',
    'SET h v GET',
    'GETSET h v',
    'GETDEL h',
    'GETEX h',
    'APPEND h x',
    'STRLEN h',
    'GETRANGE h 0 1',
    'SETRANGE h 0 x',
    'INCR h',
    'INCRBYFLOAT h 1',
  ])('%s refuses a hash and leaves it alone', (line) => {
    const redcell = new TestInstance();
    run(redcell, 'HSET h f v');
    redcell.takeEffects();
    expect(run(redcell, line)).toBe(WRONG_TYPE);
    expect(redcell.takeEffects()).toEqual([]);
    expect(run(redcell, 'HGET h f')).toBe('$1\r\nv\r\n');
  });

  test('a missing value is null in both protocols', () => {
    const redcell = new TestInstance();
    expect(run(redcell, 'GET no')).toBe('$-1\r\n');
    redcell.client.writer.protocol = 3;
    expect(run(redcell, 'GET no')).toBe('_\r\n');
    expect(run(redcell, 'MGET no')).toBe('*1\r\n_\r\n');
  });

  test('LCS IDX is a map in RESP3', () => {
    const redcell = new TestInstance();
    redcell.client.writer.protocol = 3;
    run(redcell, 'MSET a ohmytext b mynewtext');
    const match = '*3\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n:4\r\n';
    const reply = `%2\r\n$7\r\nmatches\r\n*1\r\n${match}$3\r\nlen\r\n:6\r\n`;
    expect(run(redcell, 'LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN')).toBe(reply);
  });

  test.each([
    ['SET k v EX 10', [['SET', 'k', 'v', 'PXAT', String(NOW + 10_000)]]],
    ['SET k v PX 10 GET', [['SET', 'k', 'v', 'PXAT', String(NOW + 10)]]],
    ['SET k v EXAT 4102444800', [['SET', 'k', 'v', 'PXAT', '4102444800000']]],
    ['SET k v PXAT 4102444800000', [['SET', 'k', 'v', 'PXAT', '4102444800000']]],
    ['SET k v NX GET', [['SET', 'k', 'v', 'NX']]],
    ['SET k v XX', []],
    ['SETEX k 5 v', [['SET', 'k', 'v', 'PXAT', String(NOW + 5000)]]],
    ['PSETEX k 5 v', [['SET', 'k', 'v', 'PXAT', String(NOW + 5)]]],
    ['GETSET k v', [['SET', 'k', 'v']]],
    ['INCRBYFLOAT k 1.5', [['SET', 'k', '1.5', 'KEEPTTL']]],
    ['GETDEL old', [['DEL', 'old']]],
    ['GETEX old EX 1', [['PEXPIREAT', 'old', String(NOW + 1000)]]],
    ['GETEX old PXAT 1', [['DEL', 'old']]],
    ['GETEX old PERSIST', []],
    ['GETEX old', []],
    ['APPEND old x', [['APPEND', 'old', 'x']]],
    ['SETRANGE no 5 ', []],
    ['MSETNX a 1 old 2', []],
  ])('%s propagates what does the same again at any time', (line, effects) => {
    const redcell = new TestInstance();
    run(redcell, 'SET old 1');
    redcell.takeEffects();
    run(redcell, line);
    expect(redcell.takeEffects()).toEqual(effects);
  });

  test('each change is announced by its event', () => {
    const redcell = new TestInstance();
    const events = eventsOf(redcell);
    run(redcell, 'SET k 1 EX 10', 'APPEND k 1', 'SETRANGE k 0 2', 'INCR k', 'INCRBYFLOAT k 1');
    run(redcell, 'GETEX k PERSIST', 'GETEX k EX 5', 'GETDEL k', 'MSET a 1 b 2');
    expect(events).toEqual([
      ...['new k', 'set k', 'expire k', 'append k', 'setrange k', 'incrby k', 'incrbyfloat k'],
      ...['persist k', 'expire k', 'del k', 'new a', 'set a', 'new b', 'set b'],
    ]);
  });

  test('a string may not grow beyond proto-max-bulk-len', () => {
    const redcell = new TestInstance();
    const tooLong = '-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n';
    expect(run(redcell, 'SETRANGE k 536870912 x')).toBe(tooLong);
    expect(run(redcell, 'SETRANGE k -1 x')).toBe('-ERR offset is out of range\r\n');
    redcell.instance.keyspace.stringMaxBytes = 4;
    expect(run(redcell, 'SET k abc', 'APPEND k de')).toBe(tooLong);
    expect(run(redcell, 'APPEND k d')).toBe(':4\r\n');
    const noRoom = 'Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len';
    expect(run(redcell, 'LCS k k')).toBe(`-ERR ${noRoom}\r\n`);
  });

  test('encodings follow how a string came to be', () => {
    const redcell = new TestInstance();
    const encoding = (key: string) => run(redcell, `OBJECT ENCODING ${key}`).split('\r\n')[1];
    run(
      redcell,
      'SET i 12',
      `SET e ${'x'.repeat(44)}`,
      `SET r ${'x'.repeat(45)}`,
      'SETRANGE s 0 1',
    );
    run(redcell, 'SET a 1', 'APPEND a 2', 'SET f 1', 'INCRBYFLOAT f 1', 'APPEND n 5');
    const found = ['i', 'e', 'r', 's', 'a', 'f', 'n'].map(encoding);
    expect(found).toEqual(['int', 'embstr', 'raw', 'raw', 'raw', 'embstr', 'int']);
    expect(run(redcell, 'INCR a', 'OBJECT ENCODING a')).toBe('$3\r\nint\r\n');
  });

  test('changing a watched key breaks the transaction', () => {
    const redcell = new TestInstance();
    const other = redcell.instance.createClient();
    run(redcell, 'WATCH k', 'MULTI', 'SET k mine');
    redcell.rawAs(other, 'APPEND', 'k', 'x');
    expect(run(redcell, 'EXEC')).toBe('*-1\r\n');
    expect(run(redcell, 'GET k')).toBe('$1\r\nx\r\n');
  });
});
