// A key that holds a string: `key.string.set(value)`.

import { Handle, Status } from './handle';
import {
  REDISMODULE_READ,
  RedisModule_StringDMA,
  RedisModule_StringSet,
  RedisModule_StringTruncate,
} from './redismodule';
import { scratch, scratchMark, scratchRelease } from './scratch';
import { copyBytes, RString } from './string';

@unmanaged
export class StringKey extends Handle {
  /** Replaces whatever the key holds. Fails unless it is open for writing. */
  set(value: RString): Status {
    return RedisModule_StringSet(this.handle, value.handle);
  }

  /** A copy of the value's bytes. */
  toBytes(): Uint8Array {
    if (this.isNull) return new Uint8Array(0);
    const mark = scratchMark();
    const length = scratch(4);
    const ptr = RedisModule_StringDMA(this.handle, length, REDISMODULE_READ);
    const bytes = ptr === 0 ? new Uint8Array(0) : copyBytes(ptr, load<i32>(length));
    scratchRelease(mark);
    return bytes;
  }

  /** The value read as UTF-8. */
  toString(): string {
    const bytes = this.toBytes();
    return String.UTF8.decodeUnsafe(bytes.dataStart, bytes.byteLength);
  }

  /**
   * Address of the value's `key.length` bytes, to read or change in place (`mode` is
   * REDISMODULE_READ, REDISMODULE_WRITE or both). Valid until the next call on this key.
   * 0 if the key is NULL or holds another type.
   */
  dma(mode: i32): usize {
    if (this.isNull) return 0;
    const mark = scratchMark();
    const ptr = RedisModule_StringDMA(this.handle, scratch(4), mode);
    scratchRelease(mark);
    return ptr;
  }

  /** Cuts the value, or pads it with zero bytes; 0 deletes the key. */
  truncate(length: i32): Status {
    return RedisModule_StringTruncate(this.handle, length);
  }
}
