// Clients that wait: for keys (BLPOP and friends, modules), or for something that ends by itself
// (a module's UnblockClient, compilation). A waiting client reads no further commands.

import type { Database } from '../keyspace/database.ts';
import { TYPE_LIST, TYPE_MODULE, TYPE_STREAM, TYPE_ZSET } from '../keyspace/record.ts';
import type { Argv } from '../lib/argv.ts';
import type { ByteString } from '../lib/bytes.ts';
import type { CancelTimer } from '../lib/scheduler.ts';
import { Slice } from '../lib/slice.ts';
import { ACCESS } from './access-control.ts';
import type { Executor } from './call.ts';
import type { Blocked, Client } from './client.ts';
import type { Context } from './context.ts';
import type { CommandEntry } from './spec.ts';

/** What BLPOP and friends wait for. */
export interface BlockRequest {
  readonly keys: readonly ByteString[];
  /** Record type (record.ts) a key must have for the command to be tried again. */
  readonly type: number | 'any';
  /** Try again also when the key was deleted, or holds something else: XREADGROUP, modules. */
  readonly wakesOnDelete?: boolean;
  /**
   * Tries to serve the client once `key` may be ready: true when it has its reply. Left out: the
   * command runs again.
   */
  readonly serve?: (key: ByteString) => boolean;
  /** The wait ended without an answer: the client has gone, or was unblocked with an error. */
  readonly onCancel?: () => void;
  /** 0: for ever. */
  readonly timeoutMs: number;
  /** Writes the reply of a wait in vain. */
  readonly onTimeout: (client: Client) => void;
}

interface KeyWaiter extends Blocked {
  readonly client: Client;
  readonly db: Database;
  readonly request: BlockRequest;
  readonly entry: CommandEntry;
  readonly argv: Argv;
  stopTimer: CancelTimer | null;
}

/** What a client can wait for: the end of anything else tells nobody. */
const WAITED_FOR = new Set([TYPE_LIST, TYPE_ZSET, TYPE_STREAM, TYPE_MODULE]);
const TYPE_NONE = 0;
/** One waiter may make the next one's key ready; without end only by a module's reply callback. */
const SERVE_ROUNDS_MAX = 10_000;

export class Blocking {
  readonly #executor: Executor;
  /** Waiters by database and key, first come first served. */
  readonly #waiters = new Map<Database, Map<ByteString, Set<KeyWaiter>>>();
  readonly #readyKeys = new Map<Database, Set<ByteString>>();
  #blockedCount = 0;
  #isServing = false;

  constructor(executor: Executor) {
    this.#executor = executor;
  }

  /** Clients blocked now: INFO blocked_clients. */
  get blockedCount(): number {
    return this.#blockedCount;
  }

  /** Keys somebody waits for. */
  get watchedKeyCount(): number {
    let count = 0;
    for (const keys of this.#waiters.values()) count += keys.size;
    return count;
  }

  get hasReadyKeys(): boolean {
    return this.#readyKeys.size > 0;
  }

  /** The context's client waits for keys; its command is kept and run again. */
  blockOnKeys(context: Context, request: BlockRequest): void {
    if (context.isRetry) return; // it keeps its place in the queues
    const { client, entry, db } = context;
    const waiter: KeyWaiter = {
      kind: 'keys',
      client,
      db,
      request,
      entry,
      argv: context.argv.clone(),
      stopTimer: null,
      timeOut: () => this.#answer(waiter, () => request.onTimeout(client)),
      cancel: () => {
        this.#forget(waiter);
        request.onCancel?.();
      },
    };
    if (request.timeoutMs > 0) {
      waiter.stopTimer = this.#executor.scheduler.after(request.timeoutMs, waiter.timeOut);
    }
    for (const key of new Set(request.keys)) this.#queue(db, key).add(waiter);
    this.suspend(client, waiter);
  }

  /** Stops reading commands of a client until `release`. */
  suspend(client: Client, blocked: Blocked): void {
    client.blocked = blocked;
    this.#blockedCount++;
    client.transport?.pause();
  }

  /** The client has its reply: it may read on. */
  release(client: Client): void {
    const { blocked, lastCommand } = client;
    if (blocked === null) return;
    // What was paused has not run yet; all else is counted as a call now that it has ended.
    if (blocked.kind !== 'pause' && lastCommand !== null) {
      this.#executor.stats.note(lastCommand.number, 0, false);
    }
    // A module may answer a client that waits for keys before any of them is ready.
    if (isKeyWaiter(blocked)) this.#forget(blocked);
    this.#resume(client);
  }

  /** Ends a wait before `next`, which answers the client or makes it wait for something else. */
  handOver(client: Client, next: () => void): void {
    const { lastCommand } = client;
    client.blocked = null;
    this.#blockedCount--;
    next();
    if (client.blocked !== null) return;
    if (lastCommand !== null) this.#executor.stats.note(lastCommand.number, 0, false);
    client.flush();
    client.transport?.resume();
  }

  #resume(client: Client): void {
    client.blocked = null;
    this.#blockedCount--;
    client.flush();
    client.transport?.resume();
  }

  /** Called by the keyspace when a value has come to a key. */
  keyBecameReady(db: Database, key: Slice): void {
    const keys = this.#waiters.get(db);
    if (keys === undefined) return;
    const bytes = key.toByteString();
    if (!keys.has(bytes)) return;
    let ready = this.#readyKeys.get(db);
    if (ready === undefined) {
      ready = new Set();
      this.#readyKeys.set(db, ready);
    }
    ready.add(bytes);
  }

