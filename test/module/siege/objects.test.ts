// What a guest may do to the objects it holds: G3 to G5, G13, G21 to G23, G28, G33 and G35 of the
// catalogue of malicious guests. Whatever it is, it ends in a named trap or in a result, and the
// server goes on.

import { afterEach, describe, expect, test } from 'vitest';
import { crc64 } from '../../../host/lib/crc64.ts';
import { TestInstance } from '../../support/instance.ts';
import { Probe, type ProbeCall } from '../../support/probe.ts';
import { makeType } from '../../support/probe-type.ts';

const SETTINGS = { 'enable-debug-command': 'yes', 'module-max-memory': '8mb' };

async function siege(): Promise<Probe> {
  return Probe.load(new TestInstance(SETTINGS));
}

let probe: Probe;

afterEach(() => {
  const { server, m } = probe;
  server.takeReply();
  expect(server.raw('SET', 'alive', '1')).toBe('+OK\r\n');
  expect(server.instance.executor.depth).toBe(0);
  expect(m.depth).toBe(0);
  expect(server.instance.keyspace.journal.isOpen).toBe(false);
  expect(server.logLines.filter((line) => line.includes('internal error'))).toEqual([]);
});

describe('G3: freed twice', () => {
  const call = (p: Probe, { ctx, api }: ProbeCall, ...words: string[]): number => {
    const args = p.varargs(...words.slice(1).map((word) => p.cstring(word)));
    return api.RedisModule_Call(
      ctx,
      p.cstring(words[0] ?? ''),
      p.cstring('c'.repeat(words.length - 1)),
      args,
    );
  };
  const KINDS: Readonly<
    Record<string, readonly [(p: Probe, c: ProbeCall) => number, (c: ProbeCall, h: number) => void]>
  > = {
    'a string': [(p) => p.string('x'), ({ ctx, api }, h) => api.RedisModule_FreeString(ctx, h)],
    'a key': [
      (p, { ctx, api }) => api.RedisModule_OpenKey(ctx, p.string('k'), 3),
      ({ api }, h) => api.RedisModule_CloseKey(h),
    ],
    'a call reply': [
      (p, c) => call(p, c, 'PING'),
      ({ api }, h) => api.RedisModule_FreeCallReply(h),
    ],
    'a dict': [
      (_p, { ctx, api }) => api.RedisModule_CreateDict(ctx),
      ({ ctx, api }, h) => api.RedisModule_FreeDict(ctx, h),
    ],
    'a dict iterator': [
      (p, { ctx, api }) =>
        api.RedisModule_DictIteratorStartC(api.RedisModule_CreateDict(ctx), p.cstring('^'), 0, 0),
      ({ api }, h) => api.RedisModule_DictIteratorStop(h),
    ],
    'a scan cursor': [
      (_p, { api }) => api.RedisModule_ScanCursorCreate(),
      ({ api }, h) => api.RedisModule_ScanCursorDestroy(h),
    ],
    'a server info': [
      (_p, { ctx, api }) => api.RedisModule_GetServerInfo(ctx, 0),
      ({ ctx, api }, h) => api.RedisModule_FreeServerInfo(ctx, h),
    ],
    'a blocked client': [
      (_p, { ctx, api }) => api.RedisModule_BlockClient(ctx, 0, 0, 0, 0n),
      ({ api }, h) => api.RedisModule_AbortBlock(h),
    ],
    'a block': [
      (_p, { api }) => api.RedisModule_Alloc(100),
      ({ api }, h) => api.RedisModule_Free(h),
    ],
    'a context': [
      (_p, { ctx, api }) => api.RedisModule_GetDetachedThreadSafeContext(ctx),
      ({ api }, h) => api.RedisModule_FreeThreadSafeContext(h),
    ],
  };

  test.each(Object.entries(KINDS))('%s', async (what, [make, free]) => {
    probe = await siege();
    const trap = probe.trapOf((c) => {
      const handle = make(probe, c);
      free(c, handle);
      free(c, handle);
    });
    // Giving a blocked client back is noted and done when the call has ended.
    if (what === 'a blocked client') expect(trap).toBe('');
    else expect(trap).toMatch(/RedisModule_\w+: .*(?:was freed|is free|not a context)/);
    expect(probe.m.registry.blockedClients).toBe(0);
  });

  test('a reply is gone with its parts', async () => {
    probe = await siege();
    probe.server.raw('RPUSH', 'l', 'a', 'b');
    const trap = probe.trapOf((c) => {
      const reply = call(probe, c, 'LRANGE', 'l', '0', '-1');
      const part = c.api.RedisModule_CallReplyArrayElement(reply, 0);
      c.api.RedisModule_FreeCallReply(reply);
      c.api.RedisModule_CallReplyStringPtr(part, 0);
    });
    expect(trap).toMatch(
      /CallReplyStringPtr: argument 'reply': .* was freed \(it was a call reply\)/,
    );
  });
});

