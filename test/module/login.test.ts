import { beforeEach, describe, expect, test } from 'vitest';
import { CONSTANTS as C } from '../../abi/constants.ts';
import { type Connected, connect } from '../support/connected.ts';
import { Probe } from '../support/probe.ts';

const HANDLED = C.REDISMODULE_AUTH_HANDLED;
const NOT_HANDLED = C.REDISMODULE_AUTH_NOT_HANDLED;
const WRONG = '-WRONGPASS invalid username-password pair or user is disabled.\r\n';

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

describe('authentication callbacks', () => {
  let client: Connected;
  beforeEach(() => {
    client = connect(probe.server);
    probe.server.raw('ACL', 'SETUSER', 'alice', 'on', '>p', '+@all', '~*');
  });

  /** Decides on logins by the password. */
  function register(decide: (ctx: number, password: string, error: number) => number): void {
    const callback = probe.callback('RedisModuleAuthCallback', (ctx, _name, password, error) =>
      decide(Number(ctx), probe.textOf(Number(password)), Number(error)),
    );
    probe.run(({ ctx, api }) => api.RedisModule_RegisterAuthCallback(ctx, callback));
  }
  const letIn = (ctx: number): number =>
    probe.api.RedisModule_AuthenticateClientWithACLUser(ctx, probe.cstring('alice'), 5, 0, 0, 0);

  test('let in, refuse with or without a text, or leave it to the password', () => {
    register((ctx, password, error) => {
      if (password === 'in') letIn(ctx);
      if (password === 'text') probe.m.memory.writeU32(error, probe.string('no way'));
      if (password === 'code') probe.m.memory.writeU32(error, probe.string('-NOPE no way'));
      return password === 'p' ? NOT_HANDLED : HANDLED;
    });
    const auth = (password: string) => client.raw('AUTH', 'alice', password);
    expect(['out', 'text', 'code'].map(auth)).toEqual([
      WRONG,
      '-ERR no way\r\n',
      '-NOPE no way\r\n',
    ]);
    expect(client.raw('ACL', 'WHOAMI')).toBe('$7\r\ndefault\r\n');
    expect(auth('in')).toBe('+OK\r\n');
    expect(client.raw('ACL', 'WHOAMI')).toBe('$5\r\nalice\r\n');
    expect(auth('p')).toBe('+OK\r\n');
    expect(client.raw('HELLO', '2', 'AUTH', 'alice', 'text')).toBe('-ERR no way\r\n');
  });

  test('that trap let nobody in', () => {
    register((ctx) => {
      letIn(ctx);
      return probe.api.RedisModule_StringPtrLen(1, 0);
    });
    expect(client.raw('AUTH', 'alice', 'p')).toMatch(/^-ERR module 'probe' trapped in auth/);
    expect(client.raw('ACL', 'WHOAMI')).toBe('$7\r\ndefault\r\n');
  });

  test('go with the module', () => {
    register(() => HANDLED);
    expect(client.raw('AUTH', 'alice', 'p')).toBe(WRONG);
    expect(probe.server.instance.modules.unload('probe')).toBe(null);
    expect(client.raw('AUTH', 'alice', 'p')).toBe('+OK\r\n');
  });

  describe('that take their time', () => {
    let blocked: number;
    let freed: number[];

    /** Blocks; when it is unblocked with data, the reply callback decides by `decide`. */
    function block(decide: (ctx: number) => number): void {
      freed = [];
      const reply = probe.callback('RedisModuleAuthCallback', (ctx) => decide(Number(ctx)));
      const free = probe.callback('RedisModuleFreePrivDataFunc', (_ctx, data) => {
        freed.push(Number(data));
      });
      register((ctx) => {
        blocked = probe.api.RedisModule_BlockClientOnAuth(ctx, reply, free);
        return HANDLED;
      });
    }
    const unblock = (): void => {
      probe.run(({ api }) => api.RedisModule_UnblockClient(blocked, 88), { client: null });
    };

    test('answer in their own time', () => {
      block((ctx) => {
        expect(probe.api.RedisModule_GetBlockedClientPrivateData(ctx)).toBe(88);
        letIn(ctx);
        return HANDLED;
      });
      expect(client.raw('AUTH', 'alice', 'x')).toBe('');
      expect(client.client.blocked).not.toBe(null);
      unblock();
      expect(client.take()).toBe('+OK\r\n');
      expect([client.client.blocked, freed]).toEqual([null, [88]]);
      expect(client.raw('ACL', 'WHOAMI')).toBe('$5\r\nalice\r\n');
    });

    test('refuse, or leave it to the password', () => {
      let result: number = HANDLED;
      block(() => result);
      expect(client.raw('HELLO', '3', 'AUTH', 'alice', 'p')).toBe('');
      unblock();
      expect(client.take()).toBe(WRONG);
      result = NOT_HANDLED;
      client.raw('HELLO', '3', 'AUTH', 'alice', 'p');
      unblock();
      expect(client.take()).toMatch(/^%7\r\n/);
    });

    test('one after the other', () => {
      block(() => NOT_HANDLED);
      const first = (): number => blocked;
      register((ctx) => {
        const reply = probe.callback('RedisModuleAuthCallback', () => NOT_HANDLED);
        blocked = probe.api.RedisModule_BlockClientOnAuth(ctx, reply, 0);
        return HANDLED;
      });
      expect(client.raw('AUTH', 'alice', 'p')).toBe('');
      const newest = first();
      unblock();
      expect([client.take(), client.client.blocked === null]).toEqual(['', false]);
      expect(blocked).not.toBe(newest);
      unblock();
      expect(client.take()).toBe('+OK\r\n');
    });

    test('that give up leave it to the password', () => {
      block(() => HANDLED);
      expect(client.raw('AUTH', 'alice', 'p')).toBe('');
      probe.run(({ api }) => api.RedisModule_AbortBlock(blocked), { client: null });
      expect(client.take()).toBe('+OK\r\n');
    });

    test('do nothing for a client that has gone', () => {
      let calls = 0;
      block(() => {
        calls++;
        return HANDLED;
      });
      expect(client.raw('AUTH', 'alice', 'p')).toBe('');
      probe.server.instance.dropClient(client.client);
      unblock();
      expect([calls, freed]).toEqual([0, [88]]);
    });

    test('cannot inside of a transaction', () => {
      block(() => HANDLED);
      client.raw('MULTI');
      client.raw('AUTH', 'alice', 'p');
      expect(client.raw('EXEC')).toBe(
        '*1\r\n-ERR Blocking module command called from transaction\r\n',
      );
      unblock();
      expect(freed).toEqual([88]);
    });
  });

  test('a trap after blocking is a refusal, and nobody waits', () => {
    const reply = probe.callback('RedisModuleAuthCallback', () => HANDLED);
    register((ctx) => {
      probe.api.RedisModule_BlockClientOnAuth(ctx, reply, 0);
      return probe.api.RedisModule_StringPtrLen(1, 0);
    });
    expect(client.raw('AUTH', 'alice', 'p')).toMatch(/^-ERR module 'probe' trapped/);
    expect(client.client.blocked).toBe(null);
    expect(client.raw('PING')).toBe('+PONG\r\n');
  });

  test('nobody blocks outside of one', () => {
    const reply = probe.callback('RedisModuleAuthCallback', () => HANDLED);
    const made = probe.run(({ ctx, api }) => api.RedisModule_BlockClientOnAuth(ctx, reply, 0));
    expect(made).toBe(0);
    expect(probe.server.takeReply()).toBe(
      '-ERR Module blocking client on auth when not currently undergoing module authentication\r\n',
    );
  });
});
