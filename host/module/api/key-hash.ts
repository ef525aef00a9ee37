// ABI area "key-hash": hash values; both functions read NULL-terminated argument lists.

import { CONSTANTS } from '../../../abi/constants.ts';
import type { AreaImports } from '../../../abi/index.ts';
import { ERR, OK } from '../../../abi/kinds.ts';
import type { ByteString } from '../../lib/bytes.ts';
import { HashValue } from '../../values/hash.ts';
import type { ModuleInstance } from '../instance.ts';
import { beforeChange, OTHER_TYPE, settleValue, stringFor, valueAt } from '../key-values.ts';
import { isWritable, openKey } from '../keys.ts';
import { GUEST_ARGV_MAX_COUNT } from '../memory.ts';
import { ModuleTrap } from '../trap.ts';
import { VarArgs } from '../varargs.ts';

const NX = CONSTANTS.REDISMODULE_HASH_NX;
const XX = CONSTANTS.REDISMODULE_HASH_XX;
const CFIELDS = CONSTANTS.REDISMODULE_HASH_CFIELDS;
const EXISTS = CONSTANTS.REDISMODULE_HASH_EXISTS;
const COUNT_ALL = CONSTANTS.REDISMODULE_HASH_COUNT_ALL;
const DELETE = CONSTANTS.REDISMODULE_HASH_DELETE;

export function keyHash(m: ModuleInstance): AreaImports<'key-hash'> {
  const { memory } = m;
  /** The next field, or null at the end of the list. */
  const nextField = (args: VarArgs, flags: number): ByteString | null => {
    const field = args.u32();
    if (field === 0) return null;
    if ((flags & CFIELDS) !== 0) return memory.cstring(field, 'a field');
    return m.string(field, 'a field').slice.toByteString();
  };
  return {
    RedisModule_HashSet: (handle, flags, args) => {
      if (handle === 0 || (flags & ~(NX | XX | CFIELDS | COUNT_ALL)) !== 0) {
        m.setErrno('EINVAL');
        return 0;
      }
      const key = openKey(m, handle);
      const found = valueAt<HashValue>(key, 'hash');
      if (found === OTHER_TYPE || !isWritable(key)) {
        m.setErrno(found === OTHER_TYPE ? 'ENOTSUP' : 'EBADF');
        return 0;
      }
      const changes = readChanges(m, new VarArgs(memory, args), flags, nextField);
      beforeChange(m, key);
      const hash = found ?? new HashValue(m.executor.keyspace.limits);
      let count = 0;
      for (const change of changes) count += apply(hash, change, flags);
      settleValue(m, key, hash, hash.size);
      if (count === 0) m.setErrno('ENOENT');
      return count;
    },
    RedisModule_HashGet: (handle, flags, args) => {
      const key = openKey(m, handle);
      const hash = valueAt<HashValue>(key, 'hash');
      if (hash === OTHER_TYPE) return ERR;
      const rest = new VarArgs(memory, args);
      for (let field = nextField(rest, flags); field !== null; field = nextField(rest, flags)) {
        const out = rest.u32();
        const value = hash?.get(field);
        if ((flags & EXISTS) !== 0) memory.writeU32(out, value === undefined ? 0 : 1, 'an int *');
        else memory.writeU32(out, value === undefined ? 0 : stringFor(m, key, value), 'a string *');
      }
      return OK;
    },
  };
}

interface Change {
  readonly field: ByteString;
  /** Null deletes the field. */
  readonly value: ByteString | null;
}

/** Reads the whole list before anything is changed: a guest's fault in it must do nothing. */
function readChanges(
  m: ModuleInstance,
  args: VarArgs,
  flags: number,
  nextField: (args: VarArgs, flags: number) => ByteString | null,
): Change[] {
  const changes: Change[] = [];
  for (let field = nextField(args, flags); field !== null; field = nextField(args, flags)) {
    const value = args.u32();
    const bytes = value === DELETE ? null : m.string(value, 'a value').slice.toByteString();
    if (changes.length >= GUEST_ARGV_MAX_COUNT) {
      throw new ModuleTrap(`more than ${GUEST_ARGV_MAX_COUNT} fields at once`);
    }
    changes.push({ field, value: bytes });
  }
  return changes;
}

/** Carries out one change; returns what it counts. */
function apply(hash: HashValue, { field, value }: Change, flags: number): number {
  if ((flags & (XX | NX)) !== 0) {
    const exists = hash.has(field);
    if (((flags & XX) !== 0 && !exists) || ((flags & NX) !== 0 && exists)) return 0;
  }
  if (value === null) return hash.remove(field) ? 1 : 0;
  const isNew = hash.set(field, value);
  return (flags & COUNT_ALL) !== 0 || !isNew ? 1 : 0;
}
