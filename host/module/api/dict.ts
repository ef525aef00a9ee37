// ABI area "dict": an ordered map from bytes to guest pointers.

import type { AreaImports } from '../../../abi/index.ts';
import { ERR, type Handle, OK, type Ptr } from '../../../abi/kinds.ts';
import type { ByteString } from '../../lib/bytes.ts';
import { Dict, ENTRY_BYTES } from '../dict.ts';
import { DictIterator, keyCopy, releaseIterator } from '../dict-iterator.ts';
import type { ModuleInstance } from '../instance.ts';
import { KIND_DICT, KIND_DICT_ITER } from '../kinds.ts';
import { ModuleString } from '../string.ts';

const OPERATOR_MAX_BYTES = 2;

type DataPtr = Ptr<'data'>;

export function dict(m: ModuleInstance): AreaImports<'dict'> {
  return { ...mapFunctions(m), ...iteratorFunctions(m) };
}

type IteratorFunctions = Extract<
  keyof AreaImports<'dict'>,
  `RedisModule_Dict${'Iterator' | 'Next' | 'Prev' | 'Compare'}${string}`
>;

function mapFunctions(m: ModuleInstance): Omit<AreaImports<'dict'>, IteratorFunctions> {
  const { memory } = m;
  const keyOf = (key: number, length: number): ByteString => memory.byteString(key, length, 'key');
  const get = (d: number, key: ByteString, nokey: number): DataPtr => {
    const value = dictOf(m, d).get(key);
    if (nokey !== 0) memory.writeU32(nokey, value === undefined ? 1 : 0, 'nokey');
    return (value ?? 0) as DataPtr; // what the guest has stored
  };
  const set = (d: number, key: ByteString, ptr: number, replaces: boolean) => {
    const dict = dictOf(m, d);
    m.quota.need(key.length + ENTRY_BYTES, 'an entry');
    if (!dict.set(key, ptr >>> 0, replaces)) return ERR;
    m.quota.charge(key.length + ENTRY_BYTES, 'an entry');
    return OK;
  };
  const remove = (d: number, key: ByteString, oldval: number) => {
    if (oldval !== 0) memory.check(oldval, 4, 'oldval');
    const value = dictOf(m, d).delete(key);
    if (value === undefined) return ERR;
    m.quota.release(key.length + ENTRY_BYTES);
    if (oldval !== 0) memory.writeU32(oldval, value, 'oldval');
    return OK;
  };
  return {
    RedisModule_CreateDict: (ctx) => {
      const context = m.contextOrNull(ctx);
      const handle = m.handles.createRetained(KIND_DICT, new Dict());
      if (context?.hasAutoMemory) context.autoHandles.push(handle);
      return handle as Handle<'dict'>; // of that kind
    },
    RedisModule_FreeDict: (ctx, d) => {
      const dict = m.handles.release(d, KIND_DICT, 'd') as Dict; // by its kind
      m.quota.release(dict.entryBytes);
      const autoHandles = m.contextOrNull(ctx)?.autoHandles;
      const index = autoHandles?.lastIndexOf(d) ?? -1;
      if (index >= 0) autoHandles?.splice(index, 1);
    },
    RedisModule_DictSize: (d) => BigInt(dictOf(m, d).size),
    RedisModule_DictSetC: (d, key, keylen, ptr) => set(d, keyOf(key, keylen), ptr, false),
    RedisModule_DictReplaceC: (d, key, keylen, ptr) => set(d, keyOf(key, keylen), ptr, true),
    RedisModule_DictSet: (d, key, ptr) => set(d, stringKey(m, key), ptr, false),
    RedisModule_DictReplace: (d, key, ptr) => set(d, stringKey(m, key), ptr, true),
    RedisModule_DictGetC: (d, key, keylen, nokey) => get(d, keyOf(key, keylen), nokey),
    RedisModule_DictGet: (d, key, nokey) => get(d, stringKey(m, key), nokey),
    RedisModule_DictDelC: (d, key, keylen, oldval) => remove(d, keyOf(key, keylen), oldval),
    RedisModule_DictDel: (d, key, oldval) => remove(d, stringKey(m, key), oldval),
  };
}

