import { describe, expect, test } from 'vitest';
import { connect } from '../support/connected.ts';
import { TestInstance } from '../support/instance.ts';

const invalidation = (...keys: string[]): string =>
  `>2\r\n$10\r\ninvalidate\r\n*${keys.length}\r\n${keys.map((key) => `$${key.length}\r\n${key}\r\n`).join('')}`;

describe('tracking', () => {
  test('tells once of each key that was read', () => {
    const redcell = new TestInstance();
    const a = connect(redcell, 3);
    a.raw('CLIENT', 'TRACKING', 'on');
    a.raw('MGET', 'k', 'l');
    const { tracking } = redcell.instance.clientServices;
    expect([tracking.keyCount, tracking.itemCount]).toEqual([2, 2]);
    redcell.raw('SET', 'k', '1');
    redcell.raw('SET', 'k', '2');
    expect(a.take()).toBe(invalidation('k'));
    expect([tracking.keyCount, tracking.itemCount]).toEqual([1, 1]);
  });

  test('tells of keys that expire', () => {
    const redcell = new TestInstance();
    const a = connect(redcell, 3);
    a.raw('CLIENT', 'TRACKING', 'on');
    redcell.raw('SET', 'k', 'v', 'PX', 50);
    a.raw('GET', 'k');
    redcell.advance(60);
    redcell.raw('GET', 'k');
    expect(a.take()).toBe(invalidation('k'));
  });

  test('says nothing of what a savepoint takes back', () => {
    const redcell = new TestInstance();
    const a = connect(redcell, 3);
    a.raw('CLIENT', 'TRACKING', 'on');
    a.raw('GET', 'k');
    const { journal } = redcell.instance.keyspace;
    const savepoint = journal.open();
    redcell.raw('SET', 'k', 'v');
    journal.rollback(savepoint);
    expect(a.take()).toBe('');
    redcell.raw('SET', 'k', 'v');
    expect(a.take()).toBe(invalidation('k'));
  });

  test('voids everything once when all databases are emptied', () => {
    const redcell = new TestInstance();
    const a = connect(redcell, 3);
    a.raw('CLIENT', 'TRACKING', 'on');
    redcell.raw('SET', 'k', 'v');
    redcell.raw('SELECT', 1);
    redcell.raw('SET', 'k', 'v');
    redcell.raw('FLUSHALL');
    expect(a.take()).toBe('>2\r\n$10\r\ninvalidate\r\n_\r\n');
  });

  test('may go to another connection, in RESP2 as a message', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    const to = connect(redcell);
    to.raw('SUBSCRIBE', '__redis__:invalidate');
    a.raw('CLIENT', 'TRACKING', 'on', 'REDIRECT', to.client.id);
    a.raw('GET', 'k');
    redcell.raw('SET', 'k', 'v');
    expect(to.take()).toBe(
      '*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$1\r\nk\r\n',
    );
    expect(a.raw('CLIENT', 'GETREDIR')).toBe(`:${to.client.id}\r\n`);
  });

  test('notices when the other connection has gone', () => {
    const redcell = new TestInstance();
    const a = connect(redcell, 3);
    const to = connect(redcell, 3);
    a.raw('CLIENT', 'TRACKING', 'on', 'REDIRECT', to.client.id);
    a.raw('GET', 'k');
    redcell.instance.dropClient(to.client);
    redcell.raw('SET', 'k', 'v');
    expect(a.take()).toBe(`>2\r\n$21\r\ntracking-redir-broken\r\n:${to.client.id}\r\n`);
    expect(a.raw('CLIENT', 'TRACKINGINFO')).toContain('broken_redirect');
  });

  test('forgets the oldest keys above its limit, and says so', () => {
    const redcell = new TestInstance({ 'tracking-table-max-keys': '2' });
    const a = connect(redcell, 3);
    a.raw('CLIENT', 'TRACKING', 'on');
    a.raw('GET', 'a');
    a.raw('GET', 'b');
    expect(a.raw('GET', 'c')).toBe(`_\r\n${invalidation('a')}`);
  });

  test('in broadcast mode tells of all keys of a command in one message', () => {
    const redcell = new TestInstance();
    const a = connect(redcell, 3);
    a.raw('CLIENT', 'TRACKING', 'on', 'BCAST', 'PREFIX', 'u:');
    redcell.raw('MSET', 'u:2', 'x', 'other', 'x', 'u:1', 'x');
    expect(a.take()).toBe(invalidation('u:1', 'u:2'));
    a.raw('RESET');
    expect(redcell.instance.clientServices.tracking.isIdle).toBe(true);
    expect(redcell.instance.clientServices.tracking.prefixCount).toBe(0);
  });
});
