// Snapshots of an instance: SAVE, BGSAVE, save points, loading, and what INFO says of them.

import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Executor } from '../dispatch/call.ts';
import { type CommandError, SNAPSHOTS_FAIL } from '../dispatch/errors.ts';
import { ServiceKey } from '../lib/services.ts';
import { isSystemError, systemErrorText } from '../lib/system-error.ts';
import { ModuleSaveError, type ModuleTypeResolver } from '../rdb/module-io.ts';
import { RdbError, RdbReader } from '../rdb/reader.ts';
import { RdbWriter } from '../rdb/writer.ts';
import { BackgroundWalk, Epochs } from './background-walk.ts';
import {
  BackgroundRdbFile,
  ChunkQueue,
  type RdbFileNames,
  SaveError,
  writeRdbFileSync,
} from './rdb-file.ts';
import { RdbLoader } from './rdb-loader.ts';
import { type RecordSink, writeAll } from './record-sink.ts';
import { type AccessMode, type SnapshotSource, SnapshotWriter } from './snapshot-writer.ts';
import { type Storage, type StorageFile, sequential } from './storage.ts';

/** A save point: so many changes in so many seconds. */
export interface SavePoint {
  readonly seconds: number;
  readonly changes: number;
}

/** What the directives say; read whenever it is needed. */
export interface SnapshotOptions {
  /** Absolute: dir. */
  readonly dir: string;
  readonly dbfilename: string;
  /** rdbcompression */
  readonly isCompressing: boolean;
  /** rdbchecksum */
  readonly isChecksummed: boolean;
  readonly savePoints: readonly SavePoint[];
  /** stop-writes-on-bgsave-error */
  readonly stopsWritesOnError: boolean;
  readonly accessMode: AccessMode;
  readonly modules: ModuleTypeResolver;
}

export interface ReloadOptions {
  /** Keys that are there already are replaced; else they are an error. */
  readonly replacesKeys: boolean;
}

export const SNAPSHOTS = new ServiceKey<Snapshots>('snapshots');

/** Work between two looks at the event loop, in milliseconds. */
const SAVE_SLICE_MS = 1.5;
const LOAD_SLICE_MS = 8;
const CHUNK_BYTES = 128 * 1024;
/** After a failure save points wait so long. */
const RETRY_DELAY_SECONDS = 5;

/** A BGSAVE under way. */
interface Job {
  readonly walk: BackgroundWalk;
  readonly queue: ChunkQueue;
  readonly file: BackgroundRdbFile;
  readonly dirtyBefore: number;
  readonly startMs: number;
  isAborted: boolean;
}

interface Loading {
  readonly loader: RdbLoader;
  readonly reader: RdbReader;
  readonly startMs: number;
  readonly totalBytes: number;
}

export class Snapshots {
  readonly #executor: Executor;
  readonly #options: SnapshotOptions;
  readonly #storage: Storage;
  readonly #epochs = new Epochs();
  #job: Job | null = null;
  #running: Promise<void> = Promise.resolve();
  #jobsStarted = 0;
  #isScheduled = false;
  #loading: Loading | null = null;
  /** Unix seconds of the last snapshot that succeeded, at first of the start. */
  lastSaveSeconds: number;
  #lastTrySeconds = 0;
  #isLastOk = true;
  #lastDurationSeconds = -1;
  #saves = 0;
  #lastLoad = { keysLoaded: 0, keysExpired: 0 };

  constructor(executor: Executor, options: SnapshotOptions, storage: Storage) {
    this.#executor = executor;
    this.#options = options;
    this.#storage = storage;
    this.lastSaveSeconds = this.#nowSeconds();
  }

  /** A BGSAVE is under way. */
  get isSaving(): boolean {
    return this.#job !== null;
  }

  /** Somebody else walks the keyspace: an AOF rewrite, a replica's first synchronization. */
  get isBlockedByOther(): boolean {
    return this.#job === null && this.#executor.keyspace.snapshot !== null;
  }

  /** Resolves when no BGSAVE is under way, whatever became of it. */
  async whenIdle(): Promise<void> {
    await this.#running;
  }

