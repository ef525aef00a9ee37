// RedisModuleCallReply: the reply of a command as values. Arrays are trees of CallReply; handles
// of parts and copies in guest memory are made when the guest asks, and end with the whole reply.

import { CONSTANTS } from '../../abi/constants.ts';
import type { Handle } from '../../abi/kinds.ts';
import type { ByteString } from '../lib/bytes.ts';
import { formatDouble } from '../lib/number.ts';
import type { ReplySink } from '../resp/sink.ts';
import { RespWriter } from '../resp/writer.ts';
import type { CallPromise } from './call-promise.ts';
import type { ModuleContext } from './context.ts';
import type { ModuleInstance } from './instance.ts';
import { KIND_REPLY } from './kinds.ts';

/** What a reply is: finer than REDISMODULE_REPLY_*, so that it can be sent on as it came. */
export const NODE = {
  none: 0,
  simple: 1,
  bulk: 2,
  error: 3,
  integer: 4,
  null: 5,
  nullArray: 6,
  array: 7,
  map: 8,
  set: 9,
  bool: 10,
  double: 11,
  bigNumber: 12,
  verbatim: 13,
  attribute: 14,
  push: 15,
  promise: 16,
} as const;

export type NodeKind = (typeof NODE)[keyof typeof NODE];

/** REDISMODULE_REPLY_* by NODE. */
const TYPES: readonly number[] = [
  CONSTANTS.REDISMODULE_REPLY_UNKNOWN,
  CONSTANTS.REDISMODULE_REPLY_STRING,
  CONSTANTS.REDISMODULE_REPLY_STRING,
  CONSTANTS.REDISMODULE_REPLY_ERROR,
  CONSTANTS.REDISMODULE_REPLY_INTEGER,
  CONSTANTS.REDISMODULE_REPLY_NULL,
  CONSTANTS.REDISMODULE_REPLY_NULL,
  CONSTANTS.REDISMODULE_REPLY_ARRAY,
  CONSTANTS.REDISMODULE_REPLY_MAP,
  CONSTANTS.REDISMODULE_REPLY_SET,
  CONSTANTS.REDISMODULE_REPLY_BOOL,
  CONSTANTS.REDISMODULE_REPLY_DOUBLE,
  CONSTANTS.REDISMODULE_REPLY_BIG_NUMBER,
  CONSTANTS.REDISMODULE_REPLY_VERBATIM_STRING,
  CONSTANTS.REDISMODULE_REPLY_ATTRIBUTE,
  CONSTANTS.REDISMODULE_REPLY_UNKNOWN,
  CONSTANTS.REDISMODULE_REPLY_PROMISE,
];

const NO_PARTS: readonly CallReply[] = [];
const NO_BYTES = '' as ByteString; // ASCII

export class CallReply {
  readonly kind: NodeKind;
  /** Text of strings and errors, digits of big numbers. */
  readonly bytes: ByteString;
  /** An integer, a double, a boolean as 0 or 1; elements or pairs of an aggregate. */
  readonly value: number | bigint;
  /** Format letters of a verbatim string. */
  readonly format: string;
  /** Elements; keys and values in turn. */
  parts: readonly CallReply[] = NO_PARTS;
  attribute: CallReply | null = null;
  /** Something in it exists in RESP3 only. */
  needsResp3 = false;
  promise: CallPromise | null = null;

  /** The protocol the command answered in; known to the whole. */
  protocol: 2 | 3 = 2;
  /** The reply that this is a part of, or itself. Set when it gets a handle. */
  whole: CallReply | null = null;
  handle = 0;
  /** The bytes, and the protocol bytes, in guest memory; 0: not asked for yet. */
  bytesPtr = 0;
  formatPtr = 0;
  protoPtr = 0;
  protoLength = 0;
  /** Parts that hold handles or guest memory; of a whole only. */
  usedParts: CallReply[] | null = null;
  /** What the whole takes of the module's quota. */
  costBytes = 0;
  /** The call at whose end AutoMemory frees the whole. */
  autoOf: ModuleContext | null = null;

  constructor(
    kind: NodeKind,
    bytes: ByteString = NO_BYTES,
    value: number | bigint = 0,
    format = '',
  ) {
    this.kind = kind;
    this.bytes = bytes;
    this.value = value;
    this.format = format;
  }

  /** REDISMODULE_REPLY_*. */
  get type(): number {
    return TYPES[this.kind] as number; // as many as kinds
  }

  /** Tells the reply to `sink`. A client gets it in the protocol that the command answered in. */
  writeTo(sink: ReplySink): void {
    if (!(sink instanceof RespWriter)) {
      this.#tell(sink);
      return;
    }
    const { protocol } = sink;
    sink.protocol = (this.whole ?? this).protocol;
    this.#tell(sink);
    sink.protocol = protocol;
  }

