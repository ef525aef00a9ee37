import { beforeEach, describe, expect, test } from 'vitest';
import { CONSTANTS } from '../../abi/constants.ts';
import { Probe, type ProbeApi } from '../support/probe.ts';

const POSTPONED = CONSTANTS.REDISMODULE_POSTPONED_LEN;

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

type Write = (api: ProbeApi, ctx: number) => unknown;

/** What a client that speaks `protocol` gets. */
function reply(protocol: 2 | 3, write: Write): string {
  probe.server.client.writer.protocol = protocol;
  probe.run(({ ctx, api }) => write(api, ctx));
  return probe.server.takeReply();
}

const text = (value: string) => probe.cstring(value);

describe('scalars', () => {
  const cases: [name: string, write: Write, resp2: string, resp3: string][] = [
    [
      'LongLong',
      (api, ctx) => api.RedisModule_ReplyWithLongLong(ctx, -(2n ** 63n)),
      ':-9223372036854775808\r\n',
      ':-9223372036854775808\r\n',
    ],
    [
      'Double',
      (api, ctx) => api.RedisModule_ReplyWithDouble(ctx, 0.1),
      '$3\r\n0.1\r\n',
      ',0.1\r\n',
    ],
    [
      'Double inf',
      (api, ctx) => api.RedisModule_ReplyWithDouble(ctx, -Infinity),
      '$4\r\n-inf\r\n',
      ',-inf\r\n',
    ],
    ['Bool', (api, ctx) => api.RedisModule_ReplyWithBool(ctx, 2), ':1\r\n', '#t\r\n'],
    ['Null', (api, ctx) => api.RedisModule_ReplyWithNull(ctx), '$-1\r\n', '_\r\n'],
    ['NullArray', (api, ctx) => api.RedisModule_ReplyWithNullArray(ctx), '*-1\r\n', '_\r\n'],
    [
      'BigNumber',
      (api, ctx) => api.RedisModule_ReplyWithBigNumber(ctx, text('123'), 3),
      '$3\r\n123\r\n',
      '(123\r\n',
    ],
    [
      'LongDouble',
      (api, ctx) =>
        api.RedisModule_ReplyWithLongDouble(ctx, 0x999999999999999an, 0xbffb999999999999n),
      '$4\r\n-0.1\r\n',
      ',-0.1\r\n',
    ],
    [
      'Error',
      (api, ctx) => api.RedisModule_ReplyWithError(ctx, text('ERR no')),
      '-ERR no\r\n',
      '-ERR no\r\n',
    ],
    [
      'ErrorFormat',
      (api, ctx) => api.RedisModule_ReplyWithErrorFormat(ctx, text('ERR %d'), probe.varargs(5)),
      '-ERR 5\r\n',
      '-ERR 5\r\n',
    ],
    [
      'SimpleString',
      (api, ctx) => api.RedisModule_ReplyWithSimpleString(ctx, text('OK')),
      '+OK\r\n',
      '+OK\r\n',
    ],
    [
      'StringBuffer',
      (api, ctx) => api.RedisModule_ReplyWithStringBuffer(ctx, text('abc'), 2),
      '$2\r\nab\r\n',
      '$2\r\nab\r\n',
    ],
    [
      'CString',
      (api, ctx) => api.RedisModule_ReplyWithCString(ctx, text('abc')),
      '$3\r\nabc\r\n',
      '$3\r\nabc\r\n',
    ],
    [
      'String',
      (api, ctx) => api.RedisModule_ReplyWithString(ctx, probe.string('abc')),
      '$3\r\nabc\r\n',
      '$3\r\nabc\r\n',
    ],
    [
      'EmptyString',
      (api, ctx) => api.RedisModule_ReplyWithEmptyString(ctx),
      '$0\r\n\r\n',
      '$0\r\n\r\n',
    ],
    [
      'VerbatimString',
      (api, ctx) => api.RedisModule_ReplyWithVerbatimString(ctx, text('abc'), 3),
      '$3\r\nabc\r\n',
      '=7\r\ntxt:abc\r\n',
    ],
    [
      'VerbatimStringType',
      (api, ctx) => api.RedisModule_ReplyWithVerbatimStringType(ctx, text('abc'), 3, text('mkd')),
      '$3\r\nabc\r\n',
      '=7\r\nmkd:abc\r\n',
    ],
    ['EmptyArray', (api, ctx) => api.RedisModule_ReplyWithEmptyArray(ctx), '*0\r\n', '*0\r\n'],
    ['Array', (api, ctx) => api.RedisModule_ReplyWithArray(ctx, 0), '*0\r\n', '*0\r\n'],
    ['Map', (api, ctx) => api.RedisModule_ReplyWithMap(ctx, 2), '*4\r\n', '%2\r\n'],
    ['Set', (api, ctx) => api.RedisModule_ReplyWithSet(ctx, 2), '*2\r\n', '~2\r\n'],
  ];

  test.each(cases)('ReplyWith%s', (_name, write, resp2, resp3) => {
    expect(reply(2, write)).toBe(resp2);
    expect(reply(3, write)).toBe(resp3);
  });

  test('attributes are for RESP3', () => {
    const write: Write = (api, ctx) => {
      const status = api.RedisModule_ReplyWithAttribute(ctx, 1);
      if (status !== 0) return;
      api.RedisModule_ReplyWithLongLong(ctx, 1n);
      api.RedisModule_ReplyWithLongLong(ctx, 2n);
    };
    expect(reply(2, write)).toBe('');
    expect(reply(3, write)).toBe('|1\r\n:1\r\n:2\r\n');
  });

  test('line ends cannot break out of errors and simple strings', () => {
    expect(reply(2, (api, ctx) => api.RedisModule_ReplyWithError(ctx, text('E\r\n+x')))).toBe(
      '-E  +x\r\n',
    );
    expect(reply(2, (api, ctx) => api.RedisModule_ReplyWithSimpleString(ctx, text('a\r\nb')))).toBe(
      '+a  b\r\n',
    );
  });
});

