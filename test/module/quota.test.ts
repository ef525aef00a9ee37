// What the server holds for a module is counted against module-max-memory, refused beyond it, and
// gone after unload; and the function that a trap names.

import { describe, expect, test } from 'vitest';
import { Quota } from '../../host/module/quota.ts';
import { TestInstance } from '../support/instance.ts';
import { Probe } from '../support/probe.ts';

const LIMIT = 4 * 1024 * 1024;
const SETTINGS = { 'module-max-memory': String(LIMIT), 'enable-debug-command': 'yes' };
const REFUSED = /of \d+ bytes does not fit: \d+ of 4194304 bytes are in use \(module-max-memory\)/;

function quota() {
  const sources = { limitBytes: 1_000_000, linear: 0, handles: 0 };
  return {
    sources,
    of: new Quota({
      limitBytes: sources.limitBytes,
      linearBytes: () => sources.linear,
      liveHandles: () => sources.handles,
    }),
  };
}

describe('a quota', () => {
  test('adds up linear memory, handles and what is charged', () => {
    const { of, sources } = quota();
    sources.linear = 500_000;
    sources.handles = 1000;
    of.charge(300_000, 'a thing');
    expect(of.objectBytes).toBe(428_000);
    expect(of.roomBytes).toBe(72_000);
    expect(() => of.charge(72_001, 'a thing', 'len')).toThrow(
      "argument 'len': a thing of 72001 bytes does not fit: " +
        '928000 of 1000000 bytes are in use (module-max-memory)',
    );
    expect(of.roomBytes).toBe(72_000);
    of.charge(72_000, 'a thing');
    of.release(372_000);
    expect(of.objectBytes).toBe(128_000);
  });

  test('is never passed by many small charges by more than its stride', () => {
    const { of, sources } = quota();
    sources.linear = 400_000;
    let charged = 0;
    expect(() => {
      for (;;) {
        of.charge(100, 'a thing');
        charged += 100;
      }
    }).toThrow('does not fit');
    expect(charged).toBe(600_000);
  });

  test('gives back at the end of the call what was charged for it', () => {
    const { of } = quota();
    of.charge(10, 'a thing');
    of.chargeCall(500_000, 'a message');
    expect(of.objectBytes).toBe(500_010);
    of.endCall();
    of.endCall();
    expect(of.objectBytes).toBe(10);
  });
});

type Siege = (probe: Probe, ctx: number) => void;

const forever = (attack: Siege): Siege => {
  return (probe, ctx) => {
    for (let i = 0; i < 100_000_000; i++) attack(probe, ctx);
  };
};

