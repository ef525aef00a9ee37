// A data set as an RDB stream: header, records, footer.

import type { Database } from '../keyspace/database.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import type { Ref } from '../keyspace/records.ts';
import { NO_EXPIRE } from '../keyspace/records.ts';
import { Slice } from '../lib/slice.ts';
import { REDIS_VERSION } from '../lib/version.ts';
import { typeOfValue, writeValue } from '../rdb/encode-value.ts';
import { RDB_MAGIC, RDB_OPCODE, RDB_TYPE, RDB_VERSION } from '../rdb/format.ts';
import {
  AUX_AFTER,
  AUX_BEFORE,
  type AuxMoment,
  auxRecord,
  type ModuleTypeResolver,
} from '../rdb/module-io.ts';
import { RdbWriter } from '../rdb/writer.ts';
import type { RecordSink } from './record-sink.ts';

/** What the 24 access bits of records mean: maxmemory-policy decides. */
export type AccessMode = 'none' | 'lru' | 'lfu';

export interface SnapshotSource {
  readonly keyspace: Keyspace;
  readonly modules: ModuleTypeResolver;
  readonly accessMode: AccessMode;
  /** The file is the base of an append-only file. */
  readonly isAofBase: boolean;
  /** More `aux` fields: replication id and offset. */
  readonly extraFields: readonly (readonly [name: string, value: string])[];
}

const LRU_MASK = 0xffffff;

export class SnapshotWriter implements RecordSink {
  readonly #writer: RdbWriter;
  readonly #source: SnapshotSource;
  readonly #nowMs: number;
  readonly #key = new Slice();
  readonly #value = new Slice();
  /** Aux records for the end, taken at the start: all of a snapshot is of one moment. */
  #trailer: Buffer[] = [];
  #selected = -1;

  constructor(writer: RdbWriter, source: SnapshotSource) {
    this.#writer = writer;
    this.#source = source;
    this.#nowMs = source.keyspace.nowMs;
  }

  get offset(): number {
    return this.#writer.offset;
  }

  begin(): void {
    this.#writer.rawText(`${RDB_MAGIC}${String(RDB_VERSION).padStart(4, '0')}`);
    this.#field('redis-ver', REDIS_VERSION);
    this.#field('redis-bits', '64');
    this.#field('ctime', String(Math.floor(this.#nowMs / 1000)));
    this.#field('used-mem', String(this.#source.keyspace.memoryBytes));
    for (const [name, value] of this.#source.extraFields) this.#field(name, value);
    this.#field('aof-base', this.#source.isAofBase ? '1' : '0');
    for (const record of this.#auxRecords(AUX_BEFORE)) this.#writer.raw(record);
    this.#trailer = this.#auxRecords(AUX_AFTER);
  }

  announce(index: number, keys: number, expires: number): void {
    this.#select(index);
    this.#writer.byte(RDB_OPCODE.resizeDb);
    this.#writer.length(keys);
    this.#writer.length(expires);
  }

  record(db: Database, ref: Ref, index: number): void {
    this.#select(index);
    const writer = this.#writer;
    const expireMs = db.expireOf(ref);
    if (expireMs !== NO_EXPIRE) {
      writer.byte(RDB_OPCODE.expireTimeMs);
      writer.milliseconds(expireMs);
    }
    this.#access(db.lruOf(ref));
    const key = db.keyOf(ref, this.#key);
    if (db.isComplex(ref)) {
      const value = db.valueOf(ref);
      writer.byte(typeOfValue(value));
      writer.string(key.buffer, key.start, key.end);
      writeValue(writer, value, { key: key.toByteString(), databaseIndex: index });
    } else {
      const value = db.stringOf(ref, this.#value);
      writer.byte(RDB_TYPE.string);
      writer.string(key.buffer, key.start, key.end);
      writer.string(value.buffer, value.start, value.end);
    }
  }

  /** Ends the stream and hands everything to the sink. */
  end(): void {
    for (const record of this.#trailer) this.#writer.raw(record);
    this.#writer.byte(RDB_OPCODE.eof);
    this.#writer.uint64(this.#writer.checksum()); // 0 when none is kept: not to be checked
    this.#writer.flush();
  }

  #select(index: number): void {
    if (index === this.#selected) return;
    this.#selected = index;
    this.#writer.byte(RDB_OPCODE.selectDb);
    this.#writer.length(index);
  }

  #access(lru: number): void {
    switch (this.#source.accessMode) {
      case 'lru': {
        const seconds = Math.floor(this.#nowMs / 1000) & LRU_MASK;
        this.#writer.byte(RDB_OPCODE.idle);
        this.#writer.length((seconds - lru) & LRU_MASK);
        return;
      }
      case 'lfu':
        this.#writer.byte(RDB_OPCODE.freq);
        this.#writer.byte(lru & 255);
        return;
      case 'none':
    }
  }

  #field(name: string, value: string): void {
    this.#writer.byte(RDB_OPCODE.aux);
    this.#writer.text(name);
    this.#writer.text(value);
  }

  #auxRecords(moment: AuxMoment): Buffer[] {
    const records: Buffer[] = [];
    for (const type of this.#source.modules.types()) {
      const record = new RdbWriter();
      record.byte(RDB_OPCODE.moduleAux);
      if (auxRecord(type, moment, record)) records.push(record.take());
    }
    return records;
  }
}
