// A trap undoes all that its call did: the command of a module is all or nothing. Also entry.ts.

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CONSTANTS as C } from '../../abi/constants.ts';
import type { Client } from '../../host/dispatch/client.ts';
import { keyspaceDigest } from '../../host/keyspace/digest.ts';
import { loadCode } from '../../host/module/code.ts';
import { ModuleTrap } from '../../host/module/trap.ts';
import { guest } from '../support/guest.ts';
import { TestInstance } from '../support/instance.ts';
import { Probe, type ProbeApi } from '../support/probe.ts';
import { makeType } from '../support/probe-type.ts';

const WRITE = C.REDISMODULE_READ | C.REDISMODULE_WRITE;
const KEYS = ['string', 'list', 'hash', 'set', 'zset', 'module', 'timed', 'none', 'none2'];
const OK = '+OK\r\n';

let probe: Probe;
let api: ProbeApi;
let server: TestInstance;
let subscriber: Client;
/** Handles and C strings that the test owns, made once so that counts can be compared. */
let strings: Map<string, number>;
let cstrings: Map<string, number>;
let type: number;
let freed: number;
/** What the commands of the probe do. */
let action: (ctx: number, argv: number, argc: number) => void;
let nested: (ctx: number) => void;

beforeEach(async () => {
  probe = await Probe.load();
  ({ api, server } = probe);
  strings = new Map();
  cstrings = new Map();
  freed = 0;
  type = makeType(probe, {
    free: (data) => {
      freed++;
      api.RedisModule_Free(Number(data));
    },
    digest: (digest, data) => {
      api.RedisModule_DigestAddLongLong(Number(digest), BigInt(probe.u32(Number(data))));
      api.RedisModule_DigestEndSequence(Number(digest));
    },
  });
  probe.command('probe.do', 'write', (ctx, argv, argc) => action(ctx, argv, argc));
  probe.command('probe.nested', 'write', (ctx) => nested(ctx));
  subscriber = server.instance.createClient();
  server.raw('CONFIG', 'SET', 'notify-keyspace-events', 'KEA');
  server.rawAs(subscriber, 'PSUBSCRIBE', '*');
  action = seed;
  nested = () => {};
  server.raw('probe.do');
  server.takeReply(subscriber);
});

afterEach(() => {
  expect(server.instance.keyspace.journal.isOpen).toBe(false);
  expect(server.instance.executor.depth).toBe(0);
  expect(probe.m.depth).toBe(0);
});

function string(text: string): number {
  let handle = strings.get(text);
  if (handle === undefined) {
    handle = probe.string(text);
    strings.set(text, handle);
  }
  return handle;
}

function cstring(text: string): number {
  let ptr = cstrings.get(text);
  if (ptr === undefined) {
    ptr = probe.cstring(text);
    cstrings.set(text, ptr);
  }
  return ptr;
}

function open(ctx: number, name: string): number {
  return api.RedisModule_OpenKey(ctx, string(name), WRITE);
}

/** Calls a command with words, through one buffer for variable arguments. */
function call(ctx: number, name: string, ...words: string[]): number {
  const args = varargs();
  for (const [i, word] of words.entries()) {
    probe.m.memory.writeU32(args + 4 * i, string(word));
  }
  const format = cstring('s'.repeat(words.length));
  return api.RedisModule_Call(ctx, cstring(name), format, args);
}

function varargs(): number {
  let room = cstrings.get('\0varargs');
  if (room === undefined) {
    room = probe.room(64);
    cstrings.set('\0varargs', room);
  }
  return room;
}

function newValue(number: number): number {
  const data = api.RedisModule_Alloc(16);
  probe.m.memory.writeU32(data, number);
  return data;
}

