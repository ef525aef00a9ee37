// ABI area "call": running commands and reading their replies.

import type { AreaImports } from '../../../abi/index.ts';
import { ERR, type Handle, OK, type Ptr, type Status } from '../../../abi/kinds.ts';
import {
  bytesCopy,
  type CallReply,
  callReply,
  formatCopy,
  freeReply,
  NODE,
  type NodeKind,
  partHandle,
  protoCopy,
} from '../call-reply.ts';
import { callbackOf } from '../callbacks.ts';
import { Caller } from '../caller.ts';
import type { ModuleInstance } from '../instance.ts';
import { moduleUser } from '../module-user.ts';
import { ModuleString } from '../string.ts';

const INT_MIN = -(2 ** 31);
const LLONG_MIN = -(2n ** 63n);
const DOUBLE_OF_OTHERS = Number(LLONG_MIN);

export function call(m: ModuleInstance): AreaImports<'call'> {
  const caller = new Caller(m);
  return {
    ...replyFunctions(m),
    ...collectionFunctions(m),
    ...promiseFunctions(m),
    RedisModule_Call: (ctx, cmdname, fmt, args) => caller.call(ctx, cmdname, fmt, args),
    RedisModule_SetContextUser: (ctx, user) => {
      m.context(ctx).user = user === 0 ? null : moduleUser(m, user);
    },
    RedisModule_FreeCallReply: (reply) => freeReply(m, reply),
  };
}

type ReplyFunctions =
  | 'RedisModule_CallReplyType'
  | 'RedisModule_CallReplyLength'
  | 'RedisModule_CallReplyInteger'
  | 'RedisModule_CallReplyDouble'
  | 'RedisModule_CallReplyBool'
  | 'RedisModule_CallReplyBigNumber'
  | 'RedisModule_CallReplyVerbatim'
  | 'RedisModule_CallReplyStringPtr'
  | 'RedisModule_CallReplyProto'
  | 'RedisModule_CreateStringFromCallReply';

function replyFunctions(m: ModuleInstance): Pick<AreaImports<'call'>, ReplyFunctions> {
  const { memory } = m;
  /** The address of the bytes, and their number at `len`. */
  const bytesAt = (reply: CallReply, len: number): Ptr<'cstring'> => {
    const ptr = bytesCopy(m, reply);
    if (len !== 0) memory.writeU32(len, reply.bytes.length, 'len');
    return ptr as Ptr<'cstring'>; // bytesCopy adds a NUL
  };
  return {
    RedisModule_CallReplyType: (handle) => (handle === 0 ? -1 : callReply(m, handle).type),
    RedisModule_CallReplyLength: (handle) => {
      const reply = callReply(m, handle);
      if (isText(reply.kind)) return reply.bytes.length;
      return isCollection(reply.kind) ? Number(reply.value) : 0;
    },
    RedisModule_CallReplyInteger: (handle) => {
      const { kind, value } = callReply(m, handle);
      return kind === NODE.integer ? BigInt(value) : LLONG_MIN;
    },
    RedisModule_CallReplyDouble: (handle) => {
      const { kind, value } = callReply(m, handle);
      return kind === NODE.double ? Number(value) : DOUBLE_OF_OTHERS;
    },
    RedisModule_CallReplyBool: (handle) => {
      const { kind, value } = callReply(m, handle);
      return kind === NODE.bool ? Number(value) : INT_MIN;
    },
    RedisModule_CallReplyBigNumber: (handle, len) => {
      const reply = callReply(m, handle);
      return reply.kind === NODE.bigNumber ? bytesAt(reply, len) : 0;
    },
    RedisModule_CallReplyVerbatim: (handle, len, format) => {
      const reply = callReply(m, handle);
      if (reply.kind !== NODE.verbatim) return 0;
      if (format !== 0) memory.writeU32(format, formatCopy(m, reply), 'format');
      return bytesAt(reply, len);
    },
    RedisModule_CallReplyStringPtr: (handle, len) => {
      const reply = callReply(m, handle);
      return isText(reply.kind) ? bytesAt(reply, len) : 0;
    },
    RedisModule_CallReplyProto: (handle, len) => {
      const reply = callReply(m, handle);
      const ptr = protoCopy(m, reply);
      if (len !== 0) memory.writeU32(len, reply.protoLength, 'len');
      return ptr as Ptr<'cstring'>; // protoCopy adds a NUL
    },
    RedisModule_CreateStringFromCallReply: (handle) => {
      const reply = callReply(m, handle);
      const { kind } = reply;
      if (!isText(kind) && kind !== NODE.integer) return 0;
      const text = kind === NODE.integer ? reply.value.toString() : reply.bytes;
      const string = ModuleString.owning(Buffer.from(text, 'latin1'));
      const context = reply.whole?.autoOf ?? null;
      return m.newString(string, context) as Handle<'string'>; // of that kind
    },
  };
}

