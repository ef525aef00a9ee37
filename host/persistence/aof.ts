// Writes the append-only file: effects of commands in, bytes on disk out. What one event-loop
// turn has caused is written at once at its end; the replies of the turn leave when the file is
// as safe as appendfsync promises.
//
//   feed → incoming ──end of turn──▶ outgoing ──append──▶ page cache ──fdatasync──▶ disk
//
// Positions count bytes fed since the writer was made; they never go back, whatever happens to
// files. With `always` the bytes being synced are kept until they are safe, because after a
// failed fdatasync the system may have thrown them away.

import { constants } from 'node:os';
import type { PropagationSink } from '../dispatch/propagation.ts';
import type { Argv } from '../lib/argv.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { CommandBuffer } from './aof-encode.ts';
import { errorText, type StorageFile } from './storage.ts';

export type FsyncPolicy = 'always' | 'everysec' | 'no';

/** Read again at each use, so that CONFIG SET takes effect. */
export interface AofWriterOptions {
  readonly fsync: FsyncPolicy;
  /** no-appendfsync-on-rewrite, and a rewrite or a save is under way. */
  readonly skipsFsync: boolean;
  /** aof-timestamp-enabled. */
  readonly hasTimestamps: boolean;
}

export interface AofWriterParts {
  readonly options: AofWriterOptions;
  readonly clock: Clock;
  readonly log: Log;
  /** Unix milliseconds of the command being fed. */
  readonly nowMs: () => number;
  /** Runs work at the end of the present event-loop turn: for effects no client waits for. */
  readonly afterTurn: (work: () => void) => void;
}

/**
 * Called once when a turn's replies may leave (null), or must not because what they acknowledge
 * could not be saved: the error, as a reply.
 */
export type Release = (failure: string | null) => void;

interface Waiting {
  readonly position: number;
  /** False for turns that only wait so as not to overtake. */
  readonly hasEffects: boolean;
  readonly release: Release;
}

const BUFFER_BYTES = 64 * 1024;
/** A second fdatasync is not begun before the last is so old: everysec. */
const FSYNC_PERIOD_MS = 1000;
/** How long writing waits for an fdatasync that does not end. */
const POSTPONE_MAX_MS = 2000;
const RETRY_MS = 1000;
/** As Redis: an error that lasts is logged twice a minute. */
const LOG_PERIOD_MS = 30_000;

export class AofWriter implements PropagationSink {
  readonly #parts: AofWriterParts;
  /** Fed and not handed to the file yet. */
  #incoming = new CommandBuffer(BUFFER_BYTES);
  /** Being written; with `always` kept until it is synced. */
  #outgoing = new CommandBuffer(BUFFER_BYTES);
  /** Bytes of `outgoing` that are in the file. */
  #outgoingDone = 0;
  /** Where in the file `outgoing` begins. */
  #outgoingAt = 0;
  #file: StorageFile | null = null;
  #fedBytes = 0;
  #writtenBytes = 0;
  #syncedBytes = 0;
  /** Of the turn before: a turn beyond it has effects. */
  #turnBytes = 0;
  #waiting: Waiting[] = [];
  #isSyncing = false;
  #isFlushPlanned = false;
  /** The file ends with bytes that `outgoing` still has to replace. */
  #needsTruncation = false;
  #writeError: unknown = null;
  #syncError: unknown = null;
  /** What had been fed when the present failure began. */
  #failedAtBytes = 0;
  #lastSyncMs = 0;
  #postponedSinceMs = -1;
  #retryAtMs = 0;
  #lastLogMs = Number.NEGATIVE_INFINITY;
  #lastTimestamp = 0;
  #delayedFsyncs = 0;

  constructor(parts: AofWriterParts) {
    this.#parts = parts;
  }

  // ---- state ------------------------------------------------------------------------------

  /** Bytes fed so far. */
  get position(): number {
    return this.#fedBytes;
  }

  /** What is on disk of them. */
  get syncedPosition(): number {
    return this.#syncedBytes;
  }

  /** Size of the file that is being appended to. */
  get fileBytes(): number {
    return this.#file?.sizeBytes ?? 0;
  }

  /** aof_buffer_length: what is not in the file yet. */
  get bufferedBytes(): number {
    return this.#incoming.length + this.#outgoing.length - this.#outgoingDone;
  }

  /** aof_pending_bio_fsync. */
  get pendingFsyncs(): number {
    return this.#isSyncing ? 1 : 0;
  }