/** One key of each type, and all strings that the test will need. */
function seed(ctx: number): void {
  for (const name of [...KEYS, 'a', 'b', '1', '2', '60000']) string(name);
  for (const length of [0, 1, 2, 3, 4]) cstring('s'.repeat(length));
  call(ctx, 'SET', 'string', 'a');
  call(ctx, 'RPUSH', 'list', 'a', 'b');
  call(ctx, 'HSET', 'hash', 'a', 'b');
  call(ctx, 'SADD', 'set', 'a', 'b');
  call(ctx, 'ZADD', 'zset', '1', 'a');
  call(ctx, 'SET', 'timed', '1');
  call(ctx, 'PEXPIRE', 'timed', '60000');
  api.RedisModule_ModuleTypeSetValue(open(ctx, 'module'), type, newValue(7));
}

/** Every write of the ABI and many commands, each on key `k`; none of them may depend on luck. */
const WRITES: Readonly<Record<string, (ctx: number, k: string) => void>> = {
  stringSet: (ctx, k) => void api.RedisModule_StringSet(open(ctx, k), string('b')),
  stringTruncate: (ctx, k) => void api.RedisModule_StringTruncate(open(ctx, k), 40),
  stringDma: (ctx, k) => {
    const ptr = api.RedisModule_StringDMA(open(ctx, k), varargs(), WRITE);
    if (ptr !== 0 && probe.u32(varargs()) > 0) probe.m.memory.writeU8(ptr, 0x21);
  },
  listPush: (ctx, k) => void api.RedisModule_ListPush(open(ctx, k), 0, string('b')),
  listPop: (ctx, k) => {
    const popped = api.RedisModule_ListPop(open(ctx, k), 1);
    if (popped !== 0) api.RedisModule_FreeString(ctx, popped);
  },
  listSet: (ctx, k) => void api.RedisModule_ListSet(open(ctx, k), 0, string('2')),
  hashSet: (ctx, k) => {
    probe.m.memory.writeU32(varargs(), string('b'));
    probe.m.memory.writeU32(varargs() + 4, string('1'));
    probe.m.memory.writeU32(varargs() + 8, 0);
    api.RedisModule_HashSet(open(ctx, k), 0, varargs());
  },
  zsetAdd: (ctx, k) => void api.RedisModule_ZsetAdd(open(ctx, k), 2.5, string('b'), 0),
  zsetRem: (ctx, k) => void api.RedisModule_ZsetRem(open(ctx, k), string('a'), 0),
  setExpire: (ctx, k) => void api.RedisModule_SetExpire(open(ctx, k), 5000n),
  noExpire: (ctx, k) => void api.RedisModule_SetExpire(open(ctx, k), -1n),
  deleteKey: (ctx, k) => void api.RedisModule_DeleteKey(open(ctx, k)),
  unlinkKey: (ctx, k) => void api.RedisModule_UnlinkKey(open(ctx, k)),
  setValue: (ctx, k) =>
    void api.RedisModule_ModuleTypeSetValue(open(ctx, k), type, newValue(k.length)),
  callSet: (ctx, k) => void call(ctx, 'SET', k, '2'),
  callDel: (ctx, k) => void call(ctx, 'DEL', k),
  callRename: (ctx, k) => void call(ctx, 'RENAME', k, 'none2'),
  callCopy: (ctx, k) => void call(ctx, 'COPY', k, 'none'),
  callMove: (ctx, k) => void call(ctx, 'MOVE', k, '1'),
  callExpire: (ctx, k) => void call(ctx, 'PEXPIRE', k, '1'),
  callPersist: (ctx, k) => void call(ctx, 'PERSIST', k),
  callSadd: (ctx, k) => void call(ctx, 'SADD', k, '1', '2'),
  callZadd: (ctx, k) => void call(ctx, 'ZADD', k, '2', 'b'),
  callAppend: (ctx, k) => void call(ctx, 'APPEND', k, 'b'),
  callIncr: (ctx, k) => void call(ctx, 'INCR', k),
  callSetbit: (ctx, k) => void call(ctx, 'SETBIT', k, '60000', '1'),
  callLmove: (ctx, k) => void call(ctx, 'LPOP', k, '2'),
  callSwapdb: (ctx) => void call(ctx, 'SWAPDB', '1', '2'),
  callFlushdb: (ctx) => void call(ctx, 'FLUSHDB'),
  callPublish: (ctx, k) => void call(ctx, 'PUBLISH', k, 'a'),
  resetDataset: () => api.RedisModule_ResetDataset(0, 0),
  callNested: (ctx, k) => {
    nested = (inner) => {
      WRITES.stringSet?.(inner, k);
      WRITES.setValue?.(inner, 'none');
    };
    call(ctx, 'probe.nested');
  },
  callNestedTrap: (ctx, k) => {
    nested = (inner) => {
      WRITES.callSet?.(inner, k);
      WRITES.setValue?.(inner, 'none');
      throw new ModuleTrap('inner');
    };
    call(ctx, 'probe.nested');
  },
  publish: (ctx, k) => void api.RedisModule_PublishMessage(ctx, string(k), string('a')),
  notify: (ctx, k) =>
    void api.RedisModule_NotifyKeyspaceEvent(
      ctx,
      C.REDISMODULE_NOTIFY_GENERIC,
      cstring('happened'),
      string(k),
    ),
  replicate: (ctx, k) => {
    probe.m.memory.writeU32(varargs(), string(k));
    api.RedisModule_Replicate(ctx, cstring('DEL'), cstring('s'), varargs());
  },
  replicateVerbatim: (ctx) => void api.RedisModule_ReplicateVerbatim(ctx),
  reply: (ctx) => void api.RedisModule_ReplyWithArray(ctx, 3),
  signal: (ctx, k) => void api.RedisModule_SignalModifiedKey(ctx, string(k)),
  autoMemory: (ctx) => api.RedisModule_AutoMemory(ctx),
  pool: (ctx) => void api.RedisModule_PoolAlloc(ctx, 1000),
};

