// A command to be run, replicated or written to the AOF: its name and arguments.
//
// The host takes such commands as C's variable arguments: a format with a letter for each
// argument, and the arguments packed in memory. This builds both.

import { RString } from './string';
import { scratch } from './scratch';

/** Letters of the format, as C programs use them. */
const STRING: u8 = 0x73; // s: RString
const BYTES: u8 = 0x62; //  b: pointer and length
const INTEGER: u8 = 0x6c; // l: i64

/**
 * `new Command('HSET').string(key).text('tokens').integer(5)`
 *
 * May be used several times. Holds its texts and bytes, but not the RStrings given to it.
 */
export class Command {
  /** One record an argument: its letter, then 8 bytes of value, or length and bytes. */
  private records: ArrayBuffer = new ArrayBuffer(96);
  private used: i32 = 0;
  private count: i32 = 0;

  constructor(readonly name: string) {}

  string(value: RString): Command {
    store<u64>(this.append(STRING, 8), value.handle);
    return this;
  }

  integer(value: i64): Command {
    store<i64>(this.append(INTEGER, 8), value);
    return this;
  }

  /** `value` in UTF-8. */
  text(value: string): Command {
    const length = String.UTF8.byteLength(value);
    const at = this.append(BYTES, length + 4);
    store<i32>(at, length);
    String.UTF8.encodeUnsafe(changetype<usize>(value), value.length, at + 4);
    return this;
  }

  bytes(value: Uint8Array): Command {
    const length = value.byteLength;
    const at = this.append(BYTES, length + 4);
    store<i32>(at, length);
    memory.copy(at + 4, value.dataStart, length);
    return this;
  }

  /** Adds a record and returns the address of its value, valid until the next one is added. */
  private append(kind: u8, size: i32): usize {
    const end = this.used + 1 + size;
    if (end > this.records.byteLength) this.grow(end);
    const at = changetype<usize>(this.records) + this.used;
    store<u8>(at, kind);
    this.used = end;
    this.count++;
    return at + 1;
  }

  private grow(needed: i32): void {
    const larger = new ArrayBuffer(max(needed, this.records.byteLength * 2));
    memory.copy(changetype<usize>(larger), changetype<usize>(this.records), this.used);
    this.records = larger;
  }

  /** The format with `flags` in front, in scratch memory that the caller releases. */
  format(flags: string): usize {
    const format = scratch(flags.length + this.count + 1);
    let to = format;
    for (let i = 0; i < flags.length; i++) store<u8>(to++, <u8>flags.charCodeAt(i));
    const start = changetype<usize>(this.records);
    for (let at = start; at < start + this.used; at = next(at)) store<u8>(to++, load<u8>(at));
    store<u8>(to, 0);
    return format;
  }

  /**
   * The arguments as C would pass them, in scratch memory that the caller releases: pointers
   * and lengths aligned to 4 bytes, integers to 8. Byte arguments point into this object.
   */
  pack(): usize {
    const packed = scratch(this.count * 12 + 8);
    let to = packed;
    const start = changetype<usize>(this.records);
    for (let at = start; at < start + this.used; at = next(at)) {
      const kind = load<u8>(at);
      if (kind === INTEGER) {
        to = (to + 7) & ~7;
        store<u64>(to, load<u64>(at + 1));
        to += 8;
      } else if (kind === STRING) {
        store<usize>(to, load<usize>(at + 1));
        to += 4;
      } else {
        store<usize>(to, at + 5);
        store<usize>(to, load<u32>(at + 1), 4);
        to += 8;
      }
    }
    return packed;
  }
}

/** The record after the one at `at`. */
function next(at: usize): usize {
  return at + 1 + (load<u8>(at) === BYTES ? 4 + load<u32>(at + 1) : 8);
}
