import { beforeEach, describe, expect, test } from 'vitest';
import { CONFIG, Config } from '../../host/config/config.ts';
import { CONFIG_FILE, ConfigFile } from '../../host/config/rewrite.ts';
import { TestInstance } from '../support/instance.ts';

let redcell: TestInstance;
let config: Config;
beforeEach(() => {
  redcell = new TestInstance();
  config = new Config('/data');
  redcell.instance.services.set(CONFIG, config);
  redcell.instance.services.set(CONFIG_FILE, new ConfigFile(config, null));
});

describe('CONFIG GET', () => {
  test('answers an array of names and values in RESP2', () => {
    expect(redcell.raw('CONFIG', 'GET', 'hz', 'port')).toBe(
      '*4\r\n$2\r\nhz\r\n$2\r\n10\r\n$4\r\nport\r\n$4\r\n6379\r\n',
    );
  });

  test('answers a map in RESP3', () => {
    redcell.client.writer.protocol = 3;
    expect(redcell.raw('CONFIG', 'GET', 'hz')).toBe('%1\r\n$2\r\nhz\r\n$2\r\n10\r\n');
    expect(redcell.raw('CONFIG', 'GET', 'nope')).toBe('%0\r\n');
  });

  test('needs a pattern', () => {
    expect(redcell.raw('CONFIG', 'GET')).toBe(
      "-ERR wrong number of arguments for 'config|get' command\r\n",
    );
  });
});

describe('CONFIG SET', () => {
  test('sets options and propagates nothing', () => {
    expect(redcell.raw('CONFIG', 'SET', 'hz', '20', 'timeout', '7')).toBe('+OK\r\n');
    expect([config.number('hz'), config.number('timeout')]).toEqual([20, 7]);
    expect(redcell.takeEffects()).toEqual([]);
  });

  test('needs pairs', () => {
    expect(redcell.raw('CONFIG', 'SET', 'hz', '20', 'timeout')).toBe('-ERR syntax error\r\n');
    expect(redcell.raw('CONFIG', 'SET', 'hz')).toBe(
      "-ERR wrong number of arguments for 'config|set' command\r\n",
    );
  });

  test('says what was refused', () => {
    expect(redcell.raw('CONFIG', 'SET', 'nope', '1')).toBe(
      "-ERR Unknown option or number of arguments for CONFIG SET - 'nope'\r\n",
    );
  });

  test('of appendonly is refused while loading', () => {
    redcell.instance.executor.isLoading = true;
    expect(redcell.raw('CONFIG', 'SET', 'appendonly', 'yes')).toBe(
      '-LOADING Redis is loading the dataset in memory\r\n',
    );
  });
});

test('CONFIG RESETSTAT clears the statistics of keys and commands', () => {
  redcell.raw('GET', 'x');
  redcell.raw('GET', 'x', 'y');
  expect(redcell.instance.keyspace.stats.misses).toBe(1);
  expect(redcell.raw('CONFIG', 'RESETSTAT')).toBe('+OK\r\n');
  expect(redcell.instance.keyspace.stats).toEqual({
    hits: 0,
    misses: 0,
    expired: 0,
    expiredLazily: 0,
    evicted: 0,
  });
  expect(redcell.instance.executor.stats.totalErrors).toBe(0);
});

test('CONFIG REWRITE without a file is refused and logged', () => {
  expect(redcell.raw('CONFIG', 'REWRITE')).toBe(
    '-ERR The server is running without a config file\r\n',
  );
  expect(redcell.logLines.join('')).toMatch(/# CONFIG REWRITE failed: /);
});

test('CONFIG HELP lists the subcommands', () => {
  expect(redcell.raw('CONFIG', 'HELP')).toMatch(/^\*11\r\n\+CONFIG <subcommand>/);
});
