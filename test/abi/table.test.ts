// The tables are consistent with themselves and with the list of signatures that was read off the
// public header (signatures.txt).

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CALLBACKS, type CallbackSpec } from '../../abi/callbacks.ts';
import { ERRNO } from '../../abi/exports.ts';
import { ACTIVE_AREAS, AREAS, type AreaImports, allFunctions } from '../../abi/index.ts';
import { type Handle, KINDS, kindOf, OK, type ParamSpec, type Ptr } from '../../abi/kinds.ts';
import { STRUCTS, type Struct } from '../../abi/structs.ts';
import { signatureText, wasmSignature } from '../../abi/table.ts';
import { areaFiles, areaFunctions } from './areas.ts';

const LIST = readFileSync(new URL('signatures.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n');
const functions = await areaFunctions();
const files = await areaFiles();

interface Listed {
  readonly signature: string;
  readonly flags: readonly string[];
}

function parseList(lines: readonly string[]): Map<string, Listed> {
  return new Map(
    lines.map((line) => {
      const [, name, signature, flags] = /^[STN] (\w+) (\S+) \[(.*)\]$/.exec(line) ?? [];
      if (!name || !signature) throw new Error(`malformed: ${line}`);
      return [name, { signature, flags: (flags ?? '').split(' ') }];
    }),
  );
}

const listed = parseList(LIST);

function paramErrors(params: readonly ParamSpec[]): string[] {
  const names = params.map(([name]) => name);
  return [
    ...names.filter((name, i) => names.indexOf(name) !== i).map((n) => `twice: ${n}`),
    ...names.filter((name) => !/^[a-z][a-z0-9_]*$/.test(name)).map((n) => `bad name: ${n}`),
    ...params.filter(([, kind]) => !kindOf(kind)).map(([, kind]) => `unknown kind: ${kind}`),
  ];
}

describe('the tables of functions', () => {
  test('have the signatures of the public header', () => {
    const ours = functions.map(([name, f]) => [
      name,
      signatureText(wasmSignature(f.params, f.result)),
    ]);
    const theirs = functions.map(([name]) => [name, listed.get(name)?.signature]);
    expect(ours).toEqual(theirs);
  });

  test('hold every function that Redis registers, each once', () => {
    const names = functions.map(([name]) => name);
    const missing = [...listed.keys()].filter((name) => !names.includes(name));
    // Declared in the header of Redis but registered by no server.
    expect(missing).toEqual(['RedisModule_ReplySetPushLength']);
    expect(new Set(names).size).toBe(names.length);
  });

  test('state errors exactly where the header says that errno is set', () => {
    const ours = functions.filter(([, f]) => f.errno).map(([name]) => name);
    const theirs = functions
      .filter(([name]) => listed.get(name)?.flags.includes('ERRNO'))
      .map(([name]) => name);
    expect(ours).toEqual(theirs);
  });

  test('name only errno values that have a number', () => {
    const names = functions.flatMap(([, f]) => f.errno ?? []);
    expect(names.filter((name) => !(name in ERRNO))).toEqual([]);
  });

  test('document every function and area in whole sentences', () => {
    const docs = [
      ...functions.map(([name, f]) => [name, f.doc] as const),
      ...files.map(({ name, area }) => [name, area.doc] as const),
    ];
    expect(docs.filter(([, doc]) => !/^[A-Z0-9].{10,}\.$/.test(doc)).map(([n]) => n)).toEqual([]);
  });

  test('use known kinds, and proper parameter names once', () => {
    const errors = functions.flatMap(([name, f]) =>
      paramErrors([...f.params, ['result', f.result]]).map((error) => `${name}: ${error}`),
    );
    expect(errors).toEqual([]);
  });

  test('say who owns a result exactly where it is a pointer or a handle', () => {
    const wrong = functions.filter(([, f]) => {
      const isReference = ['handle', 'ptr'].includes(kindOf(f.result).host);
      return isReference !== (f.returns !== undefined);
    });
    expect(wrong.map(([name]) => name)).toEqual([]);
  });

  test('state a version of Redis', () => {
    expect(functions.filter(([, f]) => !/^[4-8]\.\d\.\d$/.test(f.since))).toEqual([]);
  });

  test('have areas of at most 30 functions', () => {
    const large = files.filter(({ area }) => Object.keys(area.functions).length > 30);
    expect(large.map(({ name }) => name)).toEqual([]);
  });

  test('put variable arguments last, behind their format or flags', () => {
    const wrong = functions.filter(([, f]) => {
      const at = f.params.findIndex(([, kind]) => kindOf(kind).c === '...');
      return at >= 0 && (at !== f.params.length - 1 || at === 0);
    });
    expect(wrong).toEqual([]);
  });
});

describe('the index', () => {
  test('takes each active area from the file of its name', () => {
    const byName = new Map(files.map(({ name, area }) => [name, area]));
    for (const name of ACTIVE_AREAS) expect(AREAS[name]).toBe(byName.get(name));
  });

  test('lists each function with its area', () => {
    const create = allFunctions().find(({ name }) => name === 'RedisModule_CreateString');
    expect(create?.area).toBe('string');
  });

  test('types a host function from its entry', () => {
    const imports = {
      RedisModule_SaveLongDouble: (io: Handle<'io'>, low: bigint, high: bigint) =>
        void [io, low, high],
      RedisModule_LoadLongDouble: (result: Ptr<'f128'>, io: Handle<'io'>) => void [result, io],
      RedisModule_LoadDouble: (io: Handle<'io'>) => io / 2,
      RedisModule_LoadString: (io: Handle<'io'>): Handle<'string'> | 0 => (io ? 0 : 0),
    } satisfies Partial<AreaImports<'rdb'>>;
    const reply: AreaImports<'reply'>['RedisModule_ReplyWithLongLong'] = (ctx, ll) =>
      ctx !== 0 && ll > 0n ? OK : OK;
    // @ts-expect-error an i64 is a bigint, not a number
    const wrong: AreaImports<'reply'>['RedisModule_ReplyWithLongLong'] = (ctx, ll: number) =>
      ctx !== 0 && ll > 0 ? OK : OK;
    expect([imports.RedisModule_LoadDouble, reply, wrong].map((f) => f.length)).toEqual([1, 2, 2]);
  });
});

describe('the other tables', () => {
  test('describe every callback that a kind names, and every struct', () => {
    const kinds = Object.values(KINDS);
    const callbacks = kinds.filter((k) => k.host === 'func').map((k) => k.of as string);
    const structs = kinds.map((k) => k.of as string).filter((of) => of.startsWith('RedisModule'));
    expect(callbacks.filter((name) => !(name in CALLBACKS))).toEqual([]);
    expect(structs.filter((name) => !(name in STRUCTS) && !(name in CALLBACKS))).toEqual([]);
  });

  test('use known kinds in callbacks and document them', () => {
    for (const [name, spec] of Object.entries<CallbackSpec>(CALLBACKS)) {
      expect(paramErrors([...spec.params, ['result', spec.result]]), name).toEqual([]);
      expect(spec.doc, name).toMatch(/^[A-Z].{10,}\.$/);
    }
  });

  test('make every callback reachable from a function or a struct', () => {
    const kinds = Object.values(KINDS).map((k) => k.of as string);
    const fields = Object.values<Struct>(STRUCTS).flatMap((s) => s.fields.map((f) => f.c));
    const unused = Object.keys(CALLBACKS).filter((n) => ![...kinds, ...fields].includes(n));
    expect(unused).toEqual([]);
  });

  test('have callbacks of the types that clang gives them', () => {
    const text = (name: keyof typeof CALLBACKS) =>
      signatureText(wasmSignature(CALLBACKS[name].params, CALLBACKS[name].result));
    expect(text('RedisModuleCmdFunc')).toBe('(i32,i32,i32)->(i32)');
    expect(text('RedisModuleEventCallback')).toBe('(i32,i32,i64,i32)->()');
    expect(text('RedisModuleConfigSetNumericFunc')).toBe('(i32,i64,i32,i32)->(i32)');
  });
});
