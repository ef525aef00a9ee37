// Tests host/module/server-events.ts and host/dispatch/phases.ts through the ABI as well.

import { beforeEach, describe, expect, test } from 'vitest';
import { CONSTANTS, EVENTS } from '../../abi/constants.ts';
import { Slice } from '../../host/lib/slice.ts';
import type { EventName } from '../../host/module/server-events.ts';
import { Probe } from '../support/probe.ts';
import { makeType, setValue } from '../support/probe-type.ts';

const OK = 0;
const ERR = 1;

let probe: Probe;
/** What the callbacks heard. */
let heard: string[];

beforeEach(async () => {
  probe = await Probe.load();
  heard = [];
});

/** A RedisModuleEvent. */
function eventOf(id: number, version = 1n): number {
  const ptr = probe.room(16);
  probe.m.memory.writeU64(ptr, BigInt(id));
  probe.m.memory.writeU64(ptr + 8, version);
  return ptr;
}

/** Subscribes; `describe` says what is heard of the data. */
function listen(name: EventName, describeData: (data: number, ctx: number) => string): void {
  const callback = probe.callback('RedisModuleEventCallback', (ctx, eid, subevent, data) => {
    expect(probe.m.memory.readU64(Number(eid))).toBe(BigInt(EVENTS[name].id));
    heard.push(`${name} ${subevent} ${describeData(Number(data), Number(ctx))}`.trim());
  });
  const status = probe.run(({ ctx, api }) =>
    api.RedisModule_SubscribeToServerEvent(ctx, eventOf(EVENTS[name].id), callback),
  );
  expect(status).toBe(OK);
}

const words =
  (...offsets: number[]) =>
  (data: number) =>
    [
      Number(probe.m.memory.readU64(data)),
      ...offsets.map((at) => probe.m.memory.readI32(data + at)),
    ].join(' ');

describe('subscribing', () => {
  const nothing = () => probe.callback('RedisModuleEventCallback', () => {});
  const subscribe = (event: number, callback: number) =>
    probe.run(({ ctx, api }) => api.RedisModule_SubscribeToServerEvent(ctx, event, callback));

  test('refuses events that do not exist and data that is too new', () => {
    expect(subscribe(eventOf(18), nothing())).toBe(ERR);
    expect(subscribe(eventOf(EVENTS.FlushDB.id, 2n), nothing())).toBe(ERR);
    expect(subscribe(eventOf(EVENTS.Shutdown.id, 2n), nothing())).toBe(OK); // it has no data
  });

  test('traps for a callback that is none and an event outside of memory', () => {
    expect(
      probe.trapOf(({ ctx, api }) =>
        api.RedisModule_SubscribeToServerEvent(ctx, eventOf(EVENTS.FlushDB.id), 999_999),
      ),
    ).toContain("argument 'callback'");
    expect(
      probe.trapOf(({ ctx, api }) => api.RedisModule_SubscribeToServerEvent(ctx, -8, nothing())),
    ).toContain("argument 'event'");
  });

  test('again replaces the callback, and with NULL ends', () => {
    listen('SwapDB', () => 'first');
    listen('SwapDB', () => 'second');
    probe.server.raw('SWAPDB', 0, 1);
    expect(heard).toEqual(['SwapDB 0 second']);
    expect(subscribe(eventOf(EVENTS.SwapDB.id), 0)).toBe(OK);
    probe.server.raw('SWAPDB', 0, 1);
    expect(heard).toHaveLength(1);
  });

  test('ends with the module', () => {
    listen('Key', () => '');
    expect(probe.server.instance.keyspace.announcesLosses).toBe(true);
    expect(probe.server.instance.modules.unload('probe')).toBe(null);
    expect(probe.server.instance.keyspace.announcesLosses).toBe(false);
  });

  test('knows which subevents there are', () => {
    const isSupported = (id: number, subevent: bigint) =>
      probe.run(({ api }) => api.RedisModule_IsSubEventSupported(eventOf(id), subevent));
    expect(isSupported(EVENTS.Key.id, 3n)).toBe(1);
    expect(isSupported(EVENTS.Key.id, 4n)).toBe(0);
    expect(isSupported(EVENTS.Key.id, -1n)).toBe(0);
    expect(isSupported(EVENTS.Shutdown.id, 0n)).toBe(0);
    expect(isSupported(99, 0n)).toBe(0);
  });
});

