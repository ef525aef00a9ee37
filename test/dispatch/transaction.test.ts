import { beforeEach, describe, expect, test } from 'vitest';
import { TestInstance } from '../support/instance.ts';

const NULL = '*-1\r\n';
let server: TestInstance;

beforeEach(() => {
  server = new TestInstance();
});

/** Another client's command. */
function other(...words: (string | number)[]): string {
  return server.rawAs(server.instance.createClient(), ...words);
}

describe('EXEC', () => {
  test('runs what was queued and answers with all replies', () => {
    server.raw('MULTI');
    expect(server.raw('SET', 'a', '1')).toBe('+QUEUED\r\n');
    server.raw('INCR', 'a');
    server.raw('LPUSH', 'a', 'x');
    expect(server.raw('EXEC')).toBe(
      '*3\r\n+OK\r\n:2\r\n-WRONGTYPE Operation against a key holding the wrong kind of value\r\n',
    );
    expect(server.raw('GET', 'a')).toBe('$1\r\n2\r\n');
  });

  test('keeps copies of the words: the request’s memory is used again', () => {
    server.raw('MULTI');
    server.raw('SET', 'first', 'a');
    server.raw('SET', 'other', 'b');
    server.raw('EXEC');
    expect(server.raw('MGET', 'first', 'other')).toBe('*2\r\n$1\r\na\r\n$1\r\nb\r\n');
  });

  test('propagates what has changed as a transaction, once', () => {
    server.raw('MULTI');
    server.raw('SET', 'a', '1');
    server.raw('GET', 'a');
    server.raw('DEL', 'none');
    server.raw('INCR', 'a');
    server.raw('EXEC');
    expect(server.takeEffects()).toEqual([['MULTI'], ['SET', 'a', '1'], ['INCR', 'a'], ['EXEC']]);
  });

  test('of reads propagates nothing', () => {
    server.raw('MULTI');
    server.raw('GET', 'a');
    server.raw('EXEC');
    expect(server.takeEffects()).toEqual([]);
  });

  test('does not block', () => {
    server.raw('MULTI');
    server.raw('BLPOP', 'list', '0');
    expect(server.raw('EXEC')).toBe('*1\r\n*-1\r\n');
  });

  test('of nothing is empty', () => {
    server.raw('MULTI');
    expect(server.raw('EXEC')).toBe('*0\r\n');
  });

  test('without MULTI, and MULTI inside MULTI, are errors', () => {
    expect(server.raw('EXEC')).toBe('-ERR EXEC without MULTI\r\n');
    expect(server.raw('DISCARD')).toBe('-ERR DISCARD without MULTI\r\n');
    server.raw('MULTI');
    expect(server.raw('MULTI')).toBe('-ERR MULTI calls can not be nested\r\n');
    expect(server.raw('WATCH', 'a')).toBe('-ERR WATCH inside MULTI is not allowed\r\n');
  });

  test('changes the database for the commands behind SELECT', () => {
    server.raw('MULTI');
    server.raw('SELECT', '5');
    server.raw('SET', 'a', '1');
    server.raw('EXEC');
    expect(server.instance.keyspace.database(5).size).toBe(1);
  });

  test('sees one time in all its commands', () => {
    server.raw('SET', 'a', '1', 'PX', '5');
    server.raw('MULTI');
    server.raw('GET', 'a');
    server.raw('PTTL', 'a');
    expect(server.raw('EXEC')).toBe('*2\r\n$1\r\n1\r\n:5\r\n');
  });
});

describe('DISCARD', () => {
  test('forgets the queue and the watches', () => {
    server.raw('WATCH', 'a');
    server.raw('MULTI');
    server.raw('SET', 'a', '1');
    expect(server.raw('DISCARD')).toBe('+OK\r\n');
    other('SET', 'a', '2');
    server.raw('MULTI');
    expect(server.raw('EXEC')).toBe('*0\r\n');
    expect(server.raw('GET', 'a')).toBe('$1\r\n2\r\n');
  });
});

