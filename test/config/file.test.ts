import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Config } from '../../host/config/config.ts';
import { ConfigFileError, ConfigReader } from '../../host/config/file.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'redcell-config-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function read(text: string): { config: Config; reader: ConfigReader } {
  const config = new Config(directory);
  const reader = new ConfigReader(config);
  reader.read(text);
  return { config, reader };
}

function failure(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (error instanceof ConfigFileError) return error.message;
    throw error;
  }
  throw new Error('the text was accepted');
}

describe('redis.conf', () => {
  test('has comments, quotes, units and names in any case', () => {
    const { config } = read('# c\n\n  MaxMemory 1gb\r\nrequirepass "a b\\x41"\n');
    expect(config.number('maxmemory')).toBe(1024 ** 3);
    expect(config.string('requirepass')).toBe('a bA');
  });

  test('adds up save lines and lets later values win', () => {
    const { config } = read('save 900 1\ntimeout 1\nsave 300 10\ntimeout 2');
    expect(config.list('save')).toEqual(['900', '1', '300', '10']);
    expect(config.number('timeout')).toBe(2);
  });

  test('hands on modules, users, renamed commands and options of modules', () => {
    const { directives } = read(
      'loadmodule ./x.wasm a "b c"\nloadmodule y\nuser ann on >p\nrename-command get ""\nm.o 1 2',
    ).reader;
    expect(directives.loadmodules).toEqual([
      { path: './x.wasm', args: ['a', 'b c'] },
      { path: 'y', args: [] },
    ]);
    expect(directives.users).toEqual([['ann', 'on', '>p']]);
    expect(directives.renames).toEqual([{ from: 'get', to: '' }]);
    expect([...directives.moduleOptions]).toEqual([['m.o', '1 2']]);
  });

  test('tells the line of what is wrong', () => {
    expect(failure('port 1\nfoo bar')).toBe(
      "\n*** FATAL CONFIG FILE ERROR (Redis 7.2.4) ***\nReading the configuration file, at line 2\n>>> 'foo bar'\nBad directive or wrong number of arguments\n",
    );
  });

  test('lets the layers above judge users and renames', () => {
    const reader = new ConfigReader(new Config(directory), {
      user: () => 'bad user',
      rename: (from) => (from === 'get' ? null : 'No such command in rename-command'),
    });
    expect(() => reader.read('rename-command get x\nuser a')).toThrow(/line 2[\s\S]*bad user/);
    expect(() => reader.read('rename-command nope x')).toThrow(/No such command/);
  });
});

describe('include', () => {
  test('reads files relative to dir, at its place', () => {
    mkdirSync(join(directory, 'sub'));
    writeFileSync(join(directory, 'sub', 'a.conf'), 'timeout 5\nhz 50\n');
    const { config } = read(`hz 20\ndir ${directory}/sub\ninclude a.conf\ntimeout 6`);
    expect([config.number('hz'), config.number('timeout')]).toEqual([50, 6]);
  });

  test('takes patterns in order of name, and none is no error', () => {
    writeFileSync(join(directory, 'b.conf'), 'timeout 2');
    writeFileSync(join(directory, 'a.conf'), 'timeout 1');
    writeFileSync(join(directory, '.c.conf'), 'timeout 3');
    expect(read('include *.conf').config.number('timeout')).toBe(2);
    expect(read('include no/such/*.conf').config.number('timeout')).toBe(0);
  });

  test('adds up save points before, in and after the file', () => {
    writeFileSync(join(directory, 'a.conf'), 'save 2 2');
    const { config } = read('save 1 1\ninclude a.conf\nsave 3 3');
    expect(config.list('save')).toEqual(['1', '1', '2', '2', '3', '3']);
  });

  test('of a missing file names it', () => {
    expect(failure('include no.conf')).toBe(
      `Fatal error, can't open config file '${directory}/no.conf': No such file or directory\n`,
    );
  });

  test('of itself ends with an error', () => {
    writeFileSync(join(directory, 'a.conf'), 'include a.conf');
    expect(failure('include a.conf')).toMatch(/Included files are nested too deep/);
  });
});