  /**
   * Called by the keyspace when a key loses a value that is no string: those who wait for that,
   * too, may go on.
   *
   * @param type of the record that was there
   */
  keyLostValue(db: Database, key: Slice, type: number): void {
    if (!WAITED_FOR.has(type)) return;
    const queue = this.#waiters.get(db)?.get(key.toByteString()) ?? [];
    for (const { request } of queue) {
      if (!request.wakesOnDelete) continue;
      this.keyBecameReady(db, key);
      return;
    }
  }

  /** `db` is about to lose all its keys, or to get those of another. */
  willReplaceContents(db: Database, replacement: Database | null): void {
    const keys = this.#waiters.get(db);
    if (keys === undefined) return;
    for (const key of keys.keys()) {
      const slice = Slice.of(key);
      const before = typeAt(db, slice);
      const after = replacement === null ? TYPE_NONE : typeAt(replacement, slice);
      if (before !== after) this.keyLostValue(db, slice, before);
    }
  }

  /** A database has got other contents: the waiters of keys that are there may go on. */
  databaseBecameReady(db: Database): void {
    const keys = this.#waiters.get(db);
    if (keys === undefined) return;
    for (const key of keys.keys()) {
      const slice = Slice.of(key);
      if (db.find(slice) !== 0) this.keyBecameReady(db, slice);
    }
  }

  /** Lets waiters of ready keys try again; what they do may make further keys ready. */
  serveReadyKeys(): void {
    // Each served client's command ends here too; the keys it made ready wait for their turn, so
    // that nobody overtakes those who wait for the first key.
    if (this.#isServing) return;
    this.#isServing = true;
    try {
      for (let round = 0; this.#readyKeys.size > 0 && round < SERVE_ROUNDS_MAX; round++) {
        const ready = [...this.#readyKeys];
        this.#readyKeys.clear();
        for (const [db, keys] of ready) for (const key of keys) this.#serve(db, key);
      }
    } finally {
      this.#isServing = false;
    }
  }

  #serve(db: Database, key: ByteString): void {
    const queue = this.#waiters.get(db)?.get(key);
    if (queue === undefined) return;
    const slice = Slice.of(key);
    for (const waiter of [...queue]) {
      const ref = this.#executor.keyspace.peek(db, slice);
      const { type, wakesOnDelete } = waiter.request;
      if (waiter.client.blocked !== waiter) continue;
      const isRight = ref !== 0 && (type === 'any' || db.typeOf(ref) === type);
      if (isRight || wakesOnDelete) this.#retry(waiter, key);
    }
  }

  #retry(waiter: KeyWaiter, key: ByteString): void {
    const { client, entry, argv, request } = waiter;
    if (request.serve !== undefined) {
      if (!request.serve(key)) return;
      this.#forget(waiter);
      this.release(client);
      return;
    }
    const mark = client.writer.mark();
    if (!this.#isRefused(waiter)) {
      this.#executor.call(client, entry, argv, client.writer, { isRetry: true });
    }
    if (client.writer.mark() === mark) return; // still nothing for it
    if (client.replyMode !== 'on') client.writer.rewind(mark);
    this.#forget(waiter);
    this.#resume(client);
  }

  /** Its user may have lost the permission while it waited: then the error is the answer. */
  #isRefused({ client, entry, argv }: KeyWaiter): boolean {
    if (client.user === null || client.user.isUnrestricted) return false;
    const { services, stats } = this.#executor;
    const refusal = services.get(ACCESS).refusal(client, entry, argv);
    if (refusal === null) return false;
    stats.noteRejected(entry.number);
    stats.noteError(refusal.message);
    client.writer.error(refusal.message);
    return true;
  }

  #answer(waiter: KeyWaiter, write: () => void): void {
    if (waiter.client.blocked !== waiter) return;
    this.#forget(waiter);
    const mark = waiter.client.writer.mark();
    write();
    if (waiter.client.replyMode !== 'on') waiter.client.writer.rewind(mark);
    this.release(waiter.client);
  }

  #forget(waiter: KeyWaiter): void {
    waiter.stopTimer?.();
    const keys = this.#waiters.get(waiter.db);
    if (keys === undefined) return;
    for (const key of waiter.request.keys) {
      const queue = keys.get(key);
      queue?.delete(waiter);
      if (queue?.size === 0) keys.delete(key);
    }
    if (keys.size === 0) this.#waiters.delete(waiter.db);
  }

  #queue(db: Database, key: ByteString): Set<KeyWaiter> {
    let keys = this.#waiters.get(db);
    if (keys === undefined) {
      keys = new Map();
      this.#waiters.set(db, keys);
    }
    let queue = keys.get(key);
    if (queue === undefined) {
      queue = new Set();
      keys.set(key, queue);
    }
    return queue;
  }

  /** The client went away while it waited. */
  drop(client: Client): void {
    const { blocked } = client;
    if (blocked === null) return;
    client.blocked = null;
    this.#blockedCount--;
    blocked.cancel();
  }
}

function typeAt(db: Database, key: Slice): number {
  const ref = db.find(key);
  return ref === 0 ? TYPE_NONE : db.typeOf(ref);
}

/** Nobody else makes that kind. */
function isKeyWaiter(blocked: Blocked): blocked is KeyWaiter {
  return blocked.kind === 'keys';
}
