// Runs commands: one after the other, each to its end. Keeps the clock of the turn, the
// statistics and the effects; commands called by commands (EXEC, modules) come through here too.

import type { Keyspace } from '../keyspace/keyspace.ts';
import type { Argv } from '../lib/argv.ts';
import { ByteStringCache } from '../lib/byte-strings.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { type Random, SeededRandom } from '../lib/random.ts';
import type { Scheduler } from '../lib/scheduler.ts';
import type { Services } from '../lib/services.ts';
import type { ReplySink } from '../resp/sink.ts';
import { Blocking } from './blocking.ts';
import type { Client } from './client.ts';
import { COMMAND_FLAG } from './command-flags.ts';
import { CommandStats } from './command-stats.ts';
import { Context } from './context.ts';
import { CommandError, INTERNAL } from './errors.ts';
import { Phases } from './phases.ts';
import { Propagation } from './propagation.ts';
import { Slowlog } from './slowlog.ts';
import type { CommandEntry } from './spec.ts';

export interface ExecutorParts {
  readonly keyspace: Keyspace;
  readonly services: Services;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly log: Log;
  /** For commands that pick at random; a fresh one when left out. */
  readonly random?: Random;
}

/** How a nested call differs from a client's own command. */
export interface CallOptions {
  readonly deniesBlocking?: boolean;
  readonly isRetry?: boolean;
  /** EXEC runs it. */
  readonly isInTransaction?: boolean;
}

const NO_OPTIONS: CallOptions = {};

/** Sees every command when it has run, nested ones too; registered only while it is needed. */
export interface CallObserver {
  /** @param outermost the client whose command led to this one; often the context's own */
  commandEnded(context: Context, outermost: Client, durationMs: number): void;
}

export class Executor {
  readonly keyspace: Keyspace;
  readonly services: Services;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly log: Log;
  /** What commands pick with: SPOP, HRANDFIELD, skip list levels. */
  readonly random: Random;
  readonly propagation = new Propagation();
  readonly blocking: Blocking;
  readonly stats = new CommandStats();
  readonly slowlog = new Slowlog();
  readonly words = new ByteStringCache();
  /** Saving and loading, for modules to hear of. */
  readonly phases = new Phases();
  /** What else CONFIG RESETSTAT sets to zero: features add theirs. */
  readonly statResets: (() => void)[] = [];
  /** Who has to know of FLUSHALL: a snapshot under way is then not worth finishing. */
  readonly flushListeners: { before(): void; after(): void }[] = [];
  /** A file or a primary's stream is being replayed: limits and expiry do not apply. */
  isLoading = false;
  /** Writes wait: CLIENT PAUSE or a failover. */
  isPaused = false;
  /** Commands under way, one inside the other; 0: between commands. */
  depth = 0;
  /** Work to be done when the outermost command has ended: module jobs, unblocked clients. */
  readonly #afterCommand: (() => void)[] = [];
  /** The same, but before the command's effects leave. */
  readonly #jobs: (() => void)[] = [];
  readonly #contexts: Context[] = [];
  readonly #observers: CallObserver[] = [];
  #outermost: Client | null = null;
  #monotonicMs = 0;
  #wallOffsetMs = 0;

  constructor(parts: ExecutorParts) {
    this.keyspace = parts.keyspace;
    this.services = parts.services;
    this.clock = parts.clock;
    this.scheduler = parts.scheduler;
    this.log = parts.log;
    this.random = parts.random ?? new SeededRandom();
    this.blocking = new Blocking(this);
    this.beginTurn();
  }

  /** Reads the clocks; called before the first command of an event-loop turn. */
  beginTurn(): void {
    this.#monotonicMs = this.clock.monotonicMs();
    this.#wallOffsetMs = this.clock.nowMs() - this.#monotonicMs;
    if (this.depth === 0) this.#setNow();
  }

  #setNow(): void {
    // Clocks have fractions; Redis's milliseconds are whole.
    this.keyspace.nowMs = Math.floor(this.#monotonicMs + this.#wallOffsetMs + 1e-6);
  }

  /** Monotonic time at the end of the last command: the start of the next. */
  get monotonicMs(): number {
    return this.#monotonicMs;
  }

