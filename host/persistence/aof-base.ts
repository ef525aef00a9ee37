// Makes the base of an append-only file: the data set of one moment, as RDB or as commands, in a
// file of its own. Taking the moment is synchronous; writing goes on step by step.

import type { Keyspace } from '../keyspace/keyspace.ts';
import { type ChunkSink, RdbWriter } from '../rdb/writer.ts';
import { rewriteKeyspace } from './aof-rewrite.ts';
import type { BackgroundWalk } from './background-walk.ts';
import { appendAll, type StorageFile } from './storage.ts';

export interface BaseSource {
  readonly keyspace: Keyspace;
  /** aof-use-rdb-preamble. */
  readonly isRdb: boolean;
  readonly isCompressing: boolean;
  readonly isChecksummed: boolean;
  /** aof-timestamp-enabled. */
  readonly hasTimestamps: boolean;
  /** Takes the present moment for an RDB stream. */
  readonly beginWalk: (writer: RdbWriter) => BackgroundWalk;
}

const CHUNK_BYTES = 128 * 1024;
const NEVER = (): boolean => false;

export class BaseJob implements ChunkSink {
  readonly #walk: BackgroundWalk | null;
  #chunks: Buffer[] = [];

  /**
   * Takes the moment. RDB is written while commands go on; commands are all made here, because
   * they rarely are wanted and the memory they take is that of the file.
   */
  constructor(source: BaseSource) {
    const { keyspace, isRdb, isCompressing, isChecksummed } = source;
    if (isRdb) {
      const chunkBytes = CHUNK_BYTES;
      const writer = new RdbWriter({ sink: this, chunkBytes, isCompressing, isChecksummed });
      this.#walk = source.beginWalk(writer);
      return;
    }
    this.#walk = null;
    rewriteKeyspace(keyspace, {
      timestamp: source.hasTimestamps ? Math.floor(keyspace.nowMs / 1000) : null,
      write: (bytes, length) => this.write(Buffer.from(bytes.subarray(0, length))),
    });
  }

  /** What the walk has made; it may be in the middle of a client's command, which cannot wait. */
  write(chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  /** Writes until time is up; true when the file is complete. Throws the system's error. */
  step(file: StorageFile, isTimeUp: () => boolean): boolean {
    const isComplete = this.#walk === null || this.#walk.step(isTimeUp);
    while (this.#chunks.length > 0) {
      appendAll(file, this.#chunks.shift() as Buffer);
      if (isTimeUp()) return isComplete && this.#chunks.length === 0;
    }
    return isComplete;
  }

  finish(file: StorageFile): void {
    while (!this.step(file, NEVER));
  }

  /** Ends the walk; nothing more is written. */
  abort(): void {
    this.#walk?.abort();
    this.#chunks = [];
  }
}
