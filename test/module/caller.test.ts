// RedisModule_Call in the name of users; the rest of it is in test/abi/call.test.ts.

import { beforeEach, describe, expect, test } from 'vitest';
import { ERRNO } from '../../abi/exports.ts';
import { Probe, type ProbeCall } from '../support/probe.ts';

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

const access = () => probe.server.instance.clientServices.access;

/** A module user with rules. */
function userWith(rules: string): number {
  return probe.run(({ ctx, api }) => {
    const user = api.RedisModule_CreateModuleUser(probe.cstring('mine'));
    const status = api.RedisModule_SetModuleUserACLString(ctx, user, probe.cstring(rules), 0);
    expect(status).toBe(0);
    return user;
  });
}

describe('calls', () => {
  const call = (call: ProbeCall, format: string, ...words: string[]): string => {
    const { ctx, api } = call;
    const args = probe.varargs(...words.slice(1));
    const fmt = probe.cstring(format + 'c'.repeat(words.length - 1));
    const reply = api.RedisModule_Call(ctx, probe.cstring(words[0] ?? ''), fmt, args);
    if (reply === 0) return `errno ${probe.errno}`;
    const length = probe.room();
    const at = api.RedisModule_CallReplyProto(reply, length);
    return probe.bytes(at, probe.u32(length));
  };
  const NO_KEY = '-NOPERM No permissions to access a key\r\n';
  const origin = () => access().log.entries[0]?.origin;

  test('with the flag C need the permissions of the client', () => {
    probe.server.raw('ACL', 'SETUSER', 'alice', 'on', 'nopass', '+@all', '~a*');
    probe.server.raw('AUTH', 'alice', 'x');
    probe.run((c) => {
      expect(call(c, 'EC', 'GET', 'b')).toBe(NO_KEY);
      expect(call(c, 'C', 'GET', 'b')).toBe(`errno ${ERRNO.EACCES}`);
      expect(call(c, 'EC', 'GET', 'a')).toBe('$-1\r\n');
      expect(call(c, 'E', 'GET', 'b')).toBe('$-1\r\n');
      expect(call(c, 'EC', 'ACL', 'WHOAMI')).toBe('$5\r\nalice\r\n');
    });
    expect(origin()).toBe('module');
  });

  test('need those of the user that the module has chosen', () => {
    const user = userWith('+get ~b');
    probe.run((c) => {
      c.api.RedisModule_SetContextUser(c.ctx, user);
      expect(call(c, 'EC', 'GET', 'b')).toBe('$-1\r\n');
      expect(call(c, 'EC', 'SET', 'b', 'v')).toBe(
        "-NOPERM User mine has no permissions to run the 'set' command\r\n",
      );
      c.api.RedisModule_SetContextUser(c.ctx, 0);
      expect(call(c, 'EC', 'SET', 'b', 'v')).toBe('+OK\r\n');
    });
  });

  test('with nobody to ask are refused', () => {
    probe.run((c) => expect(call(c, 'C', 'PING')).toBe(`errno ${ERRNO.ENOTSUP}`), { client: null });
  });

  describe('with module-acl-user', () => {
    beforeEach(() => {
      probe.server.raw('ACL', 'SETUSER', 'limit', '+get', '+acl|whoami', '~a*');
      probe.server.raw('CONFIG', 'SET', 'module-acl-user', 'limit');
    });

    test('all need its permissions, whoever the client is', () => {
      probe.run((c) => {
        expect(call(c, 'E', 'GET', 'a')).toBe('$-1\r\n');
        expect(call(c, 'E', 'GET', 'b')).toBe(NO_KEY);
        expect(call(c, 'EC', 'GET', 'b')).toBe(NO_KEY);
        expect(call(c, 'E', 'ACL', 'WHOAMI')).toBe('$5\r\nlimit\r\n');
      });
      probe.run((c) => expect(call(c, 'E', 'GET', 'b')).toBe(NO_KEY), { client: null });
      expect(origin()).toBe('module');
    });

    test('a user that the module has chosen may do less, never more', () => {
      const user = userWith('+get ~b ~ab');
      probe.run((c) => {
        c.api.RedisModule_SetContextUser(c.ctx, user);
        expect(call(c, 'E', 'GET', 'b')).toBe(NO_KEY);
        expect(call(c, 'EC', 'GET', 'b')).toBe(NO_KEY);
        expect(call(c, 'E', 'GET', 'a')).toBe('$-1\r\n');
        expect(call(c, 'EC', 'GET', 'a')).toBe(NO_KEY);
        expect(call(c, 'EC', 'GET', 'ab')).toBe('$-1\r\n');
      });
    });

    test('nothing is allowed while there is no such user', () => {
      probe.server.raw('CONFIG', 'SET', 'module-acl-user', 'nobody');
      probe.run((c) =>
        expect(call(c, 'E', 'PING')).toBe(
          "-NOPERM the user 'nobody' of module-acl-user does not exist\r\n",
        ),
      );
      probe.server.raw('CONFIG', 'SET', 'module-acl-user', '');
      probe.run((c) => expect(call(c, 'E', 'PING')).toBe('+PONG\r\n'));
    });
  });
});
