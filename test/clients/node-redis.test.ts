// The client library node-redis, used as its users do.

import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type RunningTarget, startTarget } from '../examples/targets.ts';

let target: RunningTarget;

beforeAll(async () => {
  target = await startTarget('c', 'counter');
}, 120_000);

afterAll(() => target?.stop());

describe.each([2, 3] as const)('node-redis in RESP%i', (RESP) => {
  const make = () => createClient({ socket: { port: target.port, host: '127.0.0.1' }, RESP });
  let client: ReturnType<typeof make>;
  const opened: ReturnType<typeof make>[] = [];

  async function connected(): Promise<ReturnType<typeof make>> {
    const made = make();
    opened.push(made);
    await made.connect();
    return made;
  }

  beforeEach(async () => {
    client = await connected();
    await client.flushAll();
  });

  afterEach(() => {
    for (const each of opened.splice(0)) each.destroy();
  });

  test('speaks the protocol it asked for', async () => {
    expect(String(await client.sendCommand(['CLIENT', 'INFO']))).toContain(`resp=${RESP}`);
  });

  test('reads and writes values of all types', async () => {
    await client.set('text', 'wörld', { EX: 100 });
    expect(await client.get('text')).toBe('wörld');
    await client.hSet('hash', { a: '1', b: '2' });
    expect({ ...(await client.hGetAll('hash')) }).toEqual({ a: '1', b: '2' });
    await client.zAdd('zset', [{ score: 1.5, value: 'x' }]);
    expect(await client.zRangeWithScores('zset', 0, -1)).toEqual([{ value: 'x', score: 1.5 }]);
    expect(await client.zScore('zset', 'x')).toBe(1.5);
    expect(await client.get('none')).toBeNull();
  });

  test('sends what is asked in one go as a pipeline', async () => {
    const results = await Promise.all(Array.from({ length: 1000 }, () => client.incr('n')));
    expect(results.at(-1)).toBe(1000);
  });

  test('runs transactions', async () => {
    expect(await client.multi().set('a', '1').incr('a').exec()).toEqual(['OK', 2]);
  });

  test('learns that a watched key changed', async () => {
    await client.watch('a');
    const other = await connected();
    await other.set('a', '9');
    await expect(client.multi().incr('a').exec()).rejects.toThrow(/watched keys/);
  });

  test('hears of keyspace events', async () => {
    await client.configSet('notify-keyspace-events', 'KEA');
    const subscriber = await connected();
    let tell = (_text: string): void => {};
    const heard = new Promise<string>((resolve) => {
      tell = resolve;
    });
    await subscriber.pSubscribe('__keyspace@0__:*', (event, channel) =>
      tell(`${channel} ${event}`),
    );
    await client.lPush('list', 'x');
    expect(await heard).toBe('__keyspace@0__:list lpush');
  });

  test('waits in blocking commands', async () => {
    const waiting = await connected();
    const popped = waiting.blPop('list', 10);
    while (!/blocked_clients:1\r/.test(await client.info('clients')));
    await client.rPush('list', 'x');
    expect({ ...(await popped) }).toEqual({ key: 'list', element: 'x' });
  });

  test('scans all keys', async () => {
    for (let i = 0; i < 200; i++) await client.set(`key:${i}`, i);
    const found = new Set<string>();
    for await (const keys of client.scanIterator({ MATCH: 'key:*' })) {
      for (const key of [keys].flat()) found.add(key);
    }
    expect(found.size).toBe(200);
  });

  test('calls commands of modules', async () => {
    expect(await client.sendCommand(['COUNTER.INCR', 'visits', '5'])).toBe(5);
    await expect(client.sendCommand(['COUNTER.INCR', 'visits', 'x'])).rejects.toThrow(
      'ERR invalid increment',
    );
  });
});
