import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { EvictionPolicy } from '../../host/keyspace/evict.ts';
import type { Heap } from '../../host/lib/heap.ts';
import { Slice } from '../../host/lib/slice.ts';
import { moduleOf } from '../examples/targets.ts';
import { TestInstance } from '../support/instance.ts';

const MB = 1024 * 1024;
const LIMIT = 2 * MB;
const OOM = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
const POLICIES: readonly EvictionPolicy[] = [
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
  'noeviction',
];

function limited(policy: string, settings: Readonly<Record<string, string>> = {}): TestInstance {
  return new TestInstance({
    maxmemory: String(LIMIT),
    'maxmemory-policy': policy,
    // The test's clock stands still, and with it the time that evictions may take.
    'maxmemory-eviction-tenacity': '100',
    ...settings,
  });
}

function usedBytes(server: TestInstance): number {
  return Number(/used_memory:(\d+)/.exec(server.raw('INFO', 'memory'))?.[1]);
}

describe.each(POLICIES)('filled to three times its limit with %s', (policy) => {
  test.each([
    ['many small strings', 20, 40_000],
    ['strings of a page', 4000, 1500],
  ])('an instance keeps to it: %s', (_title, valueBytes, count) => {
    const server = limited(policy);
    const value = 'x'.repeat(valueBytes);
    let most = 0;
    let refused = 0;
    for (let i = 0; i < count; i++) {
      const reply = server.raw('SET', `key:${i}`, value, 'EX', 10_000 + i);
      if (reply === OOM) refused++;
      else expect(reply).toBe('+OK\r\n');
      most = Math.max(most, server.instance.usedMemoryBytes);
    }
    expect(most).toBeLessThanOrEqual(LIMIT * 1.05);
    expect(most).toBeGreaterThan(LIMIT * 0.9);
    expect(refused > 0).toBe(policy === 'noeviction');
    expect(server.instance.keyspace.stats.evicted > 0).toBe(policy !== 'noeviction');
  });

  test('an instance keeps to it: collections that grow', () => {
    const server = limited(policy);
    const words = Array.from({ length: 100 }, (_, i) => `member-${i}`);
    for (let i = 0; i < 1200; i++) {
      server.raw('SADD', `set:${i}`, ...words);
      server.raw('EXPIRE', `set:${i}`, 10_000);
      server.raw('RPUSH', `list:${i % 50}`, ...words);
      server.raw('EXPIRE', `list:${i % 50}`, 10_000);
    }
    expect(usedBytes(server)).toBeLessThanOrEqual(LIMIT * 1.05);
  });
});

describe('values of modules', () => {
  let path: string;

  beforeAll(async () => {
    path = await moduleOf('c', 'counter');
  }, 120_000);

  test.each(POLICIES)('are limited and evicted like others: %s', async (policy) => {
    const server = limited(policy);
    const { instance } = server;
    instance.modules.load(await instance.modules.prepare(path), path, []);
    let most = 0;
    let refused = 0;
    for (let i = 0; i < 25_000; i++) {
      const reply = server.raw('COUNTER.INCR', `counter:${i}`, 1);
      if (reply.startsWith('-OOM')) refused++;
      else expect(reply).toBe(':1\r\n');
      server.raw('EXPIRE', `counter:${i}`, 10_000 + i);
      most = Math.max(most, instance.usedMemoryBytes);
    }
    expect(most).toBeLessThanOrEqual(LIMIT * 1.05);
    expect(most).toBeGreaterThan(LIMIT * 0.9);
    expect(refused > 0).toBe(policy === 'noeviction');
    expect(server.client.db.size).toBeGreaterThan(1000); // it was not emptied in vain
  });
});

