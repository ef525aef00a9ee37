// Active expiry: looks for keys whose time has come among those that have one, so that memory
// comes back even if nobody asks for them.

import type { Random } from '../lib/random.ts';
import type { Database } from './database.ts';
import type { Keyspace } from './keyspace.ts';

/** Keys looked at before deciding whether a database is worth more time. */
const SAMPLE = 20;
/** A database with at most this share of expired keys in the sample is left alone. */
const ACCEPTED_SHARE = 0.1;

/**
 * Spends up to `budgetMs` deleting expired keys; returns true when it ran out of time with many
 * left, so that the caller comes back soon. Algorithm: random sampling, as expire.c.
 */
export function activeExpireCycle(
  keyspace: Keyspace,
  random: Random,
  monotonicMs: () => number,
  budgetMs: number,
): boolean {
  if (!keyspace.deletesExpired || keyspace.isExpiryPaused) return false;
  if (!keyspace.expiresActively) return false;
  const endMs = monotonicMs() + budgetMs;
  for (const db of keyspace.usedDatabases()) {
    while (expireSample(keyspace, db, random) > SAMPLE * ACCEPTED_SHARE) {
      if (monotonicMs() > endMs) return true;
    }
  }
  return false;
}

/** Deletes the expired ones among a sample; returns how many there were. */
function expireSample(keyspace: Keyspace, db: Database, random: Random): number {
  const looks = Math.min(SAMPLE, db.expiresSize);
  let expired = 0;
  for (let i = 0; i < looks && db.expiresSize > 0; i++) {
    const ref = db.randomExpiring((bound) => random.below(bound));
    if (!keyspace.isExpired(db, ref)) continue;
    keyspace.expireNow(db, ref);
    expired++;
  }
  return expired;
}
