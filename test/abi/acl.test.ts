// Through the ABI, also: host/module/module-user.ts. Logins that modules decide about are in
// test/module/login.test.ts, calls in the name of users in test/module/caller.test.ts.

import { beforeEach, describe, expect, test } from 'vitest';
import { CONSTANTS as C } from '../../abi/constants.ts';
import { ERRNO } from '../../abi/exports.ts';
import type { User } from '../../host/acl/user.ts';
import { type Connected, connect } from '../support/connected.ts';
import { Probe, type ProbeCall } from '../support/probe.ts';
import { loading } from '../support/probe-type.ts';

const OK = 0;
const ERR = 1;

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

const access = () => probe.server.instance.clientServices.access;
const named = (name: string): User | null =>
  access()
    .users.sorted()
    .find((user) => user.name === name) ?? null;

/** A module user with rules. */
function userWith(rules: string): number {
  return probe.run(({ ctx, api }) => {
    const user = api.RedisModule_CreateModuleUser(probe.cstring('mine'));
    const status = api.RedisModule_SetModuleUserACLString(ctx, user, probe.cstring(rules), 0);
    expect(status).toBe(OK);
    return user;
  });
}

describe('module users', () => {
  test('are made without permissions, listed nowhere, and changed by rules', () => {
    probe.run(({ ctx, api }) => {
      const user = api.RedisModule_CreateModuleUser(probe.cstring('mine'));
      const text = () => probe.textOf(api.RedisModule_GetModuleUserACLString(user));
      expect(text()).toBe('off sanitize-payload resetchannels -@all');
      expect(api.RedisModule_SetModuleUserACL(user, probe.cstring('on'))).toBe(OK);
      expect(api.RedisModule_SetModuleUserACL(user, probe.cstring('nonsense'))).toBe(ERR);
      const error = probe.room();
      const set = (rules: string) =>
        api.RedisModule_SetModuleUserACLString(ctx, user, probe.cstring(rules), error);
      expect(set('~k +get (~x +set)')).toBe(OK);
      expect(text()).toBe(
        'on sanitize-payload ~k resetchannels -@all +get (~x resetchannels -@all +set)',
      );
      expect(set('off +nosuch')).toBe(ERR);
      expect(probe.textOf(probe.u32(error))).toBe(
        "Error in ACL SETUSER modifier '+nosuch': Unknown command or category name in ACL",
      );
      expect(text()).toContain('on sanitize-payload ~k');
    });
    expect(named('mine')).toBe(null);
  });

  test('are gone with their handle, and so are their clients', () => {
    const client = connect(probe.server);
    const user = userWith('on +@all ~*');
    const logIn = ({ ctx, api }: ProbeCall) =>
      api.RedisModule_AuthenticateClientWithUser(ctx, user, 0, 0, 0);
    expect(probe.run(logIn, { client: client.client })).toBe(OK);
    expect(client.raw('ACL', 'WHOAMI')).toBe('$4\r\nmine\r\n');
    probe.run(({ api }) => api.RedisModule_FreeModuleUser(user));
    expect(client.transport.isClosed).toBe(true);
    expect(probe.trapOf(({ api }) => api.RedisModule_FreeModuleUser(user))).toContain('user');
  });

  test('are gone when the module is unloaded', () => {
    const client = connect(probe.server);
    const user = userWith('on +@all ~*');
    probe.run(({ ctx, api }) => api.RedisModule_AuthenticateClientWithUser(ctx, user, 0, 0, 0), {
      client: client.client,
    });
    expect(probe.server.instance.modules.unload('probe')).toBe(null);
    expect(client.transport.isClosed).toBe(true);
  });

  test('of ACL are found by name if they are on', () => {
    probe.server.raw('ACL', 'SETUSER', 'alice', 'on', '+get');
    probe.server.raw('ACL', 'SETUSER', 'bob');
    probe.run(({ api }) => {
      const find = (name: string) => api.RedisModule_GetModuleUserFromUserName(probe.string(name));
      expect([find('nobody'), find('bob')]).toEqual([0, 0]);
      const alice = find('alice');
      const text = api.RedisModule_GetModuleUserACLString(alice);
      expect(probe.textOf(text)).toBe('on sanitize-payload resetchannels -@all +get');
      api.RedisModule_FreeModuleUser(alice);
    });
    expect(named('alice')).not.toBe(null);
  });

  test('that were deleted may do nothing', () => {
    probe.server.raw('ACL', 'SETUSER', 'alice', 'on', '+@all', 'allkeys');
    const alice = probe.run(({ api }) =>
      api.RedisModule_GetModuleUserFromUserName(probe.string('alice')),
    );
    probe.server.raw('ACL', 'DELUSER', 'alice');
    const status = probe.run(({ api }) =>
      api.RedisModule_ACLCheckKeyPermissions(alice, probe.string('k'), 0),
    );
    expect(status).toBe(ERR);
  });
});