describe('WATCH breaks the transaction when a watched key', () => {
  const changes: Readonly<Record<string, readonly (readonly string[])[]>> = {
    'is set': [['SET', 'a', '2']],
    'is set to the same': [['SET', 'a', '1']],
    'is deleted': [['DEL', 'a']],
    'is renamed': [['RENAME', 'a', 'b']],
    'is overwritten by a rename': [
      ['SET', 'b', '1'],
      ['RENAME', 'b', 'a'],
    ],
    'gets an expire time': [['EXPIRE', 'a', '100']],
    'is moved away': [['MOVE', 'a', '1']],
    'is flushed': [['FLUSHALL']],
    'is flushed with its database': [['FLUSHDB']],
    'is swapped away': [['SWAPDB', '0', '1']],
  };

  test.each(Object.entries(changes))('%s', (_title, commands) => {
    server.raw('SET', 'a', '1');
    server.raw('WATCH', 'a');
    for (const words of commands) other(...words);
    server.raw('MULTI');
    server.raw('SET', 'c', '1');
    expect(server.raw('EXEC')).toBe(NULL);
    expect(server.raw('EXISTS', 'c')).toBe(':0\r\n');
  });

  test('expires in the meantime', () => {
    server.raw('SET', 'a', '1', 'PX', '10');
    server.raw('WATCH', 'a');
    server.advance(20);
    server.raw('MULTI');
    expect(server.raw('EXEC')).toBe(NULL);
  });

  test('comes to be in the meantime, also by a swap', () => {
    server.raw('WATCH', 'a');
    server.instance.keyspace.database(1);
    const inOne = server.instance.createClient();
    server.rawAs(inOne, 'SELECT', '1');
    server.rawAs(inOne, 'SET', 'a', '1');
    other('SWAPDB', '0', '1');
    server.raw('MULTI');
    expect(server.raw('EXEC')).toBe(NULL);
  });

  test('is changed by the client itself', () => {
    server.raw('WATCH', 'a');
    server.raw('SET', 'a', '1');
    server.raw('MULTI');
    expect(server.raw('EXEC')).toBe(NULL);
  });
});

describe('WATCH does not mind', () => {
  test('changes of other keys, other databases, and failed ones', () => {
    server.raw('SET', 'a', '1');
    server.raw('WATCH', 'a');
    other('SET', 'b', '1');
    const inOne = server.instance.createClient();
    server.rawAs(inOne, 'SELECT', '1');
    server.rawAs(inOne, 'SET', 'a', '1');
    other('LPUSH', 'a', 'x');
    other('GET', 'a');
    server.raw('MULTI');
    expect(server.raw('EXEC')).toBe('*0\r\n');
  });

  test('a key that had expired already when it is deleted', () => {
    server.raw('SET', 'a', '1', 'PX', '10');
    server.instance.keyspace.expiresActively = false;
    server.advance(20);
    server.instance.executor.beginTurn();
    server.raw('WATCH', 'a');
    server.raw('GET', 'a');
    server.raw('MULTI');
    expect(server.raw('EXEC')).toBe('*0\r\n');
  });

  test('a flush of nothing', () => {
    server.raw('WATCH', 'none');
    other('FLUSHALL');
    server.raw('MULTI');
    expect(server.raw('EXEC')).toBe('*0\r\n');
  });

  test('what happened before UNWATCH or the last EXEC', () => {
    server.raw('WATCH', 'a');
    other('SET', 'a', '1');
    server.raw('UNWATCH');
    server.raw('MULTI');
    expect(server.raw('EXEC')).toBe('*0\r\n');
    server.raw('WATCH', 'a');
    other('SET', 'a', '2');
    server.raw('MULTI');
    expect(server.raw('EXEC')).toBe(NULL);
    server.raw('MULTI');
    expect(server.raw('EXEC')).toBe('*0\r\n');
  });
});

test('RESP3 says null in its own way', () => {
  server.client.writer.protocol = 3;
  server.raw('WATCH', 'a');
  other('SET', 'a', '1');
  server.raw('MULTI');
  expect(server.raw('EXEC')).toBe('_\r\n');
});
