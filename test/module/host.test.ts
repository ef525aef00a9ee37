// Through the ABI, also: host/module/registry.ts.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { type GuestOptions, guest, guestText, traces } from '../support/guest.ts';
import { TestInstance } from '../support/instance.ts';
import { wat } from './wat.ts';

const FAILED = 'ERR Error loading the extension. Please check the server logs.';

let folder: string;
let server: TestInstance;

beforeEach(() => {
  folder = temporaryFolder();
  server = instance();
});

function instance(settings: Readonly<Record<string, string>> = {}): TestInstance {
  return new TestInstance({ dir: folder, 'enable-module-command': 'yes', ...settings });
}

/** Writes a file and returns its name, which is relative to `dir`. */
function file(name: string, content: Uint8Array | string): string {
  writeFileSync(join(folder, name), content);
  return name;
}

function module(options: GuestOptions = {}, name = 'guest.wasm'): string {
  return file(name, guest(options));
}

/** Why a load was refused: the client and the log must say the same. Leaves nothing behind. */
async function refusal(path: string, on = server, ...args: string[]): Promise<string> {
  const before = traces(on);
  const logged = on.logLines.length;
  const reply = await load(path, on, ...args);
  expect(reply.startsWith(`-${FAILED} ${path} `), reply).toBe(true);
  const reason = reply.slice(`-${FAILED} ${path} `.length, -2);
  const lines = on.logLines.slice(logged).join('');
  expect(lines).toContain(` # Module ${path} failed to load: ${reason}\n`);
  expect(traces(on)).toEqual(before);
  expect(on.raw('PING')).toBe('+PONG\r\n');
  return reason;
}

/** The same without the byte offset that it must end with. */
async function ruleOf(path: string): Promise<string> {
  const match = /^(.*) \(at byte \d+, 0x[\da-f]+\)$/s.exec(await refusal(path));
  return match?.[1] ?? 'no byte offset';
}

/** The reply of MODULE LOAD, once it is there. */
async function load(path: string, on = server, ...args: string[]): Promise<string> {
  let reply = on.raw('MODULE', 'LOAD', path, ...args);
  while (reply === '') {
    await new Promise(setImmediate);
    reply = on.takeReply();
  }
  return reply;
}

describe('a module', () => {
  test('is found relative to dir, and the log tells what was loaded', async () => {
    const bytes = guest();
    expect(await load(file('a.wasm', bytes))).toBe('+OK\r\n');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const log = server.logLines.join('');
    expect(log).toContain("Module 'guest' loaded from a.wasm\n");
    expect(log).toContain(`Module 'guest' is ${bytes.length} bytes, SHA-256 ${sha256}\n`);
  });

  test('is what its first bytes say, whatever its name is', async () => {
    expect(await load(file('mymodule.so', guest()))).toBe('+OK\r\n');
    server.raw('MODULE', 'UNLOAD', 'guest');
    expect(await load(file('binary.wat', guest()))).toBe('+OK\r\n');
  });

  test('may be text when its name ends in .wat', async () => {
    expect(await load(file('a.wat', guestText()))).toBe('+OK\r\n');
    expect(await refusal(file('text.wasm', guestText()))).toMatch(/not a WebAssembly file/);
  });

  test('gets the arguments behind the path', async () => {
    const path = module({
      strings: { 1100: 'three' },
      // Fails unless there are three.
      onLoad: '(if (i32.ne (local.get $argc) (i32.const 3)) (then (return (i32.const 1))))',
    });
    expect(await refusal(path, server, 'a', 'b')).toBe('its RedisModule_OnLoad returned an error');
    expect(await load(path, server, 'a', 'b', 'c')).toBe('+OK\r\n');
  });

  test('runs its start function and _initialize once, before OnLoad', async () => {
    const path = module({
      uses: ['Log'],
      strings: { 1100: 'notice', 1200: 'start', 1300: 'initialize', 1400: 'onload' },
      more: `(start $start)
        (func $log (param i32)
          (call $Log (i32.const 0) (i32.const 1100) (local.get 0) (i32.const 2000)))
        (func $start (call $log (i32.const 1200)))
        (func (export "_initialize") (call $log (i32.const 1300)))`,
      onLoad: '(call $log (i32.const 1400))',
    });
    await load(path);
    const own = server.logLines.filter((line) => line.includes(' <')).map((line) => line.trim());
    expect(own.map((line) => line.split('> ')[1])).toEqual(['start', 'initialize', 'onload']);
  });
});

