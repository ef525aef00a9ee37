// What a guest may do to the server and to its neighbours: G10 to G12, G15 to G19, G25 and G29 to
// G31 of the catalogue of malicious guests.

import { describe, expect, test } from 'vitest';
import { loadCode } from '../../../host/module/code.ts';
import { guest } from '../../support/guest.ts';
import { TestInstance } from '../../support/instance.ts';
import { Probe } from '../../support/probe.ts';
import { wat } from '../wat.ts';

const SETTINGS = { 'enable-debug-command': 'yes', 'module-max-memory': '8mb' };

async function siege(): Promise<Probe> {
  return Probe.load(new TestInstance(SETTINGS));
}

/** A module whose command `guest.run` is `body`; its parameters are $ctx $argv $argc. */
async function running(
  body: string,
  uses: readonly string[] = [],
  more = '',
): Promise<TestInstance> {
  const server = new TestInstance(SETTINGS);
  const bytes = guest({
    uses: ['CreateCommand', 'ReplyWithLongLong', ...uses],
    strings: { 1100: 'guest.run', 1190: 'write' },
    table: `(table $t (export "__indirect_function_table") 8 funcref) (elem (i32.const 1) $run)
      (func $run (param $ctx i32) (param $argv i32) (param $argc i32) (result i32)
        ${body} (i32.const 0))`,
    onLoad: `(drop (call $CreateCommand (local.get $ctx) (i32.const 1100) (i32.const 1)
      (i32.const 1190) (i32.const 0) (i32.const 0) (i32.const 0)))`,
    more,
  });
  server.instance.modules.load(await loadCode(bytes), 'guest.wasm', []);
  return server;
}

const answer = (value: string): string =>
  `(drop (call $ReplyWithLongLong (local.get $ctx) (i64.extend_i32_s ${value})))`;

describe('memory and tables of the guest', () => {
  test('G10: memory that has grown to the limit grows no more, and the host needs none', async () => {
    const server = await running(
      `(loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
       ${answer('(memory.size)')}`,
    );
    const pages = Number(server.raw('guest.run').slice(1));
    expect(pages).toBeGreaterThan(100);
    expect(pages).toBeLessThanOrEqual(128);
    expect(server.raw('guest.run')).toBe(`:${pages}\r\n`);
    expect(server.raw('guest.run', ...Array<string>(100).fill('x'.repeat(100)))).toMatch(
      /^:|^-ERR/,
    );
    expect(server.raw('PING')).toBe('+PONG\r\n');
  });

  test('G11: memory that grows in a callback is seen by the host', async () => {
    const probe = await siege();
    probe.server.raw('HSET', 'h', 'field', 'value');
    const { api, m } = probe;
    const seen: string[] = [];
    const visit = probe.callback('RedisModuleScanKeyCB', (_key, field, value) => {
      m.growMemory(1);
      for (const handle of [field, value]) {
        seen.push(probe.bytes(api.RedisModule_StringPtrLen(Number(handle), 0), 5));
      }
    });
    probe.run(({ ctx }) => {
      const key = api.RedisModule_OpenKey(ctx, probe.string('h'), 1);
      api.RedisModule_ScanKey(key, api.RedisModule_ScanCursorCreate(), visit, 0);
    });
    expect(seen).toEqual(['field', 'value']);
  });

  test('G12: a table does not grow beyond what V8 was told', async () => {
    const server = await running(answer('(table.grow $t (ref.null func) (i32.const 100000000))'));
    expect(server.raw('guest.run')).toBe(':-1\r\n');
  });
});

describe('G15: the log', () => {
  test('takes 100 of 10,000 lines, tells of the rest, and shows no control bytes', async () => {
    const probe = await siege();
    const { server } = probe;
    const level = probe.cstring('warning');
    const text = probe.cstring('\x1b[31mred\r\n1:M 1 Jan 2026 00:00:00.000 # faked\x07');
    probe.run(({ ctx, api }) => {
      for (let i = 0; i < 10_000; i++) api.RedisModule_Log(ctx, level, text, 0);
    });
    const lines = server.logLines.filter((line) => line.includes('faked'));
    expect(lines).toHaveLength(100);
    expect(lines[0]).toContain('<probe> \\x1b[31mred\\x0d\\x0a1:M 1 Jan');
    server.clock.advance(1000);
    server.instance.modules.cron();
    expect(server.logLines.at(-1)).toContain(
      '<probe> 9900 lines not logged: more than 100 a second',
    );
  });
});

