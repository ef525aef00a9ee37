// What a command answered to `ctx.call`.

import { Handle } from './handle';
import {
  REDISMODULE_REPLY_ERROR,
  REDISMODULE_REPLY_NULL,
  RedisModule_CallReplyArrayElement,
  RedisModule_CallReplyBool,
  RedisModule_CallReplyDouble,
  RedisModule_CallReplyInteger,
  RedisModule_CallReplyLength,
  RedisModule_CallReplyMapElement,
  RedisModule_CallReplySetElement,
  RedisModule_CallReplyStringPtr,
  RedisModule_CallReplyType,
  RedisModule_CreateStringFromCallReply,
  RedisModule_FreeCallReply,
} from './redismodule';
import { scratch, scratchMark, scratchRelease } from './scratch';
import { copyBytes, OwnedString } from './string';

/**
 * Yours: call `free` on the outermost reply, or turn on automatic memory. Elements belong to the
 * reply they were taken from. NULL if the command could not be run: `lastErrno()` says why.
 */
@unmanaged
export class CallReply extends Handle {
  [key: number]: CallReply;

  /** One of REDISMODULE_REPLY_…; REDISMODULE_REPLY_UNKNOWN for NULL. */
  get type(): i32 {
    return RedisModule_CallReplyType(this.handle);
  }

  get isError(): bool {
    return this.type === REDISMODULE_REPLY_ERROR;
  }

  get isNil(): bool {
    return this.type === REDISMODULE_REPLY_NULL;
  }

  /** Bytes of a string or error; elements of an array or set; entries of a map. */
  get length(): i32 {
    return <i32>RedisModule_CallReplyLength(this.handle);
  }

  toInteger(): i64 {
    return RedisModule_CallReplyInteger(this.handle);
  }

  toDouble(): f64 {
    return RedisModule_CallReplyDouble(this.handle);
  }

  toBool(): bool {
    return RedisModule_CallReplyBool(this.handle) !== 0;
  }

  /** The bytes of a string or error, read as UTF-8; empty for other types. */
  toString(): string {
    const mark = scratchMark();
    const length = scratch(4);
    const ptr = RedisModule_CallReplyStringPtr(this.handle, length);
    const text = ptr === 0 ? '' : String.UTF8.decodeUnsafe(ptr, load<u32>(length));
    scratchRelease(mark);
    return text;
  }

  /** A copy of the bytes of a string or error; empty for other types. */
  toBytes(): Uint8Array {
    const mark = scratchMark();
    const length = scratch(4);
    const ptr = RedisModule_CallReplyStringPtr(this.handle, length);
    const bytes = ptr === 0 ? new Uint8Array(0) : copyBytes(ptr, load<i32>(length));
    scratchRelease(mark);
    return bytes;
  }

  /** A string, error or integer as a module string; NULL for other types. */
  toOwnedString(): OwnedString {
    return changetype<OwnedString>(RedisModule_CreateStringFromCallReply(this.handle));
  }

  /** Element of an array; NULL past the end. */
  @operator('[]')
  at(index: i32): CallReply {
    return changetype<CallReply>(RedisModule_CallReplyArrayElement(this.handle, index));
  }

  /** Member of a set; NULL past the end. */
  member(index: i32): CallReply {
    return changetype<CallReply>(RedisModule_CallReplySetElement(this.handle, index));
  }

  /** Key of a map's entry; NULL past the end. */
  mapKey(index: i32): CallReply {
    return this.mapPart(index, 0);
  }

  /** Value of a map's entry; NULL past the end. */
  mapValue(index: i32): CallReply {
    return this.mapPart(index, 4);
  }

  private mapPart(index: i32, offset: usize): CallReply {
    const mark = scratchMark();
    const pair = scratch(8);
    store<u64>(pair, 0); // stays NULL past the end
    RedisModule_CallReplyMapElement(this.handle, index, pair, pair + 4);
    const part = changetype<CallReply>(load<usize>(pair + offset));
    scratchRelease(mark);
    return part;
  }

  /** Frees the reply with its elements; a no-op on NULL. */
  free(): void {
    if (!this.isNull) RedisModule_FreeCallReply(this.handle);
  }
}
