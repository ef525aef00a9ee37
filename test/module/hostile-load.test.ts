// Files made to hurt the server that loads them. Each is refused with a reason and the byte
// offset, before V8 sees a byte of it, and the server and the modules it has go on. The numbers
// are those of the list of attacks that the sandbox is measured by.

import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readWasm } from '../../host/module/binary.ts';
import { loadCodeNow } from '../../host/module/code.ts';
import { ModuleLoadError } from '../../host/module/load-error.ts';
import { temporaryFolder } from '../support/folder.ts';
import { guest, guestText, traces } from '../support/guest.ts';
import { TestInstance } from '../support/instance.ts';
import { binary, leb, wat } from './wat.ts';

const FAILED = '-ERR Error loading the extension. Please check the server logs. ';
const ON_LOAD = '(func (export "RedisModule_OnLoad") (param i32 i32 i32) (result i32) i32.const 0)';
const NO_RESULT = [1, 1, 0x60, 0, 0];
const ONE_FUNCTION = [3, 1, 0];
const I32 = 0x7f;

/** Its command `other.answer` replies 42. */
const OTHER = guest({
  name: 'other',
  uses: ['CreateCommand', 'ReplyWithLongLong'],
  strings: { 1100: 'other.answer', 1200: 'readonly' },
  table: `(table $t (export "__indirect_function_table") 8 funcref) (elem (i32.const 1) $answer)
    (func $answer (param i32 i32 i32) (result i32)
      (call $ReplyWithLongLong (local.get 0) (i64.const 42)))`,
  onLoad: `(drop (call $CreateCommand (local.get $ctx) (i32.const 1100) (i32.const 1)
    (i32.const 1200) (i32.const 0) (i32.const 0) (i32.const 0)))`,
});

let folder: string;
let server: TestInstance;

beforeEach(async () => {
  folder = temporaryFolder();
  server = new TestInstance({ dir: folder, 'enable-module-command': 'yes' });
  expect(await load(file('other.wasm', OTHER))).toBe('+OK\r\n');
});

afterEach(() => {
  vi.restoreAllMocks();
});

function file(name: string, content: Uint8Array | string): string {
  writeFileSync(join(folder, name), content);
  return name;
}

async function load(path: string): Promise<string> {
  let reply = server.raw('MODULE', 'LOAD', path);
  while (reply === '') {
    await new Promise(setImmediate);
    reply = server.takeReply();
  }
  return reply;
}

function expectServing(): void {
  expect(server.raw('PING')).toBe('+PONG\r\n');
  expect(server.raw('other.answer')).toBe(':42\r\n');
}

/** Why the file is refused. Nothing of it is left, and everything else goes on. */
async function refusal(path: string): Promise<string> {
  const before = traces(server);
  const reply = await load(path);
  expect(reply.startsWith(`${FAILED}${path} `), reply).toBe(true);
  expect(traces(server)).toEqual(before);
  expectServing();
  return reply.slice(`${FAILED}${path} `.length, -2);
}

/** The same of bytes that V8 must not see. */
async function unseen(bytes: Uint8Array | string): Promise<string> {
  const compile = vi.spyOn(WebAssembly, 'compile');
  const construct = vi.spyOn(WebAssembly, 'Module');
  const reason = await refusal(file('hostile.wasm', bytes));
  expect(compile).not.toHaveBeenCalled();
  expect(construct).not.toHaveBeenCalled();
  return reason;
}

/** A file of sections that are too long to be spread over arguments. */
function large(...sections: (readonly [number, Buffer])[]): Uint8Array {
  const parts = sections.flatMap(([id, content]) => [
    Buffer.from([id, ...leb(content.length)]),
    content,
  ]);
  return Buffer.concat([Buffer.from(binary()), ...parts]);
}

const repeated = (count: number, ...part: number[]): Buffer =>
  Buffer.alloc(count * part.length, Buffer.from(part));

/** Bodies as a code section. */
function code(...bodies: Buffer[]): readonly [number, Buffer] {
  const parts = bodies.flatMap((body) => [Buffer.from(leb(body.length)), body]);
  return [10, Buffer.concat([Buffer.from(leb(bodies.length)), ...parts])];
}

