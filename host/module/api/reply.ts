// ABI area "reply": what a command answers.

import { CONSTANTS } from '../../../abi/constants.ts';
import type { AreaImports } from '../../../abi/index.ts';
import { ERR, OK, type Status } from '../../../abi/kinds.ts';
import { wrongArity } from '../../dispatch/errors.ts';
import { bytesOf } from '../../lib/bytes.ts';
import type { AggregateKind, ReplySink } from '../../resp/sink.ts';
import { callReply } from '../call-reply.ts';
import { doubleOfExact } from '../exact-float.ts';
import { formatGuest } from '../format.ts';
import type { ModuleInstance } from '../instance.ts';
import { exactOfBinary128, humanText } from '../long-double.ts';
import { ModuleTrap } from '../trap.ts';

/** Aggregates of postponed length inside of each other. */
const POSTPONED_MAX = 10_000;
const POSTPONED = CONSTANTS.REDISMODULE_POSTPONED_LEN;

export function reply(m: ModuleInstance): AreaImports<'reply'> {
  return { ...scalars(m), ...texts(m), ...collections(m) };
}

/** Output beyond this is weighed against the module's quota. */
const UNWEIGHED_BYTES = 64 * 1024;

/** Writes with the context's sink; without a client nothing happens, as in Redis. */
function answering(m: ModuleInstance) {
  return (ctx: number, write: (sink: ReplySink) => void, bytes = 0): Status => {
    const sink = m.context(ctx).reply;
    if (sink === null) return OK;
    weigh(m, sink, bytes);
    write(sink);
    return OK;
  };
}

/** What a module answers is its own until the call ends, however fast the client reads. */
function weigh(m: ModuleInstance, sink: ReplySink, bytes: number): void {
  const total = sink.mark() + bytes;
  if (total > UNWEIGHED_BYTES) m.quota.need(total, 'a reply');
}

function scalars(m: ModuleInstance) {
  const answer = answering(m);
  const { memory } = m;
  return {
    RedisModule_ReplyWithLongLong: (ctx, ll) => {
      const sink = m.context(ctx).reply;
      if (sink !== null) {
        weigh(m, sink, 0);
        sink.integer(ll);
      }
      return OK;
    },
    RedisModule_ReplyWithDouble: (ctx, d) => answer(ctx, (sink) => sink.double(d)),
    RedisModule_ReplyWithBool: (ctx, b) => answer(ctx, (sink) => sink.bool(b !== 0)),
    RedisModule_ReplyWithNull: (ctx) => answer(ctx, (sink) => sink.null()),
    RedisModule_ReplyWithNullArray: (ctx) => answer(ctx, (sink) => sink.nullArray()),
    RedisModule_ReplyWithBigNumber: (ctx, bignum, len) =>
      answer(ctx, (sink) => sink.bigNumber(memory.byteString(bignum, len, 'bignum'))),
    RedisModule_ReplyWithLongDouble: (ctx, low, high) =>
      answer(ctx, (sink) => {
        const value = { low, high };
        if (sink.protocol === 2) sink.bulk(bytesOf(humanText(value)));
        // Redis differs: it writes the digits that a double does not have.
        else sink.double(doubleOfExact(exactOfBinary128(value)));
      }),
  } satisfies Partial<AreaImports<'reply'>>;
}