describe('postponed lengths', () => {
  test('are filled in from the inside out', () => {
    const write: Write = (api, ctx) => {
      api.RedisModule_ReplyWithArray(ctx, POSTPONED);
      api.RedisModule_ReplyWithMap(ctx, POSTPONED);
      api.RedisModule_ReplyWithLongLong(ctx, 1n);
      api.RedisModule_ReplyWithLongLong(ctx, 2n);
      api.RedisModule_ReplySetMapLength(ctx, 1);
      api.RedisModule_ReplyWithSet(ctx, POSTPONED);
      api.RedisModule_ReplySetSetLength(ctx, 0);
      api.RedisModule_ReplySetArrayLength(ctx, 2);
    };
    expect(reply(3, write)).toBe('*2\r\n%1\r\n:1\r\n:2\r\n~0\r\n');
    expect(reply(2, write)).toBe('*2\r\n*2\r\n:1\r\n:2\r\n*0\r\n');
  });

  test('without one that was begun are ignored and logged', () => {
    const write: Write = (api, ctx) => api.RedisModule_ReplySetArrayLength(ctx, 2);
    expect(reply(2, write)).toBe('');
  });
});

test('a call reply is passed on', () => {
  const write: Write = (api, ctx) => {
    const args = probe.varargs('k');
    const made = api.RedisModule_Call(
      ctx,
      text('LRANGE'),
      text('ccc'),
      probe.varargs('k', '0', '-1'),
    );
    expect(api.RedisModule_ReplyWithCallReply(ctx, made)).toBe(0);
    api.RedisModule_FreeCallReply(api.RedisModule_Call(ctx, text('DEL'), text('c'), args));
  };
  probe.server.raw('RPUSH', 'k', 'a');
  expect(reply(2, write)).toBe('*1\r\n$1\r\na\r\n');
});

test('without a client replies are ignored', () => {
  probe.run(({ ctx, api }) => api.RedisModule_ReplyWithLongLong(ctx, 1n), { client: null });
  expect(probe.server.takeReply()).toBe('');
});

test('pointers and handles that are none trap', () => {
  expect(probe.trapOf(({ ctx, api }) => api.RedisModule_ReplyWithCString(ctx, -1))).toContain(
    "argument 'buf'",
  );
  expect(probe.trapOf(({ ctx, api }) => api.RedisModule_ReplyWithString(ctx, 0))).toContain(
    "argument 'str'",
  );
  expect(probe.trapOf(({ ctx, api }) => api.RedisModule_ReplyWithCallReply(ctx, 0))).toContain(
    'RedisModule_ReplyWithCallReply',
  );
  expect(probe.trapOf(({ api }) => api.RedisModule_ReplyWithNull(1))).toContain("argument 'ctx'");
});
