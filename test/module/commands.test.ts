import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildGuest } from '../../build/guest.ts';
import { moduleOf } from '../examples/targets.ts';
import { temporaryFolder } from '../support/folder.ts';
import { guest } from '../support/guest.ts';
import { TestInstance } from '../support/instance.ts';
import { hasOracle, Oracle, type RawClient } from '../support/oracle.ts';
import { Served } from '../support/served.ts';

const FAILED = '-ERR Error loading the extension. Please check the server logs.';

/** A module without data types that can hold on to a client and a timer, or refuse to go. */
const HOLD = `#include "redismodule.h"

static RedisModuleBlockedClient *blocked;
static RedisModuleTimerID timer;
static int isStubborn;

static int Reply(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    REDISMODULE_NOT_USED(argv);
    REDISMODULE_NOT_USED(argc);
    return RedisModule_ReplyWithSimpleString(ctx, "unblocked");
}

static void Fire(RedisModuleCtx *ctx, void *data) {
    REDISMODULE_NOT_USED(ctx);
    REDISMODULE_NOT_USED(data);
}

static int Hold(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    if (argc != 2)
        return RedisModule_WrongArity(ctx);
    switch (*RedisModule_StringPtrLen(argv[1], NULL)) {
    case 'b':
        blocked = RedisModule_BlockClient(ctx, Reply, NULL, NULL, 0);
        return REDISMODULE_OK;
    case 'u':
        RedisModule_UnblockClient(blocked, NULL);
        break;
    case 't':
        timer = RedisModule_CreateTimer(ctx, 1000000, Fire, NULL);
        break;
    case 's':
        RedisModule_StopTimer(ctx, timer, NULL);
        break;
    case 'n':
        isStubborn = !isStubborn;
        break;
    }
    return RedisModule_ReplyWithSimpleString(ctx, "OK");
}

int RedisModule_OnLoad(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    REDISMODULE_NOT_USED(argv);
    REDISMODULE_NOT_USED(argc);
    if (RedisModule_Init(ctx, "hold", 3, REDISMODULE_APIVER_1) == REDISMODULE_ERR)
        return REDISMODULE_ERR;
    return RedisModule_CreateCommand(ctx, "hold", Hold, "", 0, 0, 0);
}

int RedisModule_OnUnload(RedisModuleCtx *ctx) {
    REDISMODULE_NOT_USED(ctx);
    return isStubborn ? REDISMODULE_ERR : REDISMODULE_OK;
}
`;

interface Target {
  readonly name: string;
  readonly hold: string;
  readonly counter: string;
  client(): Promise<RawClient>;
  log(): string;
  stop(): Promise<void>;
}

async function redcell(folder: string): Promise<Target> {
  const served = await Served.start();
  const { config } = served.instance;
  config.override('enable-module-command', ['yes']);
  config.override('dir', [folder]);
  return {
    name: 'redcell',
    hold: 'hold.so',
    counter: await moduleOf('c', 'counter'),
    client: () => served.client(),
    log: () => served.logLines.join(''),
    stop: () => served.stop(),
  };
}

async function redis(native: string): Promise<Target> {
  const oracle = await Oracle.start('--enable-module-command', 'yes');
  copyFileSync(native, join(oracle.dir, 'hold.so'));
  return {
    name: 'redis-server',
    hold: './hold.so', // without the slash it would be looked for in the system's folders
    counter: await moduleOf('native', 'counter'),
    client: () => oracle.client(),
    log: () => oracle.log,
    stop: () => oracle.stop(),
  };
}

const OWN_SUBCOMMANDS = ['INCIDENTS', 'LASTERROR', 'MEMORY', 'RESUME'];

