// Module strings: immutable bytes that belong to the host.

import { Context } from './context';
import { Handle, Status } from './handle';
import {
  REDISMODULE_OK,
  RedisModule_CreateStringFromString,
  RedisModule_FreeString,
  RedisModule_HoldString,
  RedisModule_StringAppendBuffer,
  RedisModule_StringCompare,
  RedisModule_StringPtrLen,
  RedisModule_StringToDouble,
  RedisModule_StringToLongLong,
} from './redismodule';
import { cstring, scratch, scratchMark, scratchRelease, utf8Length } from './scratch';

/**
 * Borrowed: valid until the command returns, and not yours to free. Arguments are of this kind.
 * To keep one longer call `hold`.
 */
@unmanaged
export class RString extends Handle {
  /** Address of the bytes, followed by a NUL; valid as long as the string. */
  get ptr(): usize {
    return RedisModule_StringPtrLen(this.handle, 0);
  }

  /** Length in bytes. */
  get length(): i32 {
    const mark = scratchMark();
    const out = scratch(4);
    RedisModule_StringPtrLen(this.handle, out);
    const length = load<i32>(out);
    scratchRelease(mark);
    return length;
  }

  /** The bytes read as UTF-8. */
  toString(): string {
    return String.UTF8.decodeUnsafe(this.ptr, this.length);
  }

  /** A copy of the bytes. */
  toBytes(): Uint8Array {
    return copyBytes(this.ptr, this.length);
  }

  /** One character a byte: tells any two strings apart, so it can be the key of a Map. */
  toByteString(): string {
    const length = this.length;
    const from = this.ptr;
    const to = __new(<usize>length << 1, idof<string>());
    for (let i = 0; i < length; i++) store<u16>(to + (<usize>i << 1), load<u8>(from + i));
    return changetype<string>(to);
  }

  /** True when the bytes are exactly those of `text` in UTF-8. */
  is(text: string): bool {
    const mark = scratchMark();
    const expected = cstring(text);
    const length = this.length;
    const same = <usize>length === utf8Length(text) &&
      memory.compare(this.ptr, expected, length) === 0;
    scratchRelease(mark);
    return same;
  }

  /** Same bytes. */
  equals(other: RString): bool {
    return RedisModule_StringCompare(this.handle, other.handle) === 0;
  }

  /** Below, at or above 0 as these bytes sort before, as or after `other`. */
  compare(other: RString): i32 {
    return RedisModule_StringCompare(this.handle, other.handle);
  }

  /** True when this is a signed 64-bit integer in Redis's spelling: no spaces, no plus sign. */
  get isInteger(): bool {
    const mark = scratchMark();
    const status = RedisModule_StringToLongLong(this.handle, scratch(8));
    scratchRelease(mark);
    return status === REDISMODULE_OK;
  }

  /** The integer; 0 when `isInteger` is false. */
  toInteger(): i64 {
    const mark = scratchMark();
    const out = scratch(8);
    const status = RedisModule_StringToLongLong(this.handle, out);
    const value = status === REDISMODULE_OK ? load<i64>(out) : 0;
    scratchRelease(mark);
    return value;
  }

  /** True when this is a number, `inf` or `-inf`. */
  get isDouble(): bool {
    const mark = scratchMark();
    const status = RedisModule_StringToDouble(this.handle, scratch(8));
    scratchRelease(mark);
    return status === REDISMODULE_OK;
  }

  /** The number; 0 when `isDouble` is false. */
  toDouble(): f64 {
    const mark = scratchMark();
    const out = scratch(8);
    const status = RedisModule_StringToDouble(this.handle, out);
    const value = status === REDISMODULE_OK ? load<f64>(out) : 0;
    scratchRelease(mark);
    return value;
  }

  /** This string, to be kept after the command; free it when done. Automatic memory skips it. */
  hold(): OwnedString {
    return changetype<OwnedString>(RedisModule_HoldString(0, this.handle));
  }

  /** A copy of this string. */
  copy(ctx: Context): OwnedString {
    return changetype<OwnedString>(RedisModule_CreateStringFromString(ctx.handle, this.handle));
  }
}

/** Yours: call `free`, or `autoMemory` on the context before the string is made. */
@unmanaged
export class OwnedString extends RString {
  /** Frees this string; a no-op on NULL. Pass the context if automatic memory is on. */
  free(ctx: Context = changetype<Context>(0)): void {
    if (!this.isNull) RedisModule_FreeString(ctx.handle, this.handle);
  }

  // Appending fails if somebody else holds the same string.

  append(ctx: Context, value: RString): Status {
    const length = value.length;
    return RedisModule_StringAppendBuffer(ctx.handle, this.handle, value.ptr, length);
  }

  /** Appends `text` in UTF-8. */
  appendText(ctx: Context, text: string): Status {
    const mark = scratchMark();
    const ptr = cstring(text);
    const length = utf8Length(text);
    const status = RedisModule_StringAppendBuffer(ctx.handle, this.handle, ptr, length);
    scratchRelease(mark);
    return status;
  }

  appendBytes(ctx: Context, bytes: Uint8Array): Status {
    const ptr = bytes.dataStart;
    return RedisModule_StringAppendBuffer(ctx.handle, this.handle, ptr, bytes.byteLength);
  }
}

/** The argument vector of a command: `argv[0]` is the command's name. No bounds are kept here. */
@unmanaged
export class Argv extends Handle {
  [key: number]: RString;

  @operator('[]')
  at(index: i32): RString {
    return changetype<RString>(load<usize>(this.handle + (<usize>index << 2)));
  }
}

/** A NUL-terminated string in memory that the host passed, valid during the callback. */
@unmanaged
export class CString extends Handle {
  toString(): string {
    return String.UTF8.decodeUnsafe(this.handle, this.length, true);
  }

  /** Length in bytes, without the NUL. */
  get length(): i32 {
    let end = this.handle;
    while (load<u8>(end) !== 0) end++;
    return <i32>(end - this.handle);
  }

  /** True when the bytes are exactly those of `text` in UTF-8. */
  is(text: string): bool {
    const mark = scratchMark();
    let a = this.handle;
    let b = cstring(text);
    while (load<u8>(a) === load<u8>(b) && load<u8>(a) !== 0) {
      a++;
      b++;
    }
    const same = load<u8>(a) === load<u8>(b);
    scratchRelease(mark);
    return same;
  }
}

/** Copies memory that belongs to the host into an array of ours. */
export function copyBytes(ptr: usize, length: i32): Uint8Array {
  const bytes = new Uint8Array(length);
  memory.copy(bytes.dataStart, ptr, length);
  return bytes;
}
