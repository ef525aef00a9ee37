// ABI area "misc": versions, random bytes, sizes of memory, keys of a command.

import type { Area } from '../table.ts';

export const misc = {
  title: 'Miscellaneous',
  doc: 'What the server supports and small utilities.',
  functions: {
    RedisModule_GetModuleOptionsAll: {
      doc: 'All option bits that the server knows.',
      params: [],
      result: 'int',
      since: '7.2.0',
    },
    RedisModule_GetContextFlagsAll: {
      doc: 'All context flags that the server knows.',
      params: [],
      result: 'int',
      since: '6.0.9',
    },
    RedisModule_GetKeyspaceNotificationFlagsAll: {
      doc: 'All classes of keyspace events that the server knows.',
      params: [],
      result: 'int',
      since: '6.0.9',
    },
    RedisModule_GetServerVersion: {
      doc: 'The version of the server as 0x00MMmmpp: 0x00070204 for 7.2.4.',
      params: [],
      result: 'int',
      since: '6.0.9',
    },
    RedisModule_GetTypeMethodVersion: {
      doc: 'The highest version of RedisModuleTypeMethods that the server understands.',
      params: [],
      result: 'int',
      since: '6.2.0',
    },
    RedisModule_ModuleTypeReplaceValue: {
      doc: "Replaces a value of a module type without freeing the old one, which is stored unless `old_value` is NULL and is the guest's then. The expiry stays. ERR if not open for writing, an iterator is active, or the key holds another type.",
      params: [
        ['key', 'key'],
        ['mt', 'type'],
        ['new_value', 'data'],
        ['old_value', 'out data?'],
      ],
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_GetCommandKeysWithFlags: {
      doc: 'The positions of the keys of a command line, in a block that the guest frees, with their number and, unless `out_flags` is NULL, a second block of their REDISMODULE_CMD_KEY_* flags. NULL with ENOENT for an unknown command, EINVAL for a wrong number of arguments or positions that cannot be told; NULL with errno 0, and no number stored, if it has none.',
      params: [
        ['ctx', 'ctx?'],
        ['argv', 'argv'],
        ['argc', 'int'],
        ['num_keys', 'out int'],
        ['out_flags', 'out ints?'],
      ],
      result: 'ints?',
      returns: 'free',
      since: '7.0.0',
      errno: ['ENOENT', 'EINVAL'],
    },
    RedisModule_GetCommandKeys: {
      doc: 'RedisModule_GetCommandKeysWithFlags without flags.',
      params: [
        ['ctx', 'ctx?'],
        ['argv', 'argv'],
        ['argc', 'int'],
        ['num_keys', 'out int'],
      ],
      result: 'ints?',
      returns: 'free',
      since: '6.0.9',
      errno: ['ENOENT', 'EINVAL'],
    },
    RedisModule_GetCurrentCommandName: {
      doc: 'The full name of the running command, or NULL outside one.',
      params: [['ctx', 'ctx']],
      result: 'cstring?',
      returns: 'borrow',
      since: '6.2.5',
    },
    RedisModule_GetRandomBytes: {
      doc: 'Fills `len` bytes at random; not for secrets.',
      params: [
        ['dst', 'ubuffer'],
        ['len', 'size'],
      ],
      result: 'void',
      since: '5.0.0',
    },
    RedisModule_GetRandomHexChars: {
      doc: 'Fills `len` bytes with random hexadecimal digits, without a NUL at the end.',
      params: [
        ['dst', 'buffer'],
        ['len', 'size'],
      ],
      result: 'void',
      since: '5.0.0',
    },
    RedisModule_MallocSize: {
      doc: 'The bytes that a block occupies, overhead included; 0 for NULL.',
      params: [['ptr', 'block?']],
      result: 'size',
      since: '6.0.0',
    },
    RedisModule_MallocUsableSize: {
      doc: 'The bytes of a block that the guest may use: at least what it asked for; 0 for NULL.',
      params: [['ptr', 'block?']],
      result: 'size',
      since: '7.0.1',
    },
    RedisModule_MallocSizeString: {
      doc: 'The bytes that a string occupies; an estimate.',
      params: [['str', 'string']],
      result: 'size',
      since: '7.0.0',
    },
    RedisModule_MallocSizeDict: {
      doc: 'The bytes that a dictionary occupies, without what its values point to; an estimate.',
      params: [['dict', 'dict']],
      result: 'size',
      since: '7.0.0',
    },
    RedisModule_GetUsedMemoryRatio: {
      doc: 'Used memory divided by maxmemory: 0 without a limit, above 1 when beyond it.',
      params: [],
      result: 'float',
      since: '6.0.0',
    },
  },
} as const satisfies Area;