describe('redcell and redis-server answer alike:', { tags: ['slow'] }, () => {
  let targets: Target[];

  beforeAll(async () => {
    const folder = temporaryFolderOfSuite();
    const source = join(folder, 'hold.c');
    writeFileSync(source, HOLD);
    await buildGuest({ lang: 'c', sources: [source], out: join(folder, 'hold.so') });
    targets = [await redcell(folder)];
    if (!hasOracle) return;
    const native = join(folder, 'native.so');
    await buildGuest({ lang: 'native', sources: [source], out: native });
    targets.push(await redis(native));
  });

  afterAll(async () => {
    for (const target of targets) await target.stop();
  });

  /** Runs a scene on all of them; every one has to give the same replies. */
  async function alike(
    scene: (client: RawClient, target: Target) => Promise<string[]>,
  ): Promise<string[]> {
    const results: string[][] = [];
    for (const target of targets) {
      const client = await target.client();
      results.push(await scene(client, target));
      client.close();
    }
    for (const result of results) expect(result).toEqual(results[0]);
    return results[0] as string[]; // there is one target at least
  }

  test('loading, listing and unloading', async () => {
    const replies = await alike(async (client, { hold }) => [
      await client.call('MODULE', 'LIST'),
      await client.call('MODULE', 'LOAD', hold, 'a', 'b'),
      (await client.call('MODULE', 'LIST')).replace(/\$\d+\r\n\S*hold\.so/, 'hold.so'),
      (await client.call('MODULE', 'LOAD', hold)).slice(0, FAILED.length),
      await client.call('hold', 'x'),
      await client.call('MODULE', 'UNLOAD', 'hold'),
      await client.call('hold', 'x'),
      await client.call('MODULE', 'LIST'),
    ]);
    expect(replies[2]).toBe(
      '*1\r\n*8\r\n$4\r\nname\r\n$4\r\nhold\r\n$3\r\nver\r\n:3\r\n$4\r\npath\r\nhold.so\r\n' +
        '$4\r\nargs\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n',
    );
    expect(replies[3]).toBe(FAILED);
  });

  test('LOADEX takes configs and arguments, and nothing else', async () => {
    await alike(async (client, { hold, log }) => {
      const loadex = async (...words: string[]): Promise<string> =>
        (await client.call('MODULE', 'LOADEX', hold, ...words)).slice(0, FAILED.length);
      const replies = [
        await loadex('ARGS', 'x', 'CONFIG', 'y'),
        (await client.call('MODULE', 'LIST')).slice(-40),
        await client.call('MODULE', 'UNLOAD', 'hold'),
        await loadex('ARGS'),
        await client.call('MODULE', 'UNLOAD', 'hold'),
        await loadex(),
        await client.call('MODULE', 'UNLOAD', 'hold'),
        await loadex('CONFIG', 'hold.none', '1'),
        await loadex('CONFIG', 'hold.none'),
        await loadex('other'),
        await client.call('MODULE', 'LIST'),
      ];
      expect(log()).toContain('CONFIG specified without name value pair\n');
      expect(log()).toContain('Syntax Error from arguments to loadex around other.\n');
      return replies;
    });
  });

  test('every reason not to unload', async () => {
    const replies = await alike(async (client, target) => {
      const blocked = await target.client();
      const unload = (name: string): Promise<string> => client.call('MODULE', 'UNLOAD', name);
      await client.call('MODULE', 'LOAD', target.hold);
      await client.call('MODULE', 'LOAD', target.counter);
      const result = [await unload('none'), await unload('counter')];
      await client.call('hold', 'timer');
      result.push(await unload('hold'));
      const waiting = blocked.call('hold', 'block');
      while (!(await client.call('INFO', 'clients')).includes('blocked_clients:1')) {}
      result.push(await unload('hold'));
      await client.call('hold', 'unblock');
      result.push(await waiting, await unload('hold'));
      await client.call('hold', 'stop');
      await client.call('hold', 'no');
      result.push(await unload('hold'));
      await client.call('hold', 'no');
      result.push(await unload('hold'));
      blocked.close();
      // 7.0 does not log the reason yet.
      const logsReason = target.name === 'redcell';
      const reason = '# Error unloading module none: no such module with that name\n';
      expect(target.log().includes(reason)).toBe(logsReason);
      expect(target.log()).toContain('# Module hold OnUnload failed.  Unload canceled.\n');
      expect(target.log()).toContain('* Module hold unloaded\n');
      // What 7.0 says of blocked clients was put right in 7.2.
      return result.map((reply) => reply.replace('wait them un', 'wait for them to be un'));
    });
    expect(replies.map((reply) => reply.replace('-ERR Error unloading module: ', ''))).toEqual([
      'no such module with that name\r\n',
      "the module exports one or more module-side data types, can't unload\r\n",
      'the module holds timer that is not fired. ' +
        'Please stop the timer or wait until it fires.\r\n',
      'the module has blocked clients. ' + 'Please wait for them to be unblocked and try again\r\n',
      '+unblocked\r\n',
      'the module holds timer that is not fired. ' +
        'Please stop the timer or wait until it fires.\r\n',
      'operation not possible.\r\n',
      '+OK\r\n',
    ]);
  });

  test('arity and HELP', async () => {
    await alike(async (client) => {
      const help = (await client.call('MODULE', 'HELP')).split('\r\n').slice(1);
      for (const name of OWN_SUBCOMMANDS) {
        const own = help.findIndex((line) => line.startsWith(`+${name} `));
        if (own >= 0) help.splice(own, 2);
      }
      return [
        ...help,
        await client.call('MODULE'),
        await client.call('MODULE', 'LOAD'),
        await client.call('MODULE', 'LIST', 'x'),
        await client.call('MODULE', 'UNLOAD'),
        await client.call('MODULE', 'none'),
      ];
    });
  });
});

