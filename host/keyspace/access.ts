// When and how often a key was used, as dumps tell it.

import type { Database } from './database.ts';
import type { Keyspace } from './keyspace.ts';
import type { Ref } from './records.ts';

const LRU_MASK = 0xffffff;
const LFU_MINUTES_MASK = 0xffff;

/**
 * Marks a record as used so many seconds ago, or so often (0 to 255); -1: not known. What the
 * eviction policy in force has no use for is left aside.
 */
export function markAccess(
  keyspace: Keyspace,
  db: Database,
  ref: Ref,
  idleSeconds: number,
  frequency: number,
): void {
  if (keyspace.accessPolicy !== null) {
    if (frequency < 0) return;
    const minutes = Math.floor(keyspace.nowMs / 60_000) & LFU_MINUTES_MASK;
    db.setLru(ref, (minutes << 8) | frequency);
  } else if (idleSeconds >= 0) {
    const seconds = Math.floor(keyspace.nowMs / 1000);
    db.setLru(ref, (seconds - Math.min(idleSeconds, LRU_MASK)) & LRU_MASK);
  }
}
