// Through the ABI, also: host/module/caller.ts, host/module/call-format.ts.

import { beforeEach, describe, expect, test } from 'vitest';
import { CONSTANTS } from '../../abi/constants.ts';
import { ERRNO } from '../../abi/exports.ts';
import { ModuleUser } from '../../host/module/module-user.ts';
import { Probe, type ProbeCall } from '../support/probe.ts';

const NOTHING = 0;
const LLONG_MIN = -(2n ** 63n);
const INT_MIN = -(2 ** 31);

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

/** Calls a command; words are C strings. */
function callOf({ ctx, api }: ProbeCall, flags: string, ...words: string[]): number {
  const [name = '', ...args] = words;
  const fmt = probe.cstring(flags + 'c'.repeat(args.length));
  return api.RedisModule_Call(ctx, probe.cstring(name), fmt, probe.varargs(...args));
}

/** The text of a reply, as StringPtr gives it. */
function textOf({ api }: ProbeCall, reply: number): string {
  const length = probe.room();
  const ptr = api.RedisModule_CallReplyStringPtr(reply, length);
  return ptr === 0 ? '(none)' : probe.bytes(ptr, probe.u32(length));
}

function protoOf({ api }: ProbeCall, reply: number): string {
  const length = probe.room();
  const ptr = api.RedisModule_CallReplyProto(reply, length);
  return probe.bytes(ptr, probe.u32(length));
}

describe('the format of a call', () => {
  test('takes C strings, strings, buffers, integers and vectors', () => {
    probe.run((call) => {
      const { ctx, api } = call;
      const vector = probe.varargs(probe.string('v1'), probe.string('v2'));
      const reply = api.RedisModule_Call(
        ctx,
        probe.cstring('RPUSH'),
        probe.cstring('sclbv'),
        probe.varargs(
          probe.string('list'),
          'text',
          -(2n ** 63n),
          probe.cstring('buffer!'),
          6,
          vector,
          2,
        ),
      );
      expect(api.RedisModule_CallReplyInteger(reply)).toBe(5n);
    });
    expect(probe.server.raw('LRANGE', 'list', 0, -1)).toBe(
      '*5\r\n$4\r\ntext\r\n$20\r\n-9223372036854775808\r\n$6\r\nbuffer\r\n$2\r\nv1\r\n$2\r\nv2\r\n',
    );
  });

  test('an unknown letter gives NULL and EBADF, also with the flag E', () => {
    probe.run((call) => {
      expect(callOf(call, 'x', 'PING')).toBe(0);
      expect(probe.errno).toBe(ERRNO.EBADF);
      expect(callOf(call, 'Ex', 'PING')).toBe(0);
    });
  });

  test('arguments longer than the scratch memory arrive whole', () => {
    const long = 'x'.repeat(5000);
    probe.run((call) => callOf(call, '', 'RPUSH', 'l', 'a', long, 'b', long));
    expect(probe.server.raw('LINDEX', 'l', 1)).toContain(long);
    expect(probe.server.raw('LINDEX', 'l', 2)).toBe('$1\r\nb\r\n');
  });

  test('a handle that is no string is a fault of the guest', () => {
    const message = probe.trapOf(({ ctx, api }) =>
      api.RedisModule_Call(ctx, probe.cstring('GET'), probe.cstring('s'), probe.varargs(0)),
    );
    expect(message).toContain('is NULL, not a live string');
  });
});

