// ABI area "evict": when and how often a key was used.

import type { AreaImports } from '../../../abi/index.ts';
import { ERR, OK } from '../../../abi/kinds.ts';
import { markAccess } from '../../keyspace/access.ts';
import type { ModuleInstance } from '../instance.ts';
import { openKey } from '../keys.ts';

const LRU_MASK = 0xffffff;
const FREQUENCY_MAX = 255n;

export function evict(m: ModuleInstance): AreaImports<'evict'> {
  const { keyspace } = m.executor;
  const idleMs = (lru: number): bigint => {
    const seconds = Math.floor(keyspace.nowMs / 1000);
    return BigInt(((seconds - lru) & LRU_MASK) * 1000);
  };
  return {
    RedisModule_SetLRU: (handle, idle) => {
      const key = openKey(m, handle);
      if (key.ref === 0 || idle < 0n || keyspace.accessPolicy !== null) return ERR;
      markAccess(keyspace, key.db, key.ref, Number(idle / 1000n), -1);
      return OK;
    },
    RedisModule_GetLRU: (handle, out) => {
      const key = openKey(m, handle);
      if (key.ref === 0) return ERR;
      const value = keyspace.accessPolicy === null ? idleMs(key.db.lruOf(key.ref)) : -1n;
      m.memory.writeU64(out, value, 'lru_idle');
      return OK;
    },
    RedisModule_SetLFU: (handle, frequency) => {
      const key = openKey(m, handle);
      if (key.ref === 0 || frequency < 0n || frequency > FREQUENCY_MAX) return ERR;
      if (keyspace.accessPolicy === null) return ERR;
      markAccess(keyspace, key.db, key.ref, -1, Number(frequency));
      return OK;
    },
    RedisModule_GetLFU: (handle, out) => {
      const key = openKey(m, handle);
      if (key.ref === 0) return ERR;
      const policy = keyspace.accessPolicy;
      const value = policy === null ? -1 : policy.frequencyOf(key.db, key.ref);
      m.memory.writeU64(out, BigInt(value), 'lfu_freq');
      return OK;
    },
  };
}
