import { describe, expect, test } from 'vitest';
import { type EvictionPolicy, Evictor } from '../../host/keyspace/evict.ts';
import { SeededRandom } from '../../host/lib/random.ts';
import { TestInstance } from '../support/instance.ts';

const MINUTE_MS = 60_000;
const SEED = Buffer.alloc(16, 9);

interface Setting {
  readonly server: TestInstance;
  readonly evictor: Evictor;
  /** Keys that are left. */
  keys(): string[];
}

/** Samples are so large that every key is seen: the order is then exact. */
function evicting(policy: EvictionPolicy): Setting {
  const server = new TestInstance({ 'maxmemory-policy': policy });
  const { keyspace } = server.instance;
  const evictor = new Evictor(keyspace, new SeededRandom(SEED));
  evictor.policy = policy;
  evictor.samples = 64;
  const keys = (): string[] => {
    const found: string[] = [];
    for (const db of keyspace.usedDatabases()) {
      db.forEach((ref) => void found.push(db.keyOf(ref).toByteString()));
    }
    return found.sort();
  };
  return { server, evictor, keys };
}

/** Time for the server's cron, which moves the clock of access marks. */
function pass(server: TestInstance, ms: number): void {
  server.advance(ms);
  server.raw('PING');
  server.instance.memoryLimit.cron();
}

/** One key after the other, a minute apart; odd ones expire, the last one first. */
function fill({ server }: Setting, count = 8): void {
  for (let i = 0; i < count; i++) {
    server.raw('SET', `key${i}`, 'v', ...(i % 2 === 1 ? ['EX', 100_000 - i] : []));
    pass(server, MINUTE_MS);
  }
  server.takeEffects();
}

describe('which key goes', () => {
  test('allkeys-lru: the one not used for longest', () => {
    const setting = evicting('allkeys-lru');
    fill(setting);
    setting.server.raw('GET', 'key0');
    setting.evictor.evictOne();
    setting.evictor.evictOne();
    expect(setting.keys()).not.toContain('key1');
    expect(setting.keys()).not.toContain('key2');
    expect(setting.keys()).toHaveLength(6);
  });

  test('volatile-lru: the same among those that expire', () => {
    const setting = evicting('volatile-lru');
    fill(setting);
    setting.server.raw('GET', 'key1');
    setting.evictor.evictOne();
    expect(setting.keys()).toEqual(['key0', 'key1', 'key2', 'key4', 'key5', 'key6', 'key7']);
  });

  test('allkeys-lfu: the one used least', () => {
    const setting = evicting('allkeys-lfu');
    setting.server.instance.keyspace.lruClock = 0;
    for (const [key, uses] of Object.entries({ a: 9, b: 0, c: 5 })) {
      setting.server.raw('SET', key, 'v');
      for (let i = 0; i < uses * 20; i++) setting.server.raw('GET', key);
    }
    setting.evictor.evictOne();
    expect(setting.keys()).toEqual(['a', 'c']);
  });

  test('volatile-lfu: the same among those that expire', () => {
    const setting = evicting('volatile-lfu');
    setting.server.raw('SET', 'a', 'v', 'EX', 100);
    setting.server.raw('SET', 'b', 'v', 'EX', 100);
    setting.server.raw('SET', 'c', 'v');
    for (let i = 0; i < 100; i++) setting.server.raw('GET', 'a');
    setting.evictor.evictOne();
    expect(setting.keys()).toEqual(['a', 'c']);
  });

  test('volatile-ttl: the one that would expire first', () => {
    const setting = evicting('volatile-ttl');
    setting.server.raw('SET', 'late', 'v', 'EX', 300);
    setting.server.raw('SET', 'soon', 'v', 'EX', 100);
    setting.server.raw('SET', 'never', 'v');
    setting.evictor.evictOne();
    expect(setting.keys()).toEqual(['late', 'never']);
  });

  test('allkeys-random: any', () => {
    const setting = evicting('allkeys-random');
    fill(setting);
    for (let i = 0; i < 8; i++) expect(setting.evictor.evictOne()).toBe(true);
    expect(setting.keys()).toEqual([]);
  });

  test('volatile-random: any of those that expire', () => {
    const setting = evicting('volatile-random');
    fill(setting);
    while (setting.evictor.evictOne());
    expect(setting.keys()).toEqual(['key0', 'key2', 'key4', 'key6']);
  });

  test.each([
    'noeviction',
    'volatile-lru',
    'volatile-lfu',
    'volatile-random',
    'volatile-ttl',
  ] as const)('%s: none where nothing expires', (policy) => {
    const setting = evicting(policy);
    setting.server.raw('SET', 'key', 'v');
    expect(setting.evictor.evictOne()).toBe(false);
    expect(setting.keys()).toEqual(['key']);
  });

  test('of all databases', () => {
    const setting = evicting('allkeys-lru');
    setting.server.raw('SELECT', 3);
    setting.server.raw('SET', 'old', 'v');
    pass(setting.server, MINUTE_MS);
    setting.server.raw('SELECT', 0);
    setting.server.raw('SET', 'young', 'v');
    setting.evictor.evictOne();
    expect(setting.keys()).toEqual(['young']);
  });

  test('few samples come close to the exact order', () => {
    const setting = evicting('allkeys-lru');
    setting.evictor.samples = 5;
    fill(setting, 200);
    for (let i = 0; i < 100; i++) setting.evictor.evictOne();
    const kept = setting.keys().map((key) => Number(key.slice(3)));
    const young = kept.filter((number) => number >= 100).length;
    expect(young).toBeGreaterThan(80); // 50 by chance
  });
});

