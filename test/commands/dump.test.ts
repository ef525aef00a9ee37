import { describe, expect, test } from 'vitest';
import { EVENT_ALL } from '../../host/keyspace/events.ts';
import { Argv } from '../../host/lib/argv.ts';
import { TestInstance } from '../support/instance.ts';

/** Sends bytes as latin-1 text. */
function send(redis: TestInstance, ...words: string[]): string {
  redis.instance.executor.beginTurn();
  redis.instance.dispatcher.dispatch(redis.client, Argv.of(...words));
  return redis.takeReply();
}

function dumpOf(redis: TestInstance, key: string): string {
  const reply = send(redis, 'DUMP', key);
  return reply.slice(reply.indexOf('\r\n') + 2, -2);
}

function withValue(): { redis: TestInstance; payload: string } {
  const redis = new TestInstance();
  redis.raw('SET', 'k', 'value');
  const payload = dumpOf(redis, 'k');
  redis.takeEffects();
  return { redis, payload };
}

describe('DUMP', () => {
  test('a missing key has no payload', () => {
    const redis = new TestInstance();
    expect(redis.raw('DUMP', 'missing')).toBe('$-1\r\n');
    redis.raw('HELLO', 3);
    expect(redis.raw('DUMP', 'missing')).toBe('_\r\n');
  });

  test('it takes one key', () => {
    const redis = new TestInstance();
    const error = "-ERR wrong number of arguments for 'dump' command\r\n";
    expect(redis.raw('DUMP')).toBe(error);
    expect(redis.raw('DUMP', 'a', 'b')).toBe(error);
  });

  test('every type has a payload that restores it', () => {
    const redis = new TestInstance();
    redis.raw('RPUSH', 'list', 'a', 1);
    redis.raw('SADD', 'set', 'a', 'b');
    redis.raw('ZADD', 'zset', 1, 'a');
    redis.raw('HSET', 'hash', 'f', 'v');
    for (const key of ['list', 'set', 'zset', 'hash']) {
      expect(send(redis, 'RESTORE', `${key}-copy`, '0', dumpOf(redis, key))).toBe('+OK\r\n');
      expect(redis.raw('TYPE', `${key}-copy`)).toBe(redis.raw('TYPE', key));
    }
    expect(redis.raw('LRANGE', 'list-copy', 0, -1)).toBe('*2\r\n$1\r\na\r\n$1\r\n1\r\n');
  });

  test('rdbcompression no leaves long strings as they are', () => {
    const sizes = ['yes', 'no'].map((rdbcompression) => {
      const redis = new TestInstance({ rdbcompression });
      redis.raw('SET', 'k', 'abc'.repeat(100));
      return dumpOf(redis, 'k').length;
    });
    expect(sizes[0]).toBeLessThan(60);
    expect(sizes[1]).toBeGreaterThan(300);
  });
});

describe('RESTORE', () => {
  test('an existing key is kept unless REPLACE is given', () => {
    const { redis, payload } = withValue();
    redis.raw('SET', 'k', 'other');
    expect(send(redis, 'RESTORE', 'k', '0', payload)).toBe(
      '-BUSYKEY Target key name already exists.\r\n',
    );
    expect(send(redis, 'RESTORE', 'k', '0', payload, 'REPLACE')).toBe('+OK\r\n');
    expect(redis.raw('GET', 'k')).toBe('$5\r\nvalue\r\n');
  });

  test('a damaged payload leaves the old key as it was', () => {
    const { redis, payload } = withValue();
    const bad = `${payload.slice(0, -1)}\0`;
    expect(send(redis, 'RESTORE', 'k', '0', bad, 'REPLACE')).toBe(
      '-ERR DUMP payload version or checksum are wrong\r\n',
    );
    expect(redis.raw('GET', 'k')).toBe('$5\r\nvalue\r\n');
    expect(redis.takeEffects()).toEqual([]);
  });

  test('a time to live is propagated as the absolute time', () => {
    const { redis, payload } = withValue();
    send(redis, 'RESTORE', 'n', '5000', payload, 'IDLETIME', '7');
    const at = String(redis.instance.keyspace.nowMs + 5000);
    expect(redis.takeEffects()).toEqual([['RESTORE', 'n', at, payload, 'IDLETIME', '7', 'ABSTTL']]);
    expect(redis.raw('PTTL', 'n')).toBe(':5000\r\n');
  });

  test('without a relative time the command is propagated as it is', () => {
    const { redis, payload } = withValue();
    const at = String(redis.instance.keyspace.nowMs + 5000);
    send(redis, 'RESTORE', 'a', '0', payload);
    send(redis, 'RESTORE', 'b', at, payload, 'ABSTTL');
    expect(redis.takeEffects()).toEqual([
      ['RESTORE', 'a', '0', payload],
      ['RESTORE', 'b', at, payload, 'ABSTTL'],
    ]);
  });

  test('a time that is past makes no key and deletes one that it would replace', () => {
    const { redis, payload } = withValue();
    expect(send(redis, 'RESTORE', 'n', '1', payload, 'ABSTTL')).toBe('+OK\r\n');
    expect(redis.takeEffects()).toEqual([]);
    expect(send(redis, 'RESTORE', 'k', '1', payload, 'ABSTTL', 'REPLACE')).toBe('+OK\r\n');
    expect(redis.takeEffects()).toEqual([['DEL', 'k']]);
    expect(redis.raw('EXISTS', 'k', 'n')).toBe(':0\r\n');
  });

  test('the events are those of Redis', () => {
    const { redis, payload } = withValue();
    const events: string[] = [];
    redis.instance.keyEvents.addListener({
      mask: EVENT_ALL,
      notify: (_class, name, key) => void events.push(`${name} ${key.toText()}`),
    });
    send(redis, 'RESTORE', 'n', '0', payload);
    send(redis, 'RESTORE', 'n', '1', payload, 'ABSTTL', 'REPLACE');
    expect(events).toEqual(['restore n', 'del n']);
  });

  test('the idle time is kept', () => {
    const { redis, payload } = withValue();
    send(redis, 'RESTORE', 'n', '0', payload, 'IDLETIME', '1000');
    expect(redis.raw('OBJECT', 'IDLETIME', 'n')).toBe(':1000\r\n');
  });

  test('a watched key that is restored breaks the transaction', () => {
    const { redis, payload } = withValue();
    redis.raw('WATCH', 'n');
    const other = redis.instance.createClient();
    redis.instance.dispatcher.dispatch(other, Argv.of('RESTORE', 'n', '0', payload));
    redis.raw('MULTI');
    expect(redis.raw('EXEC')).toBe('*-1\r\n');
  });
});