describe('a command that does not run', () => {
  const cases = [
    { shows: 'an unknown command', flags: '', words: ['NOPE', 'a'], errno: 'ENOENT' },
    { shows: 'an unknown subcommand', flags: '', words: ['OBJECT', 'NOPE'], errno: 'ENOENT' },
    { shows: 'a wrong number of arguments', flags: '', words: ['GET'], errno: 'EINVAL' },
    { shows: 'a write with W', flags: 'W', words: ['SET', 'k', 'v'], errno: 'ENOSPC' },
    { shows: 'a command no script may run with S', flags: 'S', words: ['MULTI'], errno: 'ESPIPE' },
  ] as const;
  test.each(cases)('$shows gives NULL and $errno', ({ flags, words, errno }) => {
    probe.run((call) => {
      expect(callOf(call, flags, ...words)).toBe(0);
      expect(probe.errno).toBe(ERRNO[errno]);
    });
    expect(probe.server.raw('EXISTS', 'k')).toBe(':0\r\n');
  });

  test('with E the reason is an error reply, and errno is set all the same', () => {
    probe.run((call) => {
      const { api } = call;
      const unknown = callOf(call, 'E', 'NOPE', 'a');
      expect(api.RedisModule_CallReplyType(unknown)).toBe(CONSTANTS.REDISMODULE_REPLY_ERROR);
      expect(textOf(call, unknown)).toBe(
        "ERR unknown command 'NOPE', with args beginning with: 'a' ",
      );
      expect(probe.errno).toBe(ERRNO.ENOENT);
      expect(textOf(call, callOf(call, 'E', 'GET'))).toBe(
        "ERR wrong number of arguments for 'get' command",
      );
      expect(textOf(call, callOf(call, 'EW', 'SET', 'k', 'v'))).toBe(
        "ERR Write command 'set' was called while write is not allowed.",
      );
      expect(textOf(call, callOf(call, 'ES', 'MULTI'))).toBe(
        "ERR command 'multi' is not allowed on script mode",
      );
    });
  });

  test('M refuses what may need memory when there is none', () => {
    const { dispatcher } = probe.server.instance;
    dispatcher.memoryGate = () => false;
    probe.run((call) => {
      expect(callOf(call, 'M', 'SET', 'k', 'v')).toBe(0);
      expect(probe.errno).toBe(ERRNO.ENOSPC);
      expect(textOf(call, callOf(call, 'ME', 'SET', 'k', 'v'))).toBe(
        "OOM command not allowed when used memory > 'maxmemory'.",
      );
      expect(textOf(call, callOf(call, 'M', 'GET', 'k'))).toBe('(none)');
      expect(textOf(call, callOf(call, '', 'SET', 'k', 'v'))).toBe('OK');
    });
  });

  test('C without a user gives ENOTSUP', () => {
    const nobody = { client: probe.m.host.client };
    probe.run((call) => {
      expect(callOf(call, 'C', 'PING')).toBe(0);
      expect(probe.errno).toBe(ERRNO.ENOTSUP);
      expect(textOf(call, callOf(call, 'CE', 'PING'))).toBe(
        "ERR cannot run as user, no user directly attached to context or context's client",
      );
    }, nobody);
    probe.run((call) => expect(textOf(call, callOf(call, 'C', 'PING'))).toBe('PONG'));
  });

  test('D runs nothing: NULL says that it would, an error why not', () => {
    probe.run((call) => {
      expect(callOf(call, 'D', 'SET', 'k', 'v')).toBe(0);
      expect(probe.errno).toBe(0);
      expect(textOf(call, callOf(call, 'D', 'SET', 'k'))).toBe(
        "ERR wrong number of arguments for 'set' command",
      );
    });
    expect(probe.server.raw('EXISTS', 'k')).toBe(':0\r\n');
  });

  test('an error of the command itself is a reply without any flag', () => {
    probe.server.raw('SET', 'k', 'v');
    probe.run((call) => {
      const reply = callOf(call, '', 'HGET', 'k', 'f');
      expect(textOf(call, reply)).toBe(
        'WRONGTYPE Operation against a key holding the wrong kind of value',
      );
      expect(call.api.RedisModule_CallReplyLength(reply)).toBe(65);
    });
  });
});

