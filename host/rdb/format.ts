// The numbers of the RDB format (versions 1 to 11), as redis.io's file format description, the
// redis-rdb-tools wiki and files written by redis-server 7.0.15 show them.
//
//   file     "REDIS" version(4 digits) { opcode … | type key value } 255 crc64(8, little-endian)
//   length   00vvvvvv | 01vvvvvv v | 10000000 v4 (big-endian) | 10000001 v8 (big-endian)
//   string   length bytes | 11000000 int8 | 11000001 int16 | 11000010 int32 (little-endian)
//            | 11000011 length(compressed) length(plain) LZF bytes
//   payload  type value version(2, little-endian) crc64(8, little-endian): what DUMP returns

/** 7.2 writes 11; 10 is what 7.0, 7.2 and Valkey all load. */
export const RDB_VERSION = 10;
/** The newest version that is understood: 7.2's. */
export const RDB_VERSION_MAX = 11;

export const RDB_MAGIC = 'REDIS';
export const CRC_BYTES = 8;
/** Version and checksum behind a DUMP payload. */
export const PAYLOAD_FOOTER_BYTES = 2 + CRC_BYTES;

export const LENGTH_6BIT = 0;
export const LENGTH_14BIT = 1;
export const LENGTH_ENCODED = 3;
export const LENGTH_32BIT = 0x80;
export const LENGTH_64BIT = 0x81;

export const STRING_INT8 = 0;
export const STRING_INT16 = 1;
export const STRING_INT32 = 2;
export const STRING_LZF = 3;

/** Value types: the byte before a key, or the first of a payload. */
export const RDB_TYPE = {
  string: 0,
  list: 1,
  set: 2,
  zset: 3,
  hash: 4,
  zset2: 5,
  modulePreGa: 6,
  module2: 7,
  hashZipmap: 9,
  listZiplist: 10,
  setIntset: 11,
  zsetZiplist: 12,
  hashZiplist: 13,
  listQuicklist: 14,
  streamListpacks: 15,
  hashListpack: 16,
  zsetListpack: 17,
  listQuicklist2: 18,
  streamListpacks2: 19,
  setListpack: 20,
  streamListpacks3: 21,
} as const;

/** What may stand where a type could. */
export const RDB_OPCODE = {
  function2: 245,
  functionPreGa: 246,
  moduleAux: 247,
  idle: 248,
  freq: 249,
  aux: 250,
  resizeDb: 251,
  expireTimeMs: 252,
  expireTime: 253,
  selectDb: 254,
  eof: 255,
} as const;

/** What comes before each field of a module value. */
export const MODULE_OPCODE = {
  eof: 0,
  signed: 1,
  unsigned: 2,
  float: 3,
  double: 4,
  string: 5,
} as const;

/** Nodes of a QUICKLIST_2. */
export const NODE_PLAIN = 1;
export const NODE_PACKED = 2;

/** True for a type byte that this server knows by name, streams included. */
export function isKnownType(type: number): boolean {
  return KNOWN_TYPES.has(type);
}

const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(RDB_TYPE));
