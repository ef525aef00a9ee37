// ABI area "misc": what the server supports, and small utilities.

import { CONSTANTS, GROUPS } from '../../../abi/constants.ts';
import type { AreaImports } from '../../../abi/index.ts';
import { ERR, OK, type Ptr } from '../../../abi/kinds.ts';
import { COMMAND_FLAG } from '../../dispatch/command-flags.ts';
import type { KeyRef } from '../../dispatch/key-specs.ts';
import { keysOf } from '../../dispatch/keys-of.ts';
import { Argv } from '../../lib/argv.ts';
import { bytesOf } from '../../lib/bytes.ts';
import { secureBytes } from '../../lib/random.ts';
import { SERVER_VERSION_NUMBER } from '../../lib/version.ts';
import { ModuleValue } from '../../values/module.ts';
import type { DataType } from '../data-type.ts';
import type { Dict } from '../dict.ts';
import type { ModuleInstance } from '../instance.ts';
import { isWritable, openKey } from '../keys.ts';
import { KIND_DICT, KIND_TYPE } from '../kinds.ts';
import { ModuleString } from '../string.ts';
import { ModuleTrap } from '../trap.ts';

/** Bytes that one call may ask for. */
const RANDOM_MAX_BYTES = 16 * 1024 * 1024;

const OPTIONS = unionOf(/^REDISMODULE_OPTIONS?_/);
const CONTEXT_FLAGS = unionOf(/^REDISMODULE_CTX_FLAGS_/);
const NOTIFICATION_FLAGS = unionOf(/^REDISMODULE_NOTIFY_/);

function unionOf(names: RegExp): number {
  let flags = 0;
  for (const { values } of Object.values(GROUPS)) {
    for (const [name, [value]] of Object.entries(values)) {
      if (names.test(name) && typeof value === 'number') flags |= value;
    }
  }
  return flags;
}

export function misc(m: ModuleInstance): AreaImports<'misc'> {
  const { memory, executor } = m;
  let commandName = 0;
  return {
    RedisModule_GetModuleOptionsAll: () => OPTIONS,
    RedisModule_GetContextFlagsAll: () => CONTEXT_FLAGS,
    RedisModule_GetKeyspaceNotificationFlagsAll: () => NOTIFICATION_FLAGS,
    RedisModule_GetServerVersion: () => SERVER_VERSION_NUMBER,
    RedisModule_GetTypeMethodVersion: () => CONSTANTS.REDISMODULE_TYPE_METHOD_VERSION,
    RedisModule_ModuleTypeReplaceValue: (handle, mt, value, old) => {
      const key = openKey(m, handle);
      const type = m.handles.get(mt, KIND_TYPE, 'mt') as DataType; // by its kind
      if (!isWritable(key) || key.ref === 0 || !key.db.isComplex(key.ref)) return ERR;
      const present = key.db.valueOf(key.ref);
      if (!(present instanceof ModuleValue) || present.moduleType !== type) return ERR;
      const next = new ModuleValue(type, value >>> 0, m.generation);
      executor.keyspace.replaceValue(key.db, key.ref, key.name, next);
      if (old !== 0) memory.writeU32(old, present.pointer, 'old_value');
      return OK;
    },
    RedisModule_GetCommandKeysWithFlags: (_ctx, argv, argc, count, flags) => {
      const keys = commandKeys(m, argv, argc);
      if (keys === null) return 0;
      memory.writeU32(count, keys.length, 'num_keys');
      if (flags !== 0) {
        const block = writeInts(m, keys, (key) => key.access);
        memory.writeU32(flags, block, 'out_flags');
      }
      return writeInts(m, keys, (key) => key.position);
    },
    RedisModule_GetCommandKeys: (_ctx, argv, argc, count) => {
      const keys = commandKeys(m, argv, argc);
      if (keys === null) return 0;
      memory.writeU32(count, keys.length, 'num_keys');
      return writeInts(m, keys, (key) => key.position);
    },
    RedisModule_GetCurrentCommandName: (ctx) => {
      const { command } = m.context(ctx);
      if (command === null) return 0;
      if (commandName !== 0) m.allocator.free(commandName);
      commandName = m.guestCopy(ModuleString.of(bytesOf(command.entry.fullName)));
      return commandName as Ptr<'cstring'>; // NUL-terminated, valid until the next call
    },
    RedisModule_GetRandomBytes: (dst, len) => {
      random(len).copy(memory.bytes(dst, len, 'dst'));
    },
    RedisModule_GetRandomHexChars: (dst, len) => {
      const digits = memory.bytes(dst, len, 'dst');
      digits.latin1Write(random(Math.ceil(digits.length / 2)).toString('hex'));
    },
    RedisModule_MallocSize: (ptr) => (ptr === 0 ? 0 : m.allocator.usableSize(ptr)),
    RedisModule_MallocUsableSize: (ptr) => (ptr === 0 ? 0 : m.allocator.usableSize(ptr)),
    RedisModule_MallocSizeString: (str) => m.string(str).memoryBytes,
    RedisModule_MallocSizeDict: (dict) =>
      (m.handles.get(dict, KIND_DICT, 'dict') as Dict).memoryBytes, // by its kind
    RedisModule_GetUsedMemoryRatio: () => {
      const { maxMemoryBytes, usedMemoryBytes } = m.host.serverState();
      return maxMemoryBytes === 0 ? 0 : usedMemoryBytes / maxMemoryBytes;
    },
  };
}

function random(length: number): Buffer {
  if (length >>> 0 > RANDOM_MAX_BYTES) {
    throw new ModuleTrap(`more than ${RANDOM_MAX_BYTES} random bytes at once`, 'len');
  }
  return secureBytes(length);
}

/** The keys of the command line at `array`; null with errno set when there are none to be had. */
function commandKeys(m: ModuleInstance, array: number, argc: number): readonly KeyRef[] | null {
  const argv = new Argv();
  m.memory.checkWords(array, argc, 'argv');
  for (let i = 0; i < argc; i++) {
    const { buffer, start, end } = m.string(m.memory.readU32(array + 4 * i, 'argv')).slice;
    argv.push(buffer, start, end);
  }
  const entry = argc > 0 ? m.host.table.lookupCall(argv) : undefined;
  if (entry === undefined) {
    m.setErrno('ENOENT');
    return null;
  }
  const keys = entry.accepts(argc) ? keysOf(entry, argv) : null;
  if (keys === null && !entry.has(COMMAND_FLAG.no_mandatory_keys)) {
    m.setErrno('EINVAL');
    return null;
  }
  m.clearErrno();
  return keys ?? [];
}

/** A block of int that the guest frees. */
function writeInts(
  m: ModuleInstance,
  keys: readonly KeyRef[],
  value: (key: KeyRef) => number,
): Ptr<'ints'> {
  const block = m.alloc(Math.max(1, keys.length) * 4);
  for (const [i, key] of keys.entries()) m.memory.writeU32(block + 4 * i, value(key));
  return block as Ptr<'ints'>; // just filled
}