describe('when nothing may go', () => {
  let server: TestInstance;

  beforeEach(() => {
    server = limited('noeviction');
    for (let i = 0; server.raw('SET', `key:${i}`, 'x'.repeat(1000)) === '+OK\r\n'; i++);
  });

  test('what may need memory is refused, all else is not', () => {
    expect(server.raw('LPUSH', 'list', 'a')).toBe(OOM);
    expect(server.raw('GET', 'key:1')).toBe(`$1000\r\n${'x'.repeat(1000)}\r\n`);
    expect(server.raw('DEL', 'key:1')).toBe(':1\r\n');
    expect(server.raw('INFO', 'stats')).toMatch(/evicted_keys:0\r\n/);
  });

  test('writes are accepted again as soon as there is room', () => {
    for (let i = 0; i < 10; i++) server.raw('DEL', `key:${i}`);
    expect(server.raw('SET', 'key', 'value')).toBe('+OK\r\n');
  });

  test('or when the limit is raised or taken away', () => {
    expect(server.raw('CONFIG', 'SET', 'maxmemory', '100mb')).toBe('+OK\r\n');
    expect(server.raw('SET', 'key', 'value')).toBe('+OK\r\n');
    expect(server.raw('CONFIG', 'SET', 'maxmemory', '1mb')).toBe('+OK\r\n');
    expect(server.raw('SET', 'key', 'value')).toBe(OOM);
    expect(server.raw('CONFIG', 'SET', 'maxmemory', '0')).toBe('+OK\r\n');
    expect(server.raw('SET', 'key', 'value')).toBe('+OK\r\n');
  });

  test('nothing can be queued, and the transaction is lost', () => {
    server.raw('MULTI');
    expect(server.raw('GET', 'key:1')).toBe(OOM);
    expect(server.raw('EXEC')).toBe(
      '-EXECABORT Transaction discarded because of previous errors.\r\n',
    );
  });

  test('a transaction can still be given up', () => {
    server.raw('MULTI');
    expect(server.raw('DISCARD')).toBe('+OK\r\n');
    server.raw('MULTI');
    expect(server.raw('RESET')).toBe('+RESET\r\n');
  });

  test('EXEC is refused for what it would write', () => {
    server.raw('CONFIG', 'SET', 'maxmemory', '100mb');
    server.raw('MULTI');
    server.raw('SET', 'key', 'value');
    const other = server.instance.createClient();
    server.rawAs(other, 'CONFIG', 'SET', 'maxmemory', '1mb');
    expect(server.raw('EXEC')).toBe(
      "-EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'.\r\n",
    );
  });

  test('EXEC of reads alone runs', () => {
    server.raw('CONFIG', 'SET', 'maxmemory', '100mb');
    server.raw('MULTI');
    server.raw('STRLEN', 'key:1');
    server.rawAs(server.instance.createClient(), 'CONFIG', 'SET', 'maxmemory', '1mb');
    expect(server.raw('EXEC')).toBe('*1\r\n:1000\r\n');
  });

  test('INFO tells for how long', () => {
    server.advance(1500);
    expect(server.raw('INFO', 'stats')).toMatch(/current_eviction_exceeded_time:1500\r\n/);
    server.raw('FLUSHALL');
    server.raw('PING');
    const stats = server.raw('INFO', 'stats');
    expect(stats).toMatch(/total_eviction_exceeded_time:1500\r\n/);
    expect(stats).toMatch(/current_eviction_exceeded_time:0\r\n/);
  });
});

describe('evictions', () => {
  test('leave before the command that needed them, each on its own', () => {
    const server = limited('allkeys-random');
    server.raw('SET', 'big', 'x'.repeat(LIMIT));
    server.takeEffects();
    server.raw('SET', 'key', 'value');
    expect(server.takeEffects()).toEqual([
      ['DEL', 'big'],
      ['SET', 'key', 'value'],
    ]);
  });

  test('make room for reads too', () => {
    const server = limited('allkeys-random');
    server.raw('SET', 'big', 'x'.repeat(LIMIT));
    expect(server.raw('GET', 'big')).toBe('$-1\r\n');
  });

  test('wait while clients are paused', () => {
    const server = limited('allkeys-random');
    server.raw('SET', 'big', 'x'.repeat(LIMIT));
    server.instance.executor.isPaused = true;
    expect(server.raw('SET', 'key', 'value')).toBe('+OK\r\n');
    expect(server.raw('EXISTS', 'big')).toBe(':1\r\n');
  });

  test('never happen inside a command: what held at its start holds', () => {
    const server = limited('allkeys-random');
    const { executor, dispatcher } = server.instance;
    executor.unit(() => {
      server.client.db.setString(Slice.of('big'), Slice.of('x'.repeat(LIMIT)), 0);
      expect(dispatcher.memoryGate?.()).toBe(false);
      expect(server.client.db.size).toBe(1);
    });
    expect(dispatcher.memoryGate?.()).toBe(true);
    expect(server.client.db.size).toBe(0);
  });

  test('take no longer than the tenacity allows, and go on between commands', () => {
    const server = limited('allkeys-lru', { 'maxmemory-eviction-tenacity': '0', maxmemory: '0' });
    for (let i = 0; i < 500; i++) server.raw('SET', `key:${i}`, 'x'.repeat(10_000));
    const { clock } = server;
    const monotonicMs = clock.monotonicMs.bind(clock);
    let looks = 0;
    clock.monotonicMs = () => monotonicMs() + looks++ * 0.01; // every look at it takes time
    expect(server.raw('CONFIG', 'SET', 'maxmemory', '2mb')).toBe('+OK\r\n');
    expect(server.raw('SET', 'key', 'value')).toBe('+OK\r\n');
    expect(server.instance.keyspace.stats.evicted).toBe(16);
    for (let i = 0; i < 20; i++) server.advance(1);
    expect(usedBytes(server)).toBeLessThanOrEqual(2 * MB);
    expect(server.instance.keyspace.stats.evicted).toBeGreaterThan(300);
  });
});

