import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildGuest } from '../../build/guest.ts';
import { loadCode } from '../../host/module/code.ts';
import { guest } from '../support/guest.ts';
import { TestInstance } from '../support/instance.ts';

const C_SOURCE = `#include "redismodule.h"

static int *volatile nowhere = (int *)0xfffffff0;

__attribute__((noinline)) static int deep(int value) {
    return *nowhere + value;
}

static int BoomCommand(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    REDISMODULE_NOT_USED(argv);
    return RedisModule_ReplyWithLongLong(ctx, deep(argc));
}

int RedisModule_OnLoad(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    REDISMODULE_NOT_USED(argv);
    REDISMODULE_NOT_USED(argc);
    if (RedisModule_Init(ctx, "boom", 1, REDISMODULE_APIVER_1) == REDISMODULE_ERR) return REDISMODULE_ERR;
    return RedisModule_CreateCommand(ctx, "boom.now", BoomCommand, "", 0, 0, 0);
}
`;

const AS_SOURCE = `import { Argv, Context, Module, Status } from 'redcell/guest-as';

// @ts-ignore: decorator
@inline
function nowhere(): usize { return 0xfffffff0; }

function deep(value: i32): i32 {
  return load<i32>(nowhere()) + value;
}

function boom(ctx: Context, argv: Argv, argc: i32): Status {
  return ctx.reply.integer(deep(argc));
}

export function RedisModule_OnLoad(ctx: Context, argv: Argv, argc: i32): Status {
  const module = new Module(ctx, 'boom', 1);
  module.command('boom.now', boom, 'readonly', 0, 0, 0);
  return module.done('loaded');
}
`;

let folder: string;
let server: TestInstance;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'redcell-incidents-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(() => {
  server = new TestInstance();
});

/** A module whose command `guest.boom` traps in a function called by another. */
const TRAPPING = {
  uses: ['CreateCommand'],
  strings: { 1100: 'guest.boom', 1190: 'write' },
  table: `(table $t (export "__indirect_function_table") 8 funcref) (elem (i32.const 1) $boom)`,
  more: `(func $deep (result i32) unreachable)
    (func $boom (param i32 i32 i32) (result i32) (call $deep))`,
  onLoad: `(drop (call $CreateCommand (local.get $ctx) (i32.const 1100) (i32.const 1)
    (i32.const 1190) (i32.const 0) (i32.const 0) (i32.const 0)))`,
};

async function loadTrapping(settings: Record<string, string> = {}): Promise<void> {
  server = new TestInstance(settings);
  server.instance.modules.load(await loadCode(guest(TRAPPING)), 'guest.wasm', []);
}