describe('an evicted key', () => {
  test('is deleted in the file and on replicas, and there is an event', () => {
    const setting = evicting('allkeys-random');
    const { instance } = setting.server;
    const events: string[] = [];
    instance.keyEvents.addListener({
      mask: 0x7fff,
      notify: (_class, name, key, db) =>
        void events.push(`${name} ${key.toByteString()}@${db.index}`),
    });
    setting.server.raw('SET', 'key', 'v');
    setting.server.takeEffects();
    events.length = 0;
    instance.executor.unit(() => void setting.evictor.evictOne(), false);
    expect(setting.server.takeEffects()).toEqual([['DEL', 'key']]);
    expect(events).toEqual(['evicted key@0']);
    expect(instance.keyspace.stats.evicted).toBe(1);
  });

  test('is unlinked with lazyfree-lazy-eviction', () => {
    const setting = evicting('allkeys-random');
    setting.server.instance.config.set([['lazyfree-lazy-eviction', 'yes']], {
      isLocal: true,
      isLoading: false,
    });
    setting.server.raw('SET', 'key', 'v');
    setting.server.takeEffects();
    setting.server.instance.executor.unit(() => void setting.evictor.evictOne(), false);
    expect(setting.server.takeEffects()).toEqual([['UNLINK', 'key']]);
  });

  test('breaks transactions that watch it', () => {
    const setting = evicting('allkeys-random');
    setting.server.raw('SET', 'key', 'v');
    setting.server.raw('WATCH', 'key');
    setting.evictor.evictOne();
    setting.server.raw('MULTI');
    expect(setting.server.raw('EXEC')).toBe('*-1\r\n');
  });
});

test('what was remembered of a key that no longer expires is not used', () => {
  const setting = evicting('volatile-ttl');
  for (const key of ['a', 'b', 'c']) setting.server.raw('SET', key, 'v', 'EX', 100);
  setting.evictor.evictOne();
  for (const key of ['a', 'b', 'c']) setting.server.raw('PERSIST', key);
  expect(setting.evictor.evictOne()).toBe(false);
  expect(setting.keys()).toHaveLength(2);
});
