// From an argument vector to a command or a refusal: the guards, in Redis's order, each a few
// lines. What a feature must refuse beyond these it registers as a guard of its own.

import type { Argv } from '../lib/argv.ts';
import { formatDouble } from '../lib/number.ts';
import { RespWriter } from '../resp/writer.ts';
import type { AccessControl } from './access-control.ts';
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
import { discardTransaction, queueCommand, WATCHERS } from './transaction.ts';

/** Refuses a command by returning the error. */
export type Guard = (client: Client, entry: CommandEntry, argv: Argv) => CommandError | null;

/**
 * When a guard is asked. `protection`: before anybody has to log in; `state`: what the server can
 * do at the moment, after what the user may do and the memory limit.
 */
export type GuardStage = 'protection' | 'state';

/** Sees every command before it is looked up and may replace its words. */
export type Filter = (client: Client, argv: Argv) => Argv;

/** Makes room for a command that may use more memory; false when there is none to be had. */
export type MemoryGate = () => boolean;

export class Dispatcher {
  readonly executor: Executor;
  readonly table: CommandTable;
  readonly #guards: Readonly<Record<GuardStage, Guard[]>> = {
    protection: [],
    state: [],
  };
  readonly #filters: Filter[] = [];
  /** Null while there is no limit. */
  memoryGate: MemoryGate | null = null;
  /** Keeps a command for later and returns true: CLIENT PAUSE. Null while nothing is paused. */
  postpone: ((client: Client, entry: CommandEntry, argv: Argv) => boolean) | null = null;
  /** Null: everybody may do everything. */
  access: AccessControl | null = null;
  #silent: RespWriter | null = null;

  constructor(executor: Executor, table: CommandTable) {
    this.executor = executor;
    this.table = table;
  }

  /** Guards of a stage are asked in the order of the calls. */
  addGuard(guard: Guard, stage: GuardStage = 'state'): void {
    this.#guards[stage].push(guard);
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
    this.resume(client, this.#filters.length === 0 ? request : this.#filtered(client, request));
  }

  /** Carries out a command that has passed the filters: `postpone` kept it. */
  resume(client: Client, argv: Argv): void {
    const reply = client.replyMode === 'on' ? client.writer : this.#silentWriter(client);
    const found = this.resolve(argv);
    if (!('number' in found)) {
      this.#reject(client, null, found, reply);
    } else {
      client.lastCommand = found;
      client.commandCount++;
      client.lastActiveMs = this.executor.keyspace.nowMs;
      const refusal = this.#refusal(client, found, argv);
      if (refusal !== null) this.#reject(client, found, refusal, reply);
      else if (this.postpone === null || !this.postpone(client, found, argv)) {
        this.#perform(client, found, argv, reply);
      }
    }
    if (client.replyMode !== 'on') stepReplyMode(client);
  }

  /** CLIENT REPLY OFF and SKIP: takes replies that nobody gets. */
  #silentWriter(client: Client): RespWriter {
    this.#silent ??= new RespWriter(formatDouble);
    this.#silent.clear();
    this.#silent.relax();
    this.#silent.protocol = client.writer.protocol;
    return this.#silent;
  }

  /** The entry that `argv` names, subcommands included, or the error that says why not. */
  resolve(argv: Argv): CommandEntry | CommandError {
    let entry = this.table.lookup(argv.at(0));
    if (entry === undefined) {
      return unknownCommand(argv.at(0).toByteString(), argv.toByteStrings(1));
    }
    if (entry.subcommands.size > 0 && argv.length > 1) {
      const sub = this.table.lookupSubcommand(entry, argv.at(1));
      if (sub === undefined) return unknownSubcommand(argv.at(1).toByteString(), entry.name);
      entry = sub;
    }
    return entry.accepts(argv.length) ? entry : wrongArity(entry.fullName);
  }

  #filtered(client: Client, request: Argv): Argv {
    let argv = request;
    for (const filter of this.#filters) argv = filter(client, argv);
    return argv;
  }

  #refusal(client: Client, entry: CommandEntry, argv: Argv): CommandError | null {
    const guards = this.#guards;
    const forbidden = ask(guards.protection, client, entry, argv);
    if (forbidden !== null) return forbidden;
    if (!client.isAuthenticated && !entry.has(COMMAND_FLAG.no_auth) && !this.access?.isOpen) {
      return NO_AUTH;
    }
    if (client.transaction !== null && entry.has(COMMAND_FLAG.no_multi)) {
      return NOT_ALLOWED_IN_MULTI;
    }
    if (client.user !== null && !client.user.isUnrestricted && this.access !== null) {
      const denied = this.access.refusal(client, entry, argv);
      if (denied !== null) return denied;
    }
    if (this.memoryGate !== null && !this.memoryGate() && this.#needsMemory(client, entry)) {
      return OUT_OF_MEMORY;
    }
    const refusal = ask(guards.state, client, entry, argv);
    if (refusal !== null) return refusal;
    if (client.isInPubSubMode && !PUBSUB_MODE_COMMANDS.has(entry.fullName)) {
      return notAllowedInPubSub(entry.fullName);
    }
    if (this.executor.isLoading && !entry.has(COMMAND_FLAG.loading)) return LOADING;
    return null;
  }

  /** EXEC counts as what it would run; what is only queued needs memory, whatever it is. */
  #needsMemory(client: Client, entry: CommandEntry): boolean {
    if (entry.has(COMMAND_FLAG.denyoom)) return true;
    if (client.transaction === null) return false;
    if (entry.fullName !== 'exec') return !TRANSACTION_ENDS.has(entry.fullName);
    return client.transaction.queue.some((queued) => queued.entry.has(COMMAND_FLAG.denyoom));
  }

  #reject(
    client: Client,
    entry: CommandEntry | null,
    error: CommandError,
    reply: RespWriter,
  ): void {
    if (client.transaction !== null) client.transaction.isAborted = true;
    if (entry !== null) this.executor.stats.noteRejected(entry.number);
    this.executor.stats.noteError(error.message);
    if (entry?.fullName === 'exec') this.#abortExec(client, error, reply);
    else reply.error(error.message);
  }

  /** A refused EXEC discards the transaction and says why. */
  #abortExec(client: Client, error: CommandError, reply: RespWriter): void {
    discardTransaction(client, this.executor.services.get(WATCHERS));
    const text = error.message.replace(/^ERR /, '');
    reply.error(`EXECABORT Transaction discarded because of: ${text}`);
  }

  #perform(client: Client, entry: CommandEntry, argv: Argv, reply: RespWriter): void {
    if (client.transaction !== null && !UNQUEUED_COMMANDS.has(entry.fullName)) {
      queueCommand(client.transaction, entry, argv);
      reply.simple('QUEUED');
      return;
    }
    this.executor.call(client, entry, argv, reply);
  }
}

function ask(
  guards: readonly Guard[],
  client: Client,
  entry: CommandEntry,
  argv: Argv,
): CommandError | null {
  for (const guard of guards) {
    const refusal = guard(client, entry, argv);
    if (refusal !== null) return refusal;
  }
  return null;
}

/** What gives up the queued commands. */
const TRANSACTION_ENDS = new Set(['discard', 'quit', 'reset']);

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

/** CLIENT REPLY SKIP silences the command after it. */
function stepReplyMode(client: Client): void {
  if (client.replyMode === 'skip-next') client.replyMode = 'skip-now';
  else if (client.replyMode === 'skip-now') client.replyMode = 'on';
}
