// Tests host/module/config-options.ts through the ABI as well.

import { beforeEach, describe, expect, test } from 'vitest';
import { CONSTANTS as C } from '../../abi/constants.ts';
import { ERRNO } from '../../abi/exports.ts';
import type { ByteString } from '../../host/lib/bytes.ts';
import { Probe, type ProbeCall } from '../support/probe.ts';

const OK = 0;
const ERR = 1;
const DATA = 77;

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

/** Runs as OnLoad does: options may be registered. */
function loading<T>(run: (call: ProbeCall) => T): T {
  const { m } = probe;
  m.isLoading = true;
  try {
    return probe.run(run);
  } finally {
    m.isLoading = false;
  }
}

const load = () => loading(({ ctx, api }) => api.RedisModule_LoadConfigs(ctx));
const set = (...words: (string | number)[]) => probe.server.raw('CONFIG', 'SET', ...words);
const get = (name: string) => probe.server.raw('CONFIG', 'GET', name);
const shown = (name: string, value: string) =>
  `*2\r\n$${name.length}\r\n${name}\r\n$${value.length}\r\n${value}\r\n`;
const failed = (name: string, reason: string) =>
  `-ERR CONFIG SET failed (possibly related to argument '${name}') - ${reason}\r\n`;

/** A number that the module keeps. */
interface Kept {
  value: bigint;
  /** What the setter was given. */
  readonly sets: bigint[];
  /** The setter's error text; null: it takes the value. */
  refusal: string | null;
}

function numeric(name: string, flags: number = 0, apply = 0): { kept: Kept; status: number } {
  const kept: Kept = { value: 0n, sets: [], refusal: null };
  const getter = probe.callback('RedisModuleConfigGetNumericFunc', () => kept.value);
  const setter = probe.callback('RedisModuleConfigSetNumericFunc', (namePtr, value, data, err) => {
    expect(probe.m.memory.cstring(Number(namePtr))).toBe(name);
    expect(data).toBe(DATA);
    kept.sets.push(BigInt(value));
    if (kept.refusal === null) {
      kept.value = BigInt(value);
      return OK;
    }
    if (kept.refusal !== '') probe.m.memory.writeU32(Number(err), probe.string(kept.refusal));
    return ERR;
  });
  const status = loading(({ ctx, api }) =>
    api.RedisModule_RegisterNumericConfig(
      ...([ctx, probe.cstring(name), 5n, flags, 0n, 2000n, getter, setter, apply, DATA] as const),
    ),
  );
  return { kept, status };
}

describe('registering', () => {
  test('is for OnLoad only', () => {
    const getter = probe.callback('RedisModuleConfigGetBoolFunc', () => 0);
    const setter = probe.callback('RedisModuleConfigSetBoolFunc', () => OK);
    const status = probe.run(({ ctx, api }) =>
      api.RedisModule_RegisterBoolConfig(ctx, probe.cstring('b'), 1, 0, getter, setter, 0, 0),
    );
    expect(status).toBe(ERR);
    expect(probe.errno).toBe(ERRNO.EBUSY);
    expect(probe.run(({ ctx, api }) => api.RedisModule_LoadConfigs(ctx))).toBe(ERR);
  });

  test.each([
    ['a bad name', 'a.b', 0],
    ['no name', '', 0],
    ['an unknown flag', 'n', 1 << 20],
    ['the flag of another type', 'n', C.REDISMODULE_CONFIG_BITFLAGS],
  ])('refuses %s', (_what, name, flags) => {
    expect(numeric(name, flags).status).toBe(ERR);
    expect(probe.errno).toBe(ERRNO.EINVAL);
  });

  test('refuses a name that is taken', () => {
    expect(numeric('n').status).toBe(OK);
    expect(numeric('N').status).toBe(ERR);
    expect(probe.errno).toBe(ERRNO.EALREADY);
  });

  test('refuses a default outside of the bounds', () => {
    const getter = probe.callback('RedisModuleConfigGetNumericFunc', () => 0n);
    const setter = probe.callback('RedisModuleConfigSetNumericFunc', () => OK);
    const status = loading(({ ctx, api }) =>
      api.RedisModule_RegisterNumericConfig(
        ...([ctx, probe.cstring('n'), 9n, 0, 0n, 8n, getter, setter, 0, 0] as const),
      ),
    );
    expect(status).toBe(ERR);
    expect(probe.errno).toBe(ERRNO.EINVAL);
  });

  test('traps for callbacks that are none', () => {
    expect(
      probe.trapOf(({ ctx, api }) =>
        api.RedisModule_RegisterBoolConfig(ctx, probe.cstring('b'), 1, 0, 0, 0, 0, 0),
      ),
    ).toContain("argument 'getfn'");
  });

  test('is taken back at unload', () => {
    numeric('n');
    load();
    expect(probe.server.instance.modules.unload('probe')).toBe(null);
    expect(get('probe.n')).toBe('*0\r\n');
  });
});

