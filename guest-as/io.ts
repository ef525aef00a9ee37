// The streams that the callbacks of a data type read and write.

import { Command } from './command';
import { Context } from './context';
import { Handle } from './handle';
import {
  RedisModule_DigestAddLongLong,
  RedisModule_DigestAddStringBuffer,
  RedisModule_DigestEndSequence,
  RedisModule_EmitAOF,
  RedisModule_Free,
  RedisModule_GetContextFromIO,
  RedisModule_IsIOError,
  RedisModule_LoadDouble,
  RedisModule_LoadSigned,
  RedisModule_LoadString,
  RedisModule_LoadStringBuffer,
  RedisModule_LoadUnsigned,
  RedisModule_LogIOError,
  RedisModule_SaveDouble,
  RedisModule_SaveSigned,
  RedisModule_SaveString,
  RedisModule_SaveStringBuffer,
  RedisModule_SaveUnsigned,
} from './redismodule';
import { cstring, scratch, scratchMark, scratchRelease, utf8Length } from './scratch';
import { copyBytes, OwnedString, RString } from './string';

@unmanaged
class Stream extends Handle {
  /** A context for logging; borrowed from the stream. */
  get ctx(): Context {
    return changetype<Context>(RedisModule_GetContextFromIO(this.handle));
  }

  /** True once the file ended early or could not be written; what was read since then is 0. */
  get hasError(): bool {
    return RedisModule_IsIOError(this.handle) !== 0;
  }

  /** Writes to the server's log what is wrong with this file; `level` as in `Context.log`. */
  log(level: string, message: string): void {
    const mark = scratchMark();
    const args = scratch(4);
    store<usize>(args, cstring(message));
    RedisModule_LogIOError(this.handle, cstring(level), cstring('%s'), args);
    scratchRelease(mark);
  }
}

/** A value being written to an RDB file or by DUMP. */
@unmanaged
export class RdbWriter extends Stream {
  signed(value: i64): void {
    RedisModule_SaveSigned(this.handle, value);
  }

  unsigned(value: u64): void {
    RedisModule_SaveUnsigned(this.handle, value);
  }

  double(value: f64): void {
    RedisModule_SaveDouble(this.handle, value);
  }

  string(value: RString): void {
    RedisModule_SaveString(this.handle, value.handle);
  }

  bytes(value: Uint8Array): void {
    RedisModule_SaveStringBuffer(this.handle, value.dataStart, value.byteLength);
  }

  /** `value` in UTF-8. */
  text(value: string): void {
    const mark = scratchMark();
    RedisModule_SaveStringBuffer(this.handle, cstring(value), utf8Length(value));
    scratchRelease(mark);
  }
}

/** A value being read from an RDB file or by RESTORE, in the order it was written. */
@unmanaged
export class RdbReader extends Stream {
  signed(): i64 {
    return RedisModule_LoadSigned(this.handle);
  }

  unsigned(): u64 {
    return RedisModule_LoadUnsigned(this.handle);
  }

  double(): f64 {
    return RedisModule_LoadDouble(this.handle);
  }

  /** Yours to free; NULL if the file ended early. */
  string(): OwnedString {
    return changetype<OwnedString>(RedisModule_LoadString(this.handle));
  }

  bytes(): Uint8Array {
    const mark = scratchMark();
    const length = scratch(4);
    const ptr = RedisModule_LoadStringBuffer(this.handle, length);
    const bytes = ptr === 0 ? new Uint8Array(0) : copyBytes(ptr, load<i32>(length));
    if (ptr !== 0) RedisModule_Free(ptr);
    scratchRelease(mark);
    return bytes;
  }

  /** Bytes read as UTF-8. */
  text(): string {
    const bytes = this.bytes();
    return String.UTF8.decodeUnsafe(bytes.dataStart, bytes.byteLength);
  }
}

/** The AOF while it is rewritten. */
@unmanaged
export class AofWriter extends Stream {
  /** Writes a command that will be run when the AOF is loaded. */
  emit(command: Command): void {
    const mark = scratchMark();
    RedisModule_EmitAOF(this.handle, cstring(command.name), command.format(''), command.pack());
    scratchRelease(mark);
  }
}

/** The hash that DEBUG DIGEST makes of a value. */
@unmanaged
export class Digest extends Handle {
  integer(value: i64): void {
    RedisModule_DigestAddLongLong(this.handle, value);
  }

  bytes(value: Uint8Array): void {
    RedisModule_DigestAddStringBuffer(this.handle, value.dataStart, value.byteLength);
  }

  /** `value` in UTF-8. */
  text(value: string): void {
    const mark = scratchMark();
    RedisModule_DigestAddStringBuffer(this.handle, cstring(value), utf8Length(value));
    scratchRelease(mark);
  }

  /** Ends a group of elements whose order matters. */
  end(): void {
    RedisModule_DigestEndSequence(this.handle);
  }
}
