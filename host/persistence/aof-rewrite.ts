// The data set as the shortest commands that make it: the base of an append-only file when
// aof-use-rdb-preamble is off.

import type { Database } from '../keyspace/database.ts';
import type { Ref } from '../keyspace/records.ts';
import { NO_EXPIRE } from '../keyspace/records.ts';
import type { ByteString } from '../lib/bytes.ts';
import { formatDouble } from '../lib/number.ts';
import { Slice } from '../lib/slice.ts';
import type { RdbModuleType } from '../rdb/module-io.ts';
import type { ChunkSink } from '../rdb/writer.ts';
import { HashValue } from '../values/hash.ts';
import type { Value } from '../values/ledger.ts';
import { ListValue } from '../values/list.ts';
import { ModuleValue } from '../values/module.ts';
import { SetValue } from '../values/set.ts';
import { ZsetValue } from '../values/zset.ts';
import { CommandBuffer } from './aof-encode.ts';
import type { RecordSink } from './record-sink.ts';

/** A value cannot be written as commands. */
export class RewriteError extends Error {
  constructor(text: string) {
    super(text);
    this.name = 'RewriteError';
  }
}

/** Redis has 64 as well: long commands would keep the loading server from answering. */
const ITEMS_PER_COMMAND = 64;
const CHUNK_BYTES = 128 * 1024;

/** Methods throw RewriteError for values that have no commands, and what the sink throws. */
export class CommandStream implements RecordSink {
  readonly #chunks: ChunkSink;
  readonly #timestamp: number | null;
  readonly #out = new CommandBuffer(CHUNK_BYTES * 2);
  readonly #view = new Slice();
  #writtenBytes = 0;
  #dbIndex = 0;
  #key = '' as ByteString;

  /** @param timestamp Unix seconds to begin with: aof-timestamp-enabled; null for none */
  constructor(chunks: ChunkSink, timestamp: number | null) {
    this.#chunks = chunks;
    this.#timestamp = timestamp;
  }

  get offset(): number {
    return this.#writtenBytes + this.#out.length;
  }

  begin(): void {
    if (this.#timestamp !== null) this.#out.timestamp(this.#timestamp);
  }

  announce(): void {
    // Commands need no sizes, and name their database when there is one.
  }

  record(db: Database, ref: Ref, index: number): void {
    this.#dbIndex = index;
    this.#key = db.keyOf(ref, this.#view).toByteString();
    if (db.isComplex(ref)) this.#value(db.valueOf(ref));
    else this.#emit('SET', this.#key, db.stringOf(ref, this.#view).toByteString());
    const expireMs = db.expireOf(ref);
    if (expireMs !== NO_EXPIRE) this.#emit('PEXPIREAT', this.#key, String(expireMs));
    if (this.#out.length >= CHUNK_BYTES) this.#flush();
  }

  end(): void {
    if (this.#out.length > 0) this.#flush();
  }

  #flush(): void {
    const { bytes, length } = this.#out;
    this.#chunks.write(Buffer.from(bytes.subarray(0, length)));
    this.#writtenBytes += length;
    this.#out.clear();
  }

  #emit(...words: (ByteString | string)[]): void {
    this.#out.words(this.#dbIndex, words);
  }

  #value(value: Value): void {
    if (value instanceof ListValue) {
      const items = this.#items('RPUSH', value.length, 1);
      value.forEach(0, value.length, (element) => items(element));
    } else if (value instanceof SetValue) {
      const items = this.#items('SADD', value.size, 1);
      for (const member of value.members) items(member);
    } else if (value instanceof ZsetValue) {
      const items = this.#items('ZADD', value.size, 2);
      const all = { start: 0, end: value.size };
      value.forEach(all, (member, score) => items(formatDouble(score), member));
    } else if (value instanceof HashValue) {
      const items = this.#items('HMSET', value.size, 2);
      const { fields, values } = value;
      for (const [i, field] of fields.entries()) items(field, values[i] as ByteString); // parallel
    } else if (value instanceof ModuleValue) {
      this.#module(value);
    } else {
      throw new RewriteError(`values of type ${value.type} cannot be written as commands`);
    }
  }

  /** Returns what takes the words of one item after the other and begins commands as needed. */
  #items(name: string, count: number, wordsPerItem: number): (...words: string[]) => void {
    const out = this.#out;
    let left = count;
    let room = 0;
    return (...words) => {
      if (room === 0) {
        room = Math.min(left, ITEMS_PER_COMMAND);
        out.select(this.#dbIndex);
        out.begin(2 + room * wordsPerItem);
        out.word(name);
        out.word(this.#key);
      }
      for (const word of words) out.word(word);
      room--;
      left--;
    };
  }

  #module(value: ModuleValue): void {
    const type = value.moduleType as RdbModuleType; // the host registers no other types
    const place = { key: this.#key, databaseIndex: this.#dbIndex };
    if (!type.rewriteAof(value, place, (words) => this.#emit(...words))) {
      throw new RewriteError(
        `values of the module type ${type.name} cannot be written as commands`,
      );
    }
  }
}
