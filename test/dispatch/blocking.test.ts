import { beforeEach, describe, expect, test } from 'vitest';
import type { Client } from '../../host/dispatch/client.ts';
import { TestInstance } from '../support/instance.ts';

let server: TestInstance;

beforeEach(() => {
  server = new TestInstance();
});

/** A new client that has sent one command. */
function waiting(...words: (string | number)[]): Client {
  const client = server.instance.createClient();
  expect(server.rawAs(client, ...words)).toBe('');
  expect(client.blocked?.kind).toBe('keys');
  return client;
}

function calls(name: string): string {
  const line = new RegExp(`cmdstat_${name}:(.*?),usec=.*(rejected_calls=.*)\r`);
  const [, count, rest] = line.exec(server.raw('INFO', 'commandstats')) ?? [];
  return count === undefined ? 'none' : `${count},${rest}`;
}

const blockedCount = (): number => server.instance.executor.blocking.blockedCount;

describe('clients that wait for a key', () => {
  test('are served first come first served, one element each', () => {
    const first = waiting('BLPOP', 'list', 0);
    const second = waiting('BLPOP', 'list', 0);
    const third = waiting('BLPOP', 'list', 0);
    expect(server.raw('RPUSH', 'list', 'a', 'b')).toBe(':2\r\n');
    expect(server.takeReply(first)).toBe('*2\r\n$4\r\nlist\r\n$1\r\na\r\n');
    expect(server.takeReply(second)).toBe('*2\r\n$4\r\nlist\r\n$1\r\nb\r\n');
    expect(server.takeReply(third)).toBe('');
    expect(blockedCount()).toBe(1);
  });

  test('go on waiting when the key gets another type', () => {
    const client = waiting('BLPOP', 'key', 0);
    server.raw('SADD', 'key', 'a');
    expect(server.takeReply(client)).toBe('');
    server.raw('DEL', 'key');
    server.raw('RPUSH', 'key', 'a');
    expect(server.takeReply(client)).toBe('*2\r\n$3\r\nkey\r\n$1\r\na\r\n');
  });

  test('get nothing of what is gone by the end of the command', () => {
    const client = waiting('BLPOP', 'list', 0);
    server.raw('MULTI');
    server.raw('RPUSH', 'list', 'a');
    server.raw('LPOP', 'list');
    server.raw('EXEC');
    expect(server.takeReply(client)).toBe('');
    expect(blockedCount()).toBe(1);
  });

  test('wait in their own database, also when databases are exchanged', () => {
    const client = server.instance.createClient();
    server.rawAs(client, 'SELECT', 1);
    server.rawAs(client, 'BLPOP', 'list', 0);
    server.raw('RPUSH', 'list', 'a');
    expect(server.takeReply(client)).toBe('');
    server.raw('SWAPDB', 0, 1);
    expect(server.takeReply(client)).toBe('*2\r\n$4\r\nlist\r\n$1\r\na\r\n');
  });

  test('propagate what they took, behind what served them', () => {
    waiting('BLPOP', 'list', 0);
    server.takeEffects();
    server.raw('RPUSH', 'list', 'a', 'b');
    expect(server.takeEffects()).toEqual([
      ['RPUSH', 'list', 'a', 'b'],
      ['LPOP', 'list'],
    ]);
  });

  test('are not overtaken by those whose key a served one made ready', () => {
    const mover = waiting('BLMOVE', 'a', 'b', 'LEFT', 'RIGHT', 0);
    const taker = waiting('BLPOP', 'b', 0);
    const second = waiting('BLPOP', 'a', 0);
    server.takeEffects();
    server.raw('RPUSH', 'a', '1', '2');
    expect(server.takeEffects().map((words) => words.slice(0, 2).join(' '))).toEqual([
      'RPUSH a',
      'LMOVE a',
      'LPOP a',
      'LPOP b',
    ]);
    expect(server.takeReply(mover)).toBe('$1\r\n1\r\n');
    expect(server.takeReply(second)).toBe('*2\r\n$1\r\na\r\n$1\r\n2\r\n');
    expect(server.takeReply(taker)).toBe('*2\r\n$1\r\nb\r\n$1\r\n1\r\n');
  });

  test('of several keys get what comes first, and wait for none after that', () => {
    const client = waiting('BLPOP', 'a', 'b', 'c', 0);
    expect(server.instance.executor.blocking.watchedKeyCount).toBe(3);
    server.raw('RPUSH', 'b', 'x');
    expect(server.takeReply(client)).toBe('*2\r\n$1\r\nb\r\n$1\r\nx\r\n');
    expect(server.instance.executor.blocking.watchedKeyCount).toBe(0);
    server.raw('RPUSH', 'a', 'y');
    expect(server.takeReply(client)).toBe('');
  });
});

describe('a wait that ends without an answer', () => {
  test('by time, says so', () => {
    const client = waiting('BLPOP', 'list', 1.5);
    server.advance(1499);
    expect(server.takeReply(client)).toBe('');
    server.advance(1);
    expect(server.takeReply(client)).toBe('*-1\r\n');
    expect(client.blocked).toBeNull();
    expect(blockedCount()).toBe(0);
  });

  test('by the end of the client, leaves the element for the next', () => {
    const gone = waiting('BLPOP', 'list', 0);
    const next = waiting('BLPOP', 'list', 0);
    server.instance.dropClient(gone);
    expect(blockedCount()).toBe(1);
    server.raw('RPUSH', 'list', 'a');
    expect(server.takeReply(next)).toBe('*2\r\n$4\r\nlist\r\n$1\r\na\r\n');
  });

  test('after it was served, does not end again', () => {
    const client = waiting('BLPOP', 'list', 1);
    server.raw('RPUSH', 'list', 'a');
    server.takeReply(client);
    server.advance(5000);
    expect(server.takeReply(client)).toBe('');
  });
});

describe('the statistics', () => {
  test('count a call when its wait has ended, once', () => {
    waiting('BLPOP', 'list', 0);
    expect(calls('blpop')).toBe('none');
    server.raw('SADD', 'other', 'x');
    server.raw('RPUSH', 'list', 'a');
    expect(calls('blpop')).toBe('calls=1,rejected_calls=0,failed_calls=0');
  });

  test('count those that waited in vain too', () => {
    waiting('BLPOP', 'list', 1);
    server.advance(1000);
    expect(calls('blpop')).toBe('calls=1,rejected_calls=0,failed_calls=0');
  });
});