describe('G16: timers', () => {
  test('that arm themselves leave time for others', async () => {
    const probe = await siege();
    const { api, server } = probe;
    let fired = 0;
    const fire = probe.callback('RedisModuleTimerProc', (ctx) => {
      fired++;
      api.RedisModule_CreateTimer(Number(ctx), 0n, fire, 0);
    });
    probe.run(({ ctx }) => api.RedisModule_CreateTimer(ctx, -5n, fire, 0));
    server.advance(100);
    expect(fired).toBeGreaterThan(50);
    expect(fired).toBeLessThanOrEqual(100);
    expect(server.scheduler.pendingCount).toBe(1);
  });
});

describe('G17: blocked clients', () => {
  test('that are never unblocked are counted, charged and gone with their clients', async () => {
    const probe = await siege();
    const { server, m } = probe;
    probe.command('siege.block', '', (ctx) => {
      probe.api.RedisModule_BlockClient(ctx, 0, 0, 0, 0n);
    });
    const before = m.quota.objectBytes;
    const clients = Array.from({ length: 2000 }, () => server.instance.createClient());
    for (const client of clients) expect(server.rawAs(client, 'siege.block')).toBe('');
    expect(m.registry.blockedClients).toBe(2000);
    expect(m.quota.objectBytes - before).toBeGreaterThan(2000 * 512);
    expect(server.instance.modules.unload('probe')).toContain('the module has blocked clients');
    expect(server.raw('PING')).toBe('+PONG\r\n');
  });

  test('twice in one command, twice unblocked, and those of others', async () => {
    const probe = await siege();
    const { server, api, m } = probe;
    let handle = 0;
    probe.command('siege.block', '', (ctx) => {
      handle = api.RedisModule_BlockClient(ctx, 0, 0, 0, 0n);
    });
    probe.command('siege.twice', '', (ctx) => {
      api.RedisModule_BlockClient(ctx, 0, 0, 0, 0n);
      api.RedisModule_BlockClient(ctx, 0, 0, 0, 0n);
    });
    expect(server.raw('siege.twice')).toContain('the client is blocked already');
    expect(server.instance.executor.blocking.blockedCount).toBe(0);
    const other = await Probe.load(server, 'other');
    expect(server.raw('siege.block')).toBe('');
    expect(other.trapOf((c) => c.api.RedisModule_UnblockClient(handle, 0))).toMatch(
      /was never issued/,
    );
    probe.run((c) => {
      c.api.RedisModule_UnblockClient(handle, 0);
      c.api.RedisModule_UnblockClient(handle, 0);
    });
    expect(probe.trapOf((c) => c.api.RedisModule_UnblockClient(handle, 0))).toContain('was freed');
    expect([m.registry.blockedClients, server.instance.executor.blocking.blockedCount]).toEqual([
      0, 0,
    ]);
  });

  test('on keys, unblocked by hand, leave neither queue nor timer', async () => {
    const probe = await siege();
    const { server, api } = probe;
    const reply = probe.callback('RedisModuleCmdFunc', () => 0);
    let handle = 0;
    probe.command('siege.wait', '', (ctx, argv) => {
      handle = api.RedisModule_BlockClientOnKeys(ctx, reply, reply, 0, 5000n, argv + 4, 1, 0);
    });
    server.raw('siege.wait', 'k');
    expect(server.scheduler.pendingCount).toBe(1);
    probe.run((c) => c.api.RedisModule_UnblockClient(handle, 0));
    expect(server.scheduler.pendingCount).toBe(0);
    expect(server.instance.executor.blocking.watchedKeyCount).toBe(0);
  });
});