function texts(m: ModuleInstance) {
  const answer = answering(m);
  const { memory } = m;
  return {
    RedisModule_WrongArity: (ctx) => {
      const name = m.context(ctx).command?.entry.fullName ?? '';
      return answer(ctx, (sink) => sink.error(wrongArity(name).message));
    },
    RedisModule_ReplyWithError: (ctx, err) =>
      answer(ctx, (sink) => sink.error(memory.cstring(err, 'err'))),
    RedisModule_ReplyWithErrorFormat: (ctx, fmt, args) =>
      answer(ctx, (sink) => sink.error(formatGuest(m, fmt, args))),
    RedisModule_ReplyWithSimpleString: (ctx, msg) =>
      answer(ctx, (sink) => sink.simple(memory.cstring(msg, 'msg'))),
    RedisModule_ReplyWithStringBuffer: (ctx, buf, len) =>
      answer(
        ctx,
        (sink) => {
          const bytes = memory.bytes(buf, len, 'buf');
          sink.bytes(bytes, 0, bytes.length);
        },
        Math.min(len >>> 0, memory.byteLength),
      ),
    RedisModule_ReplyWithCString: (ctx, buf) =>
      answer(ctx, (sink) => sink.bulk(memory.cstring(buf, 'buf'))),
    RedisModule_ReplyWithString: (ctx, str) => {
      const { slice } = m.string(str);
      m.fuel.chargeBytes(slice.length);
      return answer(ctx, (sink) => sink.slice(slice), slice.length);
    },
    RedisModule_ReplyWithEmptyString: (ctx) => answer(ctx, (sink) => sink.bulk('')),
    RedisModule_ReplyWithVerbatimStringType: (ctx, buf, len, ext) =>
      answer(ctx, (sink) =>
        sink.verbatim(memory.cstring(ext, 'ext'), memory.byteString(buf, len, 'buf')),
      ),
    RedisModule_ReplyWithVerbatimString: (ctx, buf, len) =>
      answer(ctx, (sink) => sink.verbatim('txt', memory.byteString(buf, len, 'buf'))),
    RedisModule_ReplyWithCallReply: (ctx, handle) => {
      const value = callReply(m, handle);
      const sink = m.context(ctx).reply;
      if (sink === null) return OK;
      if (value.needsResp3 && sink.protocol === 2) return ERR;
      weigh(m, sink, (value.whole ?? value).costBytes);
      value.writeTo(sink);
      return OK;
    },
  } satisfies Partial<AreaImports<'reply'>>;
}

function collections(m: ModuleInstance) {
  const begin = (ctx: number, kind: AggregateKind, length: number): Status => {
    const context = m.context(ctx);
    const sink = context.reply;
    if (sink === null) return OK;
    if (kind === 'attribute' && sink.protocol === 2) return ERR;
    weigh(m, sink, 0);
    if (length === POSTPONED) {
      if (context.postponed.length >= POSTPONED_MAX) {
        throw new ModuleTrap(`more than ${POSTPONED_MAX} postponed lengths at a time`, 'len');
      }
      context.postponed.push(sink.deferred());
    } else if (kind === 'array') sink.array(length >>> 0);
    else sink[kind](length >>> 0);
    return OK;
  };
  const end = (ctx: number, kind: AggregateKind, length: number): void => {
    const context = m.context(ctx);
    const mark = context.postponed.pop();
    if (context.reply === null) return;
    if (mark !== undefined) context.reply.setDeferred(mark, kind, length >>> 0);
    else m.host.logFor(m, 'warning', `a length was set for an ${kind} that was not postponed`);
  };
  return {
    RedisModule_ReplyWithArray: (ctx, len) => begin(ctx, 'array', len),
    RedisModule_ReplyWithMap: (ctx, len) => begin(ctx, 'map', len),
    RedisModule_ReplyWithSet: (ctx, len) => begin(ctx, 'set', len),
    RedisModule_ReplyWithAttribute: (ctx, len) => begin(ctx, 'attribute', len),
    RedisModule_ReplyWithEmptyArray: (ctx) => begin(ctx, 'array', 0),
    RedisModule_ReplySetArrayLength: (ctx, len) => end(ctx, 'array', len),
    RedisModule_ReplySetMapLength: (ctx, len) => end(ctx, 'map', len),
    RedisModule_ReplySetSetLength: (ctx, len) => end(ctx, 'set', len),
    RedisModule_ReplySetAttributeLength: (ctx, len) => {
      if (m.context(ctx).reply?.protocol === 3) end(ctx, 'attribute', len);
    },
  } satisfies Partial<AreaImports<'reply'>>;
}
