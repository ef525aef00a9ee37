import { expect, test } from 'vitest';
import { DEFAULT_ENCODING_LIMITS as limits } from '../../host/values/limits.ts';
import { hasRedis, startOracle } from '../lib/redis-oracle.ts';

test.skipIf(!hasRedis)('defaults are those of redis-server', async () => {
  const redis = await startOracle();
  try {
    const directives = {
      'hash-max-listpack-entries': limits.hashMaxListpackEntries,
      'hash-max-listpack-value': limits.hashMaxListpackValue,
      'set-max-intset-entries': limits.setMaxIntsetEntries,
      'zset-max-listpack-entries': limits.zsetMaxListpackEntries,
      'zset-max-listpack-value': limits.zsetMaxListpackValue,
      'list-max-listpack-size': limits.listMaxListpackSize,
      'list-compress-depth': limits.listCompressDepth,
    };
    for (const [name, value] of Object.entries(directives)) {
      expect(await redis.call('CONFIG', 'GET', name)).toEqual([name, `${value}`]);
    }
  } finally {
    await redis.close();
  }
});

test('sets, whose listpacks are new in 7.2, have the defaults of its redis.conf', () => {
  expect([limits.setMaxListpackEntries, limits.setMaxListpackValue]).toEqual([128, 64]);
});