describe('what a call propagates', () => {
  test('nothing without !', () => {
    probe.run((call) => callOf(call, '', 'SET', 'k', 'v'));
    expect(probe.server.takeEffects()).toEqual([]);
    expect(probe.server.raw('GET', 'k')).toBe('$1\r\nv\r\n');
  });

  test('the command as it rewrites itself with !', () => {
    probe.run((call) => {
      callOf(call, '!', 'SET', 'k', 'v', 'EX', '100');
      callOf(call, '!', 'DEL', 'missing');
    });
    const [effect] = probe.server.takeEffects();
    expect(effect?.slice(0, 4)).toEqual(['SET', 'k', 'v', 'PXAT']);
  });

  test('A and R leave out the file or the replicas', () => {
    const toReplicas: string[][] = [];
    const { propagation } = probe.server.instance.executor;
    propagation.addSink({
      takesMessages: true,
      feed: (_db, argv) => void toReplicas.push(argv.toByteStrings()),
    });
    probe.run((call) => {
      callOf(call, '!A', 'SET', 'a', '1');
      callOf(call, '!R', 'SET', 'r', '1');
    });
    expect(probe.server.takeEffects()).toEqual([['SET', 'r', '1']]);
    expect(toReplicas).toEqual([['SET', 'a', '1']]);
  });

  test('keys that expired are deleted everywhere even by a silent call', () => {
    probe.server.raw('SET', 'gone', 'v', 'PX', 1);
    probe.server.takeEffects();
    probe.server.advance(10);
    probe.run((call) => callOf(call, '', 'GET', 'gone'));
    expect(probe.server.takeEffects()).toEqual([['DEL', 'gone']]);
  });

  test('the words outlive the memory they were read from', () => {
    probe.run((call) => {
      for (let i = 0; i < 3; i++) callOf(call, '!', 'RPUSH', 'l', `value ${i}`);
    });
    expect(probe.server.takeEffects()).toEqual([
      ['MULTI'],
      ['RPUSH', 'l', 'value 0'],
      ['RPUSH', 'l', 'value 1'],
      ['RPUSH', 'l', 'value 2'],
      ['EXEC'],
    ]);
  });
});

describe('the database of a call', () => {
  test('is the selected one of the context, and SELECT in a call does not last', () => {
    probe.run((call) => {
      call.api.RedisModule_SelectDb(call.ctx, 3);
      callOf(call, '', 'SET', 'k', 'v');
      callOf(call, '', 'SELECT', '5');
      callOf(call, '', 'SET', 'k2', 'v');
    });
    probe.server.raw('SELECT', 3);
    expect(probe.server.raw('EXISTS', 'k', 'k2')).toBe(':2\r\n');
  });
});