/** Requests that would take gigabytes, and what refuses them. */
const GIANTS: Readonly<Record<string, readonly [Siege, RegExp]>> = {
  'a string of 4 GB': [({ api }, ctx) => api.RedisModule_CreateString(ctx, 0, 0xffffffff), REFUSED],
  'strings without end': [
    forever((probe, ctx) => probe.api.RedisModule_CreateString(ctx, 0, 1000)),
    REFUSED,
  ],
  'empty strings without end': [
    forever((probe, ctx) => probe.api.RedisModule_CreateString(ctx, 0, 0)),
    REFUSED,
  ],
  'a string that is appended to': [
    (probe, ctx) => {
      const string = probe.string('');
      const block = probe.room(65_536);
      forever(({ api }) => api.RedisModule_StringAppendBuffer(ctx, string, block, 65_536))(
        probe,
        ctx,
      );
    },
    REFUSED,
  ],
  'blocks of the pool': [
    forever(({ api }, ctx) => api.RedisModule_PoolAlloc(ctx, 10_000)),
    REFUSED,
  ],
  'a dictionary': [
    (probe, ctx) => {
      const { api, m } = probe;
      const dict = api.RedisModule_CreateDict(ctx);
      const key = probe.room(16);
      for (let i = 0; i < 100_000_000; i++) {
        m.memory.writeU32(key, i);
        api.RedisModule_DictSetC(dict, key, 16, 1);
      }
    },
    REFUSED,
  ],
  'dictionaries, cursors, contexts': [
    forever(({ api }, ctx) => {
      api.RedisModule_CreateDict(ctx);
      api.RedisModule_ScanCursorCreate();
      api.RedisModule_GetDetachedThreadSafeContext(ctx);
    }),
    REFUSED,
  ],
  'calls whose replies are kept': [
    (probe, ctx) => {
      const words = [probe.cstring('PING'), probe.cstring(''), probe.room()] as const;
      forever(({ api }) => api.RedisModule_Call(ctx, ...words))(probe, ctx);
    },
    REFUSED,
  ],
  'one reply that is too large': [
    (probe, ctx) => {
      const args = probe.varargs(probe.cstring('many'), probe.cstring('0'), probe.cstring('-1'));
      probe.api.RedisModule_Call(ctx, probe.cstring('LRANGE'), probe.cstring('ccc'), args);
    },
    REFUSED,
  ],
  'answers without end': [
    forever(({ api }, ctx) => api.RedisModule_ReplyWithLongLong(ctx, 1n)),
    REFUSED,
  ],
  'answers of large strings': [
    (probe, ctx) => {
      const block = probe.room(1_000_000);
      forever(({ api }) => api.RedisModule_ReplyWithStringBuffer(ctx, block, 1_000_000))(
        probe,
        ctx,
      );
    },
    REFUSED,
  ],
  'postponed arrays': [
    forever(({ api }, ctx) => api.RedisModule_ReplyWithArray(ctx, -1)),
    /argument 'len': more than 10000 postponed lengths at a time/,
  ],
  messages: [
    (probe, ctx) => {
      const [channel, message] = [probe.string('c'), probe.string('m'.repeat(1000))];
      forever(({ api }) => api.RedisModule_PublishMessage(ctx, channel, message))(probe, ctx);
    },
    REFUSED,
  ],
  effects: [
    (probe, ctx) => {
      const args = probe.varargs(probe.cstring('k'), probe.cstring('v'));
      const words = [probe.cstring('SET'), probe.cstring('cc')] as const;
      forever(({ api }) => api.RedisModule_Replicate(ctx, ...words, args))(probe, ctx);
    },
    REFUSED,
  ],
  timers: [
    (probe, ctx) => {
      const fire = probe.callback('RedisModuleTimerProc', () => {});
      forever(({ api }) => api.RedisModule_CreateTimer(ctx, 0n, fire, 0))(probe, ctx);
    },
    /more than 10000 timers/,
  ],
  subscriptions: [
    (probe, ctx) => {
      const heard = probe.callback('RedisModuleNotificationFunc', () => 0);
      forever(({ api }) => api.RedisModule_SubscribeToKeyspaceEvents(ctx, 4, heard))(probe, ctx);
    },
    REFUSED,
  ],
  'post-notification jobs': [
    (probe, ctx) => {
      const job = probe.callback('RedisModulePostNotificationJobFunc', () => {});
      forever(({ api }) => api.RedisModule_AddPostNotificationJob(ctx, job, 0, 0))(probe, ctx);
    },
    REFUSED,
  ],
  'words of a call': [
    (probe, ctx) => {
      const args = probe.varargs(0, 0x40000000);
      probe.api.RedisModule_Call(ctx, probe.cstring('DEL'), probe.cstring('v'), args);
    },
    /argument 'a vector': more than 1048576 words/,
  ],
  'copies of INFO': [forever(({ api }, ctx) => api.RedisModule_GetServerInfo(ctx, 0)), REFUSED],
};

