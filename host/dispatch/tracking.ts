// Client-side caching: remembers which keys a client has read (or the prefixes it wants to hear
// of) and tells it when they change. Database numbers play no part, as in Redis.

import type { Keyspace } from '../keyspace/keyspace.ts';
import type { ByteString } from '../lib/bytes.ts';
import { formatDouble } from '../lib/number.ts';
import { ServiceKey } from '../lib/services.ts';
import type { Slice } from '../lib/slice.ts';
import { RespWriter } from '../resp/writer.ts';
import type { CallObserver, Executor } from './call.ts';
import type { Client, ClientTracking } from './client.ts';
import type { Clients } from './clients.ts';
import { COMMAND_FLAG } from './command-flags.ts';
import type { Context } from './context.ts';
import { keysOf } from './keys-of.ts';

export const TRACKING = new ServiceKey<Tracking>('tracking');

/** RESP2 clients that redirect get messages of this channel. */
const CHANNEL = '__redis__:invalidate';

export interface TrackingOptions {
  readonly isBroadcast: boolean;
  readonly isOptIn: boolean;
  readonly isOptOut: boolean;
  /** No messages about the client's own changes. */
  readonly isNoLoop: boolean;
  /** 0: none. */
  readonly redirectId: number;
}

/** How one client tracks. */
export class TrackingState implements ClientTracking {
  readonly prefixes: Set<ByteString>;
  isBroadcast = false;
  isOptIn = false;
  isOptOut = false;
  isNoLoop = false;
  redirectId = 0;
  isRedirectBroken = false;
  /** CLIENT CACHING has been called for the next command. */
  isCachingGiven = false;

  constructor(prefixes: Iterable<ByteString> = []) {
    this.prefixes = new Set(prefixes);
  }
}

interface Prefix {
  readonly clients: Set<Client>;
  /** Keys changed by the present command, and by whom. */
  readonly changed: Map<ByteString, Client | null>;
}

export class Tracking implements CallObserver {
  /** Keys remembered at most; above, clients are told that the oldest changed. */
  maxKeys = 1_000_000;
  readonly #executor: Executor;
  readonly #keyspace: Keyspace;
  readonly #clients: Clients;
  readonly #states = new Map<Client, TrackingState>();
  /** Ids of the clients that may have a key in their cache. */
  readonly #readers = new Map<ByteString, Set<number>>();
  readonly #prefixes = new Map<ByteString, Prefix>();
  #itemCount = 0;
  #isBroadcastDue = false;
  #isFlushDue = false;
  #encoder: RespWriter | null = null;

  constructor(executor: Executor, clients: Clients) {
    this.#executor = executor;
    this.#keyspace = executor.keyspace;
    this.#clients = clients;
  }

  /** Nobody tracks: the usual case, tested before any key is copied. */
  get isIdle(): boolean {
    return this.#states.size === 0;
  }

  get clientCount(): number {
    return this.#states.size;
  }

  get keyCount(): number {
    return this.#readers.size;
  }

  /** Pairs of key and client. */
  get itemCount(): number {
    return this.#itemCount;
  }

  get prefixCount(): number {
    return this.#prefixes.size;
  }

  stateOf(client: Client): TrackingState | null {
    return this.#states.get(client) ?? null;
  }

  /** Turns tracking on, or changes how; prefixes are added to those that are there. */
  enable(client: Client, options: TrackingOptions, prefixes: readonly ByteString[]): void {
    let state = this.#states.get(client);
    if (state === undefined) {
      state = new TrackingState();
      this.#states.set(client, state);
      client.tracking = state;
      this.#executor.addObserver(this);
    }
    Object.assign(state, options, { isRedirectBroken: false });
    if (!options.isBroadcast) return;
    const added = prefixes.length > 0 ? prefixes : ['' as ByteString];
    for (const prefix of added) this.#addPrefix(client, state, prefix);
  }