describe('a file that is no module is refused:', () => {
  test('a missing one', async () => {
    expect(await refusal('none.wasm')).toBe('cannot be read: No such file or directory');
  });

  test('a directory', async () => {
    mkdirSync(join(folder, 'd'));
    expect(await refusal('d')).toBe('is a directory');
  });

  test('an empty one', async () => {
    expect(await refusal(file('empty', ''))).toMatch(/not a WebAssembly file/);
  });

  test('another kind of file', async () => {
    expect(await refusal(file('script.wasm', '#!/bin/sh\n'))).toBe(
      'not a WebAssembly file: it does not begin with \\0asm',
    );
  });

  test('a native module, with what to do instead', async () => {
    const elf = Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01'), Buffer.alloc(100)]);
    expect(await refusal(file('native.so', elf))).toBe(
      'this is a native (ELF) module; redcell runs WebAssembly: ' +
        'compile the same source with `npm run guest` or clang --target=wasm32-wasi',
    );
  });

  test('a symbolic link, even to a module', async () => {
    symlinkSync(join(folder, module()), join(folder, 'link.wasm'));
    expect(await refusal('link.wasm')).toBe('is a symbolic link');
  });

  test('a pipe, without waiting for somebody to write into it', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect(await refusal('pipe')).toBe('is not a regular file');
  });

  test('a device', async () => {
    expect(await refusal('/dev/zero')).toBe('is not a regular file');
  });

  test('one that is too large, without reading it', async () => {
    truncateSync(join(folder, file('sparse', '')), 2 ** 31);
    expect(await refusal('sparse')).toBe(
      'is 2147483648 bytes long; module-max-file-bytes allows 8388608',
    );
  });

  test('one of nothing but holes', async () => {
    truncateSync(join(folder, file('sparse', '')), 2 ** 20);
    expect(await refusal('sparse')).toMatch(/not a WebAssembly file/);
  });

  test('a path that no file can have', async () => {
    expect(await load('a\0b')).toBe(
      `-${FAILED} a\\x00b cannot be read: its path has a NUL byte\r\n`,
    );
    expect(await load('a\r\nb')).toBe(
      `-${FAILED} a\\x0d\\x0ab cannot be read: No such file or directory\r\n`,
    );
    expect(server.logLines.filter((line) => !line.includes(' # Module a'))).toEqual([]);
  });

  test('bad text, in the words of the assembler', async () => {
    const reason = await refusal(file('bad.wat', '(module (func (i32.cnst 1)))'));
    expect(reason).toBe(
      'is not valid WebAssembly text: ' +
        'module.wat:1:16: error: unexpected token "i32.cnst", expected an instr.',
    );
  });

  test('text that does not type-check', async () => {
    const reason = await refusal(file('bad.wat', '(module (func (result i32)))'));
    expect(reason).toBe(
      'is not valid WebAssembly text: ' +
        'module.wat:1:15: error: type mismatch in implicit return, expected [i32] but got []',
    );
  });

  test('one cut off at any byte', async () => {
    const bytes = guest({ uses: ['Log', 'Alloc'] });
    // Names are optional: behind them it is whole.
    const end = bytes.indexOf('\x04name') - 2;
    expect(bytes.readUInt8(end)).toBe(0); // a custom section
    for (let length = 0; length < end; length++) {
      expect(await refusal(file('cut.wasm', bytes.subarray(0, length)))).not.toBe('');
    }
    for (let length = end + 1; length < bytes.length; length += 7) {
      expect(await refusal(file('cut.wasm', bytes.subarray(0, length)))).not.toBe('');
    }
    expect(await load(file('whole.wasm', bytes.subarray(0, end)))).toBe('+OK\r\n');
  });

  test('one that V8 does not accept, with its reason', async () => {
    // The body leaves nothing on the stack.
    const bytes = guest();
    const broken = Buffer.from(bytes);
    const at = broken.lastIndexOf(Buffer.from([0x41, 0x00, 0x0b])); // i32.const 0, end
    broken.fill(0x01, at, at + 2); // nop
    expect(await refusal(file('broken.wasm', broken))).toMatch(/^WebAssembly\.\w+\(\): .*expected/);
  });
});

