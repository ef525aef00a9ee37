// What a handler is given: one command of one client, and the means to carry it out.

import type { Database } from '../keyspace/database.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import { TYPE_STRING } from '../keyspace/record.ts';
import type { Ref } from '../keyspace/records.ts';
import { Argv } from '../lib/argv.ts';
import type { ByteString } from '../lib/bytes.ts';
import type { ServiceKey } from '../lib/services.ts';
import type { Slice } from '../lib/slice.ts';
import type { ReplySink } from '../resp/sink.ts';
import type { Value, ValueType } from '../values/ledger.ts';
import type { BlockRequest } from './blocking.ts';
import type { Executor } from './call.ts';
import type { Client } from './client.ts';
import { WRONG_TYPE } from './errors.ts';
import type { CommandEntry } from './spec.ts';

/** How the command being run reaches the AOF and replicas. */
export type PropagateAs = 'itself' | 'nothing' | Argv;

/** Reused from command to command; handlers must not keep it. */
export class Context {
  readonly executor: Executor;
  readonly keyspace: Keyspace;
  client: Client;
  db: Database;
  /** `argv.at(0)` is the command, of a subcommand `argv.at(1)` its own name. */
  argv: Argv;
  reply: ReplySink;
  entry: CommandEntry;
  /** What to propagate if the command changes anything; set by `rewrite` and friends. */
  propagateAs: PropagateAs = 'itself';
  /** Propagate even if nothing changed. */
  forcesPropagation = false;
  /** The client may not be blocked: MULTI, scripts, module calls. */
  deniesBlocking = false;
  /** EXEC runs the command. */
  isInTransaction = false;
  /** The command runs again because a key it waits for may be ready. */
  isRetry = false;
  /** Set by `block`: there is no reply yet. */
  isBlocked = false;

  constructor(executor: Executor, client: Client, entry: CommandEntry) {
    this.executor = executor;
    this.keyspace = executor.keyspace;
    this.client = client;
    this.db = client.db;
    this.argv = EMPTY_ARGV;
    this.reply = client.writer;
    this.entry = entry;
  }

  get argc(): number {
    return this.argv.length;
  }

  /** Argument `index` as a view, valid until the command returns. */
  arg(index: number): Slice {
    return this.argv.at(index);
  }

  /** Argument `index` as a string that may be kept, for words that come again: field names. */
  word(index: number): ByteString {
    const { buffer, start, end } = this.argv.at(index);
    return this.executor.words.get(buffer, start, end);
  }

  /** Hides an argument from MONITOR and the slow log; the handler has read it. */
  redact(index: number): void {
    this.argv.at(index).set(REDACTED, 0, REDACTED.length);
  }

  /** Unix milliseconds, the same during the whole command. */
  get nowMs(): number {
    return this.keyspace.nowMs;
  }

  service<T>(key: ServiceKey<T>): T {
    return this.executor.services.get(key);
  }

  // ---- keys -------------------------------------------------------------------------------

  lookupRead(key: Slice): Ref {
    return this.keyspace.lookupRead(this.db, key);
  }

  lookupWrite(key: Slice): Ref {
    return this.keyspace.lookupWrite(this.db, key);
  }

  /** The record of a string for reading; 0: no key. Throws WRONG_TYPE. */
  readString(key: Slice): Ref {
    return this.#asString(this.keyspace.lookupRead(this.db, key));
  }

  writeString(key: Slice): Ref {
    return this.#asString(this.keyspace.lookupWrite(this.db, key));
  }

  #asString(ref: Ref): Ref {
    if (ref !== 0 && this.db.typeOf(ref) !== TYPE_STRING) throw WRONG_TYPE;
    return ref;
  }

  /** The value of type `type` at `key` for reading; null: no key. Throws WRONG_TYPE. */
  readValue<V extends Value>(key: Slice, type: ValueType): V | null {
    return this.valueAt<V>(this.keyspace.lookupRead(this.db, key), type);
  }

  /** The same for changing it. */
  writeValue<V extends Value>(key: Slice, type: ValueType): V | null {
    return this.valueAt<V>(this.keyspace.lookupWrite(this.db, key), type);
  }

  valueAt<V extends Value>(ref: Ref, type: ValueType): V | null {
    if (ref === 0) return null;
    if (!this.db.isComplex(ref)) throw WRONG_TYPE;
    const value = this.db.valueOf(ref);
    if (value.type !== type) throw WRONG_TYPE;
    return value as V; // each ValueType has one class
  }

  /** The key's value changed: WATCH, change counter, and the event that tells how. */
  changed(key: Slice, eventClass: number, event: string): void {
    this.keyspace.changedBy(this.db, key, eventClass, event);
  }

  /** Deletes a collection that the command has emptied, with its `del` event. */
  removeEmptied(key: Slice): void {
    const ref = this.keyspace.peek(this.db, key);
    this.keyspace.remove(this.db, ref, key);
    this.keyspace.notifyDeleted(this.db, key);
    this.keyspace.dirty--; // the change that emptied it has been counted
  }

  // ---- propagation ------------------------------------------------------------------------

  /** Propagate these words in the command's stead; slices are arguments of the command. */
  rewrite(...words: (string | Slice)[]): void {
    if (!this.executor.propagation.isActive) return;
    const argv = new Argv();
    for (const word of words) {
      if (typeof word === 'string')
        argv.pushBytes(word as ByteString); // or ASCII, the same bytes
      else argv.push(word.buffer, word.start, word.end);
    }
    this.propagateAs = argv;
  }

  /** Propagate nothing for the command itself; `alsoPropagate` still counts. */
  preventPropagation(): void {
    this.propagateAs = 'nothing';
  }

  /** One more effect, before the command's own. */
  alsoPropagate(words: readonly string[], db: Database = this.db): void {
    this.executor.propagation.add(db.index, Argv.of(...words));
  }

  /** True when the command comes from the AOF or a primary and must be taken as it is. */
  get isReplayed(): boolean {
    return this.executor.isLoading;
  }

  // ---- blocking ---------------------------------------------------------------------------

  /**
   * Leaves the client waiting for keys; the command runs again when one may be ready. The caller
   * has replied nothing and returns at once. Only if `canBlock`.
   */
  block(request: BlockRequest): void {
    this.isBlocked = true;
    this.executor.blocking.blockOnKeys(this, request);
  }

  get canBlock(): boolean {
    return !this.deniesBlocking;
  }

  /** All arguments from `from` on as bytes that may be kept. */
  rest(from: number): ByteString[] {
    return this.argv.toByteStrings(from);
  }
}

const EMPTY_ARGV = new Argv();
const REDACTED = Buffer.from('(redacted)');
