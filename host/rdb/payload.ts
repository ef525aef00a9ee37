// DUMP payloads: a value with its type in front and version and checksum behind.

import { crc64 } from '../lib/crc64.ts';
import type { Value } from '../values/ledger.ts';
import type { ModuleValuePlace } from '../values/module.ts';
import { EMPTY, readValue, type ValueMaterials } from './decode-value.ts';
import { typeOfValue, writeValue } from './encode-value.ts';
import {
  CRC_BYTES,
  PAYLOAD_FOOTER_BYTES,
  RDB_TYPE,
  RDB_VERSION,
  RDB_VERSION_MAX,
} from './format.ts';
import { RdbReader } from './reader.ts';
import { RdbWriter } from './writer.ts';

/** A string's bytes, or a value. A Buffer that was read is a view of the input. */
export type Content = Buffer | Value;

/** Writes type and value, as they stand in files too (there with the key between them). */
export function writeContent(writer: RdbWriter, content: Content, place: ModuleValuePlace): void {
  if (Buffer.isBuffer(content)) writer.string(content);
  else writeValue(writer, content, place);
}

export function typeOfContent(content: Content): number {
  return Buffer.isBuffer(content) ? RDB_TYPE.string : typeOfValue(content);
}

/** What DUMP replies: own memory. Long strings are compressed if `isCompressing`. */
export function createPayload(
  content: Content,
  place: ModuleValuePlace,
  isCompressing: boolean,
): Buffer {
  const writer = new RdbWriter({ isCompressing, isChecksummed: true });
  writer.byte(typeOfContent(content));
  writeContent(writer, content, place);
  writer.uint16(RDB_VERSION);
  writer.uint64(writer.checksum());
  return writer.take();
}

/** Bytes of the value alone: DEBUG OBJECT's serializedlength. */
export function contentBytes(
  content: Content,
  place: ModuleValuePlace,
  isCompressing: boolean,
): number {
  const writer = new RdbWriter({ isCompressing });
  writeContent(writer, content, place);
  return writer.offset;
}

/** Whether version and checksum of a payload are right; 0 is no way around the checksum here. */
export function isPayloadIntact(payload: Buffer): boolean {
  if (payload.length < PAYLOAD_FOOTER_BYTES) return false;
  const footer = payload.length - PAYLOAD_FOOTER_BYTES;
  if (payload.readUInt16LE(footer) > RDB_VERSION_MAX) return false;
  const stated = payload.readBigUInt64LE(payload.length - CRC_BYTES);
  return stated === crc64(payload.subarray(0, payload.length - CRC_BYTES));
}

/** Reads the value of an intact payload. Throws RdbError, also for an empty collection. */
export function readPayload(
  payload: Buffer,
  materials: ValueMaterials,
  place: ModuleValuePlace,
): Content {
  const body = payload.subarray(0, payload.length - PAYLOAD_FOOTER_BYTES);
  const reader = RdbReader.ofBuffer(body);
  const type = reader.byte();
  if (type === RDB_TYPE.string) return reader.string();
  const value = readValue(reader, type, materials, place);
  return value === EMPTY ? reader.fail('Empty collection') : value;
}
