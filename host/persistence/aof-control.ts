// The append-only file of an instance: which files there are, when they are rewritten, and what
// INFO and the commands say of them. Writing is aof.ts, loading aof-load.ts, the data set as a
// file aof-base.ts.

import { setImmediate } from 'node:timers/promises';
import type { Client } from '../dispatch/client.ts';
import { COMMAND_FLAG } from '../dispatch/command-flags.ts';
import type { Dispatcher } from '../dispatch/dispatch.ts';
import { CommandError } from '../dispatch/errors.ts';
import type { CommandEntry } from '../dispatch/spec.ts';
import { ServiceKey } from '../lib/services.ts';
import type { RdbReader } from '../rdb/reader.ts';
import { AofWriter, type FsyncPolicy, type Release, refusalText } from './aof.ts';
import { BaseJob } from './aof-base.ts';
import { AofFiles } from './aof-files.ts';
import { AofLoadError, AofLoading } from './aof-load.ts';
import { RewriteLimit } from './aof-rewrite-limit.ts';
import { RdbLoader } from './rdb-loader.ts';
import type { SnapshotOptions, Snapshots } from './snapshot.ts';
import { errorText, type Storage, type StorageFile, synced } from './storage.ts';

/** What the directives say; read whenever it is needed. */
export interface AofOptions {
  /** Absolute: dir. */
  readonly dir: string;
  /** appenddirname. */
  readonly directoryName: string;
  /** appendfilename. */
  readonly fileName: string;
  /** appendfsync. */
  readonly fsync: FsyncPolicy;
  /** no-appendfsync-on-rewrite. */
  readonly skipsFsyncOnRewrite: boolean;
  /** aof-load-truncated. */
  readonly allowsTruncated: boolean;
  /** aof-use-rdb-preamble. */
  readonly usesRdb: boolean;
  /** aof-timestamp-enabled. */
  readonly hasTimestamps: boolean;
  /** auto-aof-rewrite-percentage; 0: never. */
  readonly rewritePercentage: number;
  /** auto-aof-rewrite-min-size. */
  readonly rewriteMinBytes: number;
  /** aof-disable-auto-gc: files that a base has replaced are not deleted. */
  readonly keepsHistory: boolean;
}

export interface AofParts {
  readonly dispatcher: Dispatcher;
  /** A client without a socket that nobody sees. */
  readonly createClient: () => Client;
  readonly storage: Storage;
  readonly options: AofOptions;
  readonly snapshots: Snapshots;
  readonly snapshotOptions: Pick<SnapshotOptions, 'modules' | 'isCompressing' | 'isChecksummed'>;
  /** Runs work at the end of the present event-loop turn: `setImmediate`. */
  readonly afterTurn: (work: () => void) => void;
}

/** 'waiting': switched on at run time, in force when the first rewrite has ended. */
type State = 'off' | 'waiting' | 'on';

export type RewriteAnswer = 'started' | 'scheduled' | 'running' | 'failed';

interface Rewrite {
  readonly base: BaseJob;
  readonly file: StorageFile;
  readonly isRdb: boolean;
  readonly startMs: number;
  isAborted: boolean;
}

export const AOF = new ServiceKey<AppendOnly>('aof');

const SLICE_MS = 1.5;

export class AppendOnly {
  readonly writer: AofWriter;
  readonly #parts: AofParts;
  readonly #files: AofFiles;
  readonly #limit: RewriteLimit;
  #state: State = 'off';
  #rewrite: Rewrite | null = null;
  #running: Promise<void> = Promise.resolve();
  #isScheduled = false;
  #loading: AofLoading | null = null;
  /** Size after the last rewrite, or of the base at start: what growth is measured against. */
  #baseBytes = 0;
  /** Size of all files but the one being written. */
  #otherBytes = 0;
  #lastRewriteSeconds = -1;
  #isLastRewriteOk = true;
  #rewrites = 0;