describe('events', () => {
  test('FlushDB comes before and after, with the database selected', () => {
    listen('FlushDB', (data, ctx) => {
      const db = probe.api.RedisModule_GetSelectedDb(ctx);
      return `${words(8, 12)(data)} in ${db} of ${probe.api.RedisModule_DbSize(ctx)}`;
    });
    probe.server.raw('SELECT', 2);
    probe.server.raw('SET', 'k', 'v');
    probe.server.raw('FLUSHDB', 'ASYNC');
    probe.server.raw('FLUSHALL');
    expect(heard).toEqual([
      'FlushDB 0 1 0 2 in 2 of 1',
      'FlushDB 1 1 0 2 in 2 of 0',
      'FlushDB 0 1 1 -1 in 0 of 0',
      'FlushDB 1 1 1 -1 in 0 of 0',
    ]);
  });

  test('SwapDB names both databases, even when they are the same', () => {
    listen('SwapDB', words(8, 12));
    probe.server.raw('SWAPDB', 1, 3);
    probe.server.raw('SWAPDB', 1, 1);
    expect(heard).toEqual(['SwapDB 0 1 1 3', 'SwapDB 0 1 1 1']);
  });

  test('CronLoop comes ten times a second', () => {
    listen('CronLoop', words(8));
    probe.server.instance.start();
    heard.length = 0;
    probe.server.advance(1000);
    probe.server.instance.stop();
    expect(heard).toEqual(Array(10).fill('CronLoop 0 1 10'));
  });

  test('Config names the options that were set, changed or not', () => {
    listen('Config', (data) => {
      const names = probe.u32(data + 12);
      const count = probe.u32(data + 8);
      return Array.from({ length: count }, (_, i) =>
        probe.m.memory.cstring(probe.u32(names + 4 * i)),
      ).join(' ');
    });
    probe.server.raw('CONFIG', 'SET', 'maxmemory', 0, 'hz', 20);
    probe.server.raw('CONFIG', 'SET', 'hz', 'x');
    expect(heard).toEqual(['Config 0 maxmemory hz']);
  });

  test('Key comes while the value is still there', () => {
    listen('Key', (data, ctx) => {
      const { api } = probe;
      const key = probe.u32(data + 8);
      const name = probe.textOf(api.RedisModule_GetKeyNameFromModuleKey(key));
      return `${name} type ${api.RedisModule_KeyType(key)} in ${api.RedisModule_GetSelectedDb(ctx)}`;
    });
    const { server } = probe;
    server.raw('SET', 'a', 1);
    server.raw('RPUSH', 'list', 1);
    server.raw('SET', 'a', 2);
    server.raw('SET', 'list', 'x');
    server.raw('DEL', 'a');
    server.raw('SET', 'b', 'v', 'PX', 10);
    server.advance(20);
    server.raw('GET', 'b');
    const { keyspace } = server.instance;
    keyspace.removeByServer(keyspace.database(0), Slice.of('list'), 1, 'evicted', false);
    expect(heard).toEqual([
      'Key 3 a type 1 in 0',
      'Key 3 list type 2 in 0',
      'Key 0 a type 1 in 0',
      'Key 1 b type 1 in 0',
      'Key 2 list type 1 in 0',
    ]);
  });

  describe('a key is', () => {
    /** Listens to the losses of `k` alone, and starts with `words`. */
    function listenTo(...words: string[]): void {
      probe.server.raw(...words);
      listen('Key', () => '');
    }

    test.each([
      ['SET k new', 'string'],
      ['SET k new KEEPTTL', 'string'],
      ['SETEX k 10 new', 'string'],
      ['GETSET k new', 'string'],
      ['MSET k new', 'string'],
      ['BITOP NOT k k', 'string'],
      ['SET k new', 'list'],
      ['SUNIONSTORE k set', 'string'],
      ['SORT set STORE k', 'list'],
    ])('overwritten by %s over a %s', (command, before) => {
      probe.server.raw('SADD', 'set', '1');
      listenTo(...(before === 'string' ? ['SET', 'k', '5'] : ['RPUSH', 'k', '5']));
      probe.server.raw(...command.split(' '));
      expect(heard).toEqual(['Key 3']);
    });

    test.each([
      ['INCR k', 'SET k 5'],
      ['DECRBY k 3', 'SET k 5'],
      ['INCRBYFLOAT k 0.5', 'SET k 5'],
      ['APPEND k 1', 'SET k 5'],
      ['SETRANGE k 0 x', 'SET k 5'],
      ['SETBIT k 3 1', 'SET k 5'],
      ['EXPIRE k 10', 'SET k 5'],
      ['RPUSH k 1', 'RPUSH k 1'],
      ['LSET k 0 2', 'RPUSH k 1'],
      ['SET k new NX', 'SET k 5'],
    ])('not lost by %s after %s', (command, before) => {
      listenTo(...before.split(' '));
      probe.server.raw(...command.split(' '));
      expect(heard).toEqual([]);
    });

    test.each([
      ['DEL k', 0],
      ['RENAME other k', 0],
      ['COPY other k REPLACE', 0],
      ['EXPIRE k -1', 1],
      ['GETEX k PXAT 1', 1],
    ])('lost by %s with subevent %d', (command, subevent) => {
      probe.server.raw('SET', 'other', 'x');
      listenTo('SET', 'k', '5');
      probe.server.raw(...command.split(' '));
      expect(heard[0]).toBe(`Key ${subevent}`);
    });

    test('deleted by a module that sets it, and made anew', () => {
      const type = makeType(probe);
      listenTo('SET', 'k', '5');
      probe.run(({ ctx, api }) => {
        const key = api.RedisModule_OpenKey(ctx, probe.string('k'), CONSTANTS.REDISMODULE_WRITE);
        return api.RedisModule_StringSet(key, probe.string('x'));
      });
      setValue(probe, type, 'k', 4096);
      expect(heard).toEqual(['Key 0', 'Key 0']);
    });

    test('not lost when a module exchanges the value of its type', () => {
      const type = makeType(probe);
      setValue(probe, type, 'k', 4096);
      listen('Key', () => '');
      const status = probe.run(({ ctx, api }) => {
        const key = api.RedisModule_OpenKey(ctx, probe.string('k'), CONSTANTS.REDISMODULE_WRITE);
        return api.RedisModule_ModuleTypeReplaceValue(key, type, 8192, 0);
      });
      expect([status, ...heard]).toEqual([OK]);
    });
  });

  test('a Key listener may delete the key itself', () => {
    listen('Key', (data) => {
      if (heard.length > 0) return '';
      const name = probe.api.RedisModule_GetKeyNameFromModuleKey(probe.u32(data + 8));
      probe.run(({ ctx, api }) => {
        heard.push('deleting');
        const key = api.RedisModule_OpenKey(ctx, name, CONSTANTS.REDISMODULE_WRITE);
        return api.RedisModule_DeleteKey(key);
      });
      return '';
    });
    probe.server.raw('RPUSH', 'k', 1);
    expect(probe.server.raw('DEL', 'k')).toBe(':1\r\n');
    expect(probe.server.raw('EXISTS', 'k')).toBe(':0\r\n');
  });

  test('Persistence and Loading tell what begins and how it ends', () => {
    listen('Persistence', () => '');
    listen('Loading', () => '');
    const { phases } = probe.server.instance.executor;
    phases.enter('rdb-save-in-foreground');
    phases.enter('save-failed');
    phases.enter('aof-load');
    phases.enter('loaded');
    expect(heard).toEqual(['Persistence 2', 'Persistence 4', 'Loading 1', 'Loading 3']);
  });

  test('LoadingProgress comes at most ten times a second', () => {
    listen('LoadingProgress', words(8, 12));
    const { phases } = probe.server.instance.executor;
    probe.server.advance(1000);
    phases.progress('rdb', 1, 4);
    phases.progress('rdb', 2, 4);
    probe.server.advance(100);
    phases.progress('aof', 3, 0);
    expect(heard).toEqual(['LoadingProgress 0 1 10 256', 'LoadingProgress 1 1 10 -1']);
  });

  test('Shutdown comes last', async () => {
    listen('Shutdown', (data) => `data ${data}`);
    await probe.server.instance.lifecycle.shutDown({
      saving: 'nosave',
      isNow: true,
      isForced: false,
    });
    expect(heard).toEqual(['Shutdown 0 data 0']);
  });

  test('ClientChange describes the client and runs in its name', () => {
    listen('ClientChange', (data, ctx) => {
      const id = probe.m.memory.readU64(data + 16);
      return `${id} is ${probe.api.RedisModule_GetClientId(ctx)}`;
    });
    const { client, instance } = probe.server;
    instance.modules.events.clientChanged(client, 'connected');
    instance.modules.events.clientChanged(client, 'disconnected');
    const { id } = client;
    expect(heard).toEqual([`ClientChange 0 ${id} is ${id}`, `ClientChange 1 ${id} is ${id}`]);
  });

  test('a trap in a callback is logged and harms nobody', () => {
    listen('SwapDB', (_data, ctx) => {
      probe.api.RedisModule_GetSelectedDb(ctx + 4);
      return '';
    });
    expect(probe.server.raw('SWAPDB', 0, 1)).toBe('+OK\r\n');
    expect(probe.server.logLines.join('\n')).toContain('trapped in server event SwapDB');
  });

  test('a module hears of others that come and go, not of itself', async () => {
    listen('ModuleChange', (data) => probe.m.memory.cstring(probe.u32(data + 8)));
    const { events } = probe.server.instance.modules;
    events.moduleChanged(probe.m, 'loaded');
    const other = await Probe.load();
    Object.assign(other.m, { name: 'other' });
    events.moduleChanged(other.m, 'unloaded');
    expect(heard).toEqual(['ModuleChange 1 other']);
  });
});
