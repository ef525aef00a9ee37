// The client library ioredis, used as its users do.

import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type RunningTarget, startTarget } from '../examples/targets.ts';

let target: RunningTarget;

beforeAll(async () => {
  target = await startTarget('c', 'counter');
}, 120_000);

afterAll(() => target?.stop());

describe.each([2, 3] as const)('ioredis in RESP%i', (protocol) => {
  let redis: Redis;

  beforeAll(() => {
    redis = new Redis({ port: target.port, host: '127.0.0.1', protocol });
  });

  afterAll(() => redis.disconnect());

  beforeEach(async () => {
    await redis.flushall();
  });

  function another(): Redis {
    return redis.duplicate();
  }

  test('speaks the protocol it asked for', async () => {
    const info = (await redis.call('CLIENT', 'INFO')) as string; // a verbatim string
    expect(info).toContain(`resp=${protocol}`);
  });

  test('reads and writes values of all types', async () => {
    await redis.set('text', 'wörld');
    expect(await redis.get('text')).toBe('wörld');
    await redis.hset('hash', { a: '1', b: '2' });
    expect(await redis.hgetall('hash')).toEqual({ a: '1', b: '2' });
    await redis.zadd('zset', '1.5', 'x', '2', 'y');
    expect(await redis.zrange('zset', '0', '-1', 'WITHSCORES')).toEqual(['x', '1.5', 'y', '2']);
    await redis.sadd('set', 'm');
    expect(await redis.smembers('set')).toEqual(['m']);
    await redis.rpush('list', 'a', 'b');
    expect(await redis.lrange('list', '0', '-1')).toEqual(['a', 'b']);
    expect(await redis.get('none')).toBeNull();
  });

  test('keeps binary bytes', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    await redis.set(bytes, bytes);
    expect(await redis.getBuffer(bytes)).toEqual(bytes);
  });

  test('rejects with the server’s error', async () => {
    await redis.set('text', 'x');
    await expect(redis.incr('text')).rejects.toThrow('ERR value is not an integer or out of range');
  });

  test('sends pipelines', async () => {
    const pipeline = redis.pipeline();
    for (let i = 0; i < 5000; i++) pipeline.incr('n');
    const results = await pipeline.exec();
    expect(results?.at(-1)).toEqual([null, 5000]);
  });

  test('runs transactions, and learns that a watched key changed', async () => {
    expect(await redis.multi().set('a', '1').incr('a').exec()).toEqual([
      [null, 'OK'],
      [null, 2],
    ]);
    const watcher = another();
    await watcher.watch('a');
    await redis.set('a', '9');
    expect(await watcher.multi().incr('a').exec()).toBeNull();
    watcher.disconnect();
  });

  test('hears of keyspace events', async () => {
    await redis.config('SET', 'notify-keyspace-events', 'KEA');
    const subscriber = another();
    await subscriber.psubscribe('__keyevent@0__:*');
    const heard = new Promise((resolve) => {
      subscriber.on('pmessage', (_pattern, channel, key) => resolve(`${channel} ${key}`));
    });
    await redis.set('a', '1');
    expect(await heard).toBe('__keyevent@0__:set a');
    subscriber.disconnect();
  });

  test('waits in blocking commands', async () => {
    const waiting = another();
    const popped = waiting.blpop('list', 10);
    while (!/blocked_clients:1\r/.test(await redis.info('clients')));
    await redis.rpush('list', 'x');
    expect(await popped).toEqual(['list', 'x']);
    expect(await waiting.blpop('list', 0.01)).toBeNull();
    waiting.disconnect();
  });

  test('scans all keys', async () => {
    await redis.mset(Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key:${i}`, i])));
    const found = new Set<string>();
    for await (const keys of redis.scanStream({ match: 'key:*' })) {
      for (const key of keys as string[]) found.add(key);
    }
    expect(found.size).toBe(500);
  });

  test('calls commands of modules', async () => {
    expect(await redis.call('COUNTER.INCR', 'visits', 5)).toBe(5);
    expect(await redis.call('COUNTER.GET', 'visits')).toBe(5);
    await expect(redis.call('COUNTER.INCR', 'visits', 'x')).rejects.toThrow(
      'ERR invalid increment',
    );
    expect(await redis.type('visits')).toBe('counter--');
  });

  test('reads structures of RESP3 as flat lists', async () => {
    await redis.call('COUNTER.INCR', 'visits', 5);
    const stats = (await redis.call('COUNTER.STATS', 'visits')) as unknown[];
    expect(stats.flat()).toEqual(['current', 5, 'increments', 5, 'decrements', 0]);
  });
});