  constructor(parts: AofParts) {
    const { options, storage, dispatcher } = parts;
    const { executor } = dispatcher;
    const isBusy = (): boolean => this.#isBusy;
    this.#parts = parts;
    this.#files = new AofFiles(storage, executor.log, options);
    this.#limit = new RewriteLimit(executor.clock, executor.log);
    this.writer = new AofWriter({
      clock: executor.clock,
      log: executor.log,
      nowMs: () => executor.keyspace.nowMs,
      afterTurn: parts.afterTurn,
      options: {
        get fsync() {
          return options.fsync;
        },
        get hasTimestamps() {
          return options.hasTimestamps;
        },
        get skipsFsync() {
          return options.skipsFsyncOnRewrite && isBusy();
        },
      },
    });
  }

  // ---- start and end ----------------------------------------------------------------------

  /**
   * Loads the files, letting clients be answered in between. False: there are none. Rejects with
   * AofLoadError when they cannot be loaded, which the log has explained: exit 1.
   */
  async load(): Promise<boolean> {
    const steps = this.#load();
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      await setImmediate();
    }
  }

  /** DEBUG LOADAOF: empties the keyspace and loads the files. Throws AofLoadError. */
  reload(): void {
    const { keyspace, log } = this.#executor;
    if (this.#state === 'on') this.writer.drain();
    keyspace.flush(null);
    const steps = this.#load();
    while (!steps.next().done);
    log.warning('Append Only File loaded by DEBUG LOADAOF');
  }

  /**
   * Opens the files for writing at start, making those that are missing. Throws AofLoadError,
   * which the log has explained: exit 1.
   */
  start(): void {
    try {
      this.#files.prepare();
      if (this.#files.manifest.isEmpty) {
        this.#baseBytes = this.#files.createBase(this.#newBase(), this.#usesRdb);
      }
      const file = this.#files.openLast();
      this.#otherBytes = this.#files.liveBytes - file.sizeBytes;
      this.#begin(file);
      this.#state = 'on';
    } catch (error) {
      throw this.#explained(error);
    }
    if (!this.#parts.options.keepsHistory) this.#files.deleteHistory();
  }

  /** Switches it on at run time: CONFIG SET appendonly yes. False: the log says why not. */
  enable(): boolean {
    if (this.#state !== 'off') return true;
    const { log } = this.#executor;
    this.#state = 'waiting';
    if (this.#isBusy || this.#isInsideCommand) {
      this.#isScheduled = true;
      log.notice(
        'AOF was enabled but there is already another background operation. An AOF background ' +
          'was scheduled to start when possible.',
      );
      return true;
    }
    if (this.#startRewrite()) return true;
    this.#end();
    this.#state = 'off';
    this.#isScheduled = false;
    log.warning(
      "Redis needs to enable the AOF but can't trigger a background AOF rewrite operation. " +
        'Check the above logs for more info about the error.',
    );
    return false;
  }

  /** CONFIG SET appendonly no. */
  disable(): void {
    if (this.#state === 'off') return;
    this.#abortRewrite();
    this.#state = 'off';
    this.#isScheduled = false;
    this.#end();
  }

  /** Before the process ends. Returns the error when not everything could be saved. */
  shutdown(): unknown {
    if (this.#state === 'off') return null;
    const { log } = this.#executor;
    if (this.#rewrite !== null) {
      log.warning('There is a child rewriting the AOF. Killing it!');
      this.#abortRewrite();
    }
    log.notice('Calling fsync() on the AOF file.');
    return this.#end();
  }

  /** Switched on, and nothing is on disk yet. */
  get isWaiting(): boolean {
    return this.#state === 'waiting';
  }

  get isOn(): boolean {
    return this.#state !== 'off';
  }

  /** Resolves when no rewrite is under way, whatever became of it. */
  async whenIdle(): Promise<void> {
    await this.#running;
  }

  // ---- turns ------------------------------------------------------------------------------

  /** See AofWriter.endTurn. */
  endTurn(release: Release): boolean {
    return this.writer.endTurn(release);
  }

  /** Called ten times a second. */
  cron(): void {
    this.writer.cron();
    if (this.#isBusy || this.#loading !== null || this.#isInsideCommand) return;
    if (this.#isScheduled) {
      if (!this.#limit.isClosed()) this.#startRewrite();
      return;
    }
    const { rewritePercentage, rewriteMinBytes } = this.#parts.options;
    if (this.#state !== 'on' || rewritePercentage === 0) return;
    const size = this.currentBytes;
    if (size <= rewriteMinBytes) return;
    const growth = Math.floor((size * 100) / Math.max(1, this.#baseBytes)) - 100;
    if (growth < rewritePercentage || this.#limit.isClosed()) return;
    this.#executor.log.notice(`Starting automatic rewriting of AOF on ${growth}% growth`);
    this.#startRewrite();
  }

  /** A guard of the dispatcher: writes, and PING, are refused while nothing can be saved. */
  refusal(client: Client, entry: CommandEntry): CommandError | null {
    const { failure } = this.writer;
    if (failure === null || this.#state === 'off') return null;
    const isWrite =
      entry.has(COMMAND_FLAG.write) ||
      entry.name === 'ping' ||
      (entry.name === 'exec' &&
        client.transaction !== null &&
        client.transaction.queue.some((queued) => queued.entry.has(COMMAND_FLAG.write)));
    return isWrite ? new CommandError(refusalText(failure)) : null;
  }

  // ---- rewriting --------------------------------------------------------------------------

  /** BGREWRITEAOF. */
  rewrite(): RewriteAnswer {
    if (this.#rewrite !== null) return 'running';
    if (this.#isBusy || this.#isInsideCommand) {
      this.#isScheduled = true;
      this.#limit.reset();
      return 'scheduled';
    }
    return this.#startRewrite() ? 'started' : 'failed';
  }

  /** Somebody walks the keyspace: one at a time, as Redis has one child. */
  get #isBusy(): boolean {
    const { snapshots } = this.#parts;
    return this.#rewrite !== null || snapshots.isSaving || snapshots.isBlockedByOther;
  }

  /** Effects of a command under way would be in the new base and in the file behind it too. */
  get #isInsideCommand(): boolean {
    const { depth, propagation } = this.#executor;
    return depth > 1 || propagation.length > 0;
  }

  #startRewrite(): boolean {
    const { log, clock } = this.#executor;
    this.#isScheduled = false;
    this.#rewrites++;
    try {
      this.#files.prepare();
      if (this.#state !== 'off') this.#openIncr();
      const file = this.#files.createTemporaryBase();
      const [base, startMs, isRdb] = [this.#newBase(), clock.monotonicMs(), this.#usesRdb];
      this.#rewrite = { base, file, isRdb, startMs, isAborted: false };
    } catch (error) {
      log.warning(describe(error));
      this.#noteRewrite(false);
      return false;
    }
    log.notice(`Background append only file rewriting started by pid ${process.pid}`);
    this.#executor.phases.enter('aof-rewrite');
    this.#running = this.#run(this.#rewrite);
    return true;
  }

  /** What is fed from here on goes to a new file, behind the base that is going to be written. */
  #openIncr(): void {
    if (this.#state === 'on') {
      this.writer.drain();
      const size = this.writer.fileBytes;
      this.writer.switchTo(this.#files.createIncr());
      this.#otherBytes += size;
    } else {
      this.#end();
      this.#begin(this.#files.createTemporaryIncr());
    }
  }

  async #run(rewrite: Rewrite): Promise<void> {
    const { clock } = this.#executor;
    let failure: unknown = null;
    try {
      const { base, file } = rewrite;
      for (let isComplete = false; !isComplete && !rewrite.isAborted; ) {
        await setImmediate();
        const endMs = clock.monotonicMs() + SLICE_MS;
        isComplete = rewrite.isAborted || base.step(file, () => clock.monotonicMs() >= endMs);
      }
      if (!rewrite.isAborted) await synced(file);
    } catch (error) {
      failure = error;
    }
    this.#finish(rewrite, failure);
  }

  #finish(rewrite: Rewrite, failure: unknown): void {
    const { log } = this.#executor;
    const size = rewrite.file.sizeBytes;
    rewrite.base.abort();
    rewrite.file.close();
    if (rewrite.isAborted) {
      this.#files.discard(rewrite.file);
      this.#executor.phases.enter('save-failed');
      return;
    }
    this.#rewrite = null;
    this.#lastRewriteSeconds = this.#secondsSince(rewrite.startMs);
    let reason = failure;
    if (reason === null) {
      log.notice('Background AOF rewrite terminated with success');
      try {
        this.#files.adoptBase(rewrite.file, rewrite.isRdb, this.#state);
      } catch (error) {
        reason = error;
      }
    }
    if (reason !== null) this.#rewriteFailed(rewrite, reason);
    else this.#rewriteSucceeded(size);
    this.#executor.phases.enter(reason === null ? 'saved' : 'save-failed');
  }

  #rewriteSucceeded(size: number): void {
    if (this.#state !== 'off') {
      this.#otherBytes = size;
      this.#baseBytes = this.currentBytes;
    }
    this.#noteRewrite(true);
    if (this.#state === 'waiting') this.#state = 'on';
    if (!this.#parts.options.keepsHistory) this.#files.deleteHistory();
    this.#executor.log.notice('Background AOF rewrite finished successfully');
  }

  #rewriteFailed(rewrite: Rewrite, reason: unknown): void {
    const { log } = this.#executor;
    log.warning(`Write error writing append only file on disk: ${describe(reason)}`);
    log.warning('Background AOF rewrite terminated with error');
    this.#files.discard(rewrite.file);
    this.#noteRewrite(false);
    if (this.#state === 'waiting') this.#isScheduled = true;
  }

  #noteRewrite(isOk: boolean): void {
    this.#isLastRewriteOk = isOk;
    this.#limit.note(isOk);
  }

  #abortRewrite(): void {
    const rewrite = this.#rewrite;
    if (rewrite === null) return;
    this.#executor.log.notice(`Killing running AOF rewrite child: ${process.pid}`);
    rewrite.isAborted = true;
    rewrite.base.abort();
    this.#rewrite = null;
  }

  // ---- what INFO says ---------------------------------------------------------------------

  /** Bytes of all files: aof_current_size. */
  get currentBytes(): number {
    return this.#otherBytes + this.writer.fileBytes;
  }

  /** INFO persistence, what concerns the append-only file. */
  get info(): Record<string, string | number> {
    const rewrite = this.#rewrite;
    return {
      aof_enabled: this.isOn ? 1 : 0,
      aof_rewrite_in_progress: rewrite === null ? 0 : 1,
      aof_rewrite_scheduled: this.#isScheduled ? 1 : 0,
      aof_last_rewrite_time_sec: this.#lastRewriteSeconds,
      aof_current_rewrite_time_sec: rewrite === null ? -1 : this.#secondsSince(rewrite.startMs),
      aof_last_bgrewrite_status: this.#isLastRewriteOk ? 'ok' : 'err',
      aof_rewrites: this.#rewrites,
      aof_rewrites_consecutive_failures: this.#limit.failures,
      aof_last_write_status: this.writer.failure === null ? 'ok' : 'err',
      aof_last_cow_size: 0,
    };
  }

  /** The fields that are there only while it is on. */
  get infoWhenOn(): Record<string, string | number> {
    if (!this.isOn) return {};
    return {
      aof_current_size: this.currentBytes,
      aof_base_size: this.#baseBytes,
      aof_pending_rewrite: this.#isScheduled ? 1 : 0,
      aof_buffer_length: this.writer.bufferedBytes,
      aof_pending_bio_fsync: this.writer.pendingFsyncs,
      aof_delayed_fsync: this.writer.delayedFsyncs,
    };
  }

  /** INFO persistence while the files are loaded; empty otherwise. */
  get loadingInfo(): Record<string, string | number> {
    const loading = this.#loading;
    if (loading === null) return {};
    const { totalBytes, loadedBytes, startMs } = loading;
    const elapsed = (this.#executor.clock.monotonicMs() - startMs) / 1000;
    const left = totalBytes - loadedBytes;
    return {
      loading_start_time: Math.floor(this.#executor.clock.nowMs() / 1000 - elapsed),
      loading_total_bytes: totalBytes,
      loading_rdb_used_mem: 0,
      loading_loaded_bytes: loadedBytes,
      loading_loaded_perc: ((loadedBytes / Math.max(1, totalBytes)) * 100).toFixed(2),
      loading_eta_seconds: loadedBytes === 0 ? 1 : Math.floor((elapsed / loadedBytes) * left),
    };
  }

  // ---- helpers ----------------------------------------------------------------------------

  get #executor(): Dispatcher['executor'] {
    return this.#parts.dispatcher.executor;
  }

  get #usesRdb(): boolean {
    return this.#parts.options.usesRdb;
  }

  #secondsSince(startMs: number): number {
    return Math.floor((this.#executor.clock.monotonicMs() - startMs) / 1000);
  }

  #begin(file: StorageFile): void {
    this.writer.open(file);
    this.#executor.propagation.addSink(this.writer);
  }

  #end(): unknown {
    this.#executor.propagation.removeSink(this.writer);
    return this.writer.close();
  }

  #newBase(): BaseJob {
    const { options, snapshots, snapshotOptions } = this.#parts;
    const seconds = Math.floor(this.#executor.keyspace.nowMs / 1000);
    return new BaseJob({
      isRdb: options.usesRdb,
      timestamp: options.hasTimestamps ? seconds : null,
      isCompressing: snapshotOptions.isCompressing,
      isChecksummed: snapshotOptions.isChecksummed,
      records: (writer) => snapshots.records(writer, { isAofBase: true }),
      beginWalk: (sink) => snapshots.beginWalk(sink),
    });
  }

  *#load(): Generator<void, boolean> {
    const { executor } = this.#parts.dispatcher;
    const { keyspace, log, clock } = executor;
    try {
      if (this.#state !== 'waiting') this.#files.read();
      this.#files.upgrade();
    } catch (error) {
      throw this.#explained(error);
    }
    if (this.#files.manifest.isEmpty) return false;
    const startMs = clock.monotonicMs();
    const client = this.#parts.createClient();
    client.propagatesTo = 0;
    const wasLoading = executor.isLoading;
    executor.isLoading = true;
    executor.phases.enter('aof-load');
    let isLoaded = false;
    try {
      this.#loading = this.#newLoading(client);
      this.#baseBytes = yield* this.#replay(this.#loading);
      isLoaded = true;
    } finally {
      this.#loading = null;
      executor.isLoading = wasLoading;
      executor.phases.enter(isLoaded ? 'loaded' : 'load-failed');
    }
    keyspace.dirty = 0;
    if (this.#state === 'off') executor.stats.reset(); // replayed commands are nobody's
    const seconds = ((clock.monotonicMs() - startMs) / 1000).toFixed(3);
    if (this.#state === 'off') log.notice(`DB loaded from append only file: ${seconds} seconds`);
    return true;
  }

  /** Returns the size of the base. */
  *#replay(loading: AofLoading): Generator<void, number> {
    const run = loading.run();
    for (;;) {
      const step = run.next();
      if (step.done) return step.value.baseBytes;
      this.#executor.phases.progress('aof', loading.loadedBytes, loading.totalBytes);
      yield;
    }
  }

  #newLoading(client: Client): AofLoading {
    const { dispatcher, storage, options, snapshotOptions } = this.#parts;
    const { keyspace, random, log } = dispatcher.executor;
    const { modules, isChecksummed } = snapshotOptions;
    const rdbLoader = (reader: RdbReader): RdbLoader =>
      new RdbLoader(reader, {
        keyspace,
        materials: { limits: keyspace.limits, random, modules },
        log,
        dropsExpired: false,
        replacesKeys: false,
        checksChecksum: isChecksummed,
      });
    const { paths, manifest } = this.#files;
    const { allowsTruncated } = options;
    return new AofLoading(
      { storage, paths, dispatcher, client, log, allowsTruncated, rdbLoader },
      manifest,
    );
  }

  /** Logs what has not been logged yet; returns the error that ends the start. */
  #explained(error: unknown): AofLoadError {
    if (error instanceof AofLoadError) return error;
    const text = describe(error);
    for (const line of text.split('\n')) this.#executor.log.warning(line);
    return new AofLoadError(text);
  }
}

function describe(error: unknown): string {
  return error instanceof Error && !('code' in error) ? error.message : errorText(error);
}
