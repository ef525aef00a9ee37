// Reads an RDB stream into a keyspace, a record at a time, so that whoever drives it can do it at
// once or let other work in between.

import { markAccess } from '../keyspace/access.ts';
import type { Database } from '../keyspace/database.ts';
import { EVENT_LOADED } from '../keyspace/events.ts';
import { isCanonicalInt64 } from '../keyspace/int-encoding.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import { FLAG_INT } from '../keyspace/record.ts';
import type { Ref } from '../keyspace/records.ts';
import { NO_EXPIRE } from '../keyspace/records.ts';
import type { Log } from '../lib/log.ts';
import { Slice } from '../lib/slice.ts';
import { EMPTY, readValue, type ValueMaterials } from '../rdb/decode-value.ts';
import { RDB_MAGIC, RDB_OPCODE, RDB_TYPE, RDB_VERSION_MAX } from '../rdb/format.ts';
import { readAux } from '../rdb/module-io.ts';
import type { RdbReader } from '../rdb/reader.ts';
import { ModuleValue } from '../values/module.ts';

export interface LoadOptions {
  readonly keyspace: Keyspace;
  readonly materials: ValueMaterials;
  readonly log: Log;
  /** What to do with keys whose time has come: primaries drop them, replicas and AOF bases do not. */
  readonly dropsExpired: boolean;
  /** A key that is there already: an error, or replaced by the one in the file. */
  readonly replacesKeys: boolean;
  /** Compare the checksum: rdbchecksum. */
  readonly checksChecksum: boolean;
}

const FIRST_VERSION_WITH_CHECKSUM = 5;
const EMPTY_KEYS_LOGGED = 10;

export class RdbLoader {
  readonly #reader: RdbReader;
  readonly #options: LoadOptions;
  readonly #nowMs: number;
  readonly #keyView = new Slice();
  readonly #valueView = new Slice();
  #keyMemory = Buffer.allocUnsafeSlow(256);
  #db: Database;
  #version = 0;
  // What opcodes have said of the key that follows.
  #expireMs = NO_EXPIRE;
  #idleSeconds = -1;
  #frequency = -1;
  keysLoaded = 0;
  keysExpired = 0;
  emptyKeysSkipped = 0;
  /** The `aux` fields met so far. */
  readonly fields = new Map<string, string>();

  constructor(reader: RdbReader, options: LoadOptions) {
    this.#reader = reader;
    this.#options = options;
    this.#nowMs = options.keyspace.nowMs;
    this.#db = options.keyspace.database(0);
  }

  /** Reads signature and version. Throws RdbError, as `next` does. */
  begin(): void {
    const reader = this.#reader;
    const header = reader.bytes(RDB_MAGIC.length + 4).toString('latin1');
    if (!header.startsWith(RDB_MAGIC)) reader.fail('Wrong signature trying to load DB from file');
    const digits = header.slice(RDB_MAGIC.length);
    this.#version = /^\d{4}$/.test(digits) ? Number(digits) : 0;
    if (this.#version < 1 || this.#version > RDB_VERSION_MAX) {
      reader.fail(`Can't handle RDB format version ${Number.parseInt(digits, 10) || 0}`);
    }
  }

