import { beforeEach, expect, test } from 'vitest';
import { ERRNO } from '../../abi/exports.ts';
import type { ByteString } from '../../host/lib/bytes.ts';
import type { DataType } from '../../host/module/data-type.ts';
import { ModuleValue } from '../../host/values/module.ts';
import { Probe } from '../support/probe.ts';
import { makeType } from '../support/probe-type.ts';

const DATA = 4096;

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

/** The commands that a rewrite callback emits, and whether all went well. */
function rewrite(body: (io: number, key: number) => void): { done: boolean; words: string[][] } {
  makeType(probe, {
    aof_rewrite: (io, key, data) => {
      expect(data).toBe(DATA);
      body(Number(io), Number(key));
    },
  });
  const type = probe.m.registry.types[0] as DataType; // just registered
  const words: string[][] = [];
  const done = type.rewriteAof(
    new ModuleValue(type, DATA, probe.m.generation),
    { key: 'k' as ByteString, databaseIndex: 0 },
    (command) => void words.push([...command]),
  );
  return { done, words };
}

test('commands are emitted in the language of Call', () => {
  const result = rewrite((io, key) => {
    const args = probe.varargs(key, 5n, 'text');
    probe.api.RedisModule_EmitAOF(io, probe.cstring('RPUSH'), probe.cstring('slc'), args);
  });
  expect(result).toEqual({ done: true, words: [['RPUSH', 'k', '5', 'text']] });
});

test.each([
  ['an unknown command', 'NOPE', 'c'],
  ['a bad format', 'RPUSH', '?'],
])('%s is an error of the stream: nothing more is emitted', (_what, name, format) => {
  const { words } = rewrite((io) => {
    const { api } = probe;
    api.RedisModule_EmitAOF(io, probe.cstring(name), probe.cstring(format), probe.varargs('x'));
    expect(probe.errno).toBe(ERRNO.EINVAL);
    expect(api.RedisModule_IsIOError(io)).toBe(1);
    const args = probe.varargs('k', 'v');
    api.RedisModule_EmitAOF(io, probe.cstring('RPUSH'), probe.cstring('cc'), args);
  });
  expect(words).toEqual([]);
});

test('a stream that is none traps', () => {
  const [name, format] = [probe.cstring('DEL'), probe.cstring('c')];
  expect(
    probe.trapOf(({ api }) => api.RedisModule_EmitAOF(0, name, format, probe.varargs('k'))),
  ).toContain("argument 'io'");
});
