// Values to bytes. Saved as version 10 knows them: sets that are listpacks in memory are written
// as plain sets, because their type came with version 11.

import type { ByteString } from '../lib/bytes.ts';
import { formatDouble } from '../lib/number.ts';
import { HashValue } from '../values/hash.ts';
import type { Value } from '../values/ledger.ts';
import { ListValue } from '../values/list.ts';
import { ModuleValue, type ModuleValuePlace } from '../values/module.ts';
import { SetValue } from '../values/set.ts';
import { ZsetValue } from '../values/zset.ts';
import { NODE_PACKED, RDB_TYPE } from './format.ts';
import { encodeIntset } from './intset.ts';
import { encodeListpack } from './listpack.ts';
import { writeModuleValue } from './module-io.ts';
import type { RdbWriter } from './writer.ts';

/** The type byte under which a value is saved. */
export function typeOfValue(value: Value): number {
  if (value instanceof ListValue) return RDB_TYPE.listQuicklist2;
  if (value instanceof SetValue) {
    return value.encoding === 'intset' && value.size > 0 ? RDB_TYPE.setIntset : RDB_TYPE.set;
  }
  if (value instanceof ZsetValue) {
    return value.encoding === 'listpack' ? RDB_TYPE.zsetListpack : RDB_TYPE.zset2;
  }
  if (value instanceof HashValue) {
    return value.encoding === 'listpack' ? RDB_TYPE.hashListpack : RDB_TYPE.hash;
  }
  if (value instanceof ModuleValue) return RDB_TYPE.module2;
  throw new Error(`values of type ${value.type} cannot be saved`);
}

/** Writes a value behind its type byte (and key). O(value). */
export function writeValue(writer: RdbWriter, value: Value, place: ModuleValuePlace): void {
  if (value instanceof ListValue) writeList(writer, value);
  else if (value instanceof SetValue) writeSet(writer, value);
  else if (value instanceof ZsetValue) writeZset(writer, value);
  else if (value instanceof HashValue) writeHash(writer, value);
  else if (value instanceof ModuleValue) writeModuleValue(writer, value, place);
  else throw new Error(`values of type ${value.type} cannot be saved`);
}

function writeList(writer: RdbWriter, list: ListValue): void {
  const nodes = [...list.nodes()];
  writer.length(nodes.length);
  for (const elements of nodes) {
    writer.length(NODE_PACKED);
    writer.string(encodeListpack(elements));
  }
}

function writeSet(writer: RdbWriter, set: SetValue): void {
  const { members } = set;
  if (typeOfValue(set) === RDB_TYPE.setIntset) {
    writer.string(encodeIntset(members));
    return;
  }
  writer.length(members.length);
  for (const member of members) writer.text(member);
}

function writeZset(writer: RdbWriter, zset: ZsetValue): void {
  const all = { start: 0, end: zset.size };
  if (zset.encoding === 'listpack') {
    const elements: ByteString[] = [];
    zset.forEach(all, (member, score) => {
      elements.push(member, formatDouble(score) as ByteString); // digits are ASCII
    });
    writer.string(encodeListpack(elements));
    return;
  }
  writer.length(zset.size);
  // Highest first, as Redis does: its loader then inserts at the head of the skip list.
  zset.forEach(
    all,
    (member, score) => {
      writer.text(member);
      writer.double(score);
    },
    true,
  );
}

function writeHash(writer: RdbWriter, hash: HashValue): void {
  const { fields, values } = hash;
  if (hash.encoding === 'listpack') {
    const elements: ByteString[] = [];
    for (let i = 0; i < fields.length; i++) {
      elements.push(fields[i] as ByteString, values[i] as ByteString); // i < size
    }
    writer.string(encodeListpack(elements));
    return;
  }
  writer.length(fields.length);
  for (let i = 0; i < fields.length; i++) {
    writer.text(fields[i] as ByteString); // i < size
    writer.text(values[i] as ByteString);
  }
}