  #tell(sink: ReplySink): void {
    if (this.attribute !== null) this.attribute.#tell(sink);
    const { kind, value } = this;
    if (kind === NODE.bulk) sink.bulk(this.bytes);
    else if (kind === NODE.integer) sink.integer(value);
    else if (kind === NODE.simple) sink.simple(this.bytes);
    else if (kind === NODE.error) sink.error(this.bytes);
    else if (kind === NODE.null) sink.null();
    else if (kind === NODE.nullArray) sink.nullArray();
    else if (kind === NODE.bool) sink.bool(value !== 0);
    else if (kind === NODE.double)
      sink.double(value as number); // doubles are numbers
    else if (kind === NODE.bigNumber) sink.bigNumber(this.bytes);
    else if (kind === NODE.verbatim) sink.verbatim(this.format, this.bytes);
    else this.#tellAggregate(sink);
  }

  #tellAggregate(sink: ReplySink): void {
    const { kind } = this;
    const length = Number(this.value);
    if (kind === NODE.array) sink.array(length);
    else if (kind === NODE.map) sink.map(length);
    else if (kind === NODE.set) sink.set(length);
    else if (kind === NODE.attribute) sink.attribute(length);
    else if (kind === NODE.push) sink.push(length);
    for (const part of this.parts) part.#tell(sink);
  }
}

/** The reply behind a handle. */
export function callReply(m: ModuleInstance, handle: number, argument = 'reply'): CallReply {
  return m.handles.get(handle, KIND_REPLY, argument) as CallReply; // by its kind
}

/** A handle for a whole reply; it lives until it is freed. */
export function newReply(
  m: ModuleInstance,
  reply: CallReply,
  context: ModuleContext | null,
): Handle<'reply'> {
  m.quota.charge(reply.costBytes, 'a reply');
  reply.whole = reply;
  const handle = m.handles.createRetained(KIND_REPLY, reply);
  reply.handle = handle;
  if (context?.hasAutoMemory) {
    reply.autoOf = context;
    context.autoHandles.push(handle);
  }
  return handle as Handle<'reply'>; // of that kind
}

/** The handle of a part of `parent`: always the same one, and gone when the whole is freed. */
export function partHandle(
  m: ModuleInstance,
  parent: CallReply,
  part: CallReply | null | undefined,
): Handle<'reply'> | 0 {
  if (!part) return 0;
  if (part.handle === 0) {
    const whole = parent.whole as CallReply; // a reply that the guest knows is part of one
    part.whole = whole;
    part.handle = m.handles.createRetained(KIND_REPLY, part);
    whole.usedParts ??= [];
    whole.usedParts.push(part);
  }
  return part.handle as Handle<'reply'>; // of that kind
}

/** FreeCallReply: ends a whole reply; parts end with theirs only. */
export function freeReply(m: ModuleInstance, handle: number): void {
  const reply = callReply(m, handle);
  if (reply.whole !== reply) return;
  if (reply.autoOf !== null) {
    const { autoHandles } = reply.autoOf;
    const index = autoHandles.lastIndexOf(handle);
    if (index >= 0) autoHandles.splice(index, 1);
  }
  m.handles.release(handle, KIND_REPLY);
  releaseReply(m, reply);
}

/**
 * Frees the replies that a trapped call has made and not freed. Strings stay: what it stored in its
 * memory, which is not put back, may need them.
 *
 * @param since see HandleTable.forEachSince
 */
export function dropReplies(m: ModuleInstance, since: number): void {
  m.handles.forEachSince(since, (handle, kind) => {
    if (kind === KIND_REPLY && m.handles.has(handle, kind)) freeReply(m, handle);
  });
}

/** Frees what a whole reply holds; its own handle has ended. */
export function releaseReply(m: ModuleInstance, reply: CallReply): void {
  m.quota.release(reply.costBytes);
  reply.costBytes = 0;
  freeCopies(m, reply);
  const { usedParts } = reply;
  if (usedParts === null) return;
  for (const part of usedParts) {
    if (part.handle !== 0) m.handles.release(part.handle, KIND_REPLY);
    freeCopies(m, part);
  }
  reply.usedParts = null;
}

function freeCopies(m: ModuleInstance, reply: CallReply): void {
  reply.handle = 0;
  if (reply.bytesPtr !== 0) m.allocator.free(reply.bytesPtr);
  if (reply.formatPtr !== 0) m.allocator.free(reply.formatPtr);
  if (reply.protoPtr !== 0) m.allocator.free(reply.protoPtr);
  reply.bytesPtr = 0;
  reply.formatPtr = 0;
  reply.protoPtr = 0;
}

/** Address of the reply's bytes in guest memory, made on first use, with a NUL behind them. */
export function bytesCopy(m: ModuleInstance, reply: CallReply): number {
  if (reply.bytesPtr === 0) reply.bytesPtr = copyOf(m, reply.bytes);
  return reply.bytesPtr;
}

/** The same for the format letters of a verbatim string. */
export function formatCopy(m: ModuleInstance, reply: CallReply): number {
  if (reply.formatPtr === 0) reply.formatPtr = copyOf(m, reply.format as ByteString); // ASCII
  return reply.formatPtr;
}

/** The same for its protocol bytes; their number is then `protoLength`. */
export function protoCopy(m: ModuleInstance, reply: CallReply): number {
  if (reply.protoPtr !== 0) return reply.protoPtr;
  const writer = new RespWriter(formatDouble);
  reply.writeTo(writer);
  const ptr = m.alloc(writer.length + 1);
  m.memory.copyIn(ptr, writer.buffer, 0, writer.length);
  m.memory.writeU8(ptr + writer.length, 0);
  reply.protoPtr = ptr;
  reply.protoLength = writer.length;
  return ptr;
}

function copyOf(m: ModuleInstance, bytes: ByteString): number {
  const ptr = m.alloc(bytes.length + 1);
  m.memory.writeByteString(ptr, bytes);
  m.memory.writeU8(ptr + bytes.length, 0);
  return ptr;
}
