// The kinds of host objects that guests hold handles of.

export const KIND_STRING = 1;
export const KIND_KEY = 2;
export const KIND_REPLY = 3;
export const KIND_IO = 4;
export const KIND_TYPE = 5;
export const KIND_DIGEST = 6;
export const KIND_BLOCKED = 7;
export const KIND_COMMAND = 8;
export const KIND_DICT = 9;
export const KIND_DICT_ITER = 10;
export const KIND_FILTER_CTX = 11;
export const KIND_FILTER = 12;
export const KIND_INFO_CTX = 13;
export const KIND_SERVER_INFO = 14;
export const KIND_CURSOR = 15;
export const KIND_USER = 16;
export const KIND_OPT_CTX = 17;
export const KIND_DEFRAG = 18;
export const KIND_RDB_STREAM = 19;

/** Names for messages and leak reports, by kind. */
export const KIND_NAMES = [
  'nothing',
  'string',
  'key',
  'call reply',
  'io',
  'type',
  'digest',
  'blocked client',
  'command',
  'dict',
  'dict iterator',
  'filter context',
  'filter',
  'info context',
  'server info',
  'scan cursor',
  'user',
  'key option context',
  'defrag context',
  'rdb stream',
] as const;