describe('imports and exports are checked:', () => {
  const importing = (text: string): Buffer =>
    Buffer.from(wat(`(module ${text} (memory (export "memory") 1))`));

  test('an unknown function, with the nearest known one', async () => {
    const path = file('a.wasm', importing('(import "redismodule" "RedisModule_Aloc" (func))'));
    expect(await ruleOf(path)).toBe(
      'imports unknown function redismodule.RedisModule_Aloc; did you mean RedisModule_Alloc?',
    );
  });

  test('an unknown function that resembles none', async () => {
    const path = file('a.wasm', importing('(import "redismodule" "constructor" (func))'));
    expect(await ruleOf(path)).toBe('imports unknown function redismodule.constructor');
  });

  test('a known function of another type', async () => {
    const path = file(
      'a.wasm',
      importing('(import "redismodule" "RedisModule_Alloc" (func (param i64) (result i32)))'),
    );
    expect(await ruleOf(path)).toBe(
      'imports redismodule.RedisModule_Alloc as (i64)->(i32), but it is (i32)->(i32)',
    );
  });

  test.each([
    ['(import "constructor" "constructor" (func))', 'function constructor.constructor'],
    ['(import "__proto__" "x" (func))', 'function __proto__.x'],
    ['(import "redismodule" "g" (global i32))', 'global redismodule.g'],
    ['(import "env" "t" (table 1 funcref))', 'table env.t'],
  ])('%s', async (text, what) => {
    expect(await ruleOf(file('a.wasm', importing(text)))).toBe(
      `imports ${what}, which redcell does not provide`,
    );
  });

  test('a name that is too long to be shown, and bytes that would fake a log line', async () => {
    const long = importing(`(import "redismodule" "${'x'.repeat(5000)}" (func))`);
    expect((await ruleOf(file('a.wasm', long))).length).toBeLessThan(300);
    const fake = importing('(import "redismodule" "a\\0ab" (func))');
    expect(await ruleOf(file('b.wasm', fake))).toBe('imports unknown function redismodule.a\\x0ab');
  });

  test('no OnLoad', async () => {
    expect(await ruleOf(file('a.wasm', importing('')))).toBe(
      'does not export the function RedisModule_OnLoad',
    );
  });

  test.each([
    ['(func (export "RedisModule_OnLoad"))', '()->()'],
    ['(global (export "RedisModule_OnLoad") i32 (i32.const 0))', 'global'],
  ])('an OnLoad that is %s', async (text, actual) => {
    expect(await ruleOf(file('a.wasm', importing(text)))).toBe(
      `exports RedisModule_OnLoad as ${actual}, but it must be (i32,i32,i32)->(i32)`,
    );
  });

  test('an OnUnload of another type', async () => {
    const path = module({ more: '(func (export "RedisModule_OnUnload"))' });
    expect(await ruleOf(path)).toBe(
      'exports RedisModule_OnUnload as ()->(), but it must be (i32)->(i32)',
    );
  });
});

