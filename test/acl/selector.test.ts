import { beforeEach, describe, expect, test } from 'vitest';
import { isChannelAmong, KEY_READ, KEY_WRITE, Selector } from '../../host/acl/selector.ts';
import { bytes, FakeCommands } from './support.ts';

const GET = 0;
const DEBUG = 3;
const CONFIG = 4;
const CONFIG_GET = 5;
const CONFIG_SET = 6;
const FAR = 70;

let commands: FakeCommands;
let selector: Selector;

beforeEach(() => {
  commands = new FakeCommands();
  selector = new Selector(false);
});

const apply = (...rules: string[]): (string | null)[] =>
  rules.map((rule) => selector.apply(bytes(rule), commands));
const allowed = (...numbers: number[]): boolean[] =>
  numbers.map((number) => selector.allows(number));

describe('commands', () => {
  test('none is allowed at first, all after +@all, also those to come', () => {
    expect(allowed(GET, FAR, 500)).toEqual([false, false, false]);
    apply('+@all');
    expect(allowed(GET, FAR, 500)).toEqual([true, true, true]);
    expect(selector.hasAllCommands).toBe(true);
  });

  test('one that is taken away leaves the others', () => {
    apply('allcommands', '-far');
    expect(allowed(GET, FAR, FAR + 1, 500)).toEqual([true, false, true, true]);
    expect(selector.hasAllCommands).toBe(false);
  });

  test('a container stands for its subcommands', () => {
    apply('+config', '-config|set');
    expect(allowed(CONFIG, CONFIG_GET, CONFIG_SET)).toEqual([true, true, false]);
    expect(selector.describeCommands()).toBe('-@all +config -config|set');
    apply('-config');
    expect(selector.describeCommands()).toBe('-@all -config');
  });

  test('categories stand for their commands and subcommands', () => {
    apply('+@READ', '+@admin');
    expect(allowed(GET, FAR, CONFIG, CONFIG_GET)).toEqual([true, true, false, true]);
    expect(selector.describeCommands()).toBe('-@all +@read +@admin');
  });

  test('a first argument opens a command for itself, until there is a rule on the command', () => {
    apply('+debug|Object');
    expect(selector.allows(DEBUG)).toBe(false);
    expect(selector.allowsFirstArg(DEBUG, bytes('OBJECT'))).toBe(true);
    expect(selector.allowsFirstArg(DEBUG, bytes('sleep'))).toBe(false);
    expect(selector.describeCommands()).toBe('-@all +debug|object');
    apply('-debug');
    expect(selector.allowsFirstArg(DEBUG, bytes('object'))).toBe(false);
  });

  test('a rule that comes again moves to the end', () => {
    apply('+get', '+set', '-get');
    expect(selector.describeCommands()).toBe('-@all +set -get');
  });

  test('wrong rules change nothing', () => {
    apply('+get');
    const before = selector.describe();
    expect(apply('+nosuch', '-debug|x', '+@nosuch', '+debug|', '+config|nosuch', 'x', '')).toEqual([
      'unknown',
      'unknown',
      'unknown',
      'syntax',
      'unknown',
      'syntax',
      'syntax',
    ]);
    expect(apply('+config|get|x')).toEqual(['firstArgOfSubcommand']);
    expect(selector.describe()).toBe(before);
  });
});

describe('recompute', () => {
  test('finds out what rules mean for commands that have come', () => {
    apply('+@all', '-@read', '+get');
    commands.add(200, 'new', 1n);
    expect(selector.allows(200)).toBe(true);
    selector.recompute(commands);
    expect(allowed(200, GET, FAR, DEBUG)).toEqual([false, true, false, true]);
    expect(selector.describeCommands()).toBe('+@all -@read +get');
  });

  test('keeps rules on commands that have gone, for when they come back', () => {
    apply('+far', '+get');
    commands.remove('far');
    selector.recompute(commands);
    expect(allowed(FAR, GET)).toEqual([false, true]);
    expect(selector.describeCommands()).toBe('-@all +far +get');
    commands.add(300, 'far', 0n);
    selector.recompute(commands);
    expect(selector.allows(300)).toBe(true);
  });
});

describe('keys', () => {
  test('patterns are for reading, writing or both', () => {
    apply('~a*', '%R~r*', '%w~w*');
    const asked = (key: string) =>
      [KEY_READ, KEY_WRITE, KEY_READ | KEY_WRITE, 0].map((access) =>
        selector.allowsKey(bytes(key), access),
      );
    expect(asked('abc')).toEqual([true, true, true, true]);
    expect(asked('r1')).toEqual([true, false, false, true]);
    expect(asked('w1')).toEqual([false, true, false, true]);
    expect(asked('x')).toEqual([false, false, false, false]);
    expect(selector.describeKeys()).toBe('~a* %R~r* %W~w*');
  });

  test('two rules on one pattern join', () => {
    apply('%R~x', '%W~x');
    expect(selector.allowsKey(bytes('x'), KEY_READ | KEY_WRITE)).toBe(true);
    expect(selector.describeKeys()).toBe('~x');
  });

  test('behind all keys no pattern means anything', () => {
    expect(apply('~*', '~x', 'resetkeys', '~x')).toEqual([null, 'allKeys', null, null]);
    expect(apply('~a b', '%~x', '%RR~x', '%Q~x')).toEqual(['syntax', 'syntax', 'syntax', 'syntax']);
  });

  test('every key is in reach through * only', () => {
    apply('%R~*', '~k');
    expect(selector.allowsEveryKey(KEY_READ)).toBe(true);
    expect(selector.allowsEveryKey(KEY_WRITE)).toBe(false);
  });
});

describe('channels', () => {
  test('names are matched, patterns compared', () => {
    apply('&news.*');
    expect(selector.allowsChannel(bytes('news.a'), false)).toBe(true);
    expect(selector.allowsChannel(bytes('news.a'), true)).toBe(false);
    expect(selector.allowsChannel(bytes('news.*'), true)).toBe(true);
    expect(isChannelAmong([], bytes('x'), false)).toBe(false);
  });

  test('behind all channels no pattern means anything', () => {
    expect(apply('&*', '&x', 'resetchannels', '&x')).toEqual([null, 'allChannels', null, null]);
    expect(selector.describe()).toBe('resetchannels &x -@all');
    expect(new Selector(true).describe()).toBe('&* -@all');
  });
});

test('a clone shares nothing', () => {
  apply('+get', '~k', '&c', '+debug|x');
  const copy = selector.clone();
  const before = copy.describe();
  apply('-get', 'allkeys', 'resetchannels', '-debug');
  expect(copy.describe()).toBe(before);
  expect([copy.allows(GET), copy.allowsFirstArg(DEBUG, bytes('x'))]).toEqual([true, true]);
});
