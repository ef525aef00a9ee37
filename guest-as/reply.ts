// Replies to the client: `ctx.reply.integer(1)`. Each returns the status to return from a command.

import { CallReply } from './call-reply';
import { Handle, Status } from './handle';
import {
  REDISMODULE_POSTPONED_LEN,
  RedisModule_ReplySetArrayLength,
  RedisModule_ReplySetMapLength,
  RedisModule_ReplySetSetLength,
  RedisModule_ReplyWithArray,
  RedisModule_ReplyWithBigNumber,
  RedisModule_ReplyWithBool,
  RedisModule_ReplyWithCallReply,
  RedisModule_ReplyWithDouble,
  RedisModule_ReplyWithEmptyArray,
  RedisModule_ReplyWithEmptyString,
  RedisModule_ReplyWithError,
  RedisModule_ReplyWithLongLong,
  RedisModule_ReplyWithMap,
  RedisModule_ReplyWithNull,
  RedisModule_ReplyWithNullArray,
  RedisModule_ReplyWithSet,
  RedisModule_ReplyWithSimpleString,
  RedisModule_ReplyWithString,
  RedisModule_ReplyWithStringBuffer,
  RedisModule_ReplyWithVerbatimStringType,
} from './redismodule';
import { cstring, scratchMark, scratchRelease, utf8Length } from './scratch';
import { RString } from './string';

/** A view of a Context that holds its reply functions. */
@unmanaged
export class Reply extends Handle {
  /** `+text`: a word that contains no line breaks, such as OK. */
  simpleString(text: string): Status {
    const mark = scratchMark();
    const status = RedisModule_ReplyWithSimpleString(this.handle, cstring(text));
    scratchRelease(mark);
    return status;
  }

  /** Like `simpleString`, of bytes that contain no line breaks and no NUL. */
  simple(value: RString): Status {
    return RedisModule_ReplyWithSimpleString(this.handle, value.ptr);
  }

  /** `-message`; it begins with a code in capitals: `ERR no such thing`. */
  error(message: string): Status {
    const mark = scratchMark();
    const status = RedisModule_ReplyWithError(this.handle, cstring(message));
    scratchRelease(mark);
    return status;
  }

  integer(value: i64): Status {
    return RedisModule_ReplyWithLongLong(this.handle, value);
  }

  double(value: f64): Status {
    return RedisModule_ReplyWithDouble(this.handle, value);
  }

  /** True or false for RESP3 clients, 1 or 0 for the others. */
  bool(value: bool): Status {
    return RedisModule_ReplyWithBool(this.handle, value ? 1 : 0);
  }

  /** A number too large for an integer, in decimal digits. */
  bigNumber(digits: string): Status {
    const mark = scratchMark();
    const ptr = cstring(digits);
    const status = RedisModule_ReplyWithBigNumber(this.handle, ptr, utf8Length(digits));
    scratchRelease(mark);
    return status;
  }

  nil(): Status {
    return RedisModule_ReplyWithNull(this.handle);
  }

  /** A bulk string. */
  string(value: RString): Status {
    return RedisModule_ReplyWithString(this.handle, value.handle);
  }

  /** A bulk string: `value` in UTF-8. */
  text(value: string): Status {
    const mark = scratchMark();
    const ptr = cstring(value);
    const status = RedisModule_ReplyWithStringBuffer(this.handle, ptr, utf8Length(value));
    scratchRelease(mark);
    return status;
  }

  /** A bulk string of any bytes. */
  bytes(value: Uint8Array): Status {
    return RedisModule_ReplyWithStringBuffer(this.handle, value.dataStart, value.byteLength);
  }

  /** A bulk string of `length` bytes at `ptr`, copied before this returns. */
  buffer(ptr: usize, length: usize): Status {
    return RedisModule_ReplyWithStringBuffer(this.handle, ptr, length);
  }

  emptyString(): Status {
    return RedisModule_ReplyWithEmptyString(this.handle);
  }

  /** A string marked with how to show it, a word of three letters such as `txt` or `mkd`. */
  verbatim(value: string, format: string = 'txt'): Status {
    const mark = scratchMark();
    const ptr = cstring(value);
    const status = RedisModule_ReplyWithVerbatimStringType(
      this.handle, ptr, utf8Length(value), cstring(format),
    );
    scratchRelease(mark);
    return status;
  }

  /** Opens an array; the next `length` replies are its elements. */
  array(length: i32): Status {
    return RedisModule_ReplyWithArray(this.handle, length);
  }

  /** Opens a map; the next `length` pairs of replies are its entries. */
  map(length: i32): Status {
    return RedisModule_ReplyWithMap(this.handle, length);
  }

  /** Opens a set; the next `length` replies are its members. */
  set(length: i32): Status {
    return RedisModule_ReplyWithSet(this.handle, length);
  }

  emptyArray(): Status {
    return RedisModule_ReplyWithEmptyArray(this.handle);
  }

  nullArray(): Status {
    return RedisModule_ReplyWithNullArray(this.handle);
  }

  /** Opens an array whose length is told later by `endArray`. */
  beginArray(): Status {
    return RedisModule_ReplyWithArray(this.handle, REDISMODULE_POSTPONED_LEN);
  }

  endArray(length: i32): void {
    RedisModule_ReplySetArrayLength(this.handle, length);
  }

  /** Opens a map whose length is told later by `endMap`. */
  beginMap(): Status {
    return RedisModule_ReplyWithMap(this.handle, REDISMODULE_POSTPONED_LEN);
  }

  endMap(length: i32): void {
    RedisModule_ReplySetMapLength(this.handle, length);
  }

  /** Opens a set whose length is told later by `endSet`. */
  beginSet(): Status {
    return RedisModule_ReplyWithSet(this.handle, REDISMODULE_POSTPONED_LEN);
  }

  endSet(length: i32): void {
    RedisModule_ReplySetSetLength(this.handle, length);
  }

  /** Passes on what another command answered. */
  callReply(value: CallReply): Status {
    return RedisModule_ReplyWithCallReply(this.handle, value.handle);
  }
}
