import { describe, expect, test } from 'vitest';
import { Config } from '../../host/config/config.ts';
import { bool, int } from '../../host/config/option.ts';
import type { ByteString } from '../../host/lib/bytes.ts';

const CLIENT = { isLocal: false, isLoading: false };

function set(config: Config, ...words: string[]): string | null {
  const pairs: [string, string][] = [];
  for (let i = 0; i < words.length; i += 2) pairs.push([words[i] ?? '', words[i + 1] ?? '']);
  return config.set(pairs, CLIENT);
}

function get(config: Config, ...patterns: string[]): [string, string][] {
  return [...config.get(patterns as ByteString[])];
}

describe('reading', () => {
  test('typed values come from the table until they are set', () => {
    const config = new Config('/data');
    expect(config.number('maxmemory')).toBe(0);
    expect(config.bool('appendonly')).toBe(false);
    expect(config.string('maxmemory-policy')).toBe('noeviction');
    expect(config.list('save')).toEqual(['3600', '1', '300', '100', '60', '10000']);
    expect(config.string('dir')).toBe('/data');
    expect(set(config, 'maxmemory', '1gb')).toBeNull();
    expect(config.number('maxmemory')).toBe(1024 ** 3);
    expect(new Config('/other').number('maxmemory')).toBe(0);
  });

  test('a secret keeps its bytes', () => {
    const config = new Config('/data');
    set(config, 'requirepass', '\xff\xfe');
    expect(config.bytes('requirepass')).toBe('\xff\xfe');
    expect(config.isSensitive('REQUIREPASS')).toBe(true);
    expect(config.isSensitive('maxmemory')).toBe(false);
  });

  test('an exact name is answered as it was asked, a pattern with the names', () => {
    const config = new Config('/data');
    expect(get(config, 'HZ')).toEqual([['HZ', '10']]);
    expect(get(config, 'hz', 'HZ', 'h?')).toEqual([['hz', '10']]);
    expect(get(config, '*-PRIORITY')).toEqual([
      ['replica-priority', '100'],
      ['slave-priority', '100'],
    ]);
    expect(get(config, 'nope')).toEqual([]);
  });

  test('hidden options answer to their exact name only', () => {
    const config = new Config('/data');
    expect(get(config, 'watchdog-perio?')).toEqual([]);
    expect(get(config, 'watchdog-period')).toEqual([['watchdog-period', '0']]);
  });
});

describe('setting', () => {
  test('a bad value leaves all options as they were', () => {
    const config = new Config('/data');
    expect(set(config, 'hz', '20', 'maxmemory', 'x')).toBe(
      "ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value",
    );
    expect(config.number('hz')).toBe(10);
  });

  test('protected options follow enable-protected-configs', () => {
    const config = new Config('/data');
    const local = { isLocal: true, isLoading: false };
    const refused =
      "ERR CONFIG SET failed (possibly related to argument 'dbfilename') - can't set protected config";
    expect(config.set([['dbfilename', 'x']], local)).toBe(refused);
    config.override('enable-protected-configs', ['local']);
    expect(config.set([['dbfilename', 'x']], CLIENT)).toBe(refused);
    expect(config.set([['dbfilename', 'x']], local)).toBeNull();
    config.override('enable-protected-configs', ['yes']);
    expect(config.set([['dbfilename', 'y']], CLIENT)).toBeNull();
  });

  test('appendonly waits until the data set is loaded', () => {
    const config = new Config('/data');
    const loading = { isLocal: true, isLoading: true };
    expect(config.set([['appendonly', 'yes']], loading)).toBe(
      'LOADING Redis is loading the dataset in memory',
    );
    expect(config.set([['maxmemory', '5']], loading)).toBeNull();
  });
});

describe('listeners', () => {
  test('hear of values that changed, and only of those', () => {
    const config = new Config('/data');
    const heard: number[] = [];
    config.onChange('hz', (value) => {
      heard.push(value);
      return undefined;
    });
    set(config, 'hz', '10');
    set(config, 'slave-priority', '3', 'hz', '20');
    expect(heard).toEqual([20]);
  });

  test('watch tells the value at once and after each change', () => {
    const config = new Config('/data');
    const heard: string[] = [];
    config.watch('maxmemory-policy', (value) => heard.push(value));
    set(config, 'maxmemory-policy', 'allkeys-lru');
    expect(heard).toEqual(['noeviction', 'allkeys-lru']);
  });

  test('that refuse put everything back, and the others hear the old values', () => {
    const config = new Config('/data');
    const heard: number[] = [];
    config.watch('hz', (value) => heard.push(value));
    config.onChange('port', (value) =>
      value === 80 ? 'Unable to listen on this port' : undefined,
    );
    expect(set(config, 'hz', '50', 'port', '80', 'timeout', '9')).toBe(
      "ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port",
    );
    expect(heard).toEqual([10, 50, 10]);
    expect([config.number('hz'), config.number('port'), config.number('timeout')]).toEqual([
      10, 6379, 0,
    ]);
  });

  test('hear once when an option is set by its name and its alias', () => {
    const config = new Config('/data');
    const heard: number[] = [];
    config.onChange('replica-priority', (value) => void heard.push(value));
    set(config, 'slave-priority', '5', 'replica-priority', '6');
    expect(heard).toEqual([6]);
  });
});

describe('options of modules', () => {
  test('can be set, listed and taken away again', () => {
    const config = new Config('/data');
    const heard: unknown[] = [];
    const listener = (value: unknown): string | undefined => {
      heard.push(value);
      return value === 3 ? 'three is bad' : undefined;
    };
    expect(
      config.register('Mod.limit', int(1, 'Limit.'), {
        changed: listener,
        read: () => null,
        apply: null,
      }),
    ).toBe(true);
    expect(config.register('mod.LIMIT', bool(true, 'x'))).toBe(false);
    expect(set(config, 'MOD.limit', '2')).toBeNull();
    expect(config.registeredValue('mod.limit')).toBe(2);
    expect(set(config, 'mod.limit', '3')).toMatch(/three is bad$/);
    expect(get(config, 'mod.*')).toEqual([['mod.limit', '2']]);
    expect(heard).toEqual([2, 3, 2]);
    expect(config.unregister('mod.limit')).toBe(true);
    expect(config.unregister('mod.limit')).toBe(false);
    expect(get(config, 'mod.limit')).toEqual([]);
    expect(new Config('/data').find('mod.limit')).toBeUndefined();
  });

  test('do not replace built-in ones', () => {
    expect(new Config('/data').register('slaveof', bool(true, 'x'))).toBe(false);
  });
});
