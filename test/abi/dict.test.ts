import { beforeEach, expect, test } from 'vitest';
import { Probe, type ProbeCall } from '../support/probe.ts';

const OK = 0;
const ERR = 1;

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

/** A dict of some words, each with its place as value. */
function dictOf({ api }: ProbeCall, ...words: string[]): number {
  const dict = api.RedisModule_CreateDict(0);
  for (const [i, word] of words.entries()) {
    expect(api.RedisModule_DictSetC(dict, probe.cstring(word), word.length, i + 1)).toBe(OK);
  }
  return dict;
}

test('sets, replaces, gets and deletes by bytes and by strings', () => {
  probe.run((call) => {
    const { api } = call;
    const dict = dictOf(call, 'a', 'b');
    const a = probe.string('a');
    const out = probe.room();
    expect(api.RedisModule_DictSize(dict)).toBe(2n);
    expect(api.RedisModule_DictSet(dict, a, 9)).toBe(ERR);
    expect(api.RedisModule_DictGet(dict, a, out)).toBe(1);
    expect(probe.u32(out)).toBe(0);
    expect(api.RedisModule_DictReplace(dict, a, 9)).toBe(ERR); // it was there
    expect(api.RedisModule_DictReplaceC(dict, probe.cstring('c'), 1, 3)).toBe(OK);
    expect(api.RedisModule_DictGetC(dict, probe.cstring('a'), 1, 0)).toBe(9);
    expect(api.RedisModule_DictGetC(dict, probe.cstring('x'), 1, out)).toBe(0);
    expect(probe.u32(out)).toBe(1);
    expect(api.RedisModule_DictDel(dict, a, out)).toBe(OK);
    expect(probe.u32(out)).toBe(9);
    expect(api.RedisModule_DictDelC(dict, probe.cstring('a'), 1, 0)).toBe(ERR);
    expect(api.RedisModule_DictSize(dict)).toBe(2n);
    api.RedisModule_FreeDict(0, dict);
  });
});

test('keys are bytes: NULs and the empty key are keys', () => {
  probe.run((call) => {
    const { api } = call;
    const dict = dictOf(call, '', '\0', 'a\0b');
    const length = probe.room();
    const iterator = api.RedisModule_DictIteratorStartC(dict, probe.cstring('^'), 0, 0);
    const keys: string[] = [];
    for (;;) {
      const ptr = api.RedisModule_DictNextC(iterator, length, 0);
      if (ptr === 0) break;
      keys.push(probe.bytes(ptr, probe.u32(length)));
    }
    expect(keys).toEqual(['', '\0', 'a\0b']);
  });
});

test('iterates in order, both ways, with values', () => {
  probe.run((call) => {
    const { api, ctx } = call;
    const dict = dictOf(call, 'b', 'a', 'c');
    const value = probe.room();
    const start = api.RedisModule_DictIteratorStart(dict, probe.cstring('>='), probe.string('b'));
    const step = (name: 'Next' | 'Prev') => {
      const string = api[`RedisModule_Dict${name}`](ctx, start, value);
      return string === 0 ? null : [probe.textOf(string), probe.u32(value)];
    };
    expect([step('Next'), step('Next'), step('Next')]).toEqual([['b', 1], ['c', 3], null]);
    expect(api.RedisModule_DictIteratorReseekC(start, probe.cstring('$'), 0, 0)).toBe(1);
    expect([step('Prev'), step('Prev'), step('Prev'), step('Prev')]).toEqual([
      ['c', 3],
      ['b', 1],
      ['a', 2],
      null,
    ]);
    expect(api.RedisModule_DictIteratorReseek(start, probe.cstring('?'), 0)).toBe(0);
    expect(step('Next')).toBe(null);
    expect(api.RedisModule_DictIteratorReseek(start, probe.cstring('=='), probe.string('x'))).toBe(
      1,
    );
    expect(api.RedisModule_DictPrevC(start, 0, 0)).toBe(0);
  });
});

test('compares the present key', () => {
  probe.run((call) => {
    const { api } = call;
    const iterator = api.RedisModule_DictIteratorStartC(
      dictOf(call, 'b'),
      probe.cstring('^'),
      0,
      0,
    );
    const holds = (op: string, key: string) =>
      api.RedisModule_DictCompareC(iterator, probe.cstring(op), probe.cstring(key), key.length);
    expect([holds('==', 'b'), holds('>', 'a'), holds('<', 'a')]).toEqual([OK, OK, ERR]);
    expect(api.RedisModule_DictCompare(iterator, probe.cstring('<='), probe.string('b'))).toBe(OK);
    api.RedisModule_DictNextC(iterator, 0, 0);
    api.RedisModule_DictNextC(iterator, 0, 0);
    expect(holds('==', 'b')).toBe(ERR); // at the end
  });
});

test('a dict outlives the call that made it, and a stopped iterator gives its memory back', () => {
  const dict = probe.run((call) => dictOf(call, 'a', 'b'.repeat(1000)));
  probe.run(({ api }) => {
    const first = probe.cstring('^');
    const before = probe.m.allocator.liveBytes;
    const iterator = api.RedisModule_DictIteratorStartC(dict, first, 0, 0);
    while (api.RedisModule_DictNextC(iterator, 0, 0) !== 0);
    expect(probe.m.allocator.liveBytes).toBeGreaterThan(before);
    api.RedisModule_DictIteratorStop(iterator);
    expect(probe.m.allocator.liveBytes).toBe(before);
  });
});

test('AutoMemory frees a dict made with the context, once', () => {
  const before = probe.m.handles.liveCount;
  probe.run(({ api, ctx }) => {
    api.RedisModule_AutoMemory(ctx);
    api.RedisModule_CreateDict(ctx);
    api.RedisModule_FreeDict(ctx, api.RedisModule_CreateDict(ctx));
  });
  expect(probe.m.handles.liveCount).toBe(before);
});

test('a freed dict and handles of other kinds are faults of the guest', () => {
  expect(
    probe.trapOf(({ api }) => {
      const dict = api.RedisModule_CreateDict(0);
      api.RedisModule_FreeDict(0, dict);
      api.RedisModule_DictSize(dict);
    }),
  ).toContain('was freed (it was a dict)');
  expect(probe.trapOf(({ api }) => api.RedisModule_DictSize(probe.string('x')))).toContain(
    'is a string, not a live dict',
  );
});