test('the name of the user of the client', () => {
  probe.run(({ ctx, api }) => {
    expect(probe.textOf(api.RedisModule_GetCurrentUserName(ctx))).toBe('default');
  });
  const none = probe.run(({ ctx, api }) => api.RedisModule_GetCurrentUserName(ctx), {
    client: null,
  });
  expect(none).toBe(0);
});

describe('checks', () => {
  const check = (rules: string, ask: (user: number, api: ProbeCall['api']) => number) => {
    const user = userWith(rules);
    const status = probe.run(({ api }) => ask(user, api));
    return status === OK ? 'OK' : Object.entries(ERRNO).find(([, n]) => n === probe.errno)?.[0];
  };
  const command = (rules: string, line: string) =>
    check(rules, (user, api) => {
      const words = line === '' ? [] : line.split(' ');
      const argv = probe.room(4 * words.length + 4);
      for (const [i, word] of words.entries()) {
        probe.m.memory.writeU32(argv + 4 * i, probe.string(word));
      }
      return api.RedisModule_ACLCheckCommandPermissions(user, argv, words.length);
    });

  test('command lines', () => {
    expect(command('+get ~k', 'GET k')).toBe('OK');
    expect(command('+get ~k', 'GET x')).toBe('EACCES');
    expect(command('+get ~k', 'config get x')).toBe('EACCES');
    expect(command('+@all ~*', 'nosuch')).toBe('ENOENT');
    expect(command('+@all ~*', '')).toBe('ENOENT');
  });

  test('keys', () => {
    const key = (flags: number) =>
      check('%R~k', (user, api) =>
        api.RedisModule_ACLCheckKeyPermissions(user, probe.string('k'), flags),
      );
    expect(key(C.REDISMODULE_CMD_KEY_ACCESS)).toBe('OK');
    expect(key(0)).toBe('OK');
    expect(key(C.REDISMODULE_CMD_KEY_DELETE)).toBe('EACCES');
    expect(key(C.REDISMODULE_CMD_KEY_ACCESS | C.REDISMODULE_CMD_KEY_UPDATE)).toBe('EACCES');
    expect(key(C.REDISMODULE_CMD_KEY_RO)).toBe('EINVAL');
  });

  test('channels', () => {
    const channel = (name: string, ...flags: (number | bigint)[]) =>
      check('&c*', (user, api) => {
        const all = flags.reduce((sum: number, flag) => sum | Number(flag), 0);
        return api.RedisModule_ACLCheckChannelPermissions(user, probe.string(name), all);
      });
    expect(channel('c1', C.REDISMODULE_CMD_CHANNEL_PUBLISH)).toBe('OK');
    expect(channel('x', C.REDISMODULE_CMD_CHANNEL_SUBSCRIBE)).toBe('EACCES');
    expect(channel('x', C.REDISMODULE_CMD_CHANNEL_UNSUBSCRIBE)).toBe('OK');
    const pattern = [C.REDISMODULE_CMD_CHANNEL_PATTERN, C.REDISMODULE_CMD_CHANNEL_SUBSCRIBE];
    expect(channel('c1', ...pattern)).toBe('EACCES');
    expect(channel('c*', ...pattern)).toBe('OK');
    expect(channel('c', 1 << 20)).toBe('EINVAL');
  });
});

test('refusals of a module are in the log', () => {
  const user = userWith('on');
  probe.run(({ ctx, api }) => {
    const note = (reason: number) =>
      api.RedisModule_ACLAddLogEntry(ctx, user, probe.string('thing'), reason);
    note(C.REDISMODULE_ACL_LOG_KEY);
    note(C.REDISMODULE_ACL_LOG_KEY);
    note(99);
    const [name, object] = [probe.string('eve'), probe.string('auth')];
    api.RedisModule_ACLAddLogEntryByUserName(ctx, name, object, C.REDISMODULE_ACL_LOG_AUTH);
  });
  const shown = access().log.entries.map(
    ({ reason, origin, object, userName, count }) =>
      `${reason} ${origin} ${object} ${userName} ${count}`,
  );
  expect(shown).toEqual(['auth module auth eve 1', 'key module thing mine 2']);
});