describe('replies', () => {
  test('types and values in RESP2', () => {
    const R = CONSTANTS;
    probe.server.raw('RPUSH', 'list', 'a', 'b');
    probe.server.raw('HSET', 'hash', 'f', 'v');
    probe.run((call) => {
      const { api } = call;
      const typeOf = (...words: string[]) =>
        api.RedisModule_CallReplyType(callOf(call, '', ...words));
      expect(typeOf('PING')).toBe(R.REDISMODULE_REPLY_STRING);
      expect(typeOf('ECHO', 'x')).toBe(R.REDISMODULE_REPLY_STRING);
      expect(typeOf('LLEN', 'list')).toBe(R.REDISMODULE_REPLY_INTEGER);
      expect(typeOf('LRANGE', 'list', '0', '-1')).toBe(R.REDISMODULE_REPLY_ARRAY);
      expect(typeOf('GET', 'missing')).toBe(R.REDISMODULE_REPLY_NULL);
      expect(typeOf('HGETALL', 'hash')).toBe(R.REDISMODULE_REPLY_ARRAY);
      expect(typeOf('GET', 'list')).toBe(R.REDISMODULE_REPLY_ERROR);
      expect(api.RedisModule_CallReplyType(0)).toBe(R.REDISMODULE_REPLY_UNKNOWN);
    });
  });

  test('types and values in RESP3', () => {
    const R = CONSTANTS;
    probe.server.raw('HSET', 'hash', 'f', 'v');
    probe.server.raw('SADD', 'set', 'm');
    probe.server.raw('ZADD', 'zset', '1.5', 'm');
    probe.run((call) => {
      const { api } = call;
      const map = callOf(call, '3', 'HGETALL', 'hash');
      expect(api.RedisModule_CallReplyType(map)).toBe(R.REDISMODULE_REPLY_MAP);
      expect(api.RedisModule_CallReplyLength(map)).toBe(1);
      const out = probe.room(8);
      expect(api.RedisModule_CallReplyMapElement(map, 0, out, out + 4)).toBe(0);
      expect(textOf(call, probe.u32(out))).toBe('f');
      expect(textOf(call, probe.u32(out + 4))).toBe('v');
      expect(api.RedisModule_CallReplyMapElement(map, 0, 0, 0)).toBe(0);
      expect(api.RedisModule_CallReplyMapElement(map, 1, out, out)).toBe(1);
      const set = callOf(call, '3', 'SMEMBERS', 'set');
      expect(api.RedisModule_CallReplyType(set)).toBe(R.REDISMODULE_REPLY_SET);
      expect(textOf(call, api.RedisModule_CallReplySetElement(set, 0))).toBe('m');
      expect(api.RedisModule_CallReplySetElement(set, 1)).toBe(NOTHING);
      const double = callOf(call, '3', 'ZSCORE', 'zset', 'm');
      expect(api.RedisModule_CallReplyType(double)).toBe(R.REDISMODULE_REPLY_DOUBLE);
      expect(api.RedisModule_CallReplyDouble(double)).toBe(1.5);
      expect(protoOf(call, double)).toBe(',1.5\r\n');
      expect(protoOf(call, map)).toBe('%1\r\n$1\r\nf\r\n$1\r\nv\r\n');
    });
  });

  test('0 takes the protocol of the client', () => {
    probe.server.raw('HSET', 'hash', 'f', 'v');
    probe.server.client.writer.protocol = 3;
    probe.run((call) => {
      const reply = callOf(call, '0', 'HGETALL', 'hash');
      expect(call.api.RedisModule_CallReplyType(reply)).toBe(CONSTANTS.REDISMODULE_REPLY_MAP);
    });
  });

  test('functions for other types answer with their neutral value', () => {
    probe.run((call) => {
      const { api } = call;
      const reply = callOf(call, '', 'PING');
      expect(api.RedisModule_CallReplyInteger(reply)).toBe(LLONG_MIN);
      expect(api.RedisModule_CallReplyDouble(reply)).toBe(Number(LLONG_MIN));
      expect(api.RedisModule_CallReplyBool(reply)).toBe(INT_MIN);
      expect(api.RedisModule_CallReplyBigNumber(reply, 0)).toBe(0);
      expect(api.RedisModule_CallReplyVerbatim(reply, 0, 0)).toBe(0);
      expect(api.RedisModule_CallReplyArrayElement(reply, 0)).toBe(0);
      expect(api.RedisModule_CallReplySetElement(reply, 0)).toBe(0);
      expect(api.RedisModule_CallReplyMapElement(reply, 0, 0, 0)).toBe(1);
      expect(api.RedisModule_CallReplyAttribute(reply)).toBe(0);
      expect(api.RedisModule_CallReplyAttributeElement(reply, 0, 0, 0)).toBe(1);
      const integer = callOf(call, '', 'DBSIZE');
      expect(api.RedisModule_CallReplyStringPtr(integer, 0)).toBe(0);
      expect(api.RedisModule_CallReplyLength(integer)).toBe(0);
    });
  });

  test('a string is made from strings, errors and integers only', () => {
    probe.run((call) => {
      const { api } = call;
      const made = (...words: string[]) => {
        const string = api.RedisModule_CreateStringFromCallReply(callOf(call, '', ...words));
        return string === 0 ? null : probe.textOf(string);
      };
      expect(made('PING')).toBe('PONG');
      expect(made('DBSIZE')).toBe('0');
      expect(made('GET', 'missing')).toBe(null);
      expect(made('LPUSH', 'l', 'x')).toBe('1');
      expect(made('GET', 'l')).toMatch(/^WRONGTYPE /);
      expect(made('LRANGE', 'l', '0', '-1')).toBe(null);
    });
  });

  test('elements are the same handle each time, nested ones too, and end with the whole', () => {
    probe.server.raw('RPUSH', 'l', 'a', 'b');
    const before = probe.m.handles.liveCount;
    probe.run((call) => {
      const { api } = call;
      const reply = callOf(call, '', 'COMMAND', 'INFO', 'get');
      const info = api.RedisModule_CallReplyArrayElement(reply, 0);
      expect(api.RedisModule_CallReplyArrayElement(reply, 0)).toBe(info);
      const name = api.RedisModule_CallReplyArrayElement(info, 0);
      expect(textOf(call, name)).toBe('get');
      expect(api.RedisModule_CallReplyArrayElement(reply, 1)).toBe(0);
      api.RedisModule_FreeCallReply(name); // a part: ignored
      expect(textOf(call, name)).toBe('get');
      api.RedisModule_FreeCallReply(reply);
      expect(probe.m.handles.liveCount).toBe(before);
    });
    expect(probe.trapOf((call) => call.api.RedisModule_FreeCallReply(0x18000400))).toContain(
      'call reply',
    );
  });

  test('freeing gives back all guest memory', () => {
    probe.server.raw('RPUSH', 'l', 'a', 'b');
    probe.run((call) => {
      const { api } = call;
      const fmt = probe.cstring('ccc');
      const name = probe.cstring('LRANGE');
      const args = probe.varargs('l', '0', '-1');
      const length = probe.room();
      const before = probe.m.allocator.liveBytes;
      const reply = api.RedisModule_Call(call.ctx, name, fmt, args);
      api.RedisModule_CallReplyStringPtr(api.RedisModule_CallReplyArrayElement(reply, 1), length);
      api.RedisModule_CallReplyProto(reply, length);
      expect(probe.m.allocator.liveBytes).toBeGreaterThan(before);
      api.RedisModule_FreeCallReply(reply);
      expect(probe.m.allocator.liveBytes).toBe(before);
    });
  });

  test('AutoMemory frees replies at the end, those freed by hand only once', () => {
    const before = probe.m.handles.liveCount;
    probe.run((call) => {
      call.api.RedisModule_AutoMemory(call.ctx);
      callOf(call, '', 'PING');
      call.api.RedisModule_FreeCallReply(callOf(call, '', 'PING'));
      call.api.RedisModule_CreateStringFromCallReply(callOf(call, '', 'PING'));
    });
    expect(probe.m.handles.liveCount).toBe(before);
  });

  test('without AutoMemory a reply outlives the call', () => {
    const reply = probe.run((call) => callOf(call, '', 'ECHO', 'later'));
    probe.run((call) => expect(textOf(call, reply)).toBe('later'));
  });

  test('a reply is sent on as it came', () => {
    probe.server.raw('HSET', 'hash', 'f', 'v');
    const { client } = probe.server;
    const sent = (flags: string, ...words: string[]): string => {
      probe.run((call) => {
        const status = call.api.RedisModule_ReplyWithCallReply(
          call.ctx,
          callOf(call, flags, ...words),
        );
        if (status !== 0) client.writer.simple('refused');
      });
      return probe.server.takeReply();
    };
    expect(sent('', 'HGETALL', 'hash')).toBe('*2\r\n$1\r\nf\r\n$1\r\nv\r\n');
    expect(sent('3', 'HGETALL', 'hash')).toBe('+refused\r\n');
    expect(sent('', 'PING')).toBe('+PONG\r\n');
    client.writer.protocol = 3;
    expect(sent('3', 'HGETALL', 'hash')).toBe('%1\r\n$1\r\nf\r\n$1\r\nv\r\n');
    expect(sent('', 'GET', 'missing')).toBe('$-1\r\n'); // the bytes of RESP2, as Redis copies them
    expect(sent('3', 'GET', 'missing')).toBe('_\r\n');
  });
});