/** What can be seen of a server and a module from outside. */
function state() {
  const { keyspace, executor, modules } = server.instance;
  const expireTimes = KEYS.map((key) => server.raw('PEXPIRETIME', key));
  const types = KEYS.map((key) => server.raw('OBJECT', 'ENCODING', key));
  return {
    digest: keyspaceDigest(keyspace),
    expireTimes,
    types,
    keyBytes: keyspace.ledger.valueBytes,
    dirty: keyspace.dirty,
    effects: server.effects.length,
    messages: server.takeReply(subscriber),
    timers: server.scheduler.pendingCount,
    blocked: executor.blocking.blockedCount,
    registry: [modules.modules.size, probe.m.registry.timers, probe.m.registry.blockedClients],
    handles: probe.m.handles.countByKind(),
    blocks: probe.m.allocator.liveBlocks,
    bytes: probe.m.allocator.liveBytes,
  };
}

/** Runs `work` in a command that traps at its end; the reply has to be the error and no more. */
function trapping(work: (ctx: number) => void): void {
  action = (ctx) => {
    work(ctx);
    throw new ModuleTrap('on purpose');
  };
  const reply = server.raw('probe.do');
  expect(reply).toMatch(
    /^-ERR module 'probe' trapped in probe\.do: on purpose \[incident [0-9a-f]+\]\r\n$/,
  );
}