describe('logging a client in', () => {
  let client: Connected;
  let told: string[];

  beforeEach(() => {
    client = connect(probe.server);
    told = [];
    probe.server.raw('ACL', 'SETUSER', 'alice', 'on', '>p', '+@all', '~*');
  });

  const logIn = (name: string, callback = 0, idAt = 0): number =>
    probe.run(
      ({ ctx, api }) =>
        api.RedisModule_AuthenticateClientWithACLUser(
          ctx,
          probe.cstring(name),
          name.length,
          callback,
          77,
          idAt,
        ),
      { client: client.client },
    );
  const listener = (): number =>
    probe.callback('RedisModuleUserChangedFunc', (id, data) => {
      told.push(`${id} ${data}`);
    });

  test('as a user of ACL', () => {
    const id = probe.room();
    expect(logIn('alice', 0, id)).toBe(OK);
    expect(probe.m.memory.readU64(id)).toBe(BigInt(client.client.id));
    expect(client.raw('ACL', 'WHOAMI')).toBe('$5\r\nalice\r\n');
    expect(logIn('nobody')).toBe(ERR);
    probe.server.raw('ACL', 'SETUSER', 'alice', 'off');
    expect(logIn('alice')).toBe(ERR);
  });

  test('takes a client that is connected', () => {
    const status = probe.run(
      ({ ctx, api }) =>
        api.RedisModule_AuthenticateClientWithACLUser(ctx, probe.cstring('alice'), 5, 0, 0, 0),
      { client: null },
    );
    expect(status).toBe(ERR);
  });

  test('tells once when the client becomes somebody else', () => {
    logIn('alice', listener());
    client.raw('GET', 'k');
    expect(told).toEqual([]);
    client.raw('AUTH', 'default', 'x');
    client.raw('AUTH', 'default', 'x');
    expect(told).toEqual([`${client.client.id} 77`]);
  });

  test.each([
    ['is reset', () => client.raw('RESET')],
    ['goes away', () => probe.server.instance.dropClient(client.client)],
    ['is logged in anew', () => logIn('alice')],
  ])('tells when the client %s', (_how, act) => {
    logIn('alice', listener());
    act();
    expect(told).toEqual([`${client.client.id} 77`]);
  });

  test('is taken back when the call traps', () => {
    expect(() =>
      probe.run(
        ({ ctx, api }) => {
          const name = probe.cstring('alice');
          api.RedisModule_AuthenticateClientWithACLUser(ctx, name, 5, 0, 0, 0);
          api.RedisModule_StringPtrLen(12345, 0);
        },
        { client: client.client },
      ),
    ).toThrow();
    expect(client.raw('ACL', 'WHOAMI')).toBe('$7\r\ndefault\r\n');
  });

  test('and out again', () => {
    const id = BigInt(client.client.id);
    expect(probe.run(({ api }) => api.RedisModule_DeauthenticateAndCloseClient(0, 999n))).toBe(ERR);
    expect(probe.run(({ api }) => api.RedisModule_DeauthenticateAndCloseClient(0, id))).toBe(OK);
    expect([client.client.isAuthenticated, client.transport.isClosed]).toEqual([false, true]);
  });
});

test('clients have no certificate without TLS', () => {
  expect(probe.run(({ ctx, api }) => api.RedisModule_GetClientCertificate(ctx, 1n))).toBe(0);
});

