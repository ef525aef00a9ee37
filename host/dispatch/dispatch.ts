// From an argument vector to a command or a refusal: the guards, in Redis's order, each a few
// lines. What a feature must refuse beyond these it registers as a guard of its own.

import type { Argv } from '../lib/argv.ts';
import type { Executor } from './call.ts';
import type { Client } from './client.ts';
import { COMMAND_FLAG } from './command-flags.ts';
import {
  type CommandError,
  LOADING,
  NO_AUTH,
  NOT_ALLOWED_IN_MULTI,
  notAllowedInPubSub,
  OUT_OF_MEMORY,
  unknownCommand,
  unknownSubcommand,
  wrongArity,
} from './errors.ts';
import type { CommandEntry } from './spec.ts';
import type { CommandTable } from './table.ts';
import { queueCommand } from './transaction.ts';

/** Refuses a command by returning the error; asked after the dispatcher's own guards. */
export type Guard = (client: Client, entry: CommandEntry, argv: Argv) => CommandError | null;

/** Sees every command before it is looked up and may replace its words. */
export type Filter = (client: Client, argv: Argv) => Argv;

/** Makes room for a command that may use more memory; false when there is none to be had. */
export type MemoryGate = () => boolean;

export class Dispatcher {
  readonly executor: Executor;
  readonly table: CommandTable;
  readonly #guards: Guard[] = [];
  readonly #filters: Filter[] = [];
  /** Null while there is no limit. */
  memoryGate: MemoryGate | null = null;
  /** Told of each command that is going to run: MONITOR. */
  monitor: ((client: Client, entry: CommandEntry, argv: Argv) => void) | null = null;

  constructor(executor: Executor, table: CommandTable) {
    this.executor = executor;
    this.table = table;
  }

  addGuard(guard: Guard): void {
    this.#guards.push(guard);
  }

  addFilter(filter: Filter): void {
    this.#filters.push(filter);
  }

  removeFilter(filter: Filter): void {
    const index = this.#filters.indexOf(filter);
    if (index >= 0) this.#filters.splice(index, 1);
  }

  /** Carries out one request of a client; the reply is in its writer, or it is blocked. */
  dispatch(client: Client, request: Argv): void {
    const argv = this.#filters.length === 0 ? request : this.#filtered(client, request);
    const replyStart = client.writer.mark();
    const found = this.resolve(argv);
    if (!('number' in found)) {
      this.#reject(client, null, found);
    } else {
      client.lastCommand = found;
      client.commandCount++;
      client.lastActiveMs = this.executor.keyspace.nowMs;
      const refusal = this.#refusal(client, found, argv);
      if (refusal !== null) this.#reject(client, found, refusal);
      else this.#perform(client, found, argv);
    }
    if (client.replyMode !== 'on') applyReplyMode(client, replyStart);
  }

  /** The entry that `argv` names, subcommands included, or the error that says why not. */
  resolve(argv: Argv): CommandEntry | CommandError {
    let entry = this.table.lookup(argv.at(0));
    if (entry === undefined) {
      return unknownCommand(argv.at(0).toByteString(), argv.toByteStrings(1));
    }
    if (entry.subcommands.size > 0 && argv.length > 1) {
      const sub = this.table.lookupSubcommand(entry, argv.at(1));
      if (sub !== undefined) entry = sub;
      else if (entry.handler === null) {
        return unknownSubcommand(argv.at(1).toByteString(), entry.name);
      }
    }
    return entry.accepts(argv.length) ? entry : wrongArity(entry.fullName);
  }

  #filtered(client: Client, request: Argv): Argv {
    let argv = request;
    for (const filter of this.#filters) argv = filter(client, argv);
    return argv;
  }

  #refusal(client: Client, entry: CommandEntry, argv: Argv): CommandError | null {
    if (!client.isAuthenticated && !entry.has(COMMAND_FLAG.no_auth)) return NO_AUTH;
    if (client.transaction !== null && entry.has(COMMAND_FLAG.no_multi)) {
      return NOT_ALLOWED_IN_MULTI;
    }
    for (const guard of this.#guards) {
      const refusal = guard(client, entry, argv);
      if (refusal !== null) return refusal;
    }
    if (this.memoryGate !== null && !this.memoryGate() && this.#needsMemory(client, entry)) {
      return OUT_OF_MEMORY;
    }
    if (client.isInPubSubMode && !PUBSUB_MODE_COMMANDS.has(entry.name)) {
      return notAllowedInPubSub(entry.fullName);
    }
    if (this.executor.isLoading && !entry.has(COMMAND_FLAG.loading)) return LOADING;
    return null;
  }

  /** EXEC counts as what it would run. */
  #needsMemory(client: Client, entry: CommandEntry): boolean {
    if (entry.has(COMMAND_FLAG.denyoom)) return true;
    if (entry.name !== 'exec' || client.transaction === null) return false;
    return client.transaction.queue.some((queued) => queued.entry.has(COMMAND_FLAG.denyoom));
  }

  #reject(client: Client, entry: CommandEntry | null, error: CommandError): void {
    if (client.transaction !== null) client.transaction.isAborted = true;
    if (entry !== null) this.executor.stats.noteRejected(entry.number);
    this.executor.stats.noteError(error.message);
    if (entry?.name === 'exec') abortExec(client, error);
    else client.writer.error(error.message);
  }

  #perform(client: Client, entry: CommandEntry, argv: Argv): void {
    if (client.transaction !== null && !UNQUEUED_COMMANDS.has(entry.name)) {
      queueCommand(client.transaction, entry, argv);
      client.writer.simple('QUEUED');
      return;
    }
    if (this.monitor !== null) this.monitor(client, entry, argv);
    this.executor.call(client, entry, argv, client.writer);
  }
}

/** What runs at once even inside MULTI. */
const UNQUEUED_COMMANDS = new Set(['exec', 'discard', 'multi', 'watch', 'quit', 'reset']);

const PUBSUB_MODE_COMMANDS = new Set([
  'ping',
  'subscribe',
  'ssubscribe',
  'psubscribe',
  'unsubscribe',
  'sunsubscribe',
  'punsubscribe',
  'quit',
  'reset',
]);

/** A refused EXEC discards the transaction and says why. */
function abortExec(client: Client, error: CommandError): void {
  client.transaction = null;
  const text = error.message.replace(/^ERR /, '');
  client.writer.error(`EXECABORT Transaction discarded because of: ${text}`);
}

/** CLIENT REPLY OFF and SKIP: the reply is made and thrown away. */
function applyReplyMode(client: Client, replyStart: number): void {
  if (client.replyMode === 'skip-next') {
    client.replyMode = 'skip-now';
    client.writer.rewind(replyStart); // the reply of CLIENT REPLY SKIP itself
    return;
  }
  client.writer.rewind(replyStart);
  if (client.replyMode === 'skip-now') client.replyMode = 'on';
}
