// Through the ABI, also:
// host/module/command-flags.ts
// host/module/command-info.ts
// host/module/register-command.ts
// host/module/command.ts
// host/module/structs.ts

import { beforeEach, describe, expect, test } from 'vitest';
import { CONSTANTS as C } from '../../abi/constants.ts';
import { Probe } from '../support/probe.ts';
import { loading } from '../support/probe-type.ts';

const OK = 0;
const ERR = 1;

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

type Body = (ctx: number, argv: number, argc: number) => number;

function create(name: string, flags = 'readonly', keys = [0, 0, 0], body: Body = () => OK): number {
  const fn = probe.callback('RedisModuleCmdFunc', (ctx, argv, argc) =>
    body(Number(ctx), Number(argv), Number(argc)),
  );
  const [first = 0, last = 0, step = 0] = keys;
  return loading(probe, ({ ctx, api }) =>
    api.RedisModule_CreateCommand(
      ctx,
      probe.cstring(name),
      fn,
      probe.cstring(flags),
      first,
      last,
      step,
    ),
  );
}

describe('CreateCommand', () => {
  test('makes a command that clients can call', () => {
    const body: Body = (ctx, argv, argc) => {
      const name = probe.api.RedisModule_GetCurrentCommandName(ctx);
      expect(probe.m.memory.cstring(name)).toBe('probe.x');
      expect([probe.textOf(probe.u32(argv + 4)), argc]).toEqual(['arg', 2]);
      return probe.api.RedisModule_ReplyWithLongLong(ctx, 5n);
    };
    expect(create('Probe.X', 'readonly', [0, 0, 0], body)).toBe(OK);
    expect(probe.server.raw('PROBE.x', 'arg')).toBe(':5\r\n');
  });

  test.each([
    ['a flag that does not exist', 'probe.x', 'readonly nonsense'],
    ['a name that is taken', 'get', 'readonly'],
    ['a name with a space', 'probe x', 'readonly'],
  ])('refuses %s', (_what, name, flags) => {
    expect(create(name, flags)).toBe(ERR);
  });

  test('is for OnLoad only', () => {
    const fn = probe.callback('RedisModuleCmdFunc', () => OK);
    const [name, flags] = [probe.cstring('probe.x'), probe.cstring('')];
    expect(
      probe.run(({ ctx, api }) => api.RedisModule_CreateCommand(ctx, name, fn, flags, 0, 0, 0)),
    ).toBe(ERR);
  });

  test('traps for a function of another type', () => {
    const fn = probe.callback('RedisModuleTypeFreeFunc', () => {});
    const [name, flags] = [probe.cstring('probe.x'), probe.cstring('')];
    expect(
      probe.trapOf(({ ctx, api }) => {
        probe.m.isLoading = true;
        api.RedisModule_CreateCommand(ctx, name, fn, flags, 0, 0, 0);
      }),
    ).toContain("argument 'cmdfunc'");
  });

  test('a trap is the reply, and what the command did is undone', () => {
    create('probe.x', 'write', [1, 1, 1], (ctx, argv) => {
      const key = probe.api.RedisModule_OpenKey(ctx, probe.u32(argv + 4), 2);
      probe.api.RedisModule_StringSet(key, probe.u32(argv + 4));
      probe.api.RedisModule_Free(8);
      return OK;
    });
    expect(probe.server.raw('probe.x', 'k')).toMatch(/^-ERR module 'probe' trapped in /);
    expect(probe.server.raw('EXISTS', 'k')).toBe(':0\r\n');
  });
});

describe('GetCommand and CreateSubcommand', () => {
  test('find commands of the module only', () => {
    create('probe.x');
    probe.run(({ ctx, api }) => {
      const handle = api.RedisModule_GetCommand(ctx, probe.cstring('PROBE.X'));
      expect(handle).not.toBe(0);
      expect(api.RedisModule_GetCommand(ctx, probe.cstring('probe.x'))).toBe(handle);
      expect(api.RedisModule_GetCommand(ctx, probe.cstring('get'))).toBe(0);
    });
  });

  test('subcommands belong to a command without a function', () => {
    create('probe.x');
    const sub = probe.callback('RedisModuleCmdFunc', (ctx) =>
      probe.api.RedisModule_ReplyWithLongLong(Number(ctx), 7n),
    );
    const [name, flags] = [probe.cstring('sub'), probe.cstring('')];
    loading(probe, ({ ctx, api }) => {
      const parent = probe.cstring('probe.parent');
      expect(api.RedisModule_CreateCommand(ctx, parent, 0, flags, 0, 0, 0)).toBe(OK);
      const container = api.RedisModule_GetCommand(ctx, parent);
      expect(api.RedisModule_CreateSubcommand(container, name, sub, flags, 0, 0, 0)).toBe(OK);
      expect(api.RedisModule_CreateSubcommand(container, name, sub, flags, 0, 0, 0)).toBe(ERR);
      const plain = api.RedisModule_GetCommand(ctx, probe.cstring('probe.x'));
      expect(api.RedisModule_CreateSubcommand(plain, name, sub, flags, 0, 0, 0)).toBe(ERR);
      expect(api.RedisModule_GetCommand(ctx, probe.cstring('probe.parent|sub'))).not.toBe(0);
    });
    expect(probe.server.raw('probe.parent', 'sub')).toBe(':7\r\n');
  });
});

test('getkeys-api commands report their keys when they are asked', () => {
  create('probe.x', 'readonly getkeys-api', [0, 0, 0], (ctx) => {
    if (probe.api.RedisModule_IsKeysPositionRequest(ctx) === 0) return OK;
    probe.api.RedisModule_KeyAtPos(ctx, 2);
    probe.api.RedisModule_KeyAtPosWithFlags(ctx, 1, C.REDISMODULE_CMD_KEY_RO);
    return OK;
  });
  expect(probe.server.raw('COMMAND', 'GETKEYS', 'probe.x', 'a', 'b')).toBe(
    '*2\r\n$1\r\nb\r\n$1\r\na\r\n',
  );
});

test('outside of a request positions are ignored', () => {
  probe.run(({ ctx, api }) => {
    expect(api.RedisModule_IsKeysPositionRequest(ctx)).toBe(0);
    expect(api.RedisModule_IsChannelsPositionRequest(ctx)).toBe(0);
    api.RedisModule_KeyAtPos(ctx, 1);
    api.RedisModule_ChannelAtPosWithFlags(ctx, 1, 0);
  });
});