function iteratorFunctions(m: ModuleInstance): Pick<AreaImports<'dict'>, IteratorFunctions> {
  const { memory } = m;
  const iteratorOf = (di: number): DictIterator =>
    m.handles.get(di, KIND_DICT_ITER, 'di') as DictIterator; // by its kind
  const keyOf = (key: number, length: number): ByteString =>
    key === 0 ? NO_KEY : memory.byteString(key, length, 'key');
  const start = (d: number, op: number, key: ByteString): Handle<'dictIter'> => {
    const iterator = new DictIterator(dictOf(m, d));
    iterator.seek(operatorAt(m, op), key);
    const handle = m.handles.createRetained(KIND_DICT_ITER, iterator);
    return handle as Handle<'dictIter'>; // of that kind
  };
  const seek = (di: number, op: number, key: ByteString): number =>
    iteratorOf(di).seek(operatorAt(m, op), key) ? 1 : 0;
  const step = (di: number, isForward: boolean, dataptr: number): DictIterator | null => {
    const iterator = iteratorOf(di);
    if (!iterator.step(isForward)) return null;
    if (dataptr !== 0) memory.writeU32(dataptr, iterator.value, 'dataptr');
    return iterator;
  };
  const stepToBytes = (iterator: DictIterator | null, keylen: number): Ptr<'block'> | 0 => {
    if (iterator === null) return 0;
    if (keylen !== 0) memory.writeU32(keylen, iterator.key.length, 'keylen');
    return keyCopy(m, iterator) as Ptr<'block'>; // a block of the allocator
  };
  const stepToString = (ctx: number, iterator: DictIterator | null): Handle<'string'> | 0 => {
    if (iterator === null) return 0;
    const string = ModuleString.of(iterator.key);
    return m.newString(string, m.contextOrNull(ctx)) as Handle<'string'>; // of that kind
  };
  const compare = (di: number, op: number, key: ByteString) =>
    iteratorOf(di).compare(operatorAt(m, op), key) ? OK : ERR;
  return {
    RedisModule_DictIteratorStartC: (d, op, key, keylen) => start(d, op, keyOf(key, keylen)),
    RedisModule_DictIteratorStart: (d, op, key) => start(d, op, stringKey(m, key)),
    RedisModule_DictIteratorStop: (di) => {
      releaseIterator(m, m.handles.release(di, KIND_DICT_ITER, 'di') as DictIterator); // by kind
    },
    RedisModule_DictIteratorReseekC: (di, op, key, keylen) => seek(di, op, keyOf(key, keylen)),
    RedisModule_DictIteratorReseek: (di, op, key) => seek(di, op, stringKey(m, key)),
    RedisModule_DictNextC: (di, keylen, dataptr) => stepToBytes(step(di, true, dataptr), keylen),
    RedisModule_DictPrevC: (di, keylen, dataptr) => stepToBytes(step(di, false, dataptr), keylen),
    RedisModule_DictNext: (ctx, di, dataptr) => stepToString(ctx, step(di, true, dataptr)),
    RedisModule_DictPrev: (ctx, di, dataptr) => stepToString(ctx, step(di, false, dataptr)),
    RedisModule_DictCompareC: (di, op, key, keylen) => compare(di, op, keyOf(key, keylen)),
    RedisModule_DictCompare: (di, op, key) => compare(di, op, stringKey(m, key)),
  };
}

const NO_KEY = '' as ByteString; // ASCII

function dictOf(m: ModuleInstance, handle: number): Dict {
  return m.handles.get(handle, KIND_DICT, 'd') as Dict; // by its kind
}

function stringKey(m: ModuleInstance, handle: number): ByteString {
  return handle === 0 ? NO_KEY : m.string(handle, 'key').slice.toByteString();
}

function operatorAt(m: ModuleInstance, op: number): string {
  return m.memory.cstringPrefix(op, OPERATOR_MAX_BYTES, 'op');
}