test('a limit below what is used is warned of', () => {
  const server = new TestInstance();
  server.raw('SET', 'key', 'x'.repeat(MB));
  server.raw('CONFIG', 'SET', 'maxmemory', '1mb');
  expect(server.logLines.join('')).toMatch(
    /WARNING: the new maxmemory value set via CONFIG SET \(1048576\) is smaller than the current memory usage \(\d+\)/,
  );
});

describe('OBJECT', () => {
  test('FREQ tells with an LFU policy, IDLETIME with the others', () => {
    const server = new TestInstance({ 'maxmemory-policy': 'allkeys-lfu' });
    server.raw('SET', 'key', 'value');
    expect(server.raw('OBJECT', 'FREQ', 'key')).toBe(':5\r\n');
    expect(server.raw('OBJECT', 'IDLETIME', 'key')).toMatch(/^-ERR An LFU maxmemory policy is/);
    server.raw('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    server.raw('SET', 'key', 'value');
    expect(server.raw('OBJECT', 'IDLETIME', 'key')).toBe(':0\r\n');
    expect(server.raw('OBJECT', 'FREQ', 'key')).toMatch(/^-ERR An LFU maxmemory policy is not/);
  });
});

describe('near the end of the heap', () => {
  let share: number;
  let collections: number;
  let afterCollecting: number | null;
  let server: TestInstance;

  beforeEach(() => {
    share = 0.5;
    collections = 0;
    afterCollecting = null;
    const heap: Heap = {
      usedShare: () => share,
      limitBytes: () => 1000,
      collect: () => {
        collections++;
        if (afterCollecting !== null) share = afterCollecting;
      },
    };
    server = new TestInstance({}, { heap });
    server.instance.start();
  });

  test('writes are refused without any maxmemory, and the log says what to do', () => {
    share = 0.91;
    expect(server.raw('SET', 'key', 'value')).toBe('+OK\r\n'); // it has not looked yet
    server.advance(100);
    expect(server.raw('SET', 'key', 'value')).toBe(OOM);
    expect(server.raw('GET', 'key')).toBe('$5\r\nvalue\r\n');
    expect(server.logLines.join('')).toMatch(/90% of the heap of 1000 bytes .* Set maxmemory/);
  });

  test('they are accepted again when there is room', () => {
    share = 0.91;
    server.advance(100);
    share = 0.89;
    server.advance(100);
    expect(server.raw('SET', 'key', 'value')).toBe('+OK\r\n');
    expect(server.instance.dispatcher.memoryGate).toBeNull();
  });

  test('garbage is collected first, but not all the time', () => {
    share = 0.95;
    afterCollecting = 0.6;
    server.advance(100);
    expect(server.raw('SET', 'key', 'value')).toBe('+OK\r\n');
    share = 0.95;
    server.advance(1000);
    expect(server.raw('SET', 'key', 'value')).toBe(OOM);
    expect(collections).toBe(1);
    server.advance(30_000);
    expect(collections).toBe(2);
    expect(server.raw('SET', 'key', 'value')).toBe('+OK\r\n');
  });
});