type CollectionFunctions =
  | 'RedisModule_CallReplyArrayElement'
  | 'RedisModule_CallReplySetElement'
  | 'RedisModule_CallReplyMapElement'
  | 'RedisModule_CallReplyAttribute'
  | 'RedisModule_CallReplyAttributeElement';

function collectionFunctions(m: ModuleInstance): Pick<AreaImports<'call'>, CollectionFunctions> {
  const element = (handle: number, kind: NodeKind, idx: number): Handle<'reply'> | 0 => {
    const reply = callReply(m, handle);
    return reply.kind === kind ? partHandle(m, reply, reply.parts[idx >>> 0]) : 0;
  };
  const pair = (handle: number, kind: NodeKind, idx: number, out: readonly number[]): Status => {
    const reply = callReply(m, handle);
    const at = (idx >>> 0) * 2;
    if (reply.kind !== kind || at >= reply.parts.length) return ERR;
    const [keyPtr = 0, valuePtr = 0] = out;
    if (keyPtr !== 0) m.memory.writeU32(keyPtr, partHandle(m, reply, reply.parts[at]), 'key');
    if (valuePtr !== 0) {
      m.memory.writeU32(valuePtr, partHandle(m, reply, reply.parts[at + 1]), 'val');
    }
    return OK;
  };
  return {
    RedisModule_CallReplyArrayElement: (handle, idx) => element(handle, NODE.array, idx),
    RedisModule_CallReplySetElement: (handle, idx) => element(handle, NODE.set, idx),
    RedisModule_CallReplyMapElement: (handle, idx, key, val) =>
      pair(handle, NODE.map, idx, [key, val]),
    RedisModule_CallReplyAttribute: (handle) => {
      const reply = callReply(m, handle);
      return partHandle(m, reply, reply.attribute);
    },
    RedisModule_CallReplyAttributeElement: (handle, idx, key, val) =>
      pair(handle, NODE.attribute, idx, [key, val]),
  };
}

type PromiseFunctions =
  | 'RedisModule_CallReplyPromiseSetUnblockHandler'
  | 'RedisModule_CallReplyPromiseAbort';

function promiseFunctions(m: ModuleInstance): Pick<AreaImports<'call'>, PromiseFunctions> {
  return {
    RedisModule_CallReplyPromiseSetUnblockHandler: (handle, onUnblock, privateData) => {
      const { promise } = callReply(m, handle);
      const handler = callbackOf(m, 'RedisModuleOnUnblocked', onUnblock, 'on_unblock');
      promise?.setHandler(handler, privateData);
    },
    RedisModule_CallReplyPromiseAbort: (handle, privateData) => {
      const data = callReply(m, handle).promise?.abort() ?? null;
      if (data === null) return ERR;
      if (privateData !== 0) m.memory.writeU32(privateData, data, 'private_data');
      return OK;
    },
  };
}

/** Strings, status lines and errors: what has bytes for everybody. */
function isText(kind: NodeKind): boolean {
  return kind === NODE.bulk || kind === NODE.simple || kind === NODE.error;
}

function isCollection(kind: NodeKind): boolean {
  const isOrdered = kind === NODE.array || kind === NODE.set;
  return isOrdered || kind === NODE.map || kind === NODE.attribute;
}
