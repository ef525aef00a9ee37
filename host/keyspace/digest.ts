// DEBUG DIGEST: a fingerprint of data that does not depend on the order of what has none, so that
// two servers can be compared. Bit for bit what Redis computes.
//
//   mix(d, x) = sha1(d xor sha1(x))      for what has an order
//   xor(d, x) = d xor sha1(x)            for what has none

import { hash } from 'node:crypto';
import { type ByteString, bufferOf } from '../lib/bytes.ts';
import { formatDouble } from '../lib/number.ts';
import { HashValue } from '../values/hash.ts';
import type { Value } from '../values/ledger.ts';
import { ListValue } from '../values/list.ts';
import { type DigestSink, ModuleValue } from '../values/module.ts';
import { SetValue } from '../values/set.ts';
import { ZsetValue } from '../values/zset.ts';
import { type Database, keyBytes } from './database.ts';
import type { Keyspace } from './keyspace.ts';
import { NO_EXPIRE, type Ref } from './records.ts';

const DIGEST_BYTES = 20;

/** Redis's numbers of the types, in the order of its source. */
const OBJECT_TYPE = { string: 0, list: 1, set: 2, zset: 3, hash: 4, module: 5, stream: 6 } as const;
const EXPIRE_MARK = '!!expire!!' as ByteString; // ASCII

/** How scores are written before they are hashed: 7.0 differs from 7.2. */
export type ScoreFormat = (score: number) => string;

/** A digest under way; starts as zeros. */
export class Digest {
  readonly #bytes = Buffer.alloc(DIGEST_BYTES);

  mix(bytes: Buffer | ByteString): void {
    this.xor(bytes);
    sha1(this.#bytes).copy(this.#bytes);
  }

  xor(bytes: Buffer | ByteString): void {
    this.xorRaw(sha1(bytes));
  }

  /** Without hashing first. */
  xorRaw(other: Buffer): void {
    const own = this.#bytes;
    for (let i = 0; i < DIGEST_BYTES; i++) own[i] = (own[i] as number) ^ (other[i] as number);
  }

  /** A view. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  toHex(): string {
    return this.#bytes.toString('hex');
  }
}

function sha1(bytes: Buffer | ByteString): Buffer {
  return hash('sha1', typeof bytes === 'string' ? bufferOf(bytes) : bytes, 'buffer');
}

/** DEBUG DIGEST: of all keys of all databases, in hexadecimal. O(data set). */
export function keyspaceDigest(keyspace: Keyspace, scores: ScoreFormat = formatDouble): string {
  const total = new Digest();
  for (const db of keyspace.usedDatabases()) {
    if (db.size === 0) continue;
    total.mix(numberBytes(db.index));
    db.forEach((ref) => {
      const digest = new Digest();
      digest.mix(keyBytes(db, ref));
      addRecord(digest, db, ref, scores);
      total.xor(digest.bytes);
    });
  }
  return total.toHex();
}

/** DEBUG DIGEST-VALUE: of one value and whether it expires, without the key. O(value). */
export function recordDigest(db: Database, ref: Ref, scores: ScoreFormat = formatDouble): string {
  const digest = new Digest();
  addRecord(digest, db, ref, scores);
  return digest.toHex();
}

function addRecord(digest: Digest, db: Database, ref: Ref, scores: ScoreFormat): void {
  if (db.isComplex(ref)) {
    const value = db.valueOf(ref);
    digest.mix(numberBytes(OBJECT_TYPE[value.type]));
    addValue(digest, value, keyBytes(db, ref), db.index, scores);
  } else {
    digest.mix(numberBytes(OBJECT_TYPE.string));
    digest.mix(db.stringOf(ref).view());
  }
  if (db.expireOf(ref) !== NO_EXPIRE) digest.xor(EXPIRE_MARK);
}

function addValue(
  digest: Digest,
  value: Value,
  key: ByteString,
  databaseIndex: number,
  scores: ScoreFormat,
): void {
  if (value instanceof ListValue) {
    value.forEach(0, value.length, (element) => digest.mix(element));
  } else if (value instanceof SetValue) {
    for (const member of value.members) digest.xor(member);
  } else if (value instanceof ZsetValue) {
    value.forEach({ start: 0, end: value.size }, (member, score) => {
      xorPair(digest, member, scores(score) as ByteString); // digits are ASCII
    });
  } else if (value instanceof HashValue) {
    const { fields, values } = value;
    for (let i = 0; i < fields.length; i++) {
      xorPair(digest, fields[i] as ByteString, values[i] as ByteString); // i < size
    }
  } else if (value instanceof ModuleValue) {
    const sink = new ModuleDigest();
    value.moduleType.digest(value, { key, databaseIndex }, sink);
    digest.xor(sink.result);
  } else {
    throw new Error(`values of type ${value.type} have no digest`);
  }
}

function xorPair(digest: Digest, first: ByteString, second: ByteString): void {
  const pair = new Digest();
  pair.mix(first);
  pair.mix(second);
  digest.xor(pair.bytes);
}

/** 32 bits, big-endian. */
function numberBytes(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** What a module's digest callback feeds: sequences are ordered inside, not among each other. */
class ModuleDigest implements DigestSink {
  readonly #sequences = new Digest();
  #current = new Digest();

  addBytes(bytes: ByteString): void {
    this.#current.mix(bytes);
  }

  addInteger(value: bigint): void {
    this.#current.mix(String(value) as ByteString); // digits are ASCII
  }

  endSequence(): void {
    this.#sequences.xor(this.#current.bytes);
    this.#current = new Digest();
  }

  get result(): Buffer {
    return this.#sequences.bytes;
  }
}
