// WATCH: which clients want to know that a key changed before their EXEC.

import type { Database } from '../keyspace/database.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import type { ByteString } from '../lib/bytes.ts';
import { Slice } from '../lib/slice.ts';
import type { Client } from './client.ts';

interface Watched {
  readonly db: Database;
  readonly key: ByteString;
  /** It was past its time already: being deleted is then no change. */
  readonly wasExpired: boolean;
}

export class Watchers {
  readonly #byKey = new Map<Database, Map<ByteString, Set<Client>>>();
  readonly #byClient = new Map<Client, Watched[]>();

  /** Nobody watches: the usual case, tested before any key is copied. */
  get isEmpty(): boolean {
    return this.#byClient.size === 0;
  }

  /** Clients that watch something. */
  get clientCount(): number {
    return this.#byClient.size;
  }

  /** Keys this client watches. */
  countOf(client: Client): number {
    return this.#byClient.get(client)?.length ?? 0;
  }

  watch(client: Client, db: Database, key: ByteString, keyspace: Keyspace): void {
    const watched = this.#byClient.get(client) ?? [];
    if (watched.some((other) => other.db === db && other.key === key)) return;
    const ref = db.find(Slice.of(key));
    const wasExpired = ref !== 0 && keyspace.isExpired(db, ref);
    watched.push({ db, key, wasExpired });
    this.#byClient.set(client, watched);
    let keys = this.#byKey.get(db);
    if (keys === undefined) {
      keys = new Map();
      this.#byKey.set(db, keys);
    }
    const clients = keys.get(key);
    if (clients === undefined) keys.set(key, new Set([client]));
    else clients.add(client);
  }

  /** UNWATCH, EXEC, DISCARD or the end of the client. */
  unwatchAll(client: Client): void {
    client.isWatchBroken = false;
    const watched = this.#byClient.get(client);
    if (watched === undefined) return;
    this.#byClient.delete(client);
    for (const { db, key } of watched) {
      const keys = this.#byKey.get(db);
      const clients = keys?.get(key);
      clients?.delete(client);
      if (clients?.size === 0) keys?.delete(key);
      if (keys?.size === 0) this.#byKey.delete(db);
    }
  }

  /** A key changed. */
  touch(db: Database, key: Slice): void {
    const keys = this.#byKey.get(db);
    if (keys === undefined) return;
    const bytes = key.toByteString();
    const clients = keys.get(bytes);
    if (clients === undefined) return;
    const isGone = db.find(key) === 0;
    for (const client of clients) {
      const watched = this.#byClient.get(client)?.find((w) => w.db === db && w.key === bytes);
      if (watched?.wasExpired && isGone) continue;
      client.isWatchBroken = true;
    }
  }

  /**
   * A database is about to be emptied or exchanged: its watched keys that exist, there or in
   * `other`, change.
   */
  touchAll(db: Database, other: Database | null = null): void {
    const keys = this.#byKey.get(db);
    if (keys === undefined) return;
    for (const [key, clients] of keys) {
      const slice = Slice.of(key);
      if (db.find(slice) === 0 && (other === null || other.find(slice) === 0)) continue;
      for (const client of clients) client.isWatchBroken = true;
    }
  }

  /** EXEC: true when a watched key changed or has expired since. */
  isBroken(client: Client, keyspace: Keyspace): boolean {
    if (client.isWatchBroken) return true;
    for (const { db, key, wasExpired } of this.#byClient.get(client) ?? []) {
      if (wasExpired) continue;
      const ref = db.find(Slice.of(key));
      if (ref !== 0 && keyspace.isExpired(db, ref)) return true;
    }
    return false;
  }
}
