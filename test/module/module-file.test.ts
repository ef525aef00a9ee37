// Where modules may be loaded from, and how large they may be: through MODULE LOAD. What is no
// regular file: host.test.ts and hostile-load.test.ts.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { type GuestOptions, guest } from '../support/guest.ts';
import { TestInstance } from '../support/instance.ts';

const FAILED = '-ERR Error loading the extension. Please check the server logs. ';

let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
});

function instance(settings: Readonly<Record<string, string>> = {}): TestInstance {
  return new TestInstance({ dir: folder, 'enable-module-command': 'yes', ...settings });
}

/** Writes a module and returns its name, which is relative to `dir`. */
function module(options: GuestOptions = {}, name = 'guest.wasm'): string {
  writeFileSync(join(folder, name), guest(options));
  return name;
}

async function load(path: string, on: TestInstance): Promise<string> {
  let reply = on.raw('MODULE', 'LOAD', path);
  while (reply === '') {
    await new Promise(setImmediate);
    reply = on.takeReply();
  }
  return reply;
}

async function refusal(path: string, on: TestInstance): Promise<string> {
  const reply = await load(path, on);
  expect(reply.startsWith(`${FAILED}${path} `), reply).toBe(true);
  return reply.slice(`${FAILED}${path} `.length, -2);
}

describe('with module-dir', () => {
  let inside: string;
  let confined: TestInstance;

  beforeEach(() => {
    inside = join(folder, 'modules');
    mkdirSync(join(inside, 'deep'), { recursive: true });
    confined = instance({ 'module-dir': inside });
  });

  test('modules are loaded from inside of it, at any depth', async () => {
    expect(await load(module({}, 'modules/a.wasm'), confined)).toBe('+OK\r\n');
    confined.raw('MODULE', 'UNLOAD', 'guest');
    const deep = join(folder, module({}, 'modules/deep/b.wasm'));
    expect(await load(deep, confined)).toBe('+OK\r\n');
  });

  test.each([
    ['a path beside it', () => module()],
    ['a path that leaves it', () => `modules/../${module()}`],
    ['the directory itself', () => 'modules'],
    [
      'a directory whose name begins in the same way',
      () => {
        mkdirSync(`${inside}-other`);
        return module({}, 'modules-other/a.wasm');
      },
    ],
    [
      'a link in it that leads out of it',
      () => {
        module();
        symlinkSync(folder, join(inside, 'out'));
        return 'modules/out/guest.wasm';
      },
    ],
  ])('%s is refused', async (_name, path) => {
    expect(await refusal(path(), confined)).toBe(`is not inside of module-dir, ${inside}`);
  });

  test('nobody who waits for an answer gets past it, either', () => {
    expect(() => confined.instance.modules.prepareNow(module())).toThrow(
      `is not inside of module-dir, ${inside}`,
    );
  });

  test('it may be reached through a link, but what is loaded may not be one', async () => {
    symlinkSync(inside, join(folder, 'alias'));
    const linked = instance({ 'module-dir': join(folder, 'alias') });
    expect(await load(module({}, 'modules/a.wasm'), linked)).toBe('+OK\r\n');
    symlinkSync(join(inside, 'a.wasm'), join(inside, 'b.wasm'));
    expect(await refusal('modules/b.wasm', confined)).toBe('is a symbolic link');
  });

  test('a directory that is not there lets nothing in', async () => {
    const gone = instance({ 'module-dir': '/nowhere/modules' });
    expect(await refusal(module(), gone)).toBe(
      'module-dir /nowhere/modules cannot be read: No such file or directory',
    );
  });

  test('it cannot be set by clients, nor be relative', () => {
    expect(confined.raw('CONFIG', 'SET', 'module-dir', '/')).toContain(
      "can't set immutable config",
    );
    expect(() => instance({ 'module-dir': 'modules' })).toThrow('must be an absolute path');
  });
});

describe('limits that directives set', () => {
  test('are told by the refusal, and may be raised', async () => {
    const path = module();
    const small = instance({ 'module-max-functions': '1', 'module-max-function-bytes': '10' });
    const reason = await refusal(module({ more: '(func)' }, 'two.wasm'), small);
    expect(reason).toMatch(/^functions: 2 is over the limit 1 set by module-max-functions \(at/);
    expect(await refusal(path, small)).toMatch(
      /^function body size: \d+ is over the limit 10 set by module-max-function-bytes \(at/,
    );
    small.raw('CONFIG', 'SET', 'module-max-function-bytes', '1000');
    expect(await load(path, small)).toBe('+OK\r\n');
  });

  test('hold for code that another instance has loaded with larger ones', async () => {
    const path = module({ name: 'wide', more: '(func)' });
    expect(await load(path, instance())).toBe('+OK\r\n');
    const small = instance({ 'module-max-functions': '1' });
    expect(await refusal(path, small)).toMatch(/module-max-functions/);
  });
});