  /**
   * Runs a command for `client`, its reply into `reply`. The caller has checked arity and
   * permission. Never throws; the outermost call also sends the effects on their way.
   */
  call(
    client: Client,
    entry: CommandEntry,
    argv: Argv,
    reply: ReplySink,
    options: CallOptions = NO_OPTIONS,
  ): void {
    const isOutermost = this.depth === 0;
    if (isOutermost) {
      this.#setNow();
      this.#outermost = client;
    }
    const startMs = this.#monotonicMs;
    const context = this.#open(client, entry, argv, reply, options);
    this.keyspace.skipsTouch = client.isNoTouch && entry.name !== 'touch';
    const dirtyBefore = this.keyspace.dirty;
    const mark = reply.mark();
    const { propagation } = this;
    const { allowed } = propagation;
    propagation.allowed = allowed & client.propagatesTo;
    const isFailed = this.#run(context, mark);
    this.#propagate(context, this.keyspace.dirty !== dirtyBefore);
    propagation.allowed = allowed;
    this.depth--;
    const endMs = this.clock.monotonicMs();
    this.#monotonicMs = endMs;
    if (!context.isBlocked) {
      // One that waits is counted when its wait ends.
      this.stats.note(entry.number, endMs - startMs, isFailed);
      if (isFailed) this.stats.noteError(reply.errorSince(mark) ?? '');
      this.slowlog.note(context, endMs - startMs, this.keyspace.nowMs);
    }
    if (this.#observers.length > 0) this.#tellObservers(context, endMs - startMs);
    if (isOutermost) {
      this.#outermost = null;
      this.finish(!entry.has(COMMAND_FLAG.touches_arbitrary_keys));
    }
  }

  addObserver(observer: CallObserver): void {
    if (!this.#observers.includes(observer)) this.#observers.push(observer);
  }

  removeObserver(observer: CallObserver): void {
    const index = this.#observers.indexOf(observer);
    if (index >= 0) this.#observers.splice(index, 1);
  }

  #tellObservers(context: Context, durationMs: number): void {
    const outermost = this.#outermost ?? context.client;
    for (const observer of this.#observers) observer.commandEnded(context, outermost, durationMs);
  }

  /** True while a command of this client is under way: its reply may be half written. */
  isRunningFor(client: Client): boolean {
    if (this.#outermost === null) return false; // server work: contexts are those of before
    for (let i = 0; i < this.depth; i++) if (this.#contexts[i]?.client === client) return true;
    return false;
  }

  /**
   * Puts bytes into a client's output that are no reply to its command. While it runs one itself
   * they wait for the end of the command, so that they do not come to stand inside its reply.
   */
  sendPush(client: Client, bytes: Buffer): void {
    const write = (): void => {
      if (client.isClosing) return;
      client.writer.raw(bytes);
      client.flush();
    };
    if (this.isRunningFor(client)) this.afterCommand(write);
    else write();
  }

  /** The client whose command is under way, or null between commands and in server work. */
  get currentClient(): Client | null {
    return this.#outermost;
  }

  /**
   * Ends a unit of work that changed the keyspace: effects, then whoever waited for it.
   *
   * @param isUnit see `Propagation.flush`
   */
  finish(isUnit = true): void {
    if (this.depth > 0) return;
    while (this.#jobs.length > 0) this.#runJob(this.#jobs.shift() as () => void);
    if (this.propagation.length > 0) this.propagation.flush(isUnit);
    while (this.#afterCommand.length > 0) (this.#afterCommand.shift() as () => void)();
    if (this.blocking.hasReadyKeys) this.blocking.serveReadyKeys();
    if (this.propagation.length > 0) this.propagation.flush();
  }

  /**
   * Runs server work (expiry cycles, timers, module callbacks) that may change the keyspace, as
   * one unit whose effects leave together (not so with `isUnit` false: see `Propagation.flush`).
   */
  unit(work: () => void, isUnit = true): void {
    if (this.depth === 0) this.beginTurn();
    this.depth++;
    try {
      work();
    } finally {
      this.depth--;
      this.finish(isUnit);
    }
  }

  /**
   * Runs `job` when the present outermost command has ended, as part of its unit: its effects
   * leave together with the command's.
   */
  inUnit(job: () => void): void {
    this.#jobs.push(job);
    if (this.depth === 0) this.finish();
  }

  #runJob(job: () => void): void {
    this.depth++;
    try {
      job();
    } finally {
      this.depth--;
    }
  }

  /** Runs `work` when the present outermost command has ended, or at once between commands. */
  afterCommand(work: () => void): void {
    if (this.depth === 0) work();
    else this.#afterCommand.push(work);
  }

  #open(
    client: Client,
    entry: CommandEntry,
    argv: Argv,
    reply: ReplySink,
    options: CallOptions,
  ): Context {
    const depth = this.depth++;
    let context = this.#contexts[depth];
    if (context === undefined) {
      context = new Context(this, client, entry);
      this.#contexts[depth] = context;
    }
    context.client = client;
    context.db = client.db;
    context.entry = entry;
    context.argv = argv;
    context.reply = reply;
    context.propagateAs = 'itself';
    context.forcesPropagation = false;
    context.deniesBlocking = options.deniesBlocking ?? false;
    context.isRetry = options.isRetry ?? false;
    context.isInTransaction = options.isInTransaction ?? false;
    context.isBlocked = false;
    return context;
  }

  /** Runs the handler; true when it failed. */
  #run(context: Context, mark: number): boolean {
    const { entry, reply } = context;
    try {
      if (entry.handler === null) throw new Error(`${entry.fullName} has no handler`);
      entry.handler(context);
      return !context.isBlocked && reply.errorSince(mark) !== null;
    } catch (error) {
      reply.rewind(mark);
      if (error instanceof CommandError) {
        reply.error(error.message);
        return true;
      }
      this.log.warning(`internal error in ${entry.fullName}: ${describe(error)}`);
      reply.error(INTERNAL.message);
      return true;
    }
  }

  #propagate(context: Context, isDirty: boolean): void {
    if (!this.propagation.isActive || context.propagateAs === 'nothing') return;
    if (!isDirty && !context.forcesPropagation) return;
    const { propagateAs, db } = context;
    this.propagation.add(db.index, propagateAs === 'itself' ? context.argv : propagateAs);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