const TYPE = [1, Buffer.from([1, 0x60, 0, 0])] as const;
const functions = (count: number): readonly [number, Buffer] => [
  3,
  Buffer.concat([Buffer.from(leb(count)), Buffer.alloc(count)]),
];

describe('refused before V8 sees it:', () => {
  const tables = Array.from({ length: 8 }, () => [0x70, 0, ...leb(10_000_000)]).flat();
  test.each<[string, Uint8Array, string]>([
    [
      'L1 eight tables of ten million slots',
      binary([4, 8, ...tables]),
      'tables: 8 is over the limit 1, which is fixed (at byte 10, 0xa)',
    ],
    [
      'L1 one table of ten million slots',
      binary([4, 1, 0x70, 0, ...leb(10_000_000)]),
      'table size: 10000000 is over the limit 65536, which is fixed (at byte 13, 0xd)',
    ],
    [
      'L2 4 GiB of memory without a maximum',
      binary([5, 1, 0, ...leb(65_536)]),
      'memory size: 65536 is over the limit 32768, which is fixed (at byte 12, 0xc)',
    ],
    [
      'L3 a shared memory',
      binary([5, 1, 3, 1, 2]),
      'shared memory is not supported: build without threads (at byte 11, 0xb)',
    ],
    [
      'L3 atomics',
      binary(NO_RESULT, ONE_FUNCTION, [10, 1, 5, 0, 0xfe, 1, 2, 0]),
      'atomic instructions are not supported: no threads (at byte 23, 0x17)',
    ],
    [
      'L4 a GC array type',
      binary([1, 1, 0x5e, I32, 1]),
      'GC types are not supported (at byte 11, 0xb)',
    ],
    ['L5 memory64', binary([5, 1, 4, 1]), '64-bit memory is not supported (at byte 11, 0xb)'],
    [
      'L6 two memories',
      binary([5, 2, 0, 1, 0, 1]),
      'memories: 2 is over the limit 1, which is fixed (at byte 10, 0xa)',
    ],
    [
      'L7 the constructor of functions',
      wat(`(module (import "constructor" "constructor" (func)) ${ON_LOAD})`),
      'imports function constructor.constructor, which redcell does not provide (at byte 24, 0x18)',
    ],
    [
      'L8 __proto__',
      wat(`(module (import "__proto__" "x" (func)) ${ON_LOAD})`),
      'imports function __proto__.x, which redcell does not provide (at byte 24, 0x18)',
    ],
    [
      'L8 a name of the prototype in a known module',
      wat(`(module (import "redismodule" "toString" (func)) ${ON_LOAD})`),
      'imports unknown function redismodule.toString (at byte 24, 0x18)',
    ],
    [
      'L9 a memory of somebody else',
      wat(`(module (import "other" "memory" (memory 1)) ${ON_LOAD})`),
      "memory import 'other.memory': only env.memory is known (at byte 21, 0x15)",
    ],
    [
      'L9 the memory that the host gives back',
      wat(`(module (import "redcell" "memory" (memory 1)) ${ON_LOAD})`),
      "import module 'redcell' is reserved (at byte 21, 0x15)",
    ],
    [
      'L10 an object as a global',
      wat(`(module (import "constructor" "name" (global externref)) ${ON_LOAD})`),
      'imports global constructor.name, which redcell does not provide (at byte 21, 0x15)',
    ],
    [
      'L10 a tag',
      binary(NO_RESULT, [2, 1, 1, 0x61, 1, 0x62, 4, 0, 0]),
      'imports tag a.b, which redcell does not provide (at byte 17, 0x11)',
    ],
    [
      'L11 a function that does not exist',
      wat(`(module (import "redismodule" "RedisModule_ReplyWithLongLon" (func)) ${ON_LOAD})`),
      'imports unknown function redismodule.RedisModule_ReplyWithLongLon; ' +
        'did you mean RedisModule_ReplyWithLongLong? (at byte 24, 0x18)',
    ],
    [
      'L12 a known function of another type',
      wat(`(module (import "redismodule" "RedisModule_Alloc" (func (param f64))) ${ON_LOAD})`),
      'imports redismodule.RedisModule_Alloc as (f64)->(), but it is (i32)->(i32) (at byte 25, 0x19)',
    ],
    [
      'L13 100,000 imports',
      binary([2, ...leb(100_000)]),
      'imports: 100000 is over the limit 10000, which is fixed (at byte 10, 0xa)',
    ],
    [
      'L14 a name of a megabyte',
      binary([2, 1, ...leb(1_000_000)]),
      'import module length: 1000000 is over the limit 4096, which is fixed (at byte 11, 0xb)',
    ],
    [
      'L14 a name that is not UTF-8',
      binary([2, 1, 2, 0xc3, 0x28, 1, 0x62, 0, 0]),
      'import module: not valid UTF-8 (at byte 12, 0xc)',
    ],
    [
      'L17 no OnLoad',
      wat('(module (memory (export "memory") 1))'),
      'does not export the function RedisModule_OnLoad (at byte 25, 0x19)',
    ],
    [
      'L18 an OnLoad that is a global',
      wat('(module (global (export "RedisModule_OnLoad") i32 (i32.const 0)))'),
      'exports RedisModule_OnLoad as global, but it must be (i32,i32,i32)->(i32) (at byte 19, 0x13)',
    ],
    [
      'L19 an OnLoad of another type',
      wat('(module (func (export "RedisModule_OnLoad")))'),
      'exports RedisModule_OnLoad as ()->(), but it must be (i32,i32,i32)->(i32) (at byte 21, 0x15)',
    ],
    [
      'L24 300,000 functions',
      large(
        TYPE,
        functions(300_000),
        code(...Array.from({ length: 9 }, () => Buffer.from([0, 11]))),
      ),
      'functions: 300000 is over the limit 50000 set by module-max-functions (at byte 18, 0x12)',
    ],
    [
      'L29 a custom section that says it has 100 MB',
      binary().length === 8 ? Buffer.concat([binary(), Buffer.from([0, ...leb(1e8)])]) : binary(),
      'section of 100000000 bytes reaches past the end (at byte 8, 0x8)',
    ],
    [
      'L31 a native module',
      Buffer.from('\x7fELF\x02\x01\x01'),
      'this is a native (ELF) module; redcell runs WebAssembly: ' +
        'compile the same source with `npm run guest` or clang --target=wasm32-wasi',
    ],
    [
      'L33 new exceptions',
      binary(NO_RESULT, ONE_FUNCTION, [10, 1, 6, 0, 0x1f, 0x40, 0, 0x0b, 0x0b]),
      'new exception handling (exnref) is not supported: ' +
        'compile with -mllvm -wasm-use-legacy-eh=true (at byte 23, 0x17)',
    ],
    [
      'L34 an export twice',
      binary([5, 1, 0, 1], [7, 2, 1, 0x61, 2, 0, 1, 0x61, 2, 0]),
      "duplicate export 'a' (at byte 20, 0x14)",
    ],
    [
      'L34 a section twice',
      binary([5, 1, 0, 1], [5, 1, 0, 1]),
      'memory section: duplicate or out of order (at byte 13, 0xd)',
    ],
  ])('%s', async (_name, bytes, reason) => {
    expect(await unseen(bytes)).toBe(reason);
  });
});