describe('RedactClientCommandArgument', () => {
  test('hides a word from MONITOR, not from the module, replicas or the file', () => {
    const monitor = connect(probe.server);
    monitor.raw('MONITOR');
    probe.command('probe.secret', 'write', (ctx, argv) => {
      const { api } = probe;
      const redact = (at: number) => api.RedisModule_RedactClientCommandArgument(ctx, at);
      expect([0, 1, 2, 3, -1].map(redact)).toEqual([ERR, OK, OK, ERR, ERR]);
      const word = probe.textOf(probe.u32(argv + 4));
      api.RedisModule_ReplicateVerbatim(ctx);
      api.RedisModule_ReplyWithSimpleString(ctx, probe.cstring(word));
    });
    expect(probe.server.raw('probe.secret', 'a', 'b')).toBe('+a\r\n');
    expect(monitor.take()).toMatch(/"probe.secret" "\(redacted\)" "\(redacted\)"/);
    expect(probe.server.takeEffects()).toContainEqual(['probe.secret', 'a', 'b']);
  });

  test('needs a command', () => {
    const redact = ({ ctx, api }: ProbeCall) => api.RedisModule_RedactClientCommandArgument(ctx, 1);
    expect(probe.run(redact)).toBe(ERR);
  });
});

describe('categories', () => {
  const add = (name: string) =>
    loading(probe, ({ ctx, api }) => api.RedisModule_AddACLCategory(ctx, probe.cstring(name)));
  const assign = (command: string, words: string) =>
    loading(probe, ({ ctx, api }) => {
      const handle = api.RedisModule_GetCommand(ctx, probe.cstring(command));
      return api.RedisModule_SetCommandACLCategories(handle, probe.cstring(words));
    });

  test('of commands are those they ask for', () => {
    probe.command('probe.plain', 'readonly fast', () => {});
    const categories = () => probe.server.raw('COMMAND', 'INFO', 'probe.plain').match(/\+@\w+/g);
    expect(categories()).toBe(null);
    expect(assign('probe.plain', 'read  fast')).toBe(OK);
    expect(categories()).toEqual(['+@read', '+@fast']);
    expect(assign('probe.plain', 'nosuch')).toBe(ERR);
    access().users.recompute(); // the end of loading does
    probe.server.raw('ACL', 'SETUSER', 'u', '+@read');
    expect(probe.server.raw('ACL', 'DRYRUN', 'u', 'probe.plain')).toBe('+OK\r\n');
  });

  test('may be added while the module is loaded', () => {
    expect(add('mine')).toBe(OK);
    expect([add('mine'), probe.errno]).toEqual([ERR, ERRNO.EBUSY]);
    expect([add('READ'), probe.errno]).toEqual([ERR, ERRNO.EBUSY]);
    expect([add('a b'), probe.errno]).toEqual([ERR, ERRNO.EINVAL]);
    const late = probe.run(({ ctx, api }) =>
      api.RedisModule_AddACLCategory(ctx, probe.cstring('late')),
    );
    expect([late, probe.errno]).toEqual([ERR, ERRNO.EINVAL]);
    probe.command('probe.plain', '', () => {});
    expect(assign('probe.plain', 'mine')).toBe(OK);
    expect(probe.server.raw('ACL', 'CAT')).toContain('mine');
    expect(probe.server.raw('ACL', 'CAT', 'mine')).toBe('*1\r\n$11\r\nprobe.plain\r\n');
    expect(probe.server.raw('ACL', 'SETUSER', 'u', '+@mine')).toBe('+OK\r\n');
  });

  test('are 64 at most', () => {
    const free = 64 - 21;
    for (let i = 0; i < free; i++) expect(add(`c${i}`)).toBe(OK);
    expect([add('more'), probe.errno]).toEqual([ERR, ERRNO.ENOMEM]);
  });
});

test('getchannels-api commands name their channels', () => {
  probe.command('probe.pub', 'getchannels-api', (ctx) => {
    const { api } = probe;
    if (api.RedisModule_IsChannelsPositionRequest(ctx) === 0) return;
    for (const position of [1, 99, -1]) {
      const flag = Number(C.REDISMODULE_CMD_CHANNEL_PUBLISH);
      api.RedisModule_ChannelAtPosWithFlags(ctx, position, flag);
    }
    const unsubscribe = Number(C.REDISMODULE_CMD_CHANNEL_UNSUBSCRIBE);
    api.RedisModule_ChannelAtPosWithFlags(ctx, 2, unsubscribe);
  });
  probe.server.raw('ACL', 'SETUSER', 'u', '+probe.pub', '&c');
  expect(probe.server.raw('ACL', 'DRYRUN', 'u', 'probe.pub', 'c', 'x')).toBe('+OK\r\n');
  expect(probe.server.raw('ACL', 'DRYRUN', 'u', 'probe.pub', 'x', 'c')).toContain(
    "the 'x' channel",
  );
});
