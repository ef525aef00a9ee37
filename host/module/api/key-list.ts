// ABI area "key-list": list values.

import { CONSTANTS } from '../../../abi/constants.ts';
import type { ERRNO } from '../../../abi/exports.ts';
import type { AreaImports } from '../../../abi/index.ts';
import { ERR, OK, type Status } from '../../../abi/kinds.ts';
import type { ByteString } from '../../lib/bytes.ts';
import { ListValue } from '../../values/list.ts';
import type { ModuleInstance } from '../instance.ts';
import { beforeChange, OTHER_TYPE, settleValue, stringFor, valueAt } from '../key-values.ts';
import { isWritable, openKey } from '../keys.ts';
import type { OpenKey } from '../open-key.ts';

const READ = CONSTANTS.REDISMODULE_READ;
const WRITE = CONSTANTS.REDISMODULE_WRITE;
const HEAD = CONSTANTS.REDISMODULE_LIST_HEAD;
const TAIL = CONSTANTS.REDISMODULE_LIST_TAIL;

/** An element of a list by its place from the head. */
interface Place {
  readonly key: OpenKey;
  readonly list: ListValue;
  readonly index: number;
}

export function keyList(m: ModuleInstance): AreaImports<'key-list'> {
  const fail = (errno: keyof typeof ERRNO): Status => {
    m.setErrno(errno);
    return ERR;
  };
  const push = (handle: number, where: number, ele: number): Status => {
    if (handle === 0 || ele === 0) return fail('EINVAL');
    const key = openKey(m, handle, 'kp');
    const element = m.string(ele, 'ele').slice.toByteString();
    const found = valueAt<ListValue>(key, 'list');
    if (found === OTHER_TYPE) return fail('ENOTSUP');
    if (!isWritable(key)) return fail('EBADF');
    const list = beforePush(m, key, found);
    if (where === HEAD) list.pushHead(element);
    else list.pushTail(element);
    settleValue(m, key, list, list.length);
    return OK;
  };
  /** The element at `index`, or null with errno set. */
  const seek = (handle: number, index: number, mode: number): Place | null => {
    const found = placeOf(m, handle, index, mode);
    if (typeof found !== 'string') return found;
    m.setErrno(found);
    return null;
  };
  const remove = ({ key, list, index }: Place): ByteString => {
    beforeChange(m, key);
    const element = list.removeAt(index);
    settleValue(m, key, list, list.length);
    return element;
  };
  return {
    RedisModule_ListPush: (kp, where, ele) => push(kp, where, ele),
    RedisModule_ListPop: (handle, where) => {
      // A list is never empty: both ends are there.
      const place = seek(handle, where === HEAD ? 0 : -1, WRITE);
      return place === null ? 0 : stringFor(m, place.key, remove(place));
    },
    RedisModule_ListGet: (handle, index) => {
      const place = seek(handle, index, READ);
      if (place === null) return 0;
      return stringFor(m, place.key, place.list.at(place.index) as ByteString); // inside
    },
    RedisModule_ListSet: (handle, index, value) => {
      if (value === 0) return fail('EINVAL');
      const element = m.string(value, 'value').slice.toByteString();
      const place = seek(handle, index, WRITE);
      if (place === null) return ERR;
      beforeChange(m, place.key);
      place.list.set(place.index, element);
      return OK;
    },
    RedisModule_ListInsert: (handle, index, value) => {
      if (value === 0) return fail('EINVAL');
      const element = m.string(value, 'value').slice.toByteString();
      const end = handle === 0 ? null : endFor(openKey(m, handle), index);
      if (end !== null) return push(handle, end, value);
      const place = seek(handle, index, WRITE);
      if (place === null) return ERR;
      beforeChange(m, place.key);
      place.list.insertAt(index < 0 ? place.index + 1 : place.index, element);
      return OK;
    },
    RedisModule_ListDelete: (handle, index) => {
      const place = seek(handle, index, WRITE);
      if (place === null) return ERR;
      remove(place);
      return OK;
    },
  };
}

/** The list to push to: the key's own, or one made for it. */
function beforePush(m: ModuleInstance, key: OpenKey, found: ListValue | null): ListValue {
  beforeChange(m, key);
  return found ?? new ListValue(m.executor.keyspace.limits);
}

/** The element at an index from either end of a key opened with `mode`, or the errno. */
function placeOf(
  m: ModuleInstance,
  handle: number,
  index: number,
  mode: number,
): Place | 'EINVAL' | 'ENOTSUP' | 'EBADF' | 'EDOM' {
  if (handle === 0) return 'EINVAL';
  const key = openKey(m, handle);
  const list = valueAt<ListValue>(key, 'list');
  if (list === null || list === OTHER_TYPE) return 'ENOTSUP';
  if ((key.mode & mode) === 0) return 'EBADF';
  const { length } = list;
  if (index < -length || index >= length) return 'EDOM';
  return { key, list, index: index < 0 ? index + length : index };
}

/** Where to push in place of inserting at `index`, or null when it is inside of the list. */
function endFor(key: OpenKey, index: number): typeof HEAD | typeof TAIL | null {
  const list = valueAt<ListValue>(key, 'list');
  if (list === OTHER_TYPE) return null;
  const length = list?.length ?? 0;
  if (index === length || index === -1) return TAIL;
  return list !== null && (index === 0 || index === -length - 1) ? HEAD : null;
}