describe('G4: freed while it is walked', () => {
  test('the cursor and the keys of a scan', async () => {
    probe = await siege();
    for (let i = 0; i < 20; i++) probe.server.raw('SET', `key:${i}`, 'v');
    const { api } = probe;
    let seen = 0;
    let cursor = 0;
    const visit = probe.callback('RedisModuleScanCB', (ctx, name, key) => {
      seen++;
      const opened = api.RedisModule_OpenKey(Number(ctx), Number(name), 3);
      api.RedisModule_DeleteKey(opened);
      api.RedisModule_CloseKey(Number(key));
      if (seen === 2) api.RedisModule_ScanCursorDestroy(cursor);
    });
    const trap = probe.trapOf(({ ctx }) => {
      cursor = api.RedisModule_ScanCursorCreate();
      while (api.RedisModule_Scan(ctx, cursor, visit, 0) === 1);
    });
    expect(trap).toMatch(/^$|RedisModule_Scan: argument 'cursor': .* was freed/);
    expect(seen).toBeGreaterThan(1);
    // What a trap ended has not happened; what ended well has.
    expect(probe.server.raw('DBSIZE')).toBe(`:${trap === '' ? 20 - seen : 20}\r\n`);
  });

  test('the elements of a hash that its callback deletes', async () => {
    probe = await siege();
    for (let i = 0; i < 300; i++) probe.server.raw('HSET', 'h', `field${i}`, 'v');
    const { api } = probe;
    let key = 0;
    const visit = probe.callback('RedisModuleScanKeyCB', () => {
      api.RedisModule_UnlinkKey(key);
    });
    probe.run(({ ctx }) => {
      key = api.RedisModule_OpenKey(ctx, probe.string('h'), 3);
      const cursor = api.RedisModule_ScanCursorCreate();
      while (api.RedisModule_ScanKey(key, cursor, visit, 0) === 1);
      expect(api.RedisModule_KeyType(key)).toBe(0);
    });
    expect(probe.server.raw('EXISTS', 'h')).toBe(':0\r\n');
  });

  test('a dictionary under its iterator', async () => {
    probe = await siege();
    probe.run(({ ctx, api }) => {
      const dict = api.RedisModule_CreateDict(ctx);
      for (const text of ['a', 'b', 'c']) api.RedisModule_DictSet(dict, probe.string(text), 1);
      const iterator = api.RedisModule_DictIteratorStartC(dict, probe.cstring('^'), 0, 0);
      api.RedisModule_DictNextC(iterator, 0, 0);
      for (const text of ['a', 'b', 'c']) api.RedisModule_DictDel(dict, probe.string(text), 0);
      expect(api.RedisModule_DictNextC(iterator, 0, 0)).toBe(0);
      api.RedisModule_FreeDict(ctx, dict);
      expect(api.RedisModule_DictPrevC(iterator, 0, 0)).toBe(0);
    });
  });

  test('a sorted set under its range', async () => {
    probe = await siege();
    probe.server.raw('ZADD', 'z', '1', 'a', '2', 'b', '3', 'c');
    probe.run(({ ctx, api }) => {
      const key = api.RedisModule_OpenKey(ctx, probe.string('z'), 3);
      api.RedisModule_ZsetFirstInScoreRange(key, -Infinity, Infinity, 0, 0);
      api.RedisModule_UnlinkKey(key);
      expect(api.RedisModule_ZsetRangeCurrentElement(key, 0)).toBe(0);
      expect(api.RedisModule_ZsetRangeNext(key)).toBe(0);
    });
  });
});