/** The suite's files outlive the hook that makes them. */
function temporaryFolderOfSuite(): string {
  return join(import.meta.dirname, '../../build/cache');
}

describe('MODULE', () => {
  let server: TestInstance;
  let folder: string;

  beforeEach(() => {
    folder = temporaryFolder();
    server = new TestInstance({ dir: folder, 'enable-module-command': 'yes' });
  });

  async function replyTo(...words: string[]): Promise<string> {
    let reply = server.raw(...words);
    while (reply === '') {
      await new Promise(setImmediate);
      reply = server.takeReply();
    }
    return reply;
  }

  test('is refused where the configuration says so', () => {
    const closed = new TestInstance({ dir: folder });
    for (const command of [
      ['LOAD', 'x'],
      ['LOADEX', 'x'],
      ['UNLOAD', 'x'],
    ]) {
      expect(closed.raw('MODULE', ...command)).toMatch(/^-ERR MODULE command not allowed/);
    }
    expect(closed.raw('MODULE', 'LIST')).toBe('*0\r\n');
  });

  test('LOADEX takes the last of several values for one config', async () => {
    // It has no such option: the message names what was left over.
    writeFileSync(join(folder, 'a.wasm'), guest());
    const reply = await replyTo(
      ...['MODULE', 'LOADEX', 'a.wasm', 'CONFIG', 'guest.A', '1', 'CONFIG', 'guest.a', '2'],
    );
    expect(reply).toBe(`${FAILED} a.wasm has no option guest.a\r\n`);
  });

  test('LIST is a map in RESP3', async () => {
    writeFileSync(join(folder, 'a.wasm'), guest());
    await replyTo('MODULE', 'LOAD', 'a.wasm');
    server.raw('HELLO', '3');
    expect(server.raw('MODULE', 'LIST')).toBe(
      '*1\r\n%4\r\n$4\r\nname\r\n$5\r\nguest\r\n$3\r\nver\r\n:1\r\n$4\r\npath\r\n$6\r\na.wasm\r\n' +
        '$4\r\nargs\r\n*0\r\n',
    );
  });

  test('MEMORY shows what a module holds', async () => {
    const bytes = guest({ uses: ['Alloc'], onLoad: '(drop (call $Alloc (i32.const 100)))' });
    writeFileSync(join(folder, 'a.wasm'), bytes);
    await replyTo('MODULE', 'LOAD', 'a.wasm');
    const reply = server.raw('MODULE', 'MEMORY', 'guest').split('\r\n');
    const value = (name: string): number => Number(reply[reply.indexOf(name) + 1]?.slice(1));
    const instance = server.instance.modules.modules.get('guest')?.instance;
    expect(value('live.bytes')).toBe(instance?.allocator.liveBytes);
    expect(value('live.blocks')).toBe(2); // that and the frames of calls
    expect(value('linear.bytes')).toBe(instance?.memoryBytes);
    expect(value('linear.max.bytes')).toBe(256 * 1024 * 1024);
    expect(value('handles')).toBe(0);
    expect(server.raw('MODULE', 'MEMORY', 'none')).toBe('-ERR no such module with that name\r\n');
  });

  test('LOAD by a client that goes away still loads', async () => {
    writeFileSync(join(folder, 'a.wasm'), guest());
    const client = server.instance.createClient();
    server.rawAs(client, 'MODULE', 'LOAD', 'a.wasm');
    server.instance.executor.blocking.drop(client);
    server.instance.dropClient(client);
    while (server.instance.modules.modules.size === 0) await new Promise(setImmediate);
    expect(server.takeReply(client)).toBe('');
  });

  test('LOAD of one file by two clients at a time loads it once', async () => {
    writeFileSync(join(folder, 'a.wasm'), guest());
    const other = server.instance.createClient();
    server.rawAs(other, 'MODULE', 'LOAD', 'a.wasm');
    const replies = [await replyTo('MODULE', 'LOAD', 'a.wasm'), ''];
    while (replies[1] === '') {
      await new Promise(setImmediate);
      replies[1] = server.takeReply(other);
    }
    expect(replies.sort()).toEqual([
      '+OK\r\n',
      `${FAILED} a.wasm its name 'guest' is taken by a module that is loaded\r\n`,
    ]);
  });

  test('UNLOAD frees the numbers that statistics are kept under', async () => {
    const command = (name: string): Buffer =>
      guest({
        uses: ['CreateCommand', 'ReplyWithLongLong'],
        strings: { 1100: name, 1190: '' },
        table: `(table $t (export "__indirect_function_table") 8 funcref) (elem (i32.const 1) $f)
          (func $f (param i32 i32 i32) (result i32)
            (call $ReplyWithLongLong (local.get 0) (i64.const 1)))`,
        onLoad: `(drop (call $CreateCommand (local.get $ctx) (i32.const 1100) (i32.const 1)
          (i32.const 1190) (i32.const 0) (i32.const 0) (i32.const 0)))`,
      });
    writeFileSync(join(folder, 'a.wasm'), command('guest.one'));
    writeFileSync(join(folder, 'b.wasm'), command('guest.two'));
    await replyTo('MODULE', 'LOAD', 'a.wasm');
    server.raw('guest.one');
    expect(server.raw('INFO', 'commandstats')).toContain('cmdstat_guest.one:calls=1');
    server.raw('MODULE', 'UNLOAD', 'guest');
    await replyTo('MODULE', 'LOAD', 'b.wasm');
    expect(server.raw('INFO', 'commandstats')).not.toContain('cmdstat_guest');
  });
});

