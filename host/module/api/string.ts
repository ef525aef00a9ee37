// ABI area "string": reference-counted byte strings.

import type { AreaImports } from '../../../abi/index.ts';
import { ERR, type Handle, OK, type Ptr } from '../../../abi/kinds.ts';
import { bytesOf } from '../../lib/bytes.ts';
import {
  formatDouble,
  parseDouble,
  parseInt64,
  parseInteger,
  parseUint64,
} from '../../lib/number.ts';
import { formatStreamId, parseStreamId } from '../../lib/stream-id.ts';
import { formatGuest } from '../format.ts';
import type { ModuleInstance } from '../instance.ts';
import { digitsText, humanText, parseBinary128 } from '../long-double.ts';
import { ModuleString } from '../string.ts';

const NULL_STRING = '(NULL string reply referenced in module)';
const STREAM_ID_SEQ = 8;
/** An entry of AutoMemory's list, for a string that may be on it many times. */
const AUTO_REFERENCE_BYTES = 16;

export function string(m: ModuleInstance): AreaImports<'string'> {
  return { ...creating(m), ...owning(m), ...parsing(m) };
}

function creating(m: ModuleInstance) {
  const { memory } = m;
  const make = (ctx: number, value: ModuleString): Handle<'string'> =>
    m.newString(value, m.contextOrNull(ctx)) as Handle<'string'>; // newString makes that kind
  const makeText = (ctx: number, text: string): Handle<'string'> =>
    make(ctx, ModuleString.of(bytesOf(text)));
  return {
    RedisModule_CreateString: (ctx, ptr, len) => {
      const view = ptr === 0 ? null : memory.bytes(ptr, len, 'ptr');
      m.quota.need(len >>> 0, 'a string', 'len');
      const bytes = Buffer.alloc(len >>> 0);
      view?.copy(bytes);
      return make(ctx, ModuleString.owning(bytes));
    },
    RedisModule_CreateStringPrintf: (ctx, fmt, args) =>
      make(ctx, ModuleString.of(formatGuest(m, fmt, args))),
    RedisModule_CreateStringFromLongLong: (ctx, ll) => makeText(ctx, ll.toString()),
    RedisModule_CreateStringFromULongLong: (ctx, ull) =>
      makeText(ctx, BigInt.asUintN(64, ull).toString()),
    RedisModule_CreateStringFromDouble: (ctx, d) => makeText(ctx, formatDouble(d)),
    RedisModule_CreateStringFromLongDouble: (ctx, low, high, human) =>
      makeText(ctx, human !== 0 ? humanText({ low, high }) : digitsText({ low, high })),
    RedisModule_CreateStringFromString: (ctx, str) => {
      const { slice } = m.string(str);
      m.quota.need(slice.length, 'a string');
      return make(ctx, ModuleString.owning(slice.toBuffer()));
    },
    RedisModule_CreateStringFromStreamID: (ctx, id) =>
      makeText(
        ctx,
        formatStreamId({
          ms: memory.readU64(id, 'id'),
          seq: memory.readU64(id + STREAM_ID_SEQ, 'id'),
        }),
      ),
  } satisfies Partial<AreaImports<'string'>>;
}

function owning(m: ModuleInstance) {
  const { memory } = m;
  let nullText = 0;
  return {
    RedisModule_FreeString: (ctx, str) => {
      m.string(str);
      const context = m.contextOrNull(ctx);
      if (context !== null) removeFrom(context.autoHandles, str);
      m.freeString(str);
    },
    RedisModule_RetainString: (ctx, str) => {
      const value = m.string(str);
      const context = m.contextOrNull(ctx);
      // AutoMemory's reference passes to the guest; any other string gets one more.
      if (context === null || !removeFrom(context.autoHandles, str)) value.references++;
    },
    RedisModule_HoldString: (ctx, str) => {
      m.string(str).references++;
      const context = m.contextOrNull(ctx);
      if (context?.hasAutoMemory) {
        m.quota.chargeCall(AUTO_REFERENCE_BYTES, 'a reference');
        context.autoHandles.push(str);
      }
      return str;
    },
    RedisModule_StringPtrLen: (str, len) => {
      if (str === 0) {
        if (nullText === 0) nullText = m.guestCopy(ModuleString.of(bytesOf(NULL_STRING)));
        if (len !== 0) memory.writeU32(len, NULL_STRING.length, 'len');
        return nullText as Ptr<'cstring'>; // just made
      }
      const value = m.string(str);
      const ptr = m.guestCopy(value);
      if (len !== 0) memory.writeU32(len, value.length, 'len');
      return ptr as Ptr<'cstring'>; // guestCopy is NUL-terminated
    },
    RedisModule_StringCompare: (a, b) => {
      const left = m.string(a, 'a').slice;
      const right = m.string(b, 'b').slice;
      return left.buffer.compare(right.buffer, right.start, right.end, left.start, left.end);
    },
    RedisModule_StringAppendBuffer: (_ctx, str, buf, len) => {
      const value = m.string(str);
      // Redis refuses shared strings; argv is shared with the client.
      if (value.references > 1 || value.isBorrowed) return ERR;
      m.appendTo(value, memory.bytes(buf, len, 'buf'));
      return OK;
    },
    RedisModule_TrimStringAllocation: (str) => {
      if (str !== 0) m.ownString(m.string(str));
    },
  } satisfies Partial<AreaImports<'string'>>;
}

function parsing(m: ModuleInstance) {
  const { memory } = m;
  return {
    RedisModule_StringToLongLong: (str, ll) => {
      const { buffer, start, end } = m.string(str).slice;
      const small = parseInteger(buffer, start, end);
      if (!Number.isNaN(small)) {
        memory.writeSafeInt64(ll, small, 'll');
        return OK;
      }
      const value = parseInt64(buffer, start, end);
      if (value === null) return ERR;
      memory.writeU64(ll, value, 'll');
      return OK;
    },
    RedisModule_StringToULongLong: (str, ull) => {
      const { buffer, start, end } = m.string(str).slice;
      const value = parseUint64(buffer, start, end);
      if (value === null) return ERR;
      memory.writeU64(ull, value, 'ull');
      return OK;
    },
    RedisModule_StringToDouble: (str, d) => {
      const { buffer, start, end } = m.string(str).slice;
      const value = parseDouble(buffer, start, end);
      if (Number.isNaN(value)) return ERR;
      memory.writeF64(d, value, 'd');
      return OK;
    },
    RedisModule_StringToLongDouble: (str, ld) => {
      const value = parseBinary128(m.string(str).slice.toByteString());
      if (value === null) return ERR;
      memory.writeU64(ld, value.low, 'ld');
      memory.writeU64(ld + 8, value.high, 'ld');
      return OK;
    },
    RedisModule_StringToStreamID: (str, id) => {
      const value = parseStreamId(m.string(str).slice.toByteString());
      if (value === null) return ERR;
      memory.writeU64(id, value.ms, 'id');
      memory.writeU64(id + STREAM_ID_SEQ, value.seq, 'id');
      return OK;
    },
  } satisfies Partial<AreaImports<'string'>>;
}

/** Removes one occurrence, searching from the end; false if there is none. */
function removeFrom(handles: number[], handle: number): boolean {
  const index = handles.lastIndexOf(handle);
  if (index < 0) return false;
  handles.splice(index, 1);
  return true;
}
