import { beforeEach, expect, test } from 'vitest';
import { ERRNO } from '../../abi/exports.ts';
import { Probe } from '../support/probe.ts';

const OK = 0;
const ERR = 1;

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

test('a context lives from one call to the next, until it is freed', () => {
  const lasting = probe.run(({ api }) => api.RedisModule_GetThreadSafeContext(0));
  probe.run(({ api }) => {
    api.RedisModule_ThreadSafeContextLock(lasting);
    const name = probe.string('k');
    const key = api.RedisModule_OpenKey(lasting, name, 2);
    expect(api.RedisModule_StringSet(key, name)).toBe(OK);
    api.RedisModule_CloseKey(key);
    api.RedisModule_ThreadSafeContextUnlock(lasting);
    api.RedisModule_FreeThreadSafeContext(lasting);
  });
  expect(probe.server.raw('GET', 'k')).toBe('$1\r\nk\r\n');
  expect(probe.trapOf(({ api }) => api.RedisModule_GetSelectedDb(lasting))).toContain(
    "argument 'ctx'",
  );
});

test('a detached context has no client', () => {
  probe.run(({ ctx, api }) => {
    const detached = api.RedisModule_GetDetachedThreadSafeContext(ctx);
    expect(api.RedisModule_GetClientId(detached)).toBe(0n);
    api.RedisModule_FreeThreadSafeContext(detached);
  });
});

test('the lock can be taken once', () => {
  probe.run(({ ctx, api }) => {
    expect(api.RedisModule_ThreadSafeContextTryLock(ctx)).toBe(OK);
    expect(api.RedisModule_ThreadSafeContextTryLock(ctx)).toBe(ERR);
    expect(probe.errno).toBe(ERRNO.EBUSY);
    api.RedisModule_ThreadSafeContextUnlock(ctx);
    expect(api.RedisModule_ThreadSafeContextTryLock(0)).toBe(ERR);
    expect(probe.errno).toBe(ERRNO.EINVAL);
    expect(api.RedisModule_ThreadSafeContextTryLock(ctx)).toBe(OK);
  });
});