describe('while a large module is compiled', () => {
  test('other clients are served', { tags: ['slow'] }, async () => {
    const served = await Served.start();
    served.instance.config.override('enable-module-command', ['yes']);
    const folder = temporaryFolder();
    const path = join(folder, 'large.wasm');
    writeFileSync(path, largeModule());
    const [loader, other] = [await served.client(), await served.client()];
    await other.call('PING');
    let isLoaded = false;
    const loading = loader.call('MODULE', 'LOAD', path).then((reply) => {
      isLoaded = true;
      return reply;
    });
    let count = 0;
    while (!isLoaded) {
      expect(await other.call('PING')).toBe('+PONG\r\n');
      count++;
    }
    expect(await loading).toBe('+OK\r\n');
    // Reading, rewriting and compiling are steps of their own, and only the second one stalls.
    expect(count).toBeGreaterThan(3);
    loader.close();
    other.close();
    await served.stop();
  });
});

/** 2 MB of code. */
function largeModule(): Buffer {
  const line = '(local.set 0 (i32.add (local.get 0) (i32.xor (local.get 1) (i32.const 791900))))';
  const body = line.repeat(200);
  const functions = Array.from(
    { length: 1000 },
    (_, i) => `(func $f${i} (param i32 i32) (result i32) ${body} (local.get 0))`,
  );
  return guest({ name: 'large', more: functions.join('\n') });
}
