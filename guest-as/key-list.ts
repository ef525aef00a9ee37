// A key that holds a list, or an empty one that is to become a list: `key.list.pushTail(value)`.
// An index counts from the head, or with negative numbers from the tail.

import { Handle, Status } from './handle';
import {
  REDISMODULE_LIST_HEAD,
  REDISMODULE_LIST_TAIL,
  RedisModule_ListDelete,
  RedisModule_ListGet,
  RedisModule_ListInsert,
  RedisModule_ListPop,
  RedisModule_ListPush,
  RedisModule_ListSet,
} from './redismodule';
import { OwnedString, RString } from './string';

@unmanaged
export class ListKey extends Handle {
  pushHead(value: RString): Status {
    return RedisModule_ListPush(this.handle, REDISMODULE_LIST_HEAD, value.handle);
  }

  pushTail(value: RString): Status {
    return RedisModule_ListPush(this.handle, REDISMODULE_LIST_TAIL, value.handle);
  }

  /** The element, yours to free; NULL if the list is empty. The last one deletes the key. */
  popHead(): OwnedString {
    return changetype<OwnedString>(RedisModule_ListPop(this.handle, REDISMODULE_LIST_HEAD));
  }

  /** The element, yours to free; NULL if the list is empty. The last one deletes the key. */
  popTail(): OwnedString {
    return changetype<OwnedString>(RedisModule_ListPop(this.handle, REDISMODULE_LIST_TAIL));
  }

  /** A copy of the element, yours to free; NULL past the end. */
  get(index: i32): OwnedString {
    return changetype<OwnedString>(RedisModule_ListGet(this.handle, index));
  }

  set(index: i32, value: RString): Status {
    return RedisModule_ListSet(this.handle, index, value.handle);
  }

  /** Inserts so that the new element has this index afterwards. */
  insert(index: i32, value: RString): Status {
    return RedisModule_ListInsert(this.handle, index, value.handle);
  }

  delete(index: i32): Status {
    return RedisModule_ListDelete(this.handle, index);
  }
}