  /** Reads one opcode or one key; false at the end, when the checksum has been found right. */
  next(): boolean {
    const reader = this.#reader;
    const type = reader.byte();
    switch (type) {
      case RDB_OPCODE.expireTime:
        this.#expireMs = reader.seconds() * 1000;
        return true;
      case RDB_OPCODE.expireTimeMs:
        this.#expireMs = reader.milliseconds();
        return true;
      case RDB_OPCODE.freq:
        this.#frequency = reader.byte();
        return true;
      case RDB_OPCODE.idle:
        this.#idleSeconds = reader.length();
        return true;
      case RDB_OPCODE.selectDb:
        this.#select(reader.length());
        return true;
      case RDB_OPCODE.eof:
        this.#finish();
        return false;
      default:
        if (!this.#special(type)) this.#key(type);
        return true;
    }
  }

  /** Opcodes that say nothing of the next key; false when `type` is none. */
  #special(type: number): boolean {
    const reader = this.#reader;
    switch (type) {
      case RDB_OPCODE.resizeDb:
        reader.length(); // sizes are hints for tables that grow in steps; ours need none
        reader.length();
        return true;
      case RDB_OPCODE.aux:
        this.#field(reader.string().toString(), reader.string().toString());
        return true;
      case RDB_OPCODE.moduleAux:
        readAux(reader, this.#options.materials.modules);
        return true;
      case RDB_OPCODE.function2:
        reader.string();
        this.#options.log.warning('Functions are not supported: a library in the RDB file is lost');
        return true;
      case RDB_OPCODE.functionPreGa:
        return reader.fail('Pre-release function format not supported.');
      default:
        return false;
    }
  }

  #select(index: number): void {
    const { keyspace } = this.#options;
    if (index >= keyspace.databaseCount) {
      this.#reader.fail(
        'FATAL: Data file was created with a Redis server configured to handle more than ' +
          `${keyspace.databaseCount} databases. Exiting`,
      );
    }
    this.#db = keyspace.database(index);
  }

  #key(type: number): void {
    const key = this.#readKey();
    if (type === RDB_TYPE.string) {
      const bytes = this.#reader.string();
      this.#valueView.set(bytes, 0, bytes.length);
      if (this.#isWanted(key)) {
        const flags = isCanonicalInt64(this.#valueView) ? FLAG_INT : 0;
        this.#settle(key, this.#db.setString(key, this.#valueView, flags));
      }
    } else {
      const place = { key: key.toByteString(), databaseIndex: this.#db.index };
      const value = readValue(this.#reader, type, this.#options.materials, place);
      if (value === EMPTY) this.#noteEmpty(key);
      else if (this.#isWanted(key)) this.#settle(key, this.#db.add(key, value, this.#expireMs));
      else if (value instanceof ModuleValue) value.moduleType.free(value);
    }
    this.#expireMs = NO_EXPIRE;
    this.#idleSeconds = -1;
    this.#frequency = -1;
  }

  /** The key in memory of its own: reading the value moves the reader's window. */
  #readKey(): Slice {
    const bytes = this.#reader.string();
    if (bytes.length > this.#keyMemory.length) {
      this.#keyMemory = Buffer.allocUnsafeSlow(bytes.length * 2);
    }
    bytes.copy(this.#keyMemory);
    this.#keyView.set(this.#keyMemory, 0, bytes.length);
    return this.#keyView;
  }

  /** Whether the key that has been read goes into the database; makes room for it. */
  #isWanted(key: Slice): boolean {
    const { keyspace, dropsExpired, replacesKeys } = this.#options;
    if (dropsExpired && this.#expireMs !== NO_EXPIRE && this.#expireMs < this.#nowMs) {
      this.keysExpired++;
      return false;
    }
    const old = this.#db.find(key);
    if (old !== 0) {
      if (!replacesKeys) {
        const name = key.toText();
        this.#reader.fail(`RDB has duplicated key '${name}' in DB ${this.#db.index}`);
      }
      keyspace.remove(this.#db, old, key);
    }
    return true;
  }

  #settle(key: Slice, ref: Ref): void {
    const db = this.#db;
    if (this.#expireMs !== NO_EXPIRE) db.setExpire(ref, this.#expireMs);
    const { keyspace } = this.#options;
    markAccess(keyspace, db, ref, this.#idleSeconds, this.#frequency);
    this.keysLoaded++;
    keyspace.notify(EVENT_LOADED, 'loaded', key, db);
  }

  #noteEmpty(key: Slice): void {
    if (this.emptyKeysSkipped++ < EMPTY_KEYS_LOGGED) {
      this.#options.log.notice(`rdbLoadObject skipping empty key: ${key.toText()}`);
    }
  }

  #field(name: string, value: string): void {
    this.fields.set(name, value);
    const line = fieldLine(name, value, this.#nowMs);
    if (line === undefined) this.#options.log.debug(`Unrecognized RDB AUX field: '${name}'`);
    else if (line !== null) this.#options.log.notice(line);
  }

  #finish(): void {
    const reader = this.#reader;
    if (this.#version >= FIRST_VERSION_WITH_CHECKSUM) {
      const actual = reader.checksum();
      const stated = reader.uint64();
      if (this.#options.checksChecksum) this.#compare(stated, actual);
    }
    const skipped = this.emptyKeysSkipped;
    const counts = `keys loaded: ${this.keysLoaded}, keys expired: ${this.keysExpired}`;
    const empty = skipped === 0 ? '' : `, empty keys skipped: ${skipped}`;
    this.#options.log.notice(`Done loading RDB, ${counts}${empty}.`);
  }

  #compare(stated: bigint, actual: bigint): void {
    if (stated === 0n) {
      this.#options.log.notice('RDB file was saved with checksum disabled: no check performed.');
    } else if (stated !== actual) {
      const texts = [stated, actual].map((value) => value.toString(16));
      this.#reader.fail(
        `Wrong RDB checksum expected: (${texts[0]}) but got (${texts[1]}). Aborting now.`,
      );
    }
  }
}

/** The log line for an `aux` field, null for none, undefined when the field is not known. */
function fieldLine(name: string, value: string, nowMs: number): string | null | undefined {
  if (name.startsWith('%')) return `RDB '${name}': ${value}`;
  switch (name) {
    case 'redis-ver':
      return `Loading RDB produced by version ${value}`;
    case 'ctime': {
      const seconds = Math.floor(nowMs / 1000) - (Number.parseInt(value, 10) || 0);
      return `RDB age ${Math.max(0, seconds)} seconds`;
    }
    case 'used-mem': {
      const megabytes = (Number.parseInt(value, 10) || 0) / (1024 * 1024);
      return `RDB memory usage when created ${megabytes.toFixed(2)} Mb`;
    }
    case 'aof-preamble':
      return value === '0' ? null : 'RDB has an AOF tail';
    case 'aof-base':
      return value === '0' ? null : 'RDB is base AOF';
    case 'redis-bits':
    case 'repl-stream-db':
    case 'repl-id':
    case 'repl-offset':
    case 'lua':
      return null;
    default:
      return undefined;
  }
}