  /** aof_delayed_fsync: writes that did not wait for an fdatasync any longer. */
  get delayedFsyncs(): number {
    return this.#delayedFsyncs;
  }

  resetStatistics(): void {
    this.#delayedFsyncs = 0;
  }

  /** Why writes must be refused, as strerror says it; null while the file can be written. */
  get failure(): string | null {
    const error = this.#writeError ?? this.#syncError;
    return error === null ? null : errorText(error);
  }

  /** aof_last_write_status. */
  get isLastWriteOk(): boolean {
    return this.#writeError === null;
  }

  get #isAlways(): boolean {
    return this.#parts.options.fsync === 'always';
  }

  // ---- effects in -------------------------------------------------------------------------

  feed(dbIndex: number, argv: Argv): void {
    const incoming = this.#incoming;
    const before = incoming.length;
    if (this.#parts.options.hasTimestamps) this.#feedTimestamp();
    incoming.command(dbIndex, argv);
    this.#fedBytes += incoming.length - before;
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    this.#parts.afterTurn(() => {
      this.#isFlushPlanned = false;
      this.flush();
    });
  }

  #feedTimestamp(): void {
    const seconds = Math.floor(this.#parts.nowMs() / 1000);
    if (seconds <= this.#lastTimestamp) return;
    this.#lastTimestamp = seconds;
    this.#incoming.timestamp(seconds);
  }

  // ---- turns ------------------------------------------------------------------------------

  /**
   * Ends a turn. True: its replies may leave now, and `release` will not be called. Otherwise
   * `release` is called later, in the order of turns. The caller must hold back the replies as
   * they are now: those of later turns are not covered.
   */
  endTurn(release: Release): boolean {
    const before = this.#turnBytes;
    const hasEffects = this.#fedBytes > before;
    this.#turnBytes = this.#fedBytes;
    if (this.#file === null) return true;
    if (!this.#isAlways) {
      if (hasEffects) this.flush();
      return this.#waiting.length === 0 || this.#wait(hasEffects, release);
    }
    if (this.failure !== null) {
      if (!this.#isLost(before)) return true;
      release(refusalText(this.failure));
      return false;
    }
    if (this.#syncedBytes === this.#fedBytes && this.#waiting.length === 0) return true;
    this.#wait(hasEffects, release);
    if (!this.#isSyncing) this.#commit();
    return false;
  }

  /**
   * Whether a turn that began at `before` has effects from before the present failure. Since then
   * writes are refused: what is fed is the server's own, and no reply acknowledges it.
   */
  #isLost(before: number): boolean {
    return this.failure !== null && before < this.#failedAtBytes;
  }

  #wait(hasEffects: boolean, release: Release): false {
    this.#waiting.push({ position: this.#fedBytes, hasEffects, release });
    return false;
  }

  /**
   * `endTurn` for callers that cannot hold back single replies: blocks until the turn is safe.
   * Returns the error reply when it is not.
   */
  endTurnNow(): string | null {
    const before = this.#turnBytes;
    this.#turnBytes = this.#fedBytes;
    if (this.#file === null || this.#fedBytes === before) return null;
    if (!this.#isAlways) {
      this.flush();
      return null;
    }
    if (this.failure !== null) return this.#isLost(before) ? refusalText(this.failure) : null;
    try {
      this.drain();
      return null;
    } catch {
      return this.failure === null ? null : refusalText(this.failure); // drain has logged it
    }
  }

  /** Calls `done` once everything fed up to `position` is on disk. */
  whenSynced(position: number, done: () => void): void {
    if (position <= this.#syncedBytes) done();
    else this.#waiting.push({ position, hasEffects: false, release: () => done() });
  }

  /** Hands what has been fed to the file, as the policy has it. */
  flush(): void {
    if (this.#file === null || this.#isRetryEarly()) return;
    if (this.#isAlways) {
      if (!this.#isSyncing && this.#syncedBytes < this.#fedBytes) this.#commit();
      return;
    }
    if (this.#mustPostpone()) return;
    if (this.#write()) this.#syncIfDue();
  }

  #isRetryEarly(): boolean {
    return this.failure !== null && this.#parts.clock.monotonicMs() < this.#retryAtMs;
  }

  /** Called every 100 ms or so: postponed writes, fdatasync each second, retries. */
  cron(): void {
    if (this.#file === null || this.#isRetryEarly()) return;
    if (this.failure !== null || this.bufferedBytes > 0) this.flush();
    else if (!this.#isAlways) this.#syncIfDue();
  }

  /** Appending to a file that is being synced may block: everysec rather waits a little. */
  #mustPostpone(): boolean {
    if (this.#parts.options.fsync !== 'everysec' || !this.#isSyncing) {
      this.#postponedSinceMs = -1;
      return false;
    }
    const nowMs = this.#parts.clock.monotonicMs();
    if (this.#postponedSinceMs < 0) this.#postponedSinceMs = nowMs;
    if (nowMs - this.#postponedSinceMs < POSTPONE_MAX_MS) return true;
    this.#postponedSinceMs = -1;
    this.#delayedFsyncs++;
    this.#parts.log.notice(
      'Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer ' +
        'without waiting for fsync to complete, this may slow down Redis.',
    );
    return false;
  }

  #syncIfDue(): void {
    const { options, clock } = this.#parts;
    if (options.fsync !== 'everysec' || options.skipsFsync || this.#isSyncing) return;
    if (this.#syncedBytes >= this.#writtenBytes && this.#syncError === null) return;
    if (clock.monotonicMs() - this.#lastSyncMs >= FSYNC_PERIOD_MS) this.#sync();
  }

  // ---- the file ---------------------------------------------------------------------------

  /** Appends to `file` from now on. What was fed before must have been drained. */
  open(file: StorageFile): void {
    this.#assertDrained();
    this.#file = file;
    this.#incoming.forgetSelected();
    this.#lastTimestamp = 0;
    this.#lastSyncMs = this.#parts.clock.monotonicMs();
  }

  /** Goes on in another file; the present one, drained, is closed. */
  switchTo(file: StorageFile): void {
    this.#assertDrained();
    this.#leaveFile();
    this.open(file);
  }

  #assertDrained(): void {
    if (this.bufferedBytes > 0) throw new Error('the append-only file has not been drained');
  }

  /**
   * Writes and syncs everything at once, blocking. Throws the system's error, which is noted
   * like that of any other write.
   */
  drain(): void {
    const file = this.#file;
    if (file === null) return;
    do {
      if (!this.#write()) throw this.#writeError;
      try {
        file.fdatasyncNow();
      } catch (error) {
        this.#syncFailed(error);
        throw error;
      }
      this.#syncSucceeded(this.#writtenBytes);
    } while (this.bufferedBytes > 0);
  }

  /**
   * Stops writing, after one last attempt to save everything; what could not be saved is
   * forgotten. Returns the error, or null.
   */
  close(): unknown {
    let failure: unknown = null;
    try {
      this.drain();
    } catch (error) {
      failure = error;
    }
    this.#releaseWaiting(failure === null ? null : errorText(failure));
    this.#incoming.clear();
    this.#clearOutgoing();
    this.#needsTruncation = false;
    this.#syncedBytes = this.#writtenBytes = this.#fedBytes;
    this.#writeError = null;
    this.#syncError = null;
    this.#leaveFile();
    return failure;
  }

  /** An fdatasync under way closes the file when it ends. */
  #leaveFile(): void {
    const file = this.#file;
    this.#file = null;
    if (file !== null && !this.#isSyncing) file.close();
    this.#isSyncing = false;
  }

  /** Group commit: what has been fed is written and synced; later turns wait behind it. */
  #commit(): void {
    if (this.#write()) this.#sync();
  }

  /**
   * Brings what has been fed into the file; with `always` one batch, which stays in `outgoing`
   * until it is synced. False when the file did not take it all.
   */
  #write(): boolean {
    const file = this.#file as StorageFile; // callers have checked
    if (this.#needsTruncation && !this.#takeBack(file)) return false;
    for (;;) {
      if (this.#outgoing.length === 0) {
        if (this.#incoming.length === 0) break;
        this.#swap(file);
      }
      if (!this.#append(file)) return false;
      if (this.#isAlways) break;
      this.#clearOutgoing();
    }
    if (this.#writeError !== null) {
      this.#parts.log.warning('AOF write error looks solved. The server can write again.');
      this.#writeError = null;
    }
    return true;
  }

  #swap(file: StorageFile): void {
    const filled = this.#incoming;
    this.#incoming = this.#outgoing;
    this.#incoming.continueFrom(filled);
    this.#outgoing = filled;
    this.#outgoingAt = file.sizeBytes;
  }

  #clearOutgoing(): void {
    this.#outgoing.clear();
    this.#outgoingDone = 0;
  }

  #append(file: StorageFile): boolean {
    const { bytes, length } = this.#outgoing;
    const start = this.#outgoingDone;
    if (start === length) return true;
    const sizeBefore = file.sizeBytes;
    try {
      const count = file.append(bytes, start, length);
      if (count < length - start) {
        this.#writeFailed(SHORT_WRITE, () => this.#cutShortWrite(file, sizeBefore, count));
        return false;
      }
    } catch (error) {
      this.#writeFailed(error, () => `Error writing to the AOF file: ${errorText(error)}`);
      return false;
    }
    this.#outgoingDone = length;
    this.#writtenBytes += length - start;
    return true;
  }

  /** Removes a half-written batch again; where that fails, writing goes on behind it. */
  #cutShortWrite(file: StorageFile, sizeBefore: number, count: number): string {
    const expected = this.#outgoing.length - this.#outgoingDone;
    try {
      file.truncate(sizeBefore);
    } catch (error) {
      this.#outgoingDone += count;
      this.#writtenBytes += count;
      this.#parts.log.warning(
        'Could not remove short write from the append-only file.  Redis may refuse to load the ' +
          `AOF the next time it starts.  ftruncate: ${errorText(error)}`,
      );
    }
    return `Short write while writing to the AOF file: (nwritten=${count}, expected=${expected})`;
  }

  #writeFailed(error: unknown, describe: () => string): void {
    const text = describe();
    if (this.failure === null) this.#failedAtBytes = this.#fedBytes;
    this.#writeError = error;
    this.#failed(text);
  }

  #syncFailed(error: unknown): void {
    if (this.failure === null) this.#failedAtBytes = this.#fedBytes;
    this.#syncError = error;
    if (this.#outgoing.length > 0 && this.#outgoingDone === this.#outgoing.length) {
      this.#needsTruncation = true; // the system may have dropped these bytes: write them again
    }
    this.#failed(`Fail to fsync the AOF file: ${errorText(error)}`);
  }

  #failed(text: string): void {
    const nowMs = this.#parts.clock.monotonicMs();
    this.#retryAtMs = nowMs + RETRY_MS;
    if (nowMs - this.#lastLogMs >= LOG_PERIOD_MS) {
      this.#lastLogMs = nowMs;
      this.#parts.log.warning(text);
    }
    this.#releaseWaiting(this.failure);
  }

  /** Removes the batch whose fdatasync failed, to write it anew. */
  #takeBack(file: StorageFile): boolean {
    try {
      file.truncate(this.#outgoingAt);
    } catch (error) {
      this.#writeFailed(error, () => `Error truncating the AOF file: ${errorText(error)}`);
      return false;
    }
    this.#writtenBytes -= this.#outgoing.length;
    this.#outgoingDone = 0;
    this.#needsTruncation = false;
    return true;
  }

  #sync(): void {
    const file = this.#file as StorageFile; // callers have checked
    const target = this.#writtenBytes;
    this.#isSyncing = true;
    this.#lastSyncMs = this.#parts.clock.monotonicMs();
    file.fdatasync((error) => {
      if (file !== this.#file) {
        file.close(); // it has been replaced meanwhile, after a drain
        return;
      }
      this.#isSyncing = false;
      if (error === null) this.#syncSucceeded(target);
      else if (target > this.#syncedBytes) this.#syncFailed(error);
      if (this.#isAlways && this.failure === null && this.#syncedBytes < this.#fedBytes) {
        this.#commit();
      }
    });
  }

  #syncSucceeded(target: number): void {
    this.#syncError = null;
    if (target <= this.#syncedBytes) return;
    this.#syncedBytes = target;
    const isWritten = this.#outgoingDone === this.#outgoing.length;
    if (isWritten && this.#writtenBytes <= target) this.#clearOutgoing();
    while (this.#waiting.length > 0 && (this.#waiting[0] as Waiting).position <= target) {
      (this.#waiting.shift() as Waiting).release(null);
    }
  }

  #releaseWaiting(failure: string | null): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    const text = failure === null ? null : refusalText(failure);
    for (const { hasEffects, release } of waiting) release(hasEffects ? text : null);
  }
}

/** Redis reports a short write as a full disk. */
const SHORT_WRITE = Object.assign(new Error('short write'), {
  code: 'ENOSPC',
  errno: -constants.errno.ENOSPC,
});

/** The reply to writes while the file cannot be written. */
export function refusalText(failure: string): string {
  return `MISCONF Errors writing to the AOF file: ${failure}`;
}