describe('a module that cannot be initialised is refused:', () => {
  test('its memory is larger than allowed', async () => {
    const small = instance({ 'module-max-memory': '1mb' });
    expect(await refusal(module({ pages: 17 }), small)).toBe(
      'needs 1114112 bytes of memory from the start; module-max-memory allows 1048576',
    );
    expect(await load(module({ pages: 8 }), small)).toBe('+OK\r\n');
  });

  test('nothing is left of the memory for calls into it', async () => {
    const small = instance({ 'module-max-memory': '64kb' });
    expect(await refusal(module(), small)).toBe('module-max-memory leaves no room for its calls');
  });

  test('OnLoad says so', async () => {
    expect(await refusal(module({ status: 1 }))).toBe('its RedisModule_OnLoad returned an error');
    expect(await refusal(module({ status: 2 }))).toBe('its RedisModule_OnLoad returned an error');
  });

  test('OnLoad traps', async () => {
    expect(await refusal(module({ onLoad: 'unreachable' }))).toBe(
      'trapped while loading: unreachable',
    );
  });

  test('the start function or _initialize traps', async () => {
    const start = module({ more: '(start $s) (func $s unreachable)' });
    expect(await refusal(start)).toBe('trapped while loading: unreachable');
    const initialize = module({ more: '(func (export "_initialize") unreachable)' }, 'b.wasm');
    expect(await refusal(initialize)).toBe('trapped while loading: unreachable');
  });

  test('it recurses without end', async () => {
    const path = module({ more: '(func $f (call $f))', onLoad: '(call $f)' });
    expect(await refusal(path)).toBe('trapped while loading: stack overflow: recursion too deep');
  });

  test('it passes the host an address outside of its memory', async () => {
    const path = module({
      uses: ['CreateCommand'],
      onLoad: `(drop (call $CreateCommand (local.get $ctx) (i32.const -8) (i32.const 0)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))`,
    });
    expect(await refusal(path)).toMatch(
      /^trapped while loading: RedisModule_CreateCommand: argument 'name': /,
    );
  });

  test('it never says its name', async () => {
    expect(await refusal(module({ name: '' }))).toBe(
      'its RedisModule_OnLoad did not call RedisModule_Init',
    );
  });

  test('its name is that of a module that is loaded', async () => {
    await load(module());
    // A guest of C or AssemblyScript asks first.
    const path = module({
      name: '',
      uses: ['IsModuleNameBusy'],
      strings: { 1100: 'guest' },
      onLoad: '(return (call $IsModuleNameBusy (i32.const 1100)))',
    });
    expect(await refusal(path)).toBe(
      'its RedisModule_OnLoad returned an error; ' +
        "it was refused the name 'guest', which a loaded module has",
    );
    expect(await refusal(module({}, 'second.wasm'))).toBe(
      "its name 'guest' is taken by a module that is loaded",
    );
  });

  test('its name would fake lines of the log', async () => {
    expect(await refusal(module({ name: 'a\\0ab' }))).toBe("its name 'a\\x0ab' cannot be printed");
  });

  test('it registers options and does not load them', async () => {
    const path = module({
      uses: ['RegisterNumericConfig'],
      strings: { 1100: 'limit' },
      table: `(table $t (export "__indirect_function_table") 8 funcref)
        (elem (i32.const 1) $get $set)
        (func $get (param i32 i32) (result i64) (i64.const 0))
        (func $set (param i32 i64 i32 i32) (result i32) (i32.const 0))`,
      onLoad: `(drop (call $RegisterNumericConfig (local.get $ctx) (i32.const 1100) (i64.const 1)
        (i32.const 0) (i64.const 0) (i64.const 9) (i32.const 1) (i32.const 2) (i32.const 0)
        (i32.const 0)))`,
    });
    expect(await refusal(path)).toBe('registers options but does not call RedisModule_LoadConfigs');
  });
});

/** OnLoad code that creates command `name`, and returns an error if that fails. */
function creating(name: number, flags = 1190): string {
  return `(if (call $CreateCommand (local.get $ctx) (i32.const ${name}) (i32.const 1)
      (i32.const ${flags}) (i32.const 0) (i32.const 0) (i32.const 0))
    (then (return (i32.const 1))))`;
}

const COMMAND: GuestOptions = {
  uses: ['CreateCommand', 'ReplyWithLongLong'],
  strings: { 1100: 'guest.run', 1190: 'write', 1200: 'get', 1300: 'a b' },
  table: `(table $t (export "__indirect_function_table") 8 funcref)
    (elem (i32.const 1) $run)
    (func $run (param i32 i32 i32) (result i32)
      (call $ReplyWithLongLong (local.get 0) (i64.const 7)))`,
};