test('G5: a key that is unlinked while it is open can be written again', async () => {
  probe = await siege();
  probe.server.raw('SET', 'k', 'old');
  probe.run(({ ctx, api }) => {
    const key = api.RedisModule_OpenKey(ctx, probe.string('k'), 3);
    const dma = api.RedisModule_StringDMA(key, probe.room(), 3);
    api.RedisModule_UnlinkKey(key);
    probe.m.memory.copyIn(dma, Buffer.from('bad'));
    expect(api.RedisModule_StringSet(key, probe.string('new'))).toBe(0);
    expect(api.RedisModule_ListPush(key, 0, probe.string('x'))).toBe(1);
  });
  expect(probe.server.raw('GET', 'k')).toBe('$3\r\nnew\r\n');
});

describe('G13: a reply', () => {
  const run = async (play: (c: ProbeCall) => void): Promise<string> => {
    probe = await siege();
    probe.command('siege', '', (ctx) =>
      play({ ctx, api: probe.api, context: probe.m.context(ctx) }),
    );
    return probe.server.raw('siege');
  };

  test('of 2^31 postponed elements is announced as written', async () => {
    const reply = await run(({ ctx, api }) => {
      api.RedisModule_ReplyWithArray(ctx, -1);
      api.RedisModule_ReplySetArrayLength(ctx, 2 ** 31);
    });
    expect(reply).toBe('*2147483648\r\n');
  });

  test('nested 100,000 deep is refused', async () => {
    const deep = await run(({ ctx, api }) => {
      for (let i = 0; i < 100_000; i++) api.RedisModule_ReplyWithArray(ctx, -1);
    });
    expect(deep).toMatch(/trapped in siege: .* more than 10000 postponed lengths at a time/);
  });

  test('nested 100,000 deep and called by the module itself is refused', async () => {
    const words = (): readonly [number, number, number] => [
      probe.cstring('deep'),
      probe.cstring(''),
      probe.room(),
    ];
    const reply = await run(({ ctx, api }) => {
      api.RedisModule_ReplyWithCallReply(ctx, api.RedisModule_Call(ctx, ...words()));
    });
    expect(reply).toMatch(/trapped in siege/); // there is no such command: NULL
    probe.command('deep', '', (ctx) => {
      for (let i = 0; i < 20_000; i++) probe.api.RedisModule_ReplyWithArray(ctx, 1);
      probe.api.RedisModule_ReplyWithLongLong(ctx, 1n);
    });
    expect(probe.server.raw('siege')).toContain('a reply nests deeper than 1024');
  });

  test('shorter than announced and called by the module itself is refused', async () => {
    const reply = await run(({ ctx, api }) => {
      const words = [probe.cstring('short'), probe.cstring('K'), probe.room()] as const;
      api.RedisModule_ReplyWithCallReply(ctx, api.RedisModule_Call(ctx, ...words));
    });
    expect(reply).toMatch(/trapped/);
    probe.command('short', '', (ctx) => probe.api.RedisModule_ReplyWithArray(ctx, 2 ** 31 - 1));
    expect(probe.server.raw('siege')).toBe(
      '-ERR the command has written a reply that is not whole\r\n',
    );
  });

  test('that is never closed, or closed twice, is a matter of its client', async () => {
    const open = await run(({ ctx, api }) => api.RedisModule_ReplyWithArray(ctx, -1));
    expect(open).toBe('');
    const twice = await run(({ ctx, api }) => {
      api.RedisModule_ReplySetArrayLength(ctx, 5);
      api.RedisModule_ReplyWithLongLong(ctx, 1n);
    });
    expect(twice).toBe(':1\r\n');
  });

  test('through a context that has been freed is refused', async () => {
    probe = await siege();
    const trap = probe.trapOf(({ ctx, api }) => {
      const lasting = api.RedisModule_GetDetachedThreadSafeContext(ctx);
      api.RedisModule_FreeThreadSafeContext(lasting);
      api.RedisModule_ReplyWithNull(lasting);
    });
    expect(trap).toMatch(/ReplyWithNull: argument 'ctx': not a context/);
  });
});