describe('a guest that asks for', () => {
  test.each(Object.entries(GIANTS))(
    '%s is refused, and the rest is as before',
    async (_, giant) => {
      const [attack, refusal] = giant;
      const server = new TestInstance(SETTINGS);
      server.raw('SUBSCRIBE', 'c');
      server.client.writer.clear();
      const other = server.instance.createClient();
      for (let i = 0; i < 40; i++) {
        server.rawAs(other, 'RPUSH', 'many', ...Array<string>(1000).fill('x'));
      }
      const probe = await Probe.load(server);
      probe.command('siege', 'write', (ctx) => attack(probe, ctx));
      const rss = process.memoryUsage().rss;
      expect(server.rawAs(other, 'siege', 'x')).toMatch(refusal);
      expect(process.memoryUsage().rss - rss).toBeLessThan(200_000_000);
      expect(server.rawAs(other, 'SET', 'k', 'v')).toBe('+OK\r\n');
      expect(server.rawAs(other, 'GET', 'k')).toBe('$1\r\nv\r\n');
      expect(server.instance.modules.unload('probe')).toBe(null);
      expect(server.scheduler.pendingCount).toBe(0);
      expect(server.instance.modules.memoryBytes).toBe(0);
    },
  );
});

test('what is held is shown, counted in used_memory, and gone when it is freed', async () => {
  const server = new TestInstance(SETTINGS);
  const probe = await Probe.load(server);
  const used = (): number => Number(/used_memory:(\d+)/.exec(server.raw('INFO', 'memory'))?.[1]);
  const objects = (): number => Number(/objects=(\d+)/.exec(server.raw('INFO', 'modules'))?.[1]);
  const [usedBefore, objectsBefore] = [used(), objects()];
  const string = probe.string('x'.repeat(1_000_000));
  expect(objects() - objectsBefore).toBe(1_000_000 + 64 + 128);
  expect(used() - usedBefore).toBeGreaterThanOrEqual(1_000_000);
  const lines = server.raw('MODULE', 'MEMORY', 'probe').split('\r\n');
  expect(lines[lines.indexOf('objects.bytes') + 1]).toBe(`:${objects()}`);
  probe.run(({ api }) => api.RedisModule_FreeString(0, string));
  expect(objects()).toBe(objectsBefore);
  expect(used() - usedBefore).toBeLessThan(100_000);
});

test('linear memory and what is held share one limit', async () => {
  const server = new TestInstance(SETTINGS);
  const probe = await Probe.load(server);
  const { allocator } = probe.m;
  const string = probe.string('x'.repeat(3_000_000));
  expect(allocator.alloc(2_000_000)).toBe(0);
  expect(probe.m.growMemory(20)).toBe(-1);
  probe.run(({ api }) => api.RedisModule_FreeString(0, string));
  expect(allocator.alloc(2_000_000)).toBeGreaterThan(0);
  expect(() => probe.string('x'.repeat(3_000_000))).toThrow(REFUSED);
});

test('an argument that is kept is charged when the command ends', async () => {
  const server = new TestInstance(SETTINGS);
  const probe = await Probe.load(server);
  let kept = 0;
  probe.command('keep', '', (ctx, argv) => {
    kept = probe.u32(argv + 4);
    probe.api.RedisModule_RetainString(ctx, kept);
  });
  const before = probe.m.quota.objectBytes;
  server.raw('keep', 'x'.repeat(100_000));
  expect(probe.m.quota.objectBytes - before).toBe(100_000 + 64 + 128);
  expect(probe.textOf(kept)).toHaveLength(100_000);
  probe.run(({ api }) => api.RedisModule_FreeString(0, kept));
  expect(probe.m.quota.objectBytes).toBe(before);
});

test('a trap inside of an inner call names no function of the outer one', async () => {
  const probe = await Probe.load(new TestInstance(SETTINGS));
  probe.command('inner', '', () => probe.api.RedisModule_CreateString(0, 0, -1));
  const words = [probe.cstring('inner'), probe.cstring(''), probe.room()] as const;
  probe.command('outer', '', (ctx) => {
    const reply = probe.api.RedisModule_Call(ctx, ...words);
    probe.api.RedisModule_ReplyWithCallReply(ctx, reply);
  });
  expect(probe.server.raw('outer')).toMatch(
    /^-ERR module 'probe' trapped in inner: RedisModule_CreateString: argument 'len'/,
  );
});
