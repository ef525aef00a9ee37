import { beforeEach, describe, expect, test } from 'vitest';
import { CONSTANTS as C } from '../../abi/constants.ts';
import { Probe } from '../support/probe.ts';

const OK = 0;
const ERR = 1;

let probe: Probe;
let heard: string[];

beforeEach(async () => {
  probe = await Probe.load();
  heard = [];
});

function subscribe(classes: number, action: (ctx: number, key: number) => void = () => {}): void {
  const callback = probe.callback('RedisModuleNotificationFunc', (ctx, type, event, key) => {
    heard.push(`${type} ${probe.m.memory.cstring(Number(event))} ${probe.textOf(Number(key))}`);
    action(Number(ctx), Number(key));
    return OK;
  });
  expect(
    probe.run(({ ctx, api }) => api.RedisModule_SubscribeToKeyspaceEvents(ctx, classes, callback)),
  ).toBe(OK);
}

test('events of the classes come, whatever notify-keyspace-events says', () => {
  subscribe(C.REDISMODULE_NOTIFY_STRING);
  probe.server.raw('SET', 'k', 'v');
  probe.server.raw('RPUSH', 'l', 'v');
  expect(heard).toEqual([`${C.REDISMODULE_NOTIFY_STRING} set k`]);
  expect(probe.api.RedisModule_GetNotifyKeyspaceEvents()).toBe(0);
  probe.server.raw('CONFIG', 'SET', 'notify-keyspace-events', 'K$');
  expect(probe.api.RedisModule_GetNotifyKeyspaceEvents()).toBe(
    C.REDISMODULE_NOTIFY_KEYSPACE | C.REDISMODULE_NOTIFY_STRING,
  );
});

test('events that the callback causes itself come only when the module asks for that', () => {
  const write = (ctx: number, key: number) => {
    if (heard.length > 2) return;
    const opened = probe.api.RedisModule_OpenKey(ctx, key, C.REDISMODULE_WRITE);
    probe.api.RedisModule_StringSet(opened, key);
    const event = probe.cstring('mine');
    probe.api.RedisModule_NotifyKeyspaceEvent(ctx, C.REDISMODULE_NOTIFY_STRING, event, key);
  };
  subscribe(C.REDISMODULE_NOTIFY_STRING, write);
  probe.server.raw('SET', 'k', 'v');
  expect(heard).toHaveLength(1);
  const nested = C.REDISMODULE_OPTIONS_ALLOW_NESTED_KEYSPACE_NOTIFICATIONS;
  probe.run(({ ctx, api }) => api.RedisModule_SetModuleOptions(ctx, nested));
  probe.server.raw('SET', 'k', 'v');
  expect(heard.length).toBeGreaterThan(2);
});

test('a raised event reaches clients and subscriptions', () => {
  subscribe(C.REDISMODULE_NOTIFY_MODULE);
  probe.run(({ ctx, api }) => {
    const type = C.REDISMODULE_NOTIFY_MODULE;
    const [event, key] = [probe.cstring('ping'), probe.string('k')];
    expect(api.RedisModule_NotifyKeyspaceEvent(ctx, type, event, key)).toBe(OK);
  });
  expect(heard).toEqual([`${C.REDISMODULE_NOTIFY_MODULE} ping k`]);
});

describe('post-notification jobs', () => {
  test('run when the command is done, as part of it, and free their data', () => {
    const job = probe.callback('RedisModulePostNotificationJobFunc', (ctx, data) => {
      heard.push(`job ${data}`);
      const name = probe.string('made');
      probe.api.RedisModule_StringSet(
        probe.api.RedisModule_OpenKey(Number(ctx), name, C.REDISMODULE_WRITE),
        name,
      );
    });
    const free = probe.callback('RedisModuleFreeDataFunc', (data) => {
      heard.push(`free ${data}`);
    });
    subscribe(C.REDISMODULE_NOTIFY_GENERIC, (ctx) => {
      expect(probe.api.RedisModule_AddPostNotificationJob(ctx, job, 7, free)).toBe(OK);
    });
    probe.server.raw('SET', 'k', 'v');
    probe.server.raw('DEL', 'k');
    expect(heard.slice(1)).toEqual(['job 7', 'free 7']);
    expect(probe.server.raw('EXISTS', 'made')).toBe(':1\r\n');
  });

  test('are refused while loading', () => {
    const job = probe.callback('RedisModulePostNotificationJobFunc', () => {});
    const { executor } = probe.m;
    executor.isLoading = true;
    const status = probe.run(({ ctx, api }) =>
      api.RedisModule_AddPostNotificationJob(ctx, job, 0, 0),
    );
    executor.isLoading = false;
    expect(status).toBe(ERR);
  });
});

test('callbacks that are none trap', () => {
  expect(
    probe.trapOf(({ ctx, api }) => api.RedisModule_SubscribeToKeyspaceEvents(ctx, 1, 0)),
  ).toContain("argument 'cb'");
});