describe('G21 to G23: values of a module', () => {
  const withType = async (load: (p: Probe, io: number) => number): Promise<string> => {
    probe = await siege();
    const type = makeType(probe, {
      rdb_save: (io) => probe.api.RedisModule_SaveUnsigned(Number(io), 7n),
      rdb_load: (io) => load(probe, Number(io)),
      free: () => {},
    });
    probe.run(({ ctx, api }) => {
      const key = api.RedisModule_OpenKey(ctx, probe.string('m'), 3);
      api.RedisModule_ModuleTypeSetValue(key, type, 16);
    });
    probe.command('siege.copy', 'write', (ctx) => {
      const { api } = probe;
      const args = probe.varargs(probe.cstring('m'));
      const dump = api.RedisModule_Call(ctx, probe.cstring('DUMP'), probe.cstring('c'), args);
      const bytes = api.RedisModule_CreateStringFromCallReply(dump);
      const restore = probe.varargs(probe.cstring('n'), probe.cstring('0'), bytes);
      const words = [probe.cstring('RESTORE'), probe.cstring('ccsE')] as const;
      api.RedisModule_ReplyWithCallReply(ctx, api.RedisModule_Call(ctx, ...words, restore));
    });
    const reply = probe.server.raw('siege.copy');
    expect(probe.server.raw('EXISTS', 'n')).toBe(reply === '+OK\r\n' ? ':1\r\n' : ':0\r\n');
    return reply;
  };
  const BAD = '-ERR Bad data format\r\n';

  test('G21: a type of the same name is refused', async () => {
    probe = await siege();
    expect(makeType(probe)).not.toBe(0);
    expect(makeType(probe)).toBe(0);
    const other = await Probe.load(probe.server, 'other');
    expect(makeType(other)).toBe(0);
  });

  test.each<readonly [string, (p: Probe, io: number) => number, string | RegExp]>([
    ['reads what there is', (p, io) => Number(p.api.RedisModule_LoadUnsigned(io)), '+OK\r\n'],
    ['reads nothing', () => 16, BAD],
    [
      'reads too much',
      (p, io) => {
        for (let i = 0; i < 10; i++) p.api.RedisModule_LoadUnsigned(io);
        return 16;
      },
      BAD,
    ],
    ['reads another type', (p, io) => p.api.RedisModule_LoadString(io) && 16, BAD],
    ['returns NULL', (p, io) => Number(p.api.RedisModule_LoadUnsigned(io)) * 0, BAD],
    ['traps', (p, io) => p.api.RedisModule_StringCompare(io, io), BAD],
  ])('G22: a load that %s', async (_what, load, reply) => {
    expect(await withType(load)).toBe(reply);
  });

  test('G23: 1,000 poisoned payloads are refused', async () => {
    await withType((p, io) => Number(p.api.RedisModule_LoadUnsigned(io)));
    const { server, m } = probe;
    const { executor } = server.instance;
    const blocks = m.allocator.liveBlocks;
    const handles = m.handles.liveCount;
    const dump = Buffer.from(
      server
        .raw('DUMP', 'm')
        .replace(/^\$\d+\r\n/, '')
        .slice(0, -2),
      'latin1',
    );
    let seed = 20_261_123;
    for (let i = 0; i < 1000; i++) {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
      const bytes = Buffer.from(dump);
      bytes[(seed >>> 8) % (bytes.length - 8)] = (seed >>> 16) & 0xff;
      bytes.writeBigUInt64LE(crc64(bytes.subarray(0, -8)), bytes.length - 8);
      const reply = server.raw('RESTORE', 'r', '0', bytes.latin1Slice());
      expect(reply).toMatch(/^(?:\+OK|-ERR|-BUSYKEY)/);
      server.raw('DEL', 'r');
    }
    expect(executor.depth).toBe(0);
    expect([m.allocator.liveBlocks, m.handles.liveCount]).toEqual([blocks, handles]);
  });
});