describe('what a refused module had registered is taken back:', () => {
  test('its commands', async () => {
    const reason = await refusal(
      module({ ...COMMAND, onLoad: `${creating(1100)} ${creating(1200)}` }),
    );
    expect(reason).toBe(
      "its RedisModule_OnLoad returned an error; it was refused the command 'get': name is taken",
    );
    expect(server.raw('guest.run')).toMatch(/^-ERR unknown command/);
    expect(server.raw('GET', 'x')).toBe('$-1\r\n');
    expect(await load(module({ ...COMMAND, onLoad: creating(1100) }))).toBe('+OK\r\n');
  });

  test('a command that another module has', async () => {
    await load(module({ ...COMMAND, onLoad: creating(1100) }));
    const second = module({ ...COMMAND, name: 'second', onLoad: creating(1100) }, 'second.wasm');
    expect(await refusal(second)).toMatch(
      /it was refused the command 'guest\.run': name is taken$/,
    );
    expect(server.raw('COMMAND', 'INFO', 'guest.run')).toContain('guest.run');
  });

  test('a command with a blank in its name, or unknown flags', async () => {
    expect(await refusal(module({ ...COMMAND, onLoad: creating(1300) }))).toMatch(
      /refused the command 'a b': not allowed$/,
    );
    expect(await refusal(module({ ...COMMAND, onLoad: creating(1100, 1200) }))).toMatch(
      /refused the flags 'get' of the command 'guest\.run'$/,
    );
  });

  const everything = (end: string): GuestOptions => ({
    ...COMMAND,
    uses: [
      ...['CreateCommand', 'CreateDataType', 'CreateTimer', 'SubscribeToKeyspaceEvents'],
      ...['SubscribeToServerEvent', 'AddPostNotificationJob', 'RegisterInfoFunc', 'Call'],
      ...['RegisterBoolConfig', 'LoadConfigs', 'Replicate', 'PublishMessage', 'CreateString'],
    ],
    strings: {
      ...COMMAND.strings,
      1400: 'guesttype',
      1500: 'SET',
      1510: 'cc!',
      1600: 'flag',
      // RedisModuleTypeMethods: version 1.
      3000: '\\01\\00\\00\\00\\00\\00\\00',
      // RedisModuleEvent: Key, version 1.
      3200: '\\11\\00\\00\\00\\00\\00\\00\\00\\01\\00\\00\\00\\00\\00\\00',
    },
    table: `(table $t (export "__indirect_function_table") 8 funcref)
      (elem (i32.const 1) $run $timer $event $server $job $bool $set)
      (func $run (param i32 i32 i32) (result i32) (i32.const 0))
      (func $timer (param i32 i32) unreachable)
      (func $event (param i32 i32 i32 i32) (result i32) (i32.const 0))
      (func $server (param i32 i32 i64 i32))
      (func $job (param i32 i32) unreachable)
      (func $bool (param i32 i32) (result i32) (i32.const 0))
      (func $set (param i32 i32 i32 i32) (result i32) (i32.const 0))`,
    onLoad: `${creating(1100)}
      (drop (call $CreateDataType (local.get $ctx) (i32.const 1400) (i32.const 0) (i32.const 3000)))
      (drop (call $SubscribeToKeyspaceEvents (local.get $ctx) (i32.const 4) (i32.const 3)))
      (drop (call $SubscribeToServerEvent (local.get $ctx) (i32.const 3200) (i32.const 4)))
      (drop (call $RegisterBoolConfig (local.get $ctx) (i32.const 1600) (i32.const 1) (i32.const 0)
        (i32.const 6) (i32.const 7) (i32.const 0) (i32.const 0)))
      (drop (call $LoadConfigs (local.get $ctx)))
      (drop (call $CreateTimer (local.get $ctx) (i64.const 10) (i32.const 2) (i32.const 0)))
      (drop (call $AddPostNotificationJob (local.get $ctx) (i32.const 5) (i32.const 0)
        (i32.const 0)))
      (i32.store (i32.const 4000) (i32.const 1500))
      (i32.store (i32.const 4004) (i32.const 1600))
      (drop (call $Call (local.get $ctx) (i32.const 1500) (i32.const 1510) (i32.const 4000)))
      (drop (call $PublishMessage (local.get $ctx)
        (call $CreateString (local.get $ctx) (i32.const 1500) (i32.const 3))
        (call $CreateString (local.get $ctx) (i32.const 1500) (i32.const 3))))
      ${end}`,
  });

  test.each([
    ['returns an error', '(return (i32.const 1))', /returned an error$/],
    ['traps', 'unreachable', /^trapped while loading/],
  ])('everything, when OnLoad %s at its end', async (_how, end, reason) => {
    const subscriber = server.instance.createClient();
    server.rawAs(subscriber, 'SUBSCRIBE', 'SET');
    expect(await refusal(module(everything(end)))).toMatch(reason);
    server.advance(1000); // its timer does not fire
    expect(server.takeReply(subscriber)).toBe('');
    expect(server.effects).toEqual([]);
    expect(server.raw('EXISTS', 'SET')).toBe(':0\r\n');
    expect(server.logLines.filter((line) => line.includes('trapped in'))).toEqual([]);
  });

  test('nothing, when it is loaded', async () => {
    // The control: the same module without its bad end, and without the functions that trap.
    const options = everything('');
    const table = options.table?.replaceAll('unreachable', '');
    expect(await load(module({ ...options, ...(table ? { table } : {}) }))).toBe('+OK\r\n');
    expect(server.raw('GET', 'SET')).toBe('$4\r\nflag\r\n');
    expect(server.instance.modules.typesByName.has('guesttype')).toBe(true);
    expect(server.instance.keyspace.announcesLosses).toBe(true);
    expect(server.scheduler.pendingCount).toBe(1);
    expect(server.raw('CONFIG', 'GET', 'guest.flag')).toContain('guest.flag');
  });

  test('a data type of a name that is taken', async () => {
    const typed = (name: string): GuestOptions => ({
      name,
      uses: ['CreateDataType'],
      strings: { 1400: 'guesttype', 3000: '\\01\\00\\00\\00\\00\\00\\00' },
      onLoad: `(if (i32.eqz (call $CreateDataType (local.get $ctx) (i32.const 1400) (i32.const 0)
        (i32.const 3000))) (then (return (i32.const 1))))`,
    });
    expect(await load(module(typed('first'), 'first.wasm'))).toBe('+OK\r\n');
    expect(await refusal(module(typed('second'), 'second.wasm'))).toBe(
      "its RedisModule_OnLoad returned an error; it was refused the data type 'guesttype': " +
        'name is taken',
    );
    expect(server.instance.modules.typesByName.get('guesttype')?.module.name).toBe('first');
  });
});

