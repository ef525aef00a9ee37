// RedisModuleCtx: what one call into the guest may do, and in whose name. A context is a 4-byte
// cell in guest memory (its first word is reserved for GetApi); the host finds it by address.

import type { Client } from '../dispatch/client.ts';
import type { Context } from '../dispatch/context.ts';
import type { Database } from '../keyspace/database.ts';
import type { Argv } from '../lib/argv.ts';
import type { ReplyMark, ReplySink } from '../resp/sink.ts';
import type { BlockedClient } from './blocked-client.ts';
import type { ModuleUser } from './module-user.ts';

/** Why the guest runs. */
export type ContextPurpose =
  | 'command'
  | 'load'
  | 'unload'
  | 'event'
  | 'timer'
  | 'reply'
  | 'timeout'
  | 'free'
  | 'io'
  | 'keys'
  | 'info'
  | 'job'
  | 'config'
  | 'thread'
  | 'auth';

export class ModuleContext {
  /** Address of the cell. */
  readonly ptr: number;
  /** False while no call uses the cell. */
  isLive = false;
  purpose: ContextPurpose = 'command';
  /** In whose name commands are called; null where there is nobody. */
  client: Client | null = null;
  db: Database | null = null;
  /** The server's context of the command being run, if it is one. */
  command: Context | null = null;
  /** The words of that command, from before the module hid some of them. */
  #unredacted: Argv | null = null;
  /** Where replies go; null: they are ignored, as Redis does without a client. */
  reply: ReplySink | null = null;
  /** Strings and replies made with this context are freed when the call ends. */
  hasAutoMemory = false;
  /** Handles that AutoMemory frees when the call ends. */
  readonly autoHandles: number[] = [];
  /** Blocks of PoolAlloc: freed when the call ends. */
  readonly poolBlocks: number[] = [];
  /** The handles of argv: the host's reference to each ends with the call. */
  readonly argvHandles: number[] = [];
  /** Aggregates begun with POSTPONED_LEN, innermost last. */
  readonly postponed: ReplyMark[] = [];
  /** The client this call is about, in blocked-client callbacks. */
  blocked: BlockedClient | null = null;
  /** Set by BlockClient during a command. */
  hasBlocked = false;
  /** Whom calls with the flag C are checked for, in place of the client's user. */
  user: ModuleUser | null = null;
  /** Positions found while the guest answers getkeys-api; null otherwise. */
  foundKeys: { position: number; flags: number }[] | null = null;
  foundChannels: { position: number; flags: number }[] | null = null;

  constructor(ptr: number) {
    this.ptr = ptr;
  }

  /** Makes the cell ready for a call. */
  open(purpose: ContextPurpose, client: Client | null, db: Database | null): void {
    this.isLive = true;
    this.purpose = purpose;
    this.client = client;
    this.db = db;
    this.command = null;
    this.reply = null;
    this.hasAutoMemory = false;
    this.blocked = null;
    this.hasBlocked = false;
    this.user = null;
    this.foundKeys = null;
    this.foundChannels = null;
    this.#unredacted = null;
    if (this.postponed.length > 0) this.postponed.length = 0;
  }

  /** The words of the command being run, which may be propagated; null: there is none. */
  get words(): Argv | null {
    return this.#unredacted ?? this.command?.argv ?? null;
  }

  /** Hides a word of the command from the slow log and MONITOR; false when there is none. */
  redact(position: number): boolean {
    const { command } = this;
    if (command === null || position <= 0 || position >= command.argc) return false;
    this.#unredacted ??= command.argv.clone();
    command.redact(position);
    return true;
  }

  close(): void {
    this.isLive = false;
    this.client = null;
    this.command = null;
    this.reply = null;
    this.blocked = null;
  }
}
