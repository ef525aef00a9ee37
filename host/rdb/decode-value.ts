// Bytes to values, of every type that Redis has ever written, except streams.

import type { ByteString } from '../lib/bytes.ts';
import { parseDoubleBytes } from '../lib/number.ts';
import type { Random } from '../lib/random.ts';
import { HashValue } from '../values/hash.ts';
import type { Value } from '../values/ledger.ts';
import type { EncodingLimits } from '../values/limits.ts';
import { ListValue } from '../values/list.ts';
import type { ModuleValuePlace } from '../values/module.ts';
import { SetValue } from '../values/set.ts';
import { ZsetValue } from '../values/zset.ts';
import { NODE_PACKED, NODE_PLAIN, RDB_TYPE } from './format.ts';
import { decodeIntset } from './intset.ts';
import { decodeListpack } from './listpack.ts';
import { type ModuleTypeResolver, readModuleValue } from './module-io.ts';
import type { RdbReader } from './reader.ts';
import { decodeZiplist, decodeZipmap } from './ziplist.ts';

/** What values are made with. */
export interface ValueMaterials {
  readonly limits: EncodingLimits;
  readonly random: Random;
  readonly modules: ModuleTypeResolver;
}

/** A collection without elements cannot be a key; loaders skip it, RESTORE refuses it. */
export const EMPTY = 'empty';

type Decoder = (reader: RdbReader, materials: ValueMaterials) => Value;

const DECODERS: ReadonlyMap<number, Decoder> = new Map<number, Decoder>([
  [RDB_TYPE.list, readList],
  [RDB_TYPE.listZiplist, (reader, { limits }) => listOf(limits, [unpackZiplist(reader)])],
  [RDB_TYPE.listQuicklist, readQuicklist],
  [RDB_TYPE.listQuicklist2, readQuicklist2],
  [RDB_TYPE.set, readSet],
  [RDB_TYPE.setIntset, readIntset],
  [RDB_TYPE.setListpack, (reader, { limits }) => setOf(reader, limits, unpackListpack(reader))],
  [RDB_TYPE.zset, (reader, materials) => readZset(reader, materials, () => readOldDouble(reader))],
  [RDB_TYPE.zset2, (reader, materials) => readZset(reader, materials, () => reader.double())],
  [RDB_TYPE.zsetZiplist, (reader, materials) => zsetOf(reader, materials, unpackZiplist(reader))],
  [RDB_TYPE.zsetListpack, (reader, materials) => zsetOf(reader, materials, unpackListpack(reader))],
  [RDB_TYPE.hash, readHash],
  [RDB_TYPE.hashZipmap, (reader, { limits }) => hashOf(reader, limits, unpackZipmap(reader))],
  [RDB_TYPE.hashZiplist, (reader, { limits }) => hashOf(reader, limits, unpackZiplist(reader))],
  [RDB_TYPE.hashListpack, (reader, { limits }) => hashOf(reader, limits, unpackListpack(reader))],
]);

/**
 * Reads a value of any type but string, which callers read with `reader.string()`. Throws
 * RdbError. The value is detached.
 */
export function readValue(
  reader: RdbReader,
  type: number,
  materials: ValueMaterials,
  place: ModuleValuePlace,
): Value | typeof EMPTY {
  const decoder = DECODERS.get(type);
  if (decoder === undefined) return readSpecial(reader, type, materials, place);
  const value = decoder(reader, materials);
  return sizeOf(value) === 0 ? EMPTY : value;
}

function readSpecial(
  reader: RdbReader,
  type: number,
  materials: ValueMaterials,
  place: ModuleValuePlace,
): Value {
  switch (type) {
    case RDB_TYPE.module2:
      return readModuleValue(reader, materials.modules, place);
    case RDB_TYPE.modulePreGa:
      return reader.fail('Pre-release module format not supported');
    case RDB_TYPE.streamListpacks:
    case RDB_TYPE.streamListpacks2:
    case RDB_TYPE.streamListpacks3:
      return reader.fail(`Streams cannot be loaded yet (RDB type ${type})`);
    default:
      return reader.fail(`Unknown RDB encoding type ${type}`);
  }
}

function sizeOf(value: Value): number {
  if (value instanceof ListValue) return value.length;
  if (value instanceof HashValue) return value.size;
  if (value instanceof SetValue) return value.size;
  return value instanceof ZsetValue ? value.size : 1;
}

// ---- lists --------------------------------------------------------------------------------

function readList(reader: RdbReader, { limits }: ValueMaterials): Value {
  const list = new ListValue(limits);
  const count = reader.length();
  // In Redis elements come one by one into a quicklist, which makes its nodes as pushes do.
  for (let i = 0; i < count; i++) list.pushTail(reader.text());
  list.settle();
  return list;
}

function readQuicklist(reader: RdbReader, { limits }: ValueMaterials): Value {
  return readNodes(reader, limits, () => unpackZiplist(reader));
}

function readQuicklist2(reader: RdbReader, { limits }: ValueMaterials): Value {
  return readNodes(reader, limits, () => {
    const container = reader.length();
    if (container === NODE_PLAIN) return [reader.text()];
    if (container !== NODE_PACKED) reader.fail('Quicklist integrity check failed.');
    return unpackListpack(reader);
  });
}