test('G28: 1,000 traps leave nothing behind', async () => {
  probe = await siege();
  probe.command('siege', 'write', (ctx) => {
    const { api } = probe;
    api.RedisModule_AutoMemory(ctx);
    api.RedisModule_PoolAlloc(ctx, 1000);
    api.RedisModule_CreateString(ctx, 0, 1000);
    api.RedisModule_OpenKey(ctx, api.RedisModule_CreateString(ctx, 0, 3), 3);
    api.RedisModule_CreateTimer(
      ctx,
      10n,
      probe.callback('RedisModuleTimerProc', () => {}),
      0,
    );
    api.RedisModule_FreeString(ctx, -1);
  });
  probe.server.raw('siege');
  const { m } = probe;
  const before = [m.allocator.liveBytes, m.handles.liveCount, m.quota.objectBytes];
  for (let i = 0; i < 1000; i++) expect(probe.server.raw('siege')).toContain('FreeString');
  expect([m.allocator.liveBytes, m.handles.liveCount, m.quota.objectBytes]).toEqual(before);
  expect(m.traps).toBe(1001);
});

describe('G33: values that are none', () => {
  test('a score that is not a number is refused, infinity and -0 are kept', async () => {
    probe = await siege();
    probe.run(({ ctx, api }) => {
      const key = api.RedisModule_OpenKey(ctx, probe.string('z'), 3);
      expect(api.RedisModule_ZsetAdd(key, Number.NaN, probe.string('nan'), 0)).toBe(1);
      for (const score of [Infinity, -Infinity, -0]) {
        expect(api.RedisModule_ZsetAdd(key, score, probe.string(String(score)), 0)).toBe(0);
      }
      const inf = probe.string('Infinity');
      expect(api.RedisModule_ZsetIncrby(key, -Infinity, inf, 0, 0)).toBe(1);
      expect(api.RedisModule_ZsetFirstInScoreRange(key, Number.NaN, Number.NaN, 0, 0)).toBe(0);
      api.RedisModule_ReplyWithDouble(ctx, Number.NaN);
    });
    expect(probe.server.takeReply()).toBe('$3\r\nnan\r\n');
    expect(probe.server.raw('ZCARD', 'z')).toBe(':3\r\n');
  });

  test('names with NUL and bytes that are no UTF-8 are kept as they are', async () => {
    probe = await siege();
    const bytes = Buffer.from([0, 0xff, 0xc3, 0x28, 0, 13, 10]);
    const at = probe.room(16);
    probe.m.memory.copyIn(at, bytes);
    probe.run(({ ctx, api }) => {
      const name = api.RedisModule_CreateString(ctx, at, bytes.length);
      const key = api.RedisModule_OpenKey(ctx, name, 3);
      api.RedisModule_StringSet(key, name);
      api.RedisModule_ReplyWithString(ctx, name);
      api.RedisModule_Log(
        ctx,
        probe.cstring('warning'),
        probe.cstring('%s'),
        probe.varargs(at + 1),
      );
    });
    const text = bytes.latin1Slice();
    expect(probe.server.takeReply()).toBe(`$7\r\n${text}\r\n`);
    expect(probe.server.raw('KEYS', '*')).toBe(`*1\r\n$7\r\n${text}\r\n`);
  });
});

test('G35: keys and entries that share their beginnings cost what others do', async () => {
  probe = await siege();
  const { server } = probe;
  const timeOf = (name: (i: number) => string): number => {
    const startMs = performance.now();
    for (let i = 0; i < 20_000; i++) server.raw('SET', name(i), 'v');
    const took = performance.now() - startMs;
    server.raw('FLUSHALL');
    return took;
  };
  timeOf(String);
  // "Aa" and "BB" collide under Java's hash, as do all strings made of them.
  const colliding = (i: number): string =>
    Array.from({ length: 15 }, (_, bit) => ((i >> bit) & 1 ? 'Aa' : 'BB')).join('');
  const plain = timeOf((i) => `plain:${String(i).padStart(24, '0')}`);
  expect(timeOf(colliding)).toBeLessThan(plain * 4);
});