describe('loading', () => {
  test('sets defaults', () => {
    const { kept } = numeric('n');
    expect(load()).toBe(OK);
    expect(kept.sets).toEqual([5n]);
  });

  test('takes MODULE LOADEX before the file, and the file before defaults', () => {
    const [first, second] = [numeric('a').kept, numeric('b').kept];
    const { m } = probe;
    m.pendingConfigs.set('probe.a', '7' as ByteString);
    for (const name of ['probe.a', 'probe.b']) m.host.fileConfigs.set(name, '8' as ByteString);
    expect(load()).toBe(OK);
    expect([first.value, second.value]).toEqual([7n, 8n]);
    expect([...m.pendingConfigs, ...m.host.fileConfigs.keys()]).toEqual(['probe.a']);
  });

  test('fails with a log line when a value is refused', () => {
    const { kept } = numeric('n');
    kept.refusal = 'too late';
    expect(load()).toBe(ERR);
    expect(probe.server.logLines.at(-1)).toContain(
      'Issue during attempting to set default value of configuration probe.n : too late',
    );
  });
});

describe('CONFIG', () => {
  test('GET asks the module', () => {
    const { kept } = numeric('n');
    load();
    kept.value = 1234n;
    expect(get('probe.n')).toBe(shown('probe.n', '1234'));
  });

  test('SET takes memory units where the option is for memory', () => {
    const { kept } = numeric('n', C.REDISMODULE_CONFIG_MEMORY);
    load();
    expect(set('probe.n', '1kb')).toBe('+OK\r\n');
    expect(kept.value).toBe(1024n);
    expect(get('probe.n')).toBe(shown('probe.n', '1024'));
    expect(set('probe.n', '-1')).toBe(failed('probe.n', 'argument must be a memory value'));
    expect(set('probe.n', '5000')).toBe(
      failed('probe.n', 'argument must be between 0 and 2000 inclusive'),
    );
  });

  test('SET fails with the text of the module, or without one', () => {
    const { kept } = numeric('n');
    load();
    kept.refusal = 'not on a Monday';
    expect(set('probe.n', 6)).toBe(failed('probe.n', 'not on a Monday'));
    kept.refusal = '';
    expect(set('probe.n', 6)).toBe(
      "-ERR CONFIG SET failed (possibly related to argument 'probe.n')\r\n",
    );
  });

  test('SET of several puts all back when one is refused', () => {
    const [first, second] = [numeric('a').kept, numeric('b').kept];
    load();
    second.refusal = 'no';
    expect(set('probe.a', 6, 'probe.b', 7)).toBe(failed('probe.b', 'no'));
    expect(first.sets).toEqual([5n, 6n, 5n]);
    expect(first.value).toBe(5n);
  });

  test('SET applies options that share a function and its data once, and undoes on ERR', () => {
    let applied = 0;
    let status = OK;
    const apply = probe.callback('RedisModuleConfigApplyFunc', (_ctx, data, err) => {
      applied++;
      expect(data).toBe(DATA);
      if (status === ERR) probe.m.memory.writeU32(Number(err), probe.string('together: no'));
      return status;
    });
    const [first] = [numeric('a', 0, apply).kept, numeric('b', 0, apply).kept];
    load();
    expect(applied).toBe(0);
    expect(set('probe.a', 6, 'probe.b', 7)).toBe('+OK\r\n');
    expect(applied).toBe(1);
    status = ERR;
    expect(set('probe.a', 8)).toBe(failed('probe.a', 'together: no'));
    expect(first.value).toBe(6n);
  });

  test('SET of a value that is in force asks nobody', () => {
    const { kept } = numeric('n');
    load();
    expect(set('probe.n', 5)).toBe('+OK\r\n');
    expect(kept.sets).toEqual([5n]);
  });

  test('SET respects immutable, and GET with patterns hidden', () => {
    numeric('fixed', C.REDISMODULE_CONFIG_IMMUTABLE);
    numeric('hidden', C.REDISMODULE_CONFIG_HIDDEN);
    load();
    expect(set('probe.fixed', 6)).toBe(failed('probe.fixed', "can't set immutable config"));
    expect(get('probe.h*')).toBe('*0\r\n');
    expect(get('probe.hidden')).toBe(shown('probe.hidden', '5'));
  });

  test('a trap in a setter refuses the value', () => {
    const getter = probe.callback('RedisModuleConfigGetBoolFunc', () => 1);
    const setter = probe.callback('RedisModuleConfigSetBoolFunc', () => {
      probe.api.RedisModule_StringPtrLen(12345, 0);
      return OK;
    });
    loading(({ ctx, api }) =>
      api.RedisModule_RegisterBoolConfig(ctx, probe.cstring('b'), 1, 0, getter, setter, 0, 0),
    );
    expect(set('probe.b', 'no')).toContain("module 'probe' trapped in the setter of option 'b'");
    expect(set('probe.b', 'x')).toBe(failed('probe.b', "argument must be 'yes' or 'no'"));
  });

  test('an enum shows words for numbers, several where bits may be joined', () => {
    let value = 0;
    const getter = probe.callback('RedisModuleConfigGetEnumFunc', () => value);
    const setter = probe.callback('RedisModuleConfigSetEnumFunc', (_name, given) => {
      value = Number(given);
      return OK;
    });
    const words = probe.varargs('a', 'b', 'ab', 'none');
    const numbers = probe.varargs(1, 2, 3, 0);
    const flags = C.REDISMODULE_CONFIG_BITFLAGS;
    const rest = [words, numbers, 4, getter, setter, 0, 0] as const;
    loading(({ ctx, api }) =>
      api.RedisModule_RegisterEnumConfig(ctx, probe.cstring('e'), 0, flags, ...rest),
    );
    load();
    expect(get('probe.e')).toBe(shown('probe.e', 'none'));
    expect(set('probe.e', 'A b')).toBe('+OK\r\n');
    expect(value).toBe(3);
    expect(get('probe.e')).toBe(shown('probe.e', 'ab'));
    const refusal = failed('probe.e', 'argument(s) must be one of the following: a, b, ab, none');
    expect(set('probe.e', '')).toBe(refusal);
    expect(set('probe.e', 'a zz')).toBe(refusal);
    value = 8;
    expect(get('probe.e')).toBe(shown('probe.e', 'unknown'));
  });

  test('a string is given as one that may be retained', () => {
    let kept = probe.string('');
    const getter = probe.callback('RedisModuleConfigGetStringFunc', () => kept);
    const setter = probe.callback('RedisModuleConfigSetStringFunc', (_name, value) => {
      kept = Number(value);
      probe.api.RedisModule_RetainString(0, kept);
      return OK;
    });
    loading(({ ctx, api }) =>
      api.RedisModule_RegisterStringConfig(ctx, probe.cstring('s'), 0, 0, getter, setter, 0, 0),
    );
    load();
    expect(get('probe.s')).toBe(shown('probe.s', ''));
    expect(set('probe.s', 'a b')).toBe('+OK\r\n');
    expect(get('probe.s')).toBe(shown('probe.s', 'a b'));
  });
});
