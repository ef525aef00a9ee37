// RedisModuleBlockedClient: a client that waits for a module to answer it.
//
// It ends in two steps, in either order: the client is answered or goes away, and the module
// hands the object back with UnblockClient or AbortBlock. Only then is its private data freed.

import type { Client } from '../dispatch/client.ts';
import type { Context } from '../dispatch/context.ts';
import type { CommandEntry } from '../dispatch/spec.ts';
import type { Database } from '../keyspace/database.ts';
import { Argv } from '../lib/argv.ts';
import type { ByteString } from '../lib/bytes.ts';
import type { CancelTimer } from '../lib/scheduler.ts';
import type { Callback } from './callbacks.ts';
import type { ModuleContext } from './context.ts';
import type { ModuleInstance } from './instance.ts';
import { KIND_BLOCKED } from './kinds.ts';
import type { ModuleTrap } from './trap.ts';

/** One of them, beside its command line. */
const BLOCKED_BYTES = 512;

export interface BlockedCallbacks {
  readonly reply: Callback | null;
  readonly timeout: Callback | null;
  readonly free: Callback | null;
}

/** What blocks on keys, beyond the callbacks. */
export interface KeyWait {
  readonly keys: readonly ByteString[];
  readonly wakesOnDelete: boolean;
}

export class BlockedClient {
  readonly module: ModuleInstance;
  readonly handle: number;
  /** Null once it has been answered or has gone. */
  client: Client | null;
  readonly db: Database;
  readonly argv: Argv;
  readonly entry: CommandEntry | null;
  readonly callbacks: BlockedCallbacks;
  readonly isOnKeys: boolean;
  /** In place of the reply callback: finds the answer and returns what gives it to the client. */
  answer: ((isAborted: boolean) => () => void) | null = null;
  #give: (() => void) | null = null;
  onDisconnect: Callback | null = null;
  privateData = 0;
  /** The client went away before it was answered. */
  isDisconnected = false;
  /** The module has handed it back; it ends with the present command. */
  isReturned = false;
  /** The key that was ready, while a reply callback runs. */
  readyKey: ByteString | null = null;
  /** A timeout has answered, or nobody is to. */
  #isAnswered = false;
  #isTakenBack = false;
  #stopTimer: CancelTimer | null = null;
  /** What it takes of the module's quota. */
  readonly #costBytes: number;
  #measuredFromMs = -1;
  measuredMs = 0;

  constructor(
    module: ModuleInstance,
    context: ModuleContext,
    callbacks: BlockedCallbacks,
    isOnKeys: boolean,
  ) {
    const { command } = context;
    this.module = module;
    this.client = context.client;
    this.db = context.db ?? module.executor.keyspace.database(0);
    this.#costBytes = BLOCKED_BYTES + (context.words?.copyBytes ?? 0);
    module.quota.charge(this.#costBytes, 'a blocked client');
    this.argv = context.words?.clone() ?? new Argv();
    this.entry = command?.entry ?? null;
    this.callbacks = callbacks;
    this.isOnKeys = isOnKeys;
    this.handle = module.handles.createRetained(KIND_BLOCKED, this);
    module.registry.blockedClients++;
    module.executor.keyspace.journal.note(() => this.#takeBack());
  }

  startMeasuring(nowMs: number): void {
    this.#measuredFromMs = nowMs;
  }

  /** False when no measurement was begun. */
  stopMeasuring(nowMs: number): boolean {
    if (this.#measuredFromMs < 0) return false;
    this.measuredMs += nowMs - this.#measuredFromMs;
    this.#measuredFromMs = -1;
    return true;
  }

  /** Suspends the client of the command under way; refuses inside MULTI and scripts. */
  block(command: Context, timeoutMs: number, keys: KeyWait | null): void {
    const { client } = this;
    if (client === null) return;
    const { blocking } = this.module.executor;
    if (keys !== null) {
      command.block({
        keys: keys.keys,
        type: 'any',
        wakesOnDelete: keys.wakesOnDelete,
        timeoutMs,
        onTimeout: () => this.#timedOut(),
        serve: (key) => this.#serve(key),
        onCancel: () => this.#gone(),
      });
      return;
    }
    if (timeoutMs > 0) {
      const { scheduler } = this.module.executor;
      this.#stopTimer = scheduler.after(timeoutMs, () => this.#timeOut());
    }
    blocking.suspend(client, {
      kind: 'module',
      timeOut: () => this.#timeOut(),
      cancel: () => this.#gone(),
    });
  }

  /** The client may not wait: the command has been answered, the module keeps the object. */
  refuse(): void {
    this.client = null;
  }

  /**
   * The call that blocked the client has trapped: its error is the answer. The private data stays
   * with the guest, which cannot be asked to free it while it is being taken back.
   */
  #takeBack(): void {
    const { client } = this;
    if (this.#isTakenBack) return;
    this.#isTakenBack = true;
    this.#stopTimer?.();
    this.client = null; // so that nothing answers and nobody is told
    if (client?.blocked) {
      this.module.executor.blocking.drop(client);
      client.transport?.resume();
    }
    this.#end();
  }

  /** UnblockClient: answers the client, if it is there, once the present command has ended. */
  unblock(privateData: number): void {
    this.privateData = privateData;
    this.#giveBack();
  }

  /** AbortBlock: no callback answers. */
  abort(): void {
    this.#isAnswered = true;
    this.#giveBack();
  }

  #giveBack(): void {
    if (this.isReturned) return;
    this.isReturned = true;
    this.module.executor.afterCommand(() => {
      if (this.#isTakenBack) return;
      this.#reply();
      this.#release();
      this.#free();
    });
  }

  #reply(): void {
    const { client } = this;
    const { reply } = this.callbacks;
    if (client === null) return;
    if (this.answer !== null) this.#give = this.answer(this.#isAnswered);
    else if (reply !== null && !this.#isAnswered) this.#enter('reply', client, reply);
  }

  /** A waited-for key is ready: true when the reply callback has answered. */
  #serve(key: ByteString): boolean {
    const { client } = this;
    const { reply } = this.callbacks;
    if (client === null || reply === null) return false;
    this.readyKey = key;
    const mark = client.writer.mark();
    const status = this.#enter('reply', client, reply);
    this.readyKey = null;
    if (status !== 0 && client.writer.mark() === mark) return false;
    this.#finishOnKeys();
    return true;
  }

  /** The wait ended by time or by CLIENT UNBLOCK … TIMEOUT. */
  #timeOut(): void {
    this.#timedOut();
    this.#release();
  }

  #timedOut(): void {
    const { client } = this;
    const { timeout } = this.callbacks;
    if (client === null) return;
    this.onDisconnect = null; // it did not disconnect
    this.#isAnswered = true; // the callback may hand the object back
    if (timeout === null) client.writer.null();
    else this.#enter('timeout', client, timeout);
    if (this.isOnKeys) this.#finishOnKeys();
  }

