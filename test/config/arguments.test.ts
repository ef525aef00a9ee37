import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LoadedConfig, loadConfig, parseCommandLine } from '../../host/config/arguments.ts';
import { ConfigFileError } from '../../host/config/file.ts';

describe('the command line', () => {
  test('has a file first, options, and a dash for the standard input at an end', () => {
    expect(parseCommandLine(['a.conf', '--port', '1', '-'])).toEqual({
      file: 'a.conf',
      readsStdin: true,
      options: 'port "1" ',
    });
    expect(parseCommandLine(['-', '--hz', '5'])).toMatchObject({ file: null, readsStdin: true });
    expect(parseCommandLine([])).toEqual({ file: null, readsStdin: false, options: '' });
  });

  test('gives a name the next word even if that has dashes', () => {
    expect(parseCommandLine(['--masterauth', '--x', '--hz', '5']).options).toBe(
      'masterauth "--x" \nhz "5" ',
    );
  });

  test('takes --save without a value for none', () => {
    expect(parseCommandLine(['--save', '--hz', '5']).options).toBe('save ""\nhz "5" ');
    expect(parseCommandLine(['--hz', '5', '--save']).options).toBe('hz "5" \nsave ""');
  });
});

describe('sources', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'redcell-config-'));
    writeFileSync(join(directory, 'r.conf'), 'timeout 1\nhz 11\ntcp-keepalive 1\nsave 9 9\n');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  function load(args: string[], env: Record<string, string> = {}, stdin = ''): LoadedConfig {
    return loadConfig({ args, env, directory, readStdin: () => Buffer.from(stdin) });
  }

  test('override each other: environment, file, standard input, arguments', () => {
    const env = { REDCELL_TIMEOUT: '5', REDCELL_MAXCLIENTS: '50', REDCELL_SAVE: '7 7' };
    const { config, file } = load(['r.conf', '--hz', '13', '-'], env, 'hz 12\ntcp-keepalive 2\n');
    expect(file).toBe(join(directory, 'r.conf'));
    expect(config.number('maxclients')).toBe(50);
    expect(config.number('timeout')).toBe(1);
    expect(config.number('tcp-keepalive')).toBe(2);
    expect(config.number('hz')).toBe(13);
    expect(config.list('save')).toEqual(['9', '9']);
  });

  test('without any leave the defaults and the directory', () => {
    const { config, file } = load([]);
    expect([file, config.string('dir'), config.number('port')]).toEqual([null, directory, 6379]);
  });

  test('in the environment have underscores, and may be empty', () => {
    const { config } = load([], { REDCELL_SAVE: '', REDCELL_SERVER_CPULIST: '0-3' });
    expect(config.list('save')).toEqual([]);
    expect(config.string('server_cpulist')).toBe('0-3');
    const bind = load([], { REDCELL_BIND: '127.0.0.1 ::1' }).config.list('bind');
    expect(bind).toEqual(['127.0.0.1', '::1']);
  });

  test('in the environment that mean nothing are named', () => {
    const env = { REDCELL_HOME: '/x', REDCELL_PORT: 'tcp://10.0.0.1:6379', OTHER: 'x' };
    const { config, unknownVariables } = load([], env);
    expect(unknownVariables).toEqual(['REDCELL_HOME', 'REDCELL_PORT']);
    expect(config.number('port')).toBe(6379);
  });

  test('in the environment that are wrong keep the server from starting', () => {
    expect(() => load([], { REDCELL_HZ: 'x' })).toThrow(ConfigFileError);
    expect(() => load([], { REDCELL_HZ: 'x' })).toThrow(
      /environment variable REDCELL_HZ\n>>> 'hz x'\nargument couldn't be parsed/,
    );
  });

  test('hand on modules of the command line', () => {
    const { loadmodules } = load(['--loadmodule', './x.wasm', 'arg', '--port', '0']);
    expect(loadmodules).toEqual([{ path: './x.wasm', args: ['arg'] }]);
  });

  test('that are missing are named in full', () => {
    expect(() => load(['no.conf'])).toThrow(
      `Fatal error, can't open config file '${directory}/no.conf': No such file or directory`,
    );
  });
});