describe('calls that block', () => {
  test('without K they answer at once, as in a transaction', () => {
    probe.run((call) => {
      const reply = callOf(call, '', 'BLPOP', 'l', '0');
      expect(call.api.RedisModule_CallReplyType(reply)).toBe(CONSTANTS.REDISMODULE_REPLY_NULL);
    });
    expect(probe.server.instance.executor.blocking.blockedCount).toBe(0);
  });

  test('with K one that need not wait just answers', () => {
    probe.server.raw('RPUSH', 'l', 'x');
    probe.run((call) => {
      const reply = callOf(call, 'K', 'BLPOP', 'l', '0');
      expect(protoOf(call, reply)).toBe('*2\r\n$1\r\nl\r\n$1\r\nx\r\n');
    });
  });

  test('with K the promise is kept when the key is there', () => {
    const replies: unknown[] = [];
    probe.run((call) => {
      const promise = callOf(call, 'K', 'BLPOP', 'l', '0');
      expect(call.api.RedisModule_CallReplyType(promise)).toBe(CONSTANTS.REDISMODULE_REPLY_PROMISE);
      const handler = probe.callback('RedisModuleOnUnblocked', (ctx, reply, data) => {
        replies.push([protoOf({ ...call, ctx: Number(ctx) }, Number(reply)), data]);
        call.api.RedisModule_FreeCallReply(Number(reply));
      });
      call.api.RedisModule_CallReplyPromiseSetUnblockHandler(promise, handler, 77);
      call.api.RedisModule_FreeCallReply(promise);
    });
    expect(replies).toEqual([]);
    probe.server.raw('RPUSH', 'l', 'x');
    expect(replies).toEqual([['*2\r\n$1\r\nl\r\n$1\r\nx\r\n', 77]]);
    expect(probe.server.takeEffects()).toEqual([['RPUSH', 'l', 'x']]); // a silent call's LPOP
    expect(probe.m.registry.promises.size).toBe(0);
  });

  test('with ! what the promise did is propagated', () => {
    probe.run((call) => callOf(call, '!K', 'BLPOP', 'l', '0'));
    probe.server.raw('RPUSH', 'l', 'x');
    expect(probe.server.takeEffects().flat()).toContain('LPOP');
  });

  test('a promise that ran out of time gets the reply of a wait in vain', () => {
    const replies: string[] = [];
    probe.run((call) => {
      const promise = callOf(call, 'K', 'BLPOP', 'l', '1');
      const handler = probe.callback('RedisModuleOnUnblocked', (_ctx, reply) => {
        replies.push(protoOf(call, Number(reply)));
      });
      call.api.RedisModule_CallReplyPromiseSetUnblockHandler(promise, handler, 0);
    });
    probe.server.advance(1100);
    expect(replies).toEqual(['*-1\r\n']);
  });

  test('an aborted promise is never kept, and can be aborted once', () => {
    const replies: unknown[] = [];
    const promise = probe.run((call) => {
      const made = callOf(call, 'K', 'BLPOP', 'l', '0');
      const handler = probe.callback('RedisModuleOnUnblocked', () => void replies.push(1));
      call.api.RedisModule_CallReplyPromiseSetUnblockHandler(made, handler, 99);
      return made;
    });
    probe.run(({ api }) => {
      const data = probe.room();
      expect(api.RedisModule_CallReplyPromiseAbort(promise, data)).toBe(0);
      expect(probe.u32(data)).toBe(99);
      expect(api.RedisModule_CallReplyPromiseAbort(promise, 0)).toBe(1);
    });
    probe.server.raw('RPUSH', 'l', 'x');
    expect(replies).toEqual([]);
    expect(probe.server.raw('LLEN', 'l')).toBe(':1\r\n');
    expect(probe.server.instance.executor.blocking.blockedCount).toBe(0);
  });
});

