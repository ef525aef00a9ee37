// The layout of a key record in the arena; shared by everything that reads records.
//
//   word 0   type (4 bits) | flags (12 bits) | size class (8 bits) | unused; 0: block is free
//   word 1   key length in bytes
//   word 2   string: value length in bytes;  other types: index into Database.objects
//   word 3   LRU seconds or LFU counter (24 bits) | snapshot epoch (8 bits)
//   double   expire time, Unix milliseconds; −1: none
//   bytes    key, then the string's value; of a module value its guest pointer and type tag
//
// A key or a string too long for a block lives outside as an object; its place then holds the
// object's index in 4 bytes (key: FLAG_KEY_OUTSIDE, value: FLAG_VALUE_OUTSIDE).

import type { ValueType } from '../values/ledger.ts';

export const HEADER_BYTES = 24;

/** Record types; 0 is kept for free blocks. */
export const TYPE_STRING = 1;
export const TYPE_LIST = 2;
export const TYPE_SET = 3;
export const TYPE_ZSET = 4;
export const TYPE_HASH = 5;
export const TYPE_STREAM = 6;
export const TYPE_MODULE = 7;
export const TYPE_MASK = 15;

export const FLAG_KEY_OUTSIDE = 1 << 4;
export const FLAG_VALUE_OUTSIDE = 1 << 5;
/** The string is the canonical text of a 64-bit integer: OBJECT ENCODING int. */
export const FLAG_INT = 1 << 6;
/** The string was changed in place: OBJECT ENCODING raw whatever its length. */
export const FLAG_RAW = 1 << 7;
export const CLASS_SHIFT = 16;

export const TYPE_CODE: Record<ValueType, number> = {
  list: TYPE_LIST,
  set: TYPE_SET,
  zset: TYPE_ZSET,
  hash: TYPE_HASH,
  stream: TYPE_STREAM,
  module: TYPE_MODULE,
};

/** What TYPE answers, by record type; module values answer with their type's name instead. */
export const TYPE_NAMES = ['none', 'string', 'list', 'set', 'zset', 'hash', 'stream', 'module'];