  #addPrefix(client: Client, state: TrackingState, prefix: ByteString): void {
    state.prefixes.add(prefix);
    const known = this.#prefixes.get(prefix);
    if (known === undefined) {
      this.#prefixes.set(prefix, { clients: new Set([client]), changed: new Map() });
    } else {
      known.clients.add(client);
    }
  }

  /** The client does not track any more, or has gone. Its keys are forgotten as they change. */
  disable(client: Client): void {
    const state = this.#states.get(client);
    if (state === undefined) return;
    this.#states.delete(client);
    client.tracking = null;
    for (const prefix of state.prefixes) {
      const entry = this.#prefixes.get(prefix);
      entry?.clients.delete(client);
      if (entry?.clients.size === 0) this.#prefixes.delete(prefix);
    }
    if (!this.isIdle) return;
    this.#executor.removeObserver(this);
    this.#forgetReaders();
  }

  /** Remembers what a reader has read for the client whose command led to it. */
  commandEnded(context: Context, outermost: Client): void {
    const state = this.#states.get(outermost);
    if (state === undefined) return;
    const { entry } = context;
    if (entry.has(COMMAND_FLAG.readonly) && !entry.has(COMMAND_FLAG.pubsub)) {
      if (!state.isBroadcast && mayCache(state)) this.#remember(context, outermost);
    }
    const isNext = context.client === outermost && outermost.transaction === null;
    if (this.#executor.depth === 0 && isNext && entry.parent?.name !== 'client') {
      state.isCachingGiven = false;
    }
  }

  #remember(context: Context, client: Client): void {
    for (const { position } of keysOf(context.entry, context.argv) ?? []) {
      const key = context.argv.at(position).toByteString();
      let readers = this.#readers.get(key);
      if (readers === undefined) {
        readers = new Set();
        this.#readers.set(key, readers);
      }
      if (readers.has(client.id)) continue;
      readers.add(client.id);
      this.#itemCount++;
    }
    while (this.#readers.size > this.maxKeys) {
      const [oldest] = this.#readers.keys();
      this.#invalidateReaders(oldest as ByteString, null); // the table is not empty
    }
  }

  /** A key changed. What a command that is rolled back did is never told. */
  changed(key: Slice): void {
    const name = key.toByteString();
    const by = this.#executor.currentClient;
    this.#keyspace.journal.whenCommitted(() => {
      this.#noteForPrefixes(name, by);
      this.#invalidateReaders(name, by);
    });
  }

  /** All keys of a database are going away: whatever is cached is void. */
  flushed(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    this.#keyspace.journal.whenCommitted(() => {
      this.#forgetReaders();
      this.#executor.afterCommand(() => {
        this.#isFlushDue = false;
        for (const [client, state] of this.#states) this.#send(client, state, null);
      });
    });
  }

  #forgetReaders(): void {
    this.#readers.clear();
    this.#itemCount = 0;
  }

  #invalidateReaders(key: ByteString, by: Client | null): void {
    const readers = this.#readers.get(key);
    if (readers === undefined) return;
    this.#readers.delete(key);
    this.#itemCount -= readers.size;
    for (const id of readers) {
      const client = this.#clients.get(id);
      const state = client && this.#states.get(client);
      if (client === undefined || state === undefined || state.isBroadcast) continue;
      if (!(state.isNoLoop && client === by)) this.#send(client, state, [key]);
    }
  }

  #noteForPrefixes(key: ByteString, by: Client | null): void {
    let isNoted = false;
    for (const [prefix, { changed }] of this.#prefixes) {
      if (!key.startsWith(prefix)) continue;
      changed.set(key, by);
      isNoted = true;
    }
    if (!isNoted || this.#isBroadcastDue) return;
    this.#isBroadcastDue = true;
    this.#executor.afterCommand(() => this.#broadcast());
  }

  /** One message a prefix and client, with all keys that a command changed. */
  #broadcast(): void {
    this.#isBroadcastDue = false;
    for (const { clients, changed } of this.#prefixes.values()) {
      if (changed.size === 0) continue;
      const keys = [...changed.keys()].sort();
      for (const client of clients) {
        const state = this.#states.get(client);
        if (state === undefined) continue;
        const told = state.isNoLoop ? keys.filter((key) => changed.get(key) !== client) : keys;
        if (told.length > 0) this.#send(client, state, told);
      }
      changed.clear();
    }
  }

  /** @param keys null: all */
  #send(client: Client, state: TrackingState, keys: readonly ByteString[] | null): void {
    if (state.redirectId === 0) {
      if (client.writer.protocol === 3) this.#sendInvalidation(client, keys);
      return; // RESP2 has no messages besides replies
    }
    const target = this.#clients.get(state.redirectId);
    if (target === undefined) {
      state.isRedirectBroken = true;
      if (client.writer.protocol === 3) this.#sendBroken(client, state.redirectId);
    } else if (target.writer.protocol === 3 || target.subscriptionCount > 0) {
      this.#sendInvalidation(target, keys);
    }
  }

  #sendInvalidation(client: Client, keys: readonly ByteString[] | null): void {
    const out = this.#begin(client);
    if (out.protocol === 3) {
      out.push(2);
      out.bulk('invalidate');
    } else {
      out.push(3);
      out.bulk('message');
      out.bulk(CHANNEL);
    }
    if (keys === null) {
      out.null();
    } else {
      out.array(keys.length);
      for (const key of keys) out.bulk(key);
    }
    this.#finish(client, out);
  }

  #sendBroken(client: Client, redirectId: number): void {
    const out = this.#begin(client);
    out.push(2);
    out.bulk('tracking-redir-broken');
    out.integer(redirectId);
    this.#finish(client, out);
  }

  #begin(client: Client): RespWriter {
    this.#encoder ??= new RespWriter(formatDouble);
    this.#encoder.clear();
    this.#encoder.protocol = client.writer.protocol;
    return this.#encoder;
  }

  #finish(client: Client, out: RespWriter): void {
    this.#executor.sendPush(client, Buffer.from(out.buffer.subarray(0, out.length)));
  }
}

function mayCache(state: TrackingState): boolean {
  if (state.isOptIn) return state.isCachingGiven;
  return !(state.isOptOut && state.isCachingGiven);
}