describe('inside MULTI', () => {
  test('a module is loaded and its command runs in the same transaction', () => {
    const path = module({ ...COMMAND, onLoad: creating(1100) });
    server.raw('MULTI');
    server.raw('SET', 'a', '1');
    server.raw('MODULE', 'LOAD', path);
    server.raw('GET', 'a');
    expect(server.raw('EXEC')).toBe('*3\r\n+OK\r\n+OK\r\n$1\r\n1\r\n');
    expect(server.raw('COMMAND', 'INFO', 'guest.run')).toContain('guest.run');
  });

  test('one that cannot be loaded fails alone', () => {
    server.raw('MULTI');
    server.raw('SET', 'a', '1');
    server.raw('MODULE', 'LOAD', 'none.wasm');
    expect(server.raw('EXEC')).toBe(
      `*2\r\n+OK\r\n-${FAILED} none.wasm cannot be read: No such file or directory\r\n`,
    );
    expect(server.raw('GET', 'a')).toBe('$1\r\n1\r\n');
  });

  test('text is refused: assembling it cannot be waited for', () => {
    // Text that was assembled before would be found in the cache of compiled code.
    const path = file('a.wat', `${guestText()}\n;; met here only`);
    server.raw('MULTI');
    server.raw('MODULE', 'LOAD', path);
    expect(server.raw('EXEC')).toContain(
      'a.wat is WebAssembly text, which a transaction cannot wait for',
    );
  });

  test('a queued command of a module that is gone is unknown', async () => {
    await load(module({ ...COMMAND, onLoad: creating(1100) }));
    server.raw('MULTI');
    server.raw('guest.run', 'x');
    server.raw('MODULE', 'UNLOAD', 'guest');
    server.raw('guest.run', 'y');
    expect(server.raw('EXEC')).toBe(
      "*3\r\n:7\r\n+OK\r\n-ERR unknown command 'guest.run', with args beginning with: 'y' \r\n",
    );
  });
});
