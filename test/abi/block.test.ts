// Through the ABI, also: host/module/blocked-client.ts.

import { beforeEach, describe, expect, test } from 'vitest';
import { CONSTANTS as C } from '../../abi/constants.ts';
import { Probe } from '../support/probe.ts';
import { loading } from '../support/probe-type.ts';

const OK = 0;
const ERR = 1;
const DATA = 4096;

let probe: Probe;
let heard: string[];

beforeEach(async () => {
  probe = await Probe.load();
  heard = [];
});

/** Registers the command `probe.block`. */
function onBlock(body: (ctx: number, argv: number) => void): void {
  const fn = probe.callback('RedisModuleCmdFunc', (ctx, argv) => {
    body(Number(ctx), Number(argv));
    return OK;
  });
  const [name, flags] = [probe.cstring('probe.block'), probe.cstring('')];
  loading(probe, ({ ctx, api }) => api.RedisModule_CreateCommand(ctx, name, fn, flags, 0, 0, 0));
}

/** A callback that replies `text` and notes what it is told. */
function answer(text: string, status = OK): number {
  return probe.callback('RedisModuleCmdFunc', (handle) => {
    const { api } = probe;
    const ctx = Number(handle);
    const key = api.RedisModule_GetBlockedClientReadyKey(ctx);
    heard.push(
      [
        text,
        api.RedisModule_IsBlockedReplyRequest(ctx),
        api.RedisModule_IsBlockedTimeoutRequest(ctx),
        api.RedisModule_GetBlockedClientPrivateData(ctx),
        key === 0 ? '-' : probe.textOf(key),
      ].join(' '),
    );
    if (status === OK) api.RedisModule_ReplyWithSimpleString(ctx, probe.cstring(text));
    return status;
  });
}

/** Lets what waits for the next turn of the event loop happen. */
function nextTurn(): string {
  probe.server.advance(1);
  probe.m.executor.unit(() => {});
  return probe.server.takeReply();
}

describe('BlockClient', () => {
  function block(timeoutMs: bigint): () => number {
    let blocked = 0;
    const [reply, timeout] = [answer('reply'), answer('timeout')];
    const free = probe.callback('RedisModuleFreePrivDataFunc', (_ctx, data) => {
      heard.push(`free ${data}`);
    });
    onBlock((ctx) => {
      blocked = probe.api.RedisModule_BlockClient(ctx, reply, timeout, free, timeoutMs);
    });
    expect(probe.server.raw('probe.block')).toBe('');
    return () => blocked;
  }

  test('leaves the client waiting until it is unblocked', () => {
    const blocked = block(0n);
    expect(probe.run(({ api }) => api.RedisModule_UnblockClient(blocked(), DATA))).toBe(OK);
    expect(nextTurn()).toBe('+reply\r\n');
    expect(heard).toEqual([`reply 1 0 ${DATA} -`, `free ${DATA}`]);
  });

  test('ends with its timeout', () => {
    block(50n);
    probe.server.advance(60);
    expect(nextTurn()).toBe('+timeout\r\n');
    expect(heard[0]).toBe('timeout 0 1 0 -');
  });

  test('private data can be set before', () => {
    const blocked = block(0n);
    probe.run(({ api }) => {
      api.RedisModule_BlockClientSetPrivateData(blocked(), 512);
      expect(api.RedisModule_BlockClientGetPrivateData(blocked())).toBe(512);
    });
  });

  test('is refused in a transaction', () => {
    const reply = answer('reply');
    onBlock((ctx) => void probe.api.RedisModule_BlockClient(ctx, reply, 0, 0, 0n));
    probe.server.raw('MULTI');
    probe.server.raw('probe.block');
    expect(probe.server.raw('EXEC')).toBe(
      '*1\r\n-ERR Blocking module command called from transaction\r\n',
    );
  });

  test('is called off by AbortBlock, whose command has replied itself', () => {
    onBlock((ctx) => {
      const { api } = probe;
      const blocked = api.RedisModule_BlockClient(ctx, 0, 0, 0, 0n);
      expect(api.RedisModule_AbortBlock(blocked)).toBe(OK);
      api.RedisModule_ReplyWithSimpleString(ctx, probe.cstring('now'));
    });
    expect(probe.server.raw('probe.block') + nextTurn()).toBe('+now\r\n');
  });

  test('tells of a disconnection', () => {
    const blocked = block(0n);
    const gone = probe.callback('RedisModuleDisconnectFunc', () => {
      heard.push('gone');
    });
    probe.run(({ api }) => api.RedisModule_SetDisconnectCallback(blocked(), gone));
    probe.server.instance.dropClient(probe.server.client);
    nextTurn();
    expect(heard).toContain('gone');
  });
});

