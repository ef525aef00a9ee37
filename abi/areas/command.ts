// ABI area "command": registering commands, their keys, channels, ACL categories and documentation.

import type { Area } from '../table.ts';

export const command = {
  title: 'Commands',
  doc: 'Commands are registered in RedisModule_OnLoad and vanish with the module.',
  functions: {
    RedisModule_IsKeysPositionRequest: {
      doc: 'Returns 1 when a command registered with "getkeys-api" is called only to report its keys. It must then call RedisModule_KeyAtPos for each key and return without any other effect.',
      params: [['ctx', 'ctx']],
      result: 'int',
      since: '4.0.0',
    },
    RedisModule_KeyAtPosWithFlags: {
      doc: 'Reports that argv[pos] is a key used as `flags` (REDISMODULE_CMD_KEY_*) say. Ignored outside a key request and for positions below 1.',
      params: [
        ['ctx', 'ctx'],
        ['pos', 'int'],
        ['flags', 'int'],
      ],
      result: 'void',
      since: '7.0.0',
    },
    RedisModule_KeyAtPos: {
      doc: 'Reports that argv[pos] is a key with full access: the older form of RedisModule_KeyAtPosWithFlags.',
      params: [
        ['ctx', 'ctx'],
        ['pos', 'int'],
      ],
      result: 'void',
      since: '4.0.0',
    },
    RedisModule_IsChannelsPositionRequest: {
      doc: 'Returns 1 when a command registered with "getchannels-api" is called only to report its channels.',
      params: [['ctx', 'ctx']],
      result: 'int',
      since: '7.0.0',
    },
    RedisModule_ChannelAtPosWithFlags: {
      doc: 'Reports that argv[pos] is a channel, or a pattern, used as `flags` (REDISMODULE_CMD_CHANNEL_*) say. Ignored outside a channel request.',
      params: [
        ['ctx', 'ctx'],
        ['pos', 'int'],
        ['flags', 'int'],
      ],
      result: 'void',
      since: '7.0.0',
    },
    RedisModule_CreateCommand: {
      doc: 'Registers a command; one that only holds subcommands has a NULL function. `strflags` is a list of words separated by spaces ("write deny-oom"); keys are argv[firstkey], every `keystep`, up to argv[lastkey], where a negative last counts from the end and all zero means no keys. ERR if the name is taken or has a forbidden character such as a space, a flag is unknown, or outside OnLoad.',
      params: [
        ['ctx', 'ctx'],
        ['name', 'cstring'],
        ['cmdfunc', 'fn Cmd?'],
        ['strflags', 'cstring'],
        ['firstkey', 'int'],
        ['lastkey', 'int'],
        ['keystep', 'int'],
      ],
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_GetCommand: {
      doc: 'Finds a command of this module by name; a subcommand as "parent|child". NULL if there is none or another module owns it. The handle lives as long as the module.',
      params: [
        ['ctx', 'ctx'],
        ['name', 'cstring'],
      ],
      result: 'command?',
      returns: 'static',
      since: '7.0.0',
    },
    RedisModule_CreateSubcommand: {
      doc: 'Registers a subcommand. The parent must be a command of this module that was created with a NULL function; subcommands do not nest. Otherwise like RedisModule_CreateCommand.',
      params: [
        ['parent', 'command'],
        ['name', 'cstring'],
        ['cmdfunc', 'fn Cmd'],
        ['strflags', 'cstring'],
        ['firstkey', 'int'],
        ['lastkey', 'int'],
        ['keystep', 'int'],
      ],
      result: 'status',
      since: '7.0.0',
    },
    RedisModule_SetCommandInfo: {
      doc: 'Sets what COMMAND DOCS and COMMAND INFO say: summary, arguments, key specifications, tips, history, arity. Everything is copied. ERR with EINVAL if the description contradicts itself, EEXIST if the command already has one.',
      params: [
        ['command', 'command'],
        ['info', 'struct CommandInfo'],
      ],
      result: 'status',
      since: '7.0.0',
      errno: ['EINVAL', 'EEXIST'],
    },
  },
} as const satisfies Area;