describe('G18, G19: calls that come back', () => {
  test('a command that calls itself ends at a depth', async () => {
    const probe = await siege();
    let depth = 0;
    const words = [probe.cstring('siege.self'), probe.cstring('E'), probe.room()] as const;
    probe.command('siege.self', '', (ctx) => {
      depth++;
      const reply = probe.api.RedisModule_Call(ctx, ...words);
      probe.api.RedisModule_ReplyWithCallReply(ctx, reply);
    });
    expect(probe.server.raw('siege.self')).toContain('nest deeper than the limit of 16');
    expect(depth).toBe(16);
  });

  test.each([
    ['SHUTDOWN', 'NOSAVE'],
    ['DEBUG', 'SEGFAULT'],
    ['DEBUG', 'SLEEP', '1000'],
    ['MODULE', 'UNLOAD', 'probe'],
    ['MODULE', 'LOAD', '/etc/passwd'],
  ])('%s %s is not for modules, a thousand times', async (...words) => {
    const probe = await siege();
    const args = probe.varargs(...words.slice(1).map((word) => probe.cstring(word)));
    const format = `${'c'.repeat(words.length - 1)}E`;
    const call = [probe.cstring(words[0] ?? ''), probe.cstring(format), args] as const;
    probe.command('siege.call', '', (ctx) => {
      for (let i = 0; i < 1000; i++) {
        const reply = probe.api.RedisModule_Call(ctx, ...call);
        if (i === 999) probe.api.RedisModule_ReplyWithCallReply(ctx, reply);
        probe.api.RedisModule_FreeCallReply(reply);
      }
    });
    expect(probe.server.raw('siege.call')).toMatch(
      /^-ERR command '[a-z|]+' is not allowed to modules\r\n$/,
    );
    expect(probe.server.raw('PING')).toBe('+PONG\r\n');
  });

  test('a notification handler that writes the key it is told of ends', async () => {
    const probe = await siege();
    const { api, server } = probe;
    let heard = 0;
    const words = [probe.cstring('INCR'), probe.cstring('c!'), probe.varargs('n')] as const;
    const listen = probe.callback('RedisModuleNotificationFunc', (ctx) => {
      heard++;
      api.RedisModule_Call(Number(ctx), ...words);
      return 0;
    });
    probe.run(({ ctx }) => {
      api.RedisModule_SetModuleOptions(ctx, 0xff);
      api.RedisModule_SubscribeToKeyspaceEvents(ctx, 0xffff, listen);
    });
    expect(server.raw('SET', 'n', '0')).toBe('+OK\r\n');
    expect(heard).toBeLessThanOrEqual(1000);
    expect(server.raw('PING')).toBe('+PONG\r\n');
  });

  test('jobs that add jobs end', async () => {
    const probe = await siege();
    const { api, server } = probe;
    let ran = 0;
    const job = probe.callback('RedisModulePostNotificationJobFunc', (ctx) => {
      ran++;
      api.RedisModule_AddPostNotificationJob(Number(ctx), job, 0, 0);
    });
    probe.run(({ ctx }) => api.RedisModule_AddPostNotificationJob(ctx, job, 0, 0));
    expect(ran).toBe(16);
    expect(server.logLines.join('')).toContain('jobs that add jobs more than 16 times');
  });

  test('a reply callback that makes its own key ready ends', async () => {
    const probe = await siege();
    const { api, server } = probe;
    let served = 0;
    const reply = probe.callback('RedisModuleCmdFunc', (ctx, argv) => {
      served++;
      api.RedisModule_SignalKeyAsReady(Number(ctx), probe.u32(Number(argv) + 4));
      return 1;
    });
    probe.command('siege.wait', '', (ctx, argv) => {
      api.RedisModule_BlockClientOnKeys(ctx, reply, reply, 0, 0n, argv + 4, 1, 0);
    });
    const waiting = server.instance.createClient();
    server.rawAs(waiting, 'siege.wait', 'k');
    expect(server.raw('SET', 'k', 'v')).toBe('+OK\r\n');
    probe.run(({ ctx }) => api.RedisModule_SignalKeyAsReady(ctx, probe.string('k')));
    expect(served).toBeGreaterThan(0);
    expect(server.raw('PING')).toBe('+PONG\r\n');
  });
});

describe('G25: unloading', () => {
  test('waits for timers, and nothing of the module runs afterwards', async () => {
    const probe = await siege();
    const { api, server } = probe;
    let ran = 0;
    const fire = probe.callback('RedisModuleTimerProc', () => {
      ran++;
    });
    const listen = probe.callback('RedisModuleNotificationFunc', () => {
      ran++;
      return 0;
    });
    const id = probe.run(({ ctx }) => {
      api.RedisModule_SubscribeToKeyspaceEvents(ctx, 0xffff, listen);
      return api.RedisModule_CreateTimer(ctx, 1000n, fire, 0);
    });
    const { modules } = server.instance;
    expect(modules.unload('probe')).toContain('the module holds timer that is not fired');
    probe.run(({ ctx }) => api.RedisModule_StopTimer(ctx, id, 0));
    expect(modules.unload('probe')).toBe(null);
    server.raw('SET', 'k', 'v');
    server.advance(10_000);
    expect(ran).toBe(0);
  });
});