describe('what would take V8 seconds or gigabytes is refused before it sees it:', () => {
  test('L22 two million nested blocks', async () => {
    const blocks = Buffer.concat([
      Buffer.from([0]),
      repeated(2_000_000, 0x02, 0x40),
      repeated(2_000_001, 0x0b),
    ]);
    expect(await unseen(large(TYPE, functions(1), code(blocks)))).toBe(
      'function body size: 6000002 is over the limit 1048576 ' +
        'set by module-max-function-bytes (at byte 24, 0x18)',
    );
    const some = Buffer.concat([
      Buffer.from([0]),
      repeated(300_000, 0x02, 0x40),
      repeated(300_001, 0x0b),
    ]);
    expect(await unseen(large(TYPE, functions(1), code(some)))).toBe(
      'nested blocks: 1001 is over the limit 1000, which is fixed (at byte 2025, 0x7e9)',
    );
  });

  test('L23 100 br_tables of 65,000 targets', async () => {
    const one = Buffer.concat([Buffer.from([0x41, 0, 0x0e, ...leb(65_000)]), Buffer.alloc(65_001)]);
    const body = Buffer.concat([
      Buffer.from([0]),
      ...Array.from({ length: 10 }, () => one),
      Buffer.from([0x0b]),
    ]);
    const bytes = large(TYPE, functions(10), code(...Array.from({ length: 10 }, () => body)));
    expect(await unseen(bytes)).toMatch(
      /^br_table targets in all functions: 325000 is over the limit 262144, which is fixed \(at byte \d+/,
    );
  });

  test('L25 50,000 locals in each of 10,000 functions', async () => {
    const body = Buffer.from([1, ...leb(50_000), I32, 0x0b]);
    const bytes = large(TYPE, functions(10_000), code(...new Array<Buffer>(10_000).fill(body)));
    expect(await unseen(bytes)).toMatch(
      /^locals in all functions: 5050000 is over the limit 5000000, which is fixed \(at byte \d+/,
    );
  });

  test('L26 a body of 9 MB', async () => {
    const body = Buffer.concat([Buffer.from([0]), repeated(9_000_000, 0x01), Buffer.from([0x0b])]);
    expect(await unseen(large(TYPE, functions(1), code(body)))).toMatch(
      /^is 90000\d\d bytes long; module-max-file-bytes allows 8388608$/,
    );
    vi.restoreAllMocks();
    server = new TestInstance({
      dir: folder,
      'enable-module-command': 'yes',
      'module-max-file-bytes': '16mb',
    });
    await load('other.wasm');
    expect(await unseen(large(TYPE, functions(1), code(body)))).toBe(
      'function body size: 9000002 is over the limit 1048576 ' +
        'set by module-max-function-bytes (at byte 24, 0x18)',
    );
  });

  test('9 KB whose first call would take six seconds', async () => {
    const ifs = repeated(1000, 0x20, 0, 0x04, 0x40, 0x20, 1, 0x21, 2, 0x0b);
    const body = Buffer.concat([Buffer.from([1, ...leb(50_000), I32]), ifs, Buffer.from([0x0b])]);
    expect(await unseen(large(TYPE, functions(1), code(body)))).toMatch(
      /^branches of a function times its locals and operands: 80\d+ is over the limit 8000000/,
    );
  });
});

describe('what runs while it is loaded is undone:', () => {
  test.each([
    ['L15 a start function', { more: '(start $s) (func $s (loop $l (br $l)))' }],
    ['L21 an OnLoad', { onLoad: '(loop $l (br $l))' }],
  ])('%s that loops for ever', async (_title, options) => {
    server.raw('CONFIG', 'SET', 'module-fuel-limit', '1000000');
    expect(await refusal(file('a.wasm', guest(options)))).toBe(
      'trapped while loading: stopped at its fuel limit of 1000000 units (module-fuel-limit)',
    );
  });

  test('L16 a start function that traps', async () => {
    const bytes = guest({ more: '(start $s) (func $s unreachable)' });
    expect(await refusal(file('a.wasm', bytes))).toBe('trapped while loading: unreachable');
  });

  test('L20 an OnLoad that returns 2', async () => {
    expect(await refusal(file('a.wasm', guest({ status: 2 })))).toBe(
      'its RedisModule_OnLoad returned an error',
    );
  });
});

describe('broken files:', () => {
  /** 2 KB without a name section, whose absence could not be seen. */
  function whole(): Buffer {
    const text = guestText({ strings: { 2000: 'x'.repeat(1800) }, uses: ['Log', 'Alloc'] });
    const bytes = Buffer.from(wat(text));
    return bytes.subarray(0, readWasm(bytes).sections.at(-1)?.start);
  }

  test('L27 one cut off at each byte', () => {
    const bytes = whole();
    expect(bytes.length).toBeGreaterThan(2000);
    // Without its data, the last section, it is a module still.
    const dataStart = readWasm(bytes).sections.at(-1)?.start;
    const construct = vi.spyOn(WebAssembly, 'Module');
    for (let length = 0; length < bytes.length; length++) {
      if (length === dataStart) continue;
      const cut = Buffer.from(bytes.subarray(0, length));
      expect(() => loadCodeNow(cut), `${length} bytes`).toThrow(ModuleLoadError);
    }
    expect(construct).not.toHaveBeenCalled();
    expect(loadCodeNow(bytes).info.exports.length).toBe(3);
    expectServing();
  });

  test('L28 5000 with one bit changed load or are refused', () => {
    const bytes = whole();
    let refused = 0;
    for (let i = 0; i < 5000; i++) {
      const flipped = Buffer.from(bytes);
      const bit = (i * 7919) % (bytes.length * 8);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      try {
        loadCodeNow(flipped);
      } catch (error) {
        expect(error).toBeInstanceOf(ModuleLoadError);
        refused++;
      }
    }
    // Most of the bytes are data, which may be anything.
    expect(refused).toBeGreaterThan(200);
    expectServing();
  });

  test('one that only V8 finds wrong is refused with the offset in the original file', async () => {
    const bytes = guest();
    const at = bytes.lastIndexOf(Buffer.from([0x41, 0x00, 0x0b])); // i32.const 0, end
    bytes.fill(0x01, at, at + 2); // nop: nothing is left to return
    const end = at + 2;
    expect(await refusal(file('a.wasm', bytes))).toMatch(
      new RegExp(`expected 1 elements .* \\(at byte ${end}, 0x${end.toString(16)}\\)$`),
    );
  });
});

describe('L29 and L30, sections that are advice, do no harm:', () => {
  const custom = (name: string, content: Buffer): Buffer => {
    const all = Buffer.concat([Buffer.from([name.length]), Buffer.from(name), content]);
    return Buffer.concat([Buffer.from([0, ...leb(all.length)]), all]);
  };
  const traps = guest({ onLoad: 'unreachable' });
  const withoutNames = traps.subarray(0, traps.lastIndexOf('\x04name') - 2);

  test.each([
    ['names that overlap', custom('name', repeated(2_000_000, 1, 0, 2, 0))],
    ['names beyond number', custom('name', Buffer.from([1, 5, ...leb(2 ** 32 - 1)]))],
    [
      'two million names',
      custom(
        'name',
        Buffer.concat([Buffer.from([1, ...leb(4_000_004), ...leb(2e6)]), repeated(2e6, 1, 0)]),
      ),
    ],
    ['garbage as DWARF', custom('.debug_info', repeated(1_000_000, 0xff, 0x80))],
    ['DWARF without end', custom('.debug_abbrev', repeated(7_000_000, 1))],
    [
      'a source map to fetch',
      custom('sourceMappingURL', Buffer.from('\x1ehttp://127.0.0.1:1/secret.json')),
    ],
    ['a source map inside of itself', custom('sourceMappingURL', repeated(1_000_000, 0x5b))],
  ])('%s', async (_name, section) => {
    const bytes = Buffer.concat([withoutNames, section]);
    const startMs = performance.now();
    expect(await refusal(file('a.wasm', bytes))).toBe('trapped while loading: unreachable');
    expect(performance.now() - startMs).toBeLessThan(2000);
  });

  test('a file of 100 MB of them is not read', async () => {
    truncateSync(join(folder, file('a.wasm', withoutNames)), 1e8);
    expect(await refusal('a.wasm')).toBe(
      'is 100000000 bytes long; module-max-file-bytes allows 8388608',
    );
  });
});

test('exports with names that JavaScript gives a meaning to are only names', async () => {
  const names = ['then', '__proto__', 'constructor', 'toString', 'valueOf'];
  const more = names.map((name) => `(func (export "${name}") unreachable)`).join(' ');
  expect(await load(file('a.wasm', guest({ more })))).toBe('+OK\r\n');
  expectServing();
});

describe('L32 what is no file of a module:', () => {
  test('a pipe, a directory, a device, two sparse gigabytes', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    mkdirSync(join(folder, 'directory'));
    truncateSync(join(folder, file('sparse', '')), 2 ** 31);
    expect(await refusal('pipe')).toBe('is not a regular file');
    expect(await refusal('directory')).toBe('is a directory');
    expect(await refusal('/dev/zero')).toBe('is not a regular file');
    expect(await refusal('sparse')).toMatch(/^is 2147483648 bytes long; module-max-file-bytes/);
  });

  test('files of the kernel, which say they are empty', async () => {
    const reason = 'not a WebAssembly file: it does not begin with \\0asm';
    expect(await refusal('/proc/self/environ')).toBe(reason);
    expect(await refusal('/proc/kallsyms')).toBe(reason);
  });
});