describe('a command that traps has not', () => {
  test.each(Object.keys(WRITES))('done %s, on a key of any type', (name) => {
    // The strings that it uses are made in the first round.
    for (const key of KEYS) trapping((ctx) => WRITES[name]?.(ctx, key));
    state();
    for (const key of KEYS) {
      const before = state();
      trapping((ctx) => WRITES[name]?.(ctx, key));
      expect(state(), key).toEqual(before);
    }
  });

  test('done any sequence of them', () => {
    const write = fc.tuple(fc.constantFrom(...Object.keys(WRITES)), fc.constantFrom(...KEYS));
    for (const name of Object.keys(WRITES)) trapping((ctx) => WRITES[name]?.(ctx, 'string'));
    const run = (ctx: number, writes: readonly (readonly [string, string])[]): void => {
      for (const [name, key] of writes) WRITES[name]?.(ctx, key);
    };
    fc.assert(
      fc.property(fc.array(write, { maxLength: 12 }), fc.array(write), (kept, undone) => {
        server.raw('FLUSHALL');
        action = seed;
        server.raw('probe.do');
        action = (ctx) => run(ctx, kept);
        server.raw('probe.do');
        server.takeReply(subscriber);
        const before = state();
        trapping((ctx) => run(ctx, undone));
        expect(state()).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });

  test('started or stopped timers', () => {
    const proc = probe.callback('RedisModuleTimerProc', () => {});
    let kept = 0n;
    action = (ctx) => {
      kept = api.RedisModule_CreateTimer(ctx, 1000n, proc, 0);
    };
    server.raw('probe.do');
    const before = state();
    trapping((ctx) => {
      api.RedisModule_CreateTimer(ctx, 10n, proc, 0);
      api.RedisModule_StopTimer(ctx, kept, 0);
      const again = api.RedisModule_CreateTimer(ctx, 20n, proc, 0);
      api.RedisModule_StopTimer(ctx, again, 0);
    });
    expect(state()).toEqual(before);
    server.advance(1000);
    expect(probe.m.registry.timers).toBe(0); // the one that was kept has fired
    expect(server.logLines.filter((line) => line.includes('a timer'))).toEqual([]);
  });

  test('blocked its client, with or without keys', () => {
    const reply = probe.callback('RedisModuleCmdFunc', () => 0);
    const before = state();
    trapping((ctx) => void api.RedisModule_BlockClient(ctx, reply, reply, 0, 1000n));
    expect(state()).toEqual(before);
    trapping((ctx) => {
      probe.m.memory.writeU32(varargs(), string('none'));
      api.RedisModule_BlockClientOnKeys(ctx, reply, reply, 0, 1000n, varargs(), 1, 0);
    });
    expect(state()).toEqual(before);
    trapping((ctx) => {
      const blocked = api.RedisModule_BlockClient(ctx, reply, reply, 0, 1000n);
      api.RedisModule_UnblockClient(blocked, 0);
    });
    expect(state()).toEqual(before);
    expect(server.raw('PING')).toBe('+PONG\r\n'); // it may go on
    server.raw('RPUSH', 'none', 'x');
    server.advance(2000);
    expect(server.takeReply()).toBe('');
  });

  test('left a job behind', () => {
    let ran = 0;
    const job = probe.callback('RedisModulePostNotificationJobFunc', () => ran++);
    trapping((ctx) => void api.RedisModule_AddPostNotificationJob(ctx, job, 0, 0));
    expect(ran).toBe(0);
    action = (ctx) => void api.RedisModule_AddPostNotificationJob(ctx, job, 0, 0);
    server.raw('probe.do');
    expect(ran).toBe(1);
  });

  test('left a blocking call waiting', () => {
    const before = state();
    trapping((ctx) => {
      probe.m.memory.writeU32(varargs(), string('none'));
      probe.m.memory.writeU32(varargs() + 4, string('1'));
      const reply = api.RedisModule_Call(ctx, cstring('BLPOP'), cstring('Kss'), varargs());
      expect(api.RedisModule_CallReplyType(reply)).toBe(C.REDISMODULE_REPLY_PROMISE);
    });
    expect(state().blocked).toBe(before.blocked);
    server.raw('RPUSH', 'none', 'x');
    expect(server.raw('LLEN', 'none')).toBe(':1\r\n'); // nobody popped it
  });
});

describe('values of a module', () => {
  const set = (ctx: number, key: string): void =>
    void api.RedisModule_ModuleTypeSetValue(open(ctx, key), type, newValue(1));

  test('that come with a command that traps are freed, those it removed are not', () => {
    trapping((ctx) => {
      api.RedisModule_DeleteKey(open(ctx, 'module'));
      set(ctx, 'none');
      set(ctx, 'none'); // in place of the first
      call(ctx, 'RENAME', 'none', 'none2');
    });
    expect(freed).toBe(2);
    expect(server.raw('TYPE', 'module')).toBe('+ProbeType\r\n');
  });

  test('are freed once when a command deletes them, however many', () => {
    action = (ctx) => {
      for (let i = 0; i < 500; i++) set(ctx, `v${i}`);
    };
    server.raw('probe.do');
    const before = probe.m.allocator.liveBlocks;
    action = (ctx) => {
      for (let i = 0; i < 500; i += 2) api.RedisModule_DeleteKey(open(ctx, `v${i}`));
      call(ctx, 'FLUSHALL');
    };
    server.raw('probe.do');
    expect(freed).toBe(501);
    string('FLUSHALL');
    expect(before - probe.m.allocator.liveBlocks).toBeGreaterThanOrEqual(500);
  });

  test('that cannot be freed do not stop the others', () => {
    action = (ctx) => {
      set(ctx, 'none');
      api.RedisModule_ModuleTypeSetValue(open(ctx, 'none2'), type, 0xdead0);
      call(ctx, 'FLUSHALL');
    };
    server.raw('probe.do');
    expect(freed).toBe(3);
    expect(server.logLines.join('')).toMatch(/trapped in free of type ProbeType: .*0x000dead0/);
    expect(server.raw('DBSIZE')).toBe(':0\r\n');
  });
});

describe('what surrounds a trap stays:', () => {
  const failing = (ctx: number): void => {
    call(ctx, 'SET', 'string', '2');
    throw new ModuleTrap('inner');
  };

  test('earlier and later commands of a transaction', () => {
    action = failing;
    server.takeEffects();
    server.raw('MULTI');
    server.raw('SET', 'x', '1');
    server.raw('probe.do');
    server.raw('INCR', 'x');
    expect(server.raw('EXEC')).toMatch(/^\*3\r\n\+OK\r\n-ERR module 'probe' trapped.*\r\n:2\r\n$/);
    expect(server.takeEffects()).toEqual([['MULTI'], ['SET', 'x', '1'], ['INCR', 'x'], ['EXEC']]);
    expect(server.raw('GET', 'string')).toBe('$1\r\na\r\n');
  });

  test('what a caller wrote before and after, which gets the error as its reply', () => {
    nested = failing;
    action = (ctx) => {
      call(ctx, 'SET', 'none', '1');
      const reply = call(ctx, 'probe.nested');
      expect(api.RedisModule_CallReplyType(reply)).toBe(C.REDISMODULE_REPLY_ERROR);
      call(ctx, 'APPEND', 'none', '2');
      api.RedisModule_ReplyWithCallReply(ctx, reply);
    };
    expect(server.raw('probe.do')).toMatch(/^-ERR module 'probe' trapped in probe\.nested: inner/);
    expect(server.raw('GET', 'none')).toBe('$2\r\n12\r\n');
    expect(server.raw('GET', 'string')).toBe('$1\r\na\r\n');
  });

  test('the command during which a notification callback traps', () => {
    const callback = probe.callback('RedisModuleNotificationFunc', (ctx) => {
      call(Number(ctx), 'SET', 'none', '1');
      throw new ModuleTrap('in the callback');
    });
    const mask = C.REDISMODULE_NOTIFY_LIST;
    probe.run(({ ctx }) => api.RedisModule_SubscribeToKeyspaceEvents(ctx, mask, callback));
    expect(server.raw('RPUSH', 'list', 'c')).toBe(':3\r\n');
    expect(server.raw('EXISTS', 'none')).toBe(':0\r\n');
    expect(server.logLines.join('')).toContain("trapped in notification 'rpush'");
  });
});

describe('a guest that frees what the host lent it', () => {
  test('traps at the end of its call, which is undone', () => {
    const before = state();
    action = (ctx, argv) => {
      call(ctx, 'SET', 'string', '2');
      const copy = api.RedisModule_StringPtrLen(probe.u32(argv), 0);
      api.RedisModule_Free(copy);
    };
    expect(server.raw('probe.do')).toMatch(/^-ERR module 'probe' trapped in probe\.do: .*freed/);
    expect(state()).toEqual(before);
  });

  test('traps when it was the buffer of StringDMA', () => {
    const before = state();
    action = (ctx) => {
      const ptr = api.RedisModule_StringDMA(open(ctx, 'string'), varargs(), WRITE);
      probe.m.memory.writeU8(ptr, 0x21);
      api.RedisModule_Free(ptr);
    };
    varargs();
    const after = { ...state(), ...before };
    expect(server.raw('probe.do')).toMatch(/^-ERR module 'probe' trapped in probe\.do: .*freed/);
    expect({ ...state(), blocks: 0, bytes: 0 }).toEqual({ ...after, blocks: 0, bytes: 0 });
    expect(server.raw('GET', 'string')).toBe('$1\r\na\r\n');
  });
});

describe('1,000 traps in a row', () => {
  test('of a command that does everything leave nothing behind', () => {
    const everything = (ctx: number): void => {
      for (const write of Object.values(WRITES)) for (const key of KEYS) write(ctx, key);
    };
    trapping(everything);
    state();
    const before = state();
    const linear = probe.m.memoryBytes;
    for (let i = 0; i < 1000; i++) {
      server.logLines.length = 0;
      action = (ctx) => {
        if (i % 50 === 0) everything(ctx);
        for (const name of ['stringSet', 'setValue', 'callDel', 'callNested', 'publish']) {
          WRITES[name]?.(ctx, 'list');
        }
        throw new ModuleTrap('on purpose');
      };
      server.raw('probe.do');
    }
    expect(state()).toEqual(before);
    expect(probe.m.memoryBytes).toBe(linear);
    expect(server.raw('probe.nested')).toBe('');
  });

  test('deep in its stack leave the stack pointer where it was', async () => {
    const bytes = guest({
      uses: ['CreateCommand', 'ReplyWithLongLong'],
      strings: { 1100: 'guest.deep', 1190: 'write' },
      table: `(table $t (export "__indirect_function_table") 8 funcref)
        (elem (i32.const 1) $deep)`,
      // Frames of 1 KB in a stack of 64 KB, as C has them; the eighth one traps.
      more: `(global $sp (export "__stack_pointer") (mut i32) (i32.const 65536))
        (func $frame (param $left i32)
          (global.set $sp (i32.sub (global.get $sp) (i32.const 1024)))
          (if (i32.lt_s (global.get $sp) (i32.const 8192)) (then unreachable))
          (if (i32.eqz (local.get $left)) (then (drop (i32.div_u (i32.const 1) (i32.const 0)))))
          (call $frame (i32.sub (local.get $left) (i32.const 1))))
        (func $deep (param i32 i32 i32) (result i32) (call $frame (i32.const 8)) (i32.const 0))`,
      onLoad: `(drop (call $CreateCommand (local.get $ctx) (i32.const 1100) (i32.const 1)
        (i32.const 1190) (i32.const 0) (i32.const 0) (i32.const 0)))`,
    });
    const own = new TestInstance();
    const { instance } = own.instance.modules.load(await loadCode(bytes), 'deep.wasm', []);
    for (let i = 0; i < 1000; i++) {
      expect(own.raw('guest.deep')).toMatch(/^-ERR module 'guest' trapped in guest\.deep: divide/);
    }
    expect(instance.traps).toBe(1000);
    expect(own.raw('SET', 'a', 'b')).toBe(OK);
  });
});

test('entries nest to a limit; beyond it the call is refused, not the server', () => {
  let depth = 0;
  nested = (ctx) => {
    depth++;
    call(ctx, 'probe.nested');
  };
  server.raw('probe.nested');
  expect(depth).toBeGreaterThan(8);
  expect(server.raw('PING')).toBe('+PONG\r\n');
});