describe('a trap', () => {
  test.each([
    ['c', C_SOURCE, /^deep at module\.c:6$/, /^BoomCommand at module\.c:11$/],
    ['as', AS_SOURCE, /boom at module\.ts:8$/, /module\.ts:8$/],
  ] as const)(
    'is told with its place in the source: %s',
    { timeout: 60_000 },
    async (lang, source, inner, outer) => {
      const file = join(folder, lang === 'c' ? 'module.c' : 'module.ts');
      writeFileSync(file, source);
      const { out } = await buildGuest({
        lang,
        sources: [file],
        out: join(folder, `${lang}.wasm`),
      });
      server.instance.modules.load(await loadCode(readFileSync(out)), out, []);
      const reply = server.raw('boom.now', 'secret');
      const place = lang === 'c' ? 'module.c:6' : 'module.ts:8';
      expect(reply).toMatch(
        new RegExp(
          `^-ERR module 'boom' trapped in boom\\.now: memory access out of bounds at ${place} \\[incident [0-9a-f]{6}\\]\\r\\n$`,
        ),
      );
      const [incident] = server.instance.modules.incidents.list();
      expect(incident?.frames[0]).toMatch(inner);
      expect(incident?.frames).toEqual(expect.arrayContaining([expect.stringMatching(outer)]));
      expect(incident?.args).toEqual(['"boom.now"', '"secret"']);
      expect(server.logLines.join('')).toContain(`at ${incident?.frames[0]}`);
      expect(reply).toContain(incident?.id);
    },
  );

  test('without debug information names functions only', async () => {
    await loadTrapping();
    expect(server.raw('guest.boom')).toMatch(/trapped in guest\.boom: unreachable \[incident/);
    const [incident] = server.instance.modules.incidents.list('guest');
    expect(incident?.frames).toEqual(['deep', 'boom']);
  });

  test('keeps to itself what directives ask for', async () => {
    await loadTrapping({ 'module-trap-arguments': 'no', 'module-trap-source': 'no' });
    server.raw('guest.boom', 'secret');
    expect(server.instance.modules.incidents.list()[0]?.args).toEqual([]);
    expect(server.logLines.join('')).not.toContain('secret');
  });

  test('shortens long arguments and cannot fake log lines', async () => {
    await loadTrapping();
    server.raw('guest.boom', `\r\n${'x'.repeat(100)}`, ...new Array(20).fill('y'));
    const [incident] = server.instance.modules.incidents.list();
    expect(incident?.args[1]).toMatch(/^".*x{20}"\.\.\. \(38 more bytes\)$/);
    expect(incident?.args.at(-1)).toBe('... (6 more arguments)');
    expect(incident?.args.join('')).not.toMatch(/[\r\n]/);
  });
});

describe('MODULE', () => {
  test('INCIDENTS lists the last ones, newest first, of one module or all', async () => {
    await loadTrapping();
    expect(server.raw('MODULE', 'INCIDENTS')).toBe('*0\r\n');
    for (let i = 0; i < 200; i++) server.raw('guest.boom', String(i));
    const all = server.instance.modules.incidents.list();
    expect(all).toHaveLength(128);
    expect(all[0]?.args).toEqual(['"guest.boom"', '"199"']);
    expect(server.raw('MODULE', 'INCIDENTS')).toMatch(/^\*128\r\n\*20\r\n\$2\r\nid\r\n/);
    expect(server.raw('MODULE', 'INCIDENTS', 'guest')).toMatch(/^\*128\r\n/);
    expect(server.raw('MODULE', 'INCIDENTS', 'none')).toBe('*0\r\n');
    expect(server.raw('MODULE', 'INCIDENTS', 'a', 'b')).toMatch(/^-ERR/);
  });

  test('LASTERROR shows the last one', async () => {
    await loadTrapping();
    expect(server.raw('MODULE', 'LASTERROR', 'guest')).toBe('$-1\r\n');
    server.raw('guest.boom');
    server.raw('HELLO', '3');
    expect(server.raw('MODULE', 'LASTERROR', 'guest')).toMatch(
      /^%10\r\n\$2\r\nid\r\n.*\$6\r\nframes\r\n\*2\r\n\$4\r\ndeep\r\n\$4\r\nboom\r\n/s,
    );
    expect(server.raw('MODULE', 'LASTERROR', 'none')).toBe(
      '-ERR no such module with that name\r\n',
    );
  });

  test('RESUME ends the quarantine of a module that trapped too often', async () => {
    await loadTrapping({ 'module-trap-limit': '3' });
    for (let i = 0; i < 3; i++) expect(server.raw('guest.boom')).toMatch(/^-ERR module/);
    expect(server.raw('guest.boom')).toBe(
      "-MODULEDOWN module 'guest' trapped 3 times; it is tried again in 1 s, " +
        'or at once after MODULE RESUME guest\r\n',
    );
    expect(server.raw('INFO', 'modules')).toContain('state=quarantined');
    expect(server.raw('MODULE', 'RESUME', 'guest')).toBe('+OK\r\n');
    expect(server.raw('INFO', 'modules')).toContain('state=ok');
    expect(server.raw('guest.boom')).toMatch(/^-ERR module/);
    expect(server.raw('MODULE', 'RESUME', 'none')).toBe('-ERR no such module with that name\r\n');
  });

  test('commands are tried again when the time has passed', async () => {
    await loadTrapping({ 'module-trap-limit': '1' });
    server.raw('guest.boom');
    expect(server.raw('guest.boom')).toMatch(/^-MODULEDOWN/);
    server.advance(1000);
    expect(server.raw('guest.boom')).toMatch(/^-ERR module/);
    expect(server.raw('guest.boom')).toMatch(/^-MODULEDOWN .* in 2 s/);
  });
});