describe('G29: WASI', () => {
  const wasi = async (name: string, type: string, call: string): Promise<string> => {
    const server = new TestInstance(SETTINGS);
    const text = `(module
      (import "wasi_snapshot_preview1" "${name}" (func $wasi ${type}))
      (import "redismodule" "RedisModule_SetModuleAttribs"
        (func $attribs (param i32 i32 i32 i32)))
      (memory (export "memory") 1) (data (i32.const 100) "guest\\00")
      (func (export "RedisModule_OnLoad") (param i32 i32 i32) (result i32)
        (call $attribs (local.get 0) (i32.const 100) (i32.const 1) (i32.const 1)) ${call}))`;
    try {
      server.instance.modules.load(await loadCode(Buffer.from(wat(text))), 'guest.wasm', []);
      return 'loaded';
    } catch (error) {
      return (error as Error).message;
    } finally {
      expect(server.raw('PING')).toBe('+PONG\r\n');
    }
  };
  const REFUSED = /OnLoad returned an error/;

  test.each([
    ['proc_exit', '(param i32)', '(call $wasi (i32.const 0)) (i32.const 0)', /called exit\(0\)/],
    [
      'poll_oneoff',
      '(param i32 i32 i32 i32) (result i32)',
      '(call $wasi (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128))',
      REFUSED,
    ],
    [
      'random_get',
      '(param i32 i32) (result i32)',
      '(call $wasi (i32.const 0) (i32.const -1))',
      REFUSED,
    ],
    [
      'path_open',
      '(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)',
      `(call $wasi (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 5) (i32.const 0) (i64.const -1)
        (i64.const -1) (i32.const 0) (i32.const 64))`,
      REFUSED,
    ],
  ])('%s is refused at once', async (name, type, call, refusal) => {
    const startMs = performance.now();
    expect(await wasi(name, type, call)).toMatch(refusal);
    expect(performance.now() - startMs).toBeLessThan(5000);
  });
});

describe('G30, G31: two instances', () => {
  test('share neither keys nor channels, handles, INFO, MONITOR nor SLOWLOG', async () => {
    const [one, two] = [await siege(), await siege()];
    const listener = two.server.instance.createClient();
    two.server.rawAs(listener, 'SUBSCRIBE', 'c');
    const monitor = two.server.instance.createClient();
    two.server.rawAs(monitor, 'MONITOR');
    two.server.raw('CONFIG', 'SET', 'slowlog-log-slower-than', '0');
    two.server.raw('SLOWLOG', 'RESET');
    let handle = 0;
    one.run(({ ctx, api }) => {
      const key = api.RedisModule_OpenKey(ctx, one.string('secret'), 3);
      api.RedisModule_StringSet(key, one.string('secret'));
      api.RedisModule_PublishMessage(ctx, one.string('c'), one.string('secret'));
      handle = one.string('secret');
    });
    expect(one.server.raw('GET', 'secret')).toBe('$6\r\nsecret\r\n');
    for (const client of [listener, monitor])
      expect(two.server.takeReply(client)).not.toContain('secret');
    for (const words of [
      ['KEYS', '*'],
      ['SLOWLOG', 'GET'],
      ['INFO', 'everything'],
    ]) {
      expect(two.server.raw(...words)).not.toContain('secret');
    }
    expect(two.trapOf(({ api }) => api.RedisModule_StringPtrLen(handle, 0))).toContain(
      'was never issued',
    );
  });

  test('modules of one instance have handles of their own', async () => {
    const one = await siege();
    const two = await Probe.load(one.server, 'other');
    const handle = one.string('secret');
    const use = ({ api }: { api: Probe['api'] }): number => api.RedisModule_StringPtrLen(handle, 0);
    expect(two.trapOf(use)).toContain('was never issued');
    expect(one.trapOf(use)).toBe('');
  });
});