function readNodes(
  reader: RdbReader,
  limits: EncodingLimits,
  next: () => readonly ByteString[],
): Value {
  const list = new ListValue(limits);
  const count = reader.length();
  for (let i = 0; i < count; i++) list.loadNode(next()); // empty nodes leave no trace
  list.settle();
  return list;
}

function listOf(limits: EncodingLimits, nodes: readonly (readonly ByteString[])[]): Value {
  const list = new ListValue(limits);
  for (const elements of nodes) list.loadNode(elements);
  list.settle();
  return list;
}

// ---- sets ---------------------------------------------------------------------------------

function readSet(reader: RdbReader, { limits }: ValueMaterials): Value {
  const count = reader.length();
  const set = SetValue.withEncoding(
    limits,
    count > limits.setMaxIntsetEntries ? 'hashtable' : 'intset',
  );
  for (let i = 0; i < count; i++) addMember(reader, set, reader.text());
  return set;
}

function readIntset(reader: RdbReader, { limits }: ValueMaterials): Value {
  const members = decodeIntset(reader.string());
  if (members === null) return reader.fail('Intset integrity check failed.');
  const set = new SetValue(limits);
  for (const member of members) set.add(member);
  return set;
}

function setOf(reader: RdbReader, limits: EncodingLimits, members: readonly ByteString[]): Value {
  const isLarge = members.length > limits.setMaxListpackEntries;
  const set = SetValue.withEncoding(limits, isLarge ? 'hashtable' : 'listpack');
  for (const member of members) addMember(reader, set, member);
  return set;
}

function addMember(reader: RdbReader, set: SetValue, member: ByteString): void {
  const isNew = set.add(member);
  if (!isNew && set.encoding !== 'intset') reader.fail('Duplicate set members detected');
}

// ---- sorted sets --------------------------------------------------------------------------

function readZset(reader: RdbReader, materials: ValueMaterials, score: () => number): Value {
  const { limits, random } = materials;
  const zset = new ZsetValue(limits, random);
  const count = reader.length();
  zset.expect(count);
  for (let i = 0; i < count; i++) addScore(reader, zset, reader.text(), score());
  return zset;
}

function zsetOf(reader: RdbReader, materials: ValueMaterials, pairs: readonly ByteString[]): Value {
  if (pairs.length % 2 !== 0) return reader.fail('Zset listpack integrity check failed.');
  const { limits, random } = materials;
  const zset = new ZsetValue(limits, random);
  zset.expect(pairs.length / 2);
  for (let i = 0; i < pairs.length; i += 2) {
    const score = parseDoubleBytes(pairs[i + 1] as ByteString); // the count is even
    addScore(reader, zset, pairs[i] as ByteString, score);
  }
  return zset;
}

function addScore(reader: RdbReader, zset: ZsetValue, member: ByteString, score: number): void {
  if (Number.isNaN(score)) reader.fail('Zset with NAN score detected');
  if (!zset.add(member, score)) reader.fail('Zset with duplicate fields detected');
}

/** Scores before version 8: a length and text, or a byte for what is no finite number. */
function readOldDouble(reader: RdbReader): number {
  const length = reader.byte();
  if (length === 255) return -Infinity;
  if (length === 254) return Infinity;
  if (length === 253) return Number.NaN;
  return Number(reader.bytes(length).toString('latin1') || Number.NaN);
}

// ---- hashes -------------------------------------------------------------------------------

function readHash(reader: RdbReader, { limits }: ValueMaterials): Value {
  const hash = new HashValue(limits);
  const count = reader.length();
  hash.expect(count);
  for (let i = 0; i < count; i++) {
    const field = reader.text();
    setField(reader, hash, field, reader.text());
  }
  return hash;
}

function hashOf(reader: RdbReader, limits: EncodingLimits, pairs: readonly ByteString[]): Value {
  if (pairs.length % 2 !== 0) return reader.fail('Hash listpack integrity check failed.');
  const hash = new HashValue(limits);
  hash.expect(pairs.length / 2);
  for (let i = 0; i < pairs.length; i += 2) {
    setField(reader, hash, pairs[i] as ByteString, pairs[i + 1] as ByteString); // even count
  }
  return hash;
}

function setField(reader: RdbReader, hash: HashValue, field: ByteString, value: ByteString): void {
  if (!hash.set(field, value)) reader.fail('Duplicate hash fields detected');
}

// ---- compact sequences --------------------------------------------------------------------

function unpackListpack(reader: RdbReader): readonly ByteString[] {
  return decodeListpack(reader.string()) ?? reader.fail('Listpack integrity check failed.');
}

function unpackZiplist(reader: RdbReader): readonly ByteString[] {
  return decodeZiplist(reader.string()) ?? reader.fail('Ziplist integrity check failed.');
}

function unpackZipmap(reader: RdbReader): readonly ByteString[] {
  return decodeZipmap(reader.string()) ?? reader.fail('Zipmap integrity check failed.');
}