  /** Those blocked on keys are the host's to end. */
  #finishOnKeys(): void {
    this.client = null;
    if (this.isReturned || this.#isTakenBack) return;
    this.isReturned = true;
    this.module.executor.afterCommand(() => this.#free());
  }

  /** The client went away, or was unblocked with an error. */
  #gone(): void {
    const { client, onDisconnect } = this;
    if (client === null) return;
    this.#stopTimer?.();
    this.client = null;
    this.isDisconnected = true;
    if (onDisconnect !== null) {
      this.module.enter(
        { purpose: 'free', client: null, db: this.db },
        (context) => {
          context.blocked = this;
        },
        (context) => onDisconnect(context.ptr, this.handle),
        (trap) => this.module.host.noteTrap(this.module, 'disconnect callback', trap),
      );
    }
    if (this.isOnKeys) this.#finishOnKeys();
  }

  /** Lets the client read on. */
  #release(): void {
    const { client } = this;
    if (client === null) return;
    this.client = null;
    this.#stopTimer?.();
    const { blocking } = this.module.executor;
    if (this.#give === null) blocking.release(client);
    else blocking.handOver(client, this.#give);
  }

  /** Runs a callback that answers the client, as one unit of effects. */
  #enter(purpose: 'reply' | 'timeout', client: Client, callback: Callback): number {
    const { module } = this;
    const mark = client.writer.mark();
    let status: number | null = null;
    module.executor.unit(() => {
      const failed = (trap: ModuleTrap): void => {
        client.writer.rewind(mark);
        const where = `${purpose} callback of ${this.entry?.fullName ?? 'a blocked client'}`;
        client.writer.error(module.host.describeTrap(module, where, trap));
      };
      status = module.enter(
        { purpose, client, db: this.db },
        (context) => {
          context.blocked = this;
          context.reply = client.writer;
        },
        (context) => {
          const argv = module.writeArgv(context, this.argv.slices, this.argv.length);
          return Number(callback(context.ptr, argv, this.argv.length));
        },
        failed,
      );
    });
    return status ?? 0; // a trap has answered too
  }

  #free(): void {
    const { module } = this;
    const { free } = this.callbacks;
    const data = this.privateData;
    if (free !== null && data !== 0) {
      module.enter(
        { purpose: 'free', client: null, db: this.db },
        (context) => {
          context.blocked = this;
        },
        (context) => free(context.ptr, data),
        (trap) => module.host.noteTrap(module, 'free callback of a blocked client', trap),
      );
    }
    this.#end();
  }

  #end(): void {
    const { module } = this;
    module.registry.blockedClients--;
    module.quota.release(this.#costBytes);
    if (module.handles.has(this.handle, KIND_BLOCKED)) {
      module.handles.release(this.handle, KIND_BLOCKED);
    }
  }
}

/** The blocked client behind a handle. */
export function blockedClient(m: ModuleInstance, handle: number, argument = 'bc'): BlockedClient {
  return m.handles.get(handle, KIND_BLOCKED, argument) as BlockedClient; // by its kind
}