describe('BlockClientOnKeys', () => {
  function blockOn(reply: number, timeout: number, flags: number | null = null): () => number {
    let blocked = 0;
    const keys = probe.varargs(probe.string('k'));
    onBlock((ctx) => {
      const { api } = probe;
      const common = [ctx, reply, timeout, 0, 0n, keys, 1, DATA] as const;
      blocked =
        flags === null
          ? api.RedisModule_BlockClientOnKeys(...common)
          : api.RedisModule_BlockClientOnKeysWithFlags(...common, flags);
    });
    expect(probe.server.raw('probe.block')).toBe('');
    return () => blocked;
  }

  const other = (...words: string[]) =>
    probe.server.rawAs(probe.server.instance.createClient(), ...words);

  test('wakes when a write makes a key ready, and knows which', () => {
    blockOn(answer('ready'), 0);
    other('RPUSH', 'k', 'v');
    expect(probe.server.takeReply()).toBe('+ready\r\n');
    expect(heard).toEqual([`ready 1 0 ${DATA} k`]);
  });

  test('wakes by SignalKeyAsReady, and waits on when the callback returns ERR', () => {
    blockOn(answer('not yet', ERR), 0);
    other('SET', 'k', 'v');
    probe.run(({ ctx, api }) => api.RedisModule_SignalKeyAsReady(ctx, probe.string('k')), {
      client: null,
    });
    expect(heard.length).toBeGreaterThan(0);
    expect(probe.server.takeReply()).toBe('');
  });

  test.each([
    'DEL k',
    'LPOP k',
    'RENAME k elsewhere',
    'MOVE k 5',
    'SET k string',
    'EXPIRE k -1',
    'FLUSHDB',
    'FLUSHALL',
    'FLUSHALL ASYNC',
    'SWAPDB 0 1',
  ])('wakes by %s when it is to wake on deletion', (command) => {
    other('RPUSH', 'k', 'v');
    blockOn(answer('deleted'), 0, C.REDISMODULE_BLOCK_UNBLOCK_DELETED);
    other(...command.split(' '));
    expect(probe.server.takeReply()).toBe('+deleted\r\n');
  });

  test.each(['DEL k', 'FLUSHDB', 'FLUSHALL', 'SWAPDB 0 1'])(
    'does not wake by %s when it is not to',
    (command) => {
      other('RPUSH', 'k', 'v');
      blockOn(answer('deleted'), 0, 0);
      other(...command.split(' '));
      expect(probe.server.takeReply()).toBe('');
      expect(heard).toEqual([]);
    },
  );

  test.each(['SET k v', 'SADD k v', 'HSET k f v'])(
    'does not wake when what %s made is deleted: nobody can wait for such a value',
    (command) => {
      other(...command.split(' '));
      blockOn(answer('deleted'), 0, C.REDISMODULE_BLOCK_UNBLOCK_DELETED);
      other('FLUSHALL');
      expect(heard).toEqual([]);
    },
  );

  test('wakes by SWAPDB only when the key changes its type', () => {
    other('RPUSH', 'k', 'v');
    const second = probe.server.instance.createClient();
    probe.server.rawAs(second, 'SELECT', 1);
    probe.server.rawAs(second, 'RPUSH', 'k', 'w');
    blockOn(answer('not yet', ERR), 0, C.REDISMODULE_BLOCK_UNBLOCK_DELETED);
    other('SWAPDB', '0', '1');
    expect(heard).toHaveLength(1); // it is there: once for that, never for a deletion
    probe.server.rawAs(second, 'DEL', 'k');
    other('SWAPDB', '0', '1');
    expect(heard).toHaveLength(2);
  });

  test('of another database does not wake by FLUSHDB', () => {
    other('RPUSH', 'k', 'v');
    blockOn(answer('deleted'), 0, C.REDISMODULE_BLOCK_UNBLOCK_DELETED);
    const second = probe.server.instance.createClient();
    probe.server.rawAs(second, 'SELECT', 1);
    probe.server.rawAs(second, 'FLUSHDB');
    expect(heard).toEqual([]);
  });

  test('can be unblocked only with a timeout callback', () => {
    const blocked = blockOn(answer('ready'), 0);
    expect(probe.run(({ api }) => api.RedisModule_UnblockClient(blocked(), 0))).toBe(ERR);
  });
});

test('outside of a blocked client there is nothing to ask', () => {
  probe.run(({ ctx, api }) => {
    expect(api.RedisModule_IsBlockedReplyRequest(ctx)).toBe(0);
    expect(api.RedisModule_IsBlockedTimeoutRequest(ctx)).toBe(0);
    expect(api.RedisModule_GetBlockedClientPrivateData(ctx)).toBe(0);
    expect(api.RedisModule_GetBlockedClientReadyKey(ctx)).toBe(0);
    expect(api.RedisModule_GetBlockedClientHandle(ctx)).toBe(0);
    expect(api.RedisModule_BlockedClientDisconnected(ctx)).toBe(0);
  });
});

test('a blocked client that is none traps', () => {
  expect(probe.trapOf(({ api }) => api.RedisModule_UnblockClient(0, 0))).toContain("argument 'bc'");
  const string = probe.string('x');
  expect(probe.trapOf(({ api }) => api.RedisModule_AbortBlock(string))).toContain("argument 'bc'");
});
