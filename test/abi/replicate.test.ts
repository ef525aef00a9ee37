import { beforeEach, expect, test } from 'vitest';
import { Probe } from '../support/probe.ts';

const OK = 0;
const ERR = 1;

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

test('a replicated command is propagated, not run, and counts as a change', () => {
  const { keyspace } = probe.server.instance;
  const { dirty } = keyspace;
  probe.run(({ ctx, api }) => {
    const args = probe.varargs('k', 5n);
    const status = api.RedisModule_Replicate(ctx, probe.cstring('SET'), probe.cstring('cl'), args);
    expect(status).toBe(OK);
  });
  expect(probe.server.takeEffects()).toEqual([['SET', 'k', '5']]);
  expect(probe.server.raw('EXISTS', 'k')).toBe(':0\r\n');
  expect(keyspace.dirty).toBe(dirty + 1);
});

test('several are wrapped in MULTI and EXEC', () => {
  probe.run(({ ctx, api }) => {
    const fmt = probe.cstring('cc');
    for (const value of ['1', '2']) {
      api.RedisModule_Replicate(ctx, probe.cstring('SET'), fmt, probe.varargs('k', value));
    }
  });
  expect(probe.server.takeEffects().map((words) => words.join(' '))).toEqual([
    'MULTI',
    'SET k 1',
    'SET k 2',
    'EXEC',
  ]);
});

test('an unknown command and a bad format are errors that propagate nothing', () => {
  probe.run(({ ctx, api }) => {
    const replicate = (name: string, fmt: string) =>
      api.RedisModule_Replicate(ctx, probe.cstring(name), probe.cstring(fmt), probe.varargs('k'));
    expect(replicate('NOPE', 'c')).toBe(ERR);
    expect(replicate('DEL', 'cx')).toBe(ERR);
  });
  expect(probe.server.takeEffects()).toEqual([]);
});

test('A keeps a command from the file', () => {
  probe.run(({ ctx, api }) => {
    const args = probe.varargs('k');
    expect(api.RedisModule_Replicate(ctx, probe.cstring('DEL'), probe.cstring('Ac'), args)).toBe(
      OK,
    );
  });
  expect(probe.server.takeEffects()).toEqual([]); // the test's sink stands for the file
});

test('a trap takes back what was to be propagated', () => {
  const message = probe.trapOf(({ ctx, api }) => {
    api.RedisModule_Replicate(ctx, probe.cstring('DEL'), probe.cstring('c'), probe.varargs('k'));
    api.RedisModule_FreeCallReply(0);
  });
  expect(message).toContain('is NULL');
  expect(probe.server.takeEffects()).toEqual([]);
});

test('outside of a command there is nothing to replicate verbatim', () => {
  probe.run(({ ctx, api }) => expect(api.RedisModule_ReplicateVerbatim(ctx)).toBe(OK));
  expect(probe.server.takeEffects()).toEqual([]);
});

test('verbatim propagates the words of the command, whatever the guest did to them', () => {
  probe.command('probe.write', 'write', (ctx) => {
    probe.api.RedisModule_ReplicateVerbatim(ctx);
  });
  probe.server.raw('probe.write', 'k', 'v');
  expect(probe.server.takeEffects()).toEqual([['probe.write', 'k', 'v']]);
});

test('verbatim works in the reply callback of a blocked client too', () => {
  let blocked = 0;
  const reply = probe.callback('RedisModuleCmdFunc', (ctx) => {
    probe.api.RedisModule_ReplicateVerbatim(Number(ctx));
    return probe.api.RedisModule_ReplyWithNull(Number(ctx));
  });
  probe.command('probe.wait', 'write', (ctx) => {
    blocked = probe.api.RedisModule_BlockClient(ctx, reply, 0, 0, 0n);
  });
  probe.server.raw('probe.wait', 'k');
  expect(probe.server.takeEffects()).toEqual([]);
  probe.run(({ api }) => api.RedisModule_UnblockClient(blocked, 0));
  expect(probe.server.takeEffects()).toEqual([['probe.wait', 'k']]);
});