describe('calls of module commands', () => {
  test('nest, each with its own arguments, replies and effects', () => {
    probe.command('probe.inner', 'write', (ctx) => {
      const call = { ctx, api: probe.api, context: probe.m.context(ctx) };
      const reply = callOf(call, '!', 'INCR', 'inner');
      probe.api.RedisModule_ReplyWithCallReply(ctx, reply);
    });
    probe.command('probe.outer', 'write', (ctx) => {
      const call = { ctx, api: probe.api, context: probe.m.context(ctx) };
      const silent = callOf(call, '', 'probe.inner');
      const loud = callOf(call, '!', 'probe.inner');
      probe.api.RedisModule_ReplyWithArray(ctx, 2);
      for (const reply of [silent, loud]) probe.api.RedisModule_ReplyWithCallReply(ctx, reply);
    });
    expect(probe.server.raw('probe.outer')).toBe('*2\r\n:1\r\n:2\r\n');
    // The silent call keeps back what the command in it replicates.
    expect(probe.server.takeEffects()).toEqual([['INCR', 'inner']]);
  });

  test('one that traps is undone, and the caller gets an error reply', () => {
    probe.command('probe.bad', 'write', (ctx) => {
      const call = { ctx, api: probe.api, context: probe.m.context(ctx) };
      callOf(call, '!', 'SET', 'bad', '1');
      probe.api.RedisModule_FreeCallReply(0);
    });
    probe.run((call) => {
      callOf(call, '!', 'SET', 'good', '1');
      expect(textOf(call, callOf(call, '!', 'probe.bad'))).toMatch(
        /^ERR module 'probe' trapped in probe\.bad: /,
      );
    });
    expect(probe.server.raw('EXISTS', 'good', 'bad')).toBe(':1\r\n');
    expect(probe.server.takeEffects()).toEqual([['SET', 'good', '1']]);
  });

  test('without end stop at the depth that modules may nest to', () => {
    probe.command('probe.loop', 'readonly', (ctx) => {
      const call = { ctx, api: probe.api, context: probe.m.context(ctx) };
      probe.api.RedisModule_ReplyWithCallReply(ctx, callOf(call, '', 'probe.loop'));
    });
    expect(probe.server.raw('probe.loop')).toContain('nest deeper than');
  });

  test('that block keep the promise of a call with K', () => {
    let blocked = 0;
    const replies: string[] = [];
    const answer = probe.callback('RedisModuleCmdFunc', (ctx) =>
      probe.api.RedisModule_ReplyWithLongLong(Number(ctx), 42n),
    );
    probe.command('probe.wait', 'readonly', (ctx) => {
      blocked = probe.api.RedisModule_BlockClient(ctx, answer, 0, 0, 0n);
    });
    probe.run((call) => {
      const promise = callOf(call, 'K', 'probe.wait');
      const handler = probe.callback('RedisModuleOnUnblocked', (_ctx, reply) => {
        replies.push(protoOf(call, Number(reply)));
      });
      call.api.RedisModule_CallReplyPromiseSetUnblockHandler(promise, handler, 0);
    });
    expect(replies).toEqual([]);
    probe.run(({ api }) => api.RedisModule_UnblockClient(blocked, 0));
    expect(replies).toEqual([':42\r\n']);
  });
});

describe('SetContextUser', () => {
  test('NULL goes back to the user of the client; other handles must be users', () => {
    probe.run(({ ctx, api, context }) => {
      const { users } = probe.server.instance.clientServices.access;
      context.user = new ModuleUser(users.default, false);
      api.RedisModule_SetContextUser(ctx, 0);
      expect(context.user).toBe(null);
    });
    const message = probe.trapOf(({ ctx, api }) =>
      api.RedisModule_SetContextUser(ctx, probe.string('x')),
    );
    expect(message).toContain('is a string, not a live user');
  });
});
