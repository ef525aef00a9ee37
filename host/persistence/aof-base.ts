// Makes the base of an append-only file: the data set of one moment, as RDB or as commands, in a
// file of its own. Taking the moment is synchronous; writing goes on step by step.

import { type ChunkSink, RdbWriter } from '../rdb/writer.ts';
import { CommandStream } from './aof-rewrite.ts';
import type { BackgroundWalk } from './background-walk.ts';
import type { RecordSink } from './record-sink.ts';
import { appendAll, type StorageFile } from './storage.ts';

export interface BaseSource {
  /** aof-use-rdb-preamble. */
  readonly isRdb: boolean;
  readonly isCompressing: boolean;
  readonly isChecksummed: boolean;
  /** For a base of commands, Unix seconds: aof-timestamp-enabled; null: none. */
  readonly timestamp: number | null;
  /** Records as RDB. */
  readonly records: (writer: RdbWriter) => RecordSink;
  /** Takes the present moment. */
  readonly beginWalk: (sink: RecordSink) => BackgroundWalk;
}

const CHUNK_BYTES = 128 * 1024;
const NEVER = (): boolean => false;

export class BaseJob implements ChunkSink {
  readonly #walk: BackgroundWalk;
  #chunks: Buffer[] = [];

  /** Takes the moment. Throws for module values that cannot be written. */
  constructor(source: BaseSource) {
    const { isRdb, isCompressing, isChecksummed, timestamp, records } = source;
    const format = { sink: this, chunkBytes: CHUNK_BYTES, isCompressing, isChecksummed };
    const stream = isRdb ? records(new RdbWriter(format)) : new CommandStream(this, timestamp);
    this.#walk = source.beginWalk(stream);
  }

  /** What the walk has made; it may be in the middle of a client's command, which cannot wait. */
  write(chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  /** Writes until time is up; true when the file is complete. Throws the system's error. */
  step(file: StorageFile, isTimeUp: () => boolean): boolean {
    const isComplete = this.#walk.step(isTimeUp);
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
    this.#walk.abort();
    this.#chunks = [];
  }
}