  /** SAVE: writes the file while everything waits. False: it failed, the log says why. */
  save(): boolean {
    this.#saves++;
    const { log, keyspace, phases } = this.#executor;
    phases.enter('rdb-save-in-foreground');
    try {
      writeRdbFileSync(this.#storage, this.#fileNames(''), (sink) => {
        const { isCompressing, isChecksummed } = this.#options;
        const chunkBytes = CHUNK_BYTES;
        const writer = new RdbWriter({ sink, chunkBytes, isCompressing, isChecksummed });
        writeAll(this.records(writer), keyspace);
      });
    } catch (error) {
      this.#logFailure(error);
      phases.enter('save-failed');
      return false;
    }
    phases.enter('saved');
    log.notice('DB saved on disk');
    keyspace.dirty = 0;
    this.lastSaveSeconds = this.#nowSeconds();
    this.#isLastOk = true;
    return true;
  }

  /** BGSAVE: takes the present moment and writes it while commands go on. */
  start(): void {
    if (this.#executor.keyspace.snapshot !== null) throw new Error('a snapshot is under way');
    const executor = this.#executor;
    executor.log.notice(`Background saving started by pid ${process.pid}`);
    this.#saves++;
    this.#isScheduled = false;
    this.#lastTrySeconds = this.#nowSeconds();
    const queue = new ChunkQueue();
    const { isCompressing, isChecksummed } = this.#options;
    const chunkBytes = CHUNK_BYTES;
    const writer = new RdbWriter({ sink: queue, chunkBytes, isCompressing, isChecksummed });
    const walk = this.#tryBeginWalk(writer);
    if (walk === null) return;
    const job: Job = {
      walk,
      queue,
      file: new BackgroundRdbFile(this.#storage, this.#fileNames(`-${++this.#jobsStarted}`)),
      dirtyBefore: executor.keyspace.dirty,
      startMs: executor.clock.monotonicMs(),
      isAborted: false,
    };
    this.#job = job;
    executor.phases.enter('rdb-save');
    this.#running = this.#run(job);
  }

  /** Null when a module fails to save its values, which are written first. */
  #tryBeginWalk(writer: RdbWriter): BackgroundWalk | null {
    try {
      return this.beginWalk(this.records(writer));
    } catch (error) {
      if (!(error instanceof ModuleSaveError)) throw error;
      this.#noteFailure(error);
      return null;
    }
  }

  #noteFailure(error: unknown): void {
    this.#logFailure(error);
    this.#executor.log.warning('Background saving error');
    this.#isLastOk = false;
  }

  /**
   * Takes the present moment for somebody's own stream, who then calls `step` until it is
   * complete, or `abort`. Only while nothing else walks the keyspace.
   */
  beginWalk(sink: RecordSink): BackgroundWalk {
    const { keyspace } = this.#executor;
    return new BackgroundWalk(sink, { keyspace, modules: this.#options.modules }, this.#epochs);
  }

  /** Records as RDB. */
  records(writer: RdbWriter, source: Partial<SnapshotSource> = {}): SnapshotWriter {
    return new SnapshotWriter(writer, { ...this.#source(), ...source });
  }

  /** Starts a BGSAVE as soon as nothing stands in the way. */
  schedule(): void {
    this.#isScheduled = true;
  }

  /** Gives a BGSAVE up: what it would have saved is gone on purpose. */
  abort(): void {
    const job = this.#job;
    if (job === null) return;
    job.isAborted = true;
    job.walk.abort();
    this.#job = null;
  }

  /** After FLUSHALL: the empty data set is saved, as if a save point had been reached. */
  datasetFlushed(): void {
    if (this.#options.savePoints.length > 0) this.save();
  }

  /** Called ten times a second: save points, and what was scheduled. */
  cron(): void {
    const { keyspace, log } = this.#executor;
    if (keyspace.snapshot !== null || this.#loading !== null) return;
    const now = this.#nowSeconds();
    const mayTry = this.#isLastOk || now - this.#lastTrySeconds > RETRY_DELAY_SECONDS;
    if (!mayTry) return;
    const elapsed = now - this.lastSaveSeconds;
    const due = this.#options.savePoints.find(
      ({ seconds, changes }) => keyspace.dirty >= changes && elapsed > seconds,
    );
    if (due !== undefined) {
      log.notice(`${due.changes} changes in ${due.seconds} seconds. Saving...`);
      this.start();
    } else if (this.#isScheduled) {
      this.start();
    }
  }

  /** Why commands that write are refused at present, or null. */
  get writeRefusal(): CommandError | null {
    if (this.#isLastOk) return null; // asked before each write: nothing else is looked at
    const { stopsWritesOnError, savePoints } = this.#options;
    return stopsWritesOnError && savePoints.length > 0 ? SNAPSHOTS_FAIL : null;
  }

  /**
   * Loads the file at start, letting clients be answered in between. False: there is no file.
   * Rejects when it cannot be loaded, which the log has explained.
   */
  async load(): Promise<boolean> {
    const file = this.#open();
    if (file === null) return false;
    const executor = this.#executor;
    executor.isLoading = true;
    const deletedExpired = executor.keyspace.deletesExpired;
    executor.keyspace.deletesExpired = false;
    const startMs = executor.clock.monotonicMs();
    executor.phases.enter('rdb-load');
    let isLoaded = false;
    try {
      const loading = this.#beginLoading(file, { replacesKeys: false });
      while (this.#loadSlice(loading)) {
        executor.phases.progress('rdb', loading.reader.offset, loading.totalBytes);
        await setImmediate();
      }
      isLoaded = true;
    } catch (error) {
      this.#logLoadFailure(error);
      throw error;
    } finally {
      file.close();
      this.#loading = null;
      executor.isLoading = false;
      executor.keyspace.deletesExpired = deletedExpired;
      executor.phases.enter(isLoaded ? 'loaded' : 'load-failed');
    }
    const seconds = (executor.clock.monotonicMs() - startMs) / 1000;
    executor.log.notice(`DB loaded from disk: ${seconds.toFixed(3)} seconds`);
    return true;
  }

  /** Loads the file into what there is, at once. False: it failed, the log says why. */
  reload(options: ReloadOptions): boolean {
    const { phases } = this.#executor;
    let file: StorageFile | null = null;
    let isLoaded = false;
    try {
      file = this.#open();
      if (file === null) return false;
      phases.enter('rdb-load');
      const loading = this.#beginLoading(file, options);
      while (loading.loader.next());
      this.#noteLoaded(loading);
      isLoaded = true;
      return true;
    } catch (error) {
      this.#logLoadFailure(error);
      return false;
    } finally {
      this.#loading = null;
      if (file !== null) {
        file.close();
        phases.enter(isLoaded ? 'loaded' : 'load-failed');
      }
    }
  }

  /** INFO persistence, what concerns snapshots. */
  get info(): Record<string, string | number> {
    const job = this.#job;
    const { keyspace, clock } = this.#executor;
    const seconds = job === null ? -1 : Math.floor((clock.monotonicMs() - job.startMs) / 1000);
    return {
      loading: this.#loading === null ? 0 : 1,
      async_loading: 0,
      current_cow_peak: 0,
      current_cow_size: 0,
      current_cow_size_age: 0,
      current_fork_perc: job === null ? '0.00' : percentOf(job.walk).toFixed(2),
      current_save_keys_processed: job?.walk.writtenKeys ?? 0,
      current_save_keys_total: job?.walk.totalKeys ?? 0,
      rdb_changes_since_last_save: keyspace.dirty,
      rdb_bgsave_in_progress: job === null ? 0 : 1,
      rdb_last_save_time: this.lastSaveSeconds,
      rdb_last_bgsave_status: this.#isLastOk ? 'ok' : 'err',
      rdb_last_bgsave_time_sec: this.#lastDurationSeconds,
      rdb_current_bgsave_time_sec: seconds,
      rdb_saves: this.#saves,
      rdb_last_cow_size: 0,
      rdb_last_load_keys_expired: this.#lastLoad.keysExpired,
      rdb_last_load_keys_loaded: this.#lastLoad.keysLoaded,
    };
  }

  /** INFO persistence while a file is loaded; empty otherwise. */
  get loadingInfo(): Record<string, string | number> {
    const loading = this.#loading;
    if (loading === null) return {};
    const { reader, loader, startMs, totalBytes } = loading;
    const { clock } = this.#executor;
    const elapsedSeconds = (clock.monotonicMs() - startMs) / 1000;
    const loaded = reader.offset;
    const eta = loaded === 0 ? 1 : Math.floor((elapsedSeconds / loaded) * (totalBytes - loaded));
    return {
      loading_start_time: Math.floor(clock.nowMs() / 1000 - elapsedSeconds),
      loading_total_bytes: totalBytes,
      loading_rdb_used_mem: Number(loader.fields.get('used-mem') ?? 0),
      loading_loaded_bytes: loaded,
      loading_loaded_perc: ((loaded / Math.max(1, totalBytes)) * 100).toFixed(2),
      loading_eta_seconds: eta,
    };
  }

  // ---- saving -----------------------------------------------------------------------------

  async #run(job: Job): Promise<void> {
    let failure: unknown = null;
    try {
      job.file.open();
      await this.#write(job);
      if (!job.isAborted) await job.file.commit();
    } catch (error) {
      failure = error;
    }
    if (failure !== null || job.isAborted) {
      job.walk.abort();
      // The failure that counts is the first one: a file that cannot be removed is left behind.
      await job.file.discard().catch((error) => this.#logFailure(error));
    }
    this.#finish(job, failure);
  }

  async #write(job: Job): Promise<void> {
    const { clock } = this.#executor;
    for (let isComplete = false; !isComplete && !job.isAborted; ) {
      const endMs = clock.monotonicMs() + SAVE_SLICE_MS;
      isComplete = job.walk.step(() => clock.monotonicMs() >= endMs);
      if (job.queue.pendingBytes > 0) await job.file.write(job.queue.take());
      else await setImmediate();
    }
    // Commands may have made the walk write more while the last chunks were on their way.
    while (job.queue.pendingBytes > 0 && !job.isAborted) await job.file.write(job.queue.take());
  }

  #finish(job: Job, failure: unknown): void {
    const { log, keyspace, clock, phases } = this.#executor;
    phases.enter(failure !== null || job.isAborted ? 'save-failed' : 'saved');
    if (job.isAborted) {
      log.warning('Background saving terminated by signal 10');
      return;
    }
    this.#job = null;
    this.#lastDurationSeconds = Math.floor((clock.monotonicMs() - job.startMs) / 1000);
    if (failure !== null) {
      this.#noteFailure(failure);
      return;
    }
    log.notice('DB saved on disk');
    log.notice('Background saving terminated with success');
    keyspace.dirty -= job.dirtyBefore;
    this.lastSaveSeconds = this.#nowSeconds();
    this.#isLastOk = true;
  }

  #source(): SnapshotSource {
    const { modules, accessMode } = this.#options;
    const { keyspace } = this.#executor;
    return { keyspace, modules, accessMode, isAofBase: false, extraFields: [] };
  }

  #fileNames(suffix: string): RdbFileNames {
    const { dir, dbfilename } = this.#options;
    return {
      temporaryPath: join(dir, `temp-${process.pid}${suffix}.rdb`),
      path: join(dir, dbfilename),
    };
  }

  #logFailure(error: unknown): void {
    const isTold = error instanceof SaveError || error instanceof ModuleSaveError;
    const text = isTold ? error.message : describe(error);
    this.#executor.log.warning(text);
  }

  #nowSeconds(): number {
    return Math.floor(this.#executor.clock.nowMs() / 1000);
  }

  // ---- loading ----------------------------------------------------------------------------

  /** Null: there is no such file. */
  #open(): StorageFile | null {
    const { path } = this.#fileNames('');
    try {
      return this.#storage.openRead(path);
    } catch (error) {
      if (isSystemError(error) && error.code === 'ENOENT') return null;
      throw error;
    }
  }

  #beginLoading(file: StorageFile, { replacesKeys }: ReloadOptions): Loading {
    const { keyspace, log, random, clock } = this.#executor;
    const { modules, isChecksummed } = this.#options;
    const reader = RdbReader.ofSource(sequential(file));
    const loader = new RdbLoader(reader, {
      keyspace,
      materials: { limits: keyspace.limits, random, modules },
      log,
      dropsExpired: true,
      replacesKeys,
      checksChecksum: isChecksummed,
    });
    const startMs = clock.monotonicMs();
    this.#loading = { loader, reader, startMs, totalBytes: file.sizeBytes };
    loader.begin();
    return this.#loading;
  }

  /** True while there is more to load. */
  #loadSlice(loading: Loading): boolean {
    const { clock } = this.#executor;
    const endMs = clock.monotonicMs() + LOAD_SLICE_MS;
    for (let i = 1; loading.loader.next(); i++) {
      if (i % 32 === 0 && clock.monotonicMs() >= endMs) return true;
    }
    this.#noteLoaded(loading);
    return false;
  }

  #noteLoaded({ loader }: Loading): void {
    this.#lastLoad = { keysLoaded: loader.keysLoaded, keysExpired: loader.keysExpired };
  }

  #logLoadFailure(error: unknown): void {
    const { log } = this.#executor;
    if (error instanceof RdbError) {
      const { offset, reason } = error;
      log.warning(`Internal error in RDB reading offset ${offset} -> ${reason}`);
      log.warning('Terminating server after rdb file reading failure.');
    } else if (isSystemError(error)) {
      const { dbfilename } = this.#options;
      const reason = systemErrorText(error);
      log.warning(`Fatal error: can't open the RDB file ${dbfilename} for reading: ${reason}`);
    } else {
      log.warning(`Internal error in RDB reading: ${describe(error)}`);
    }
  }
}

function percentOf(walk: BackgroundWalk): number {
  return walk.totalKeys === 0 ? 100 : (walk.writtenKeys / walk.totalKeys) * 100;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
