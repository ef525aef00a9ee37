import { describe, expect, test } from 'vitest';
import { CONSTANTS } from '../../abi/constants.ts';
import * as events from '../../host/keyspace/events.ts';
import { EVENT_ALL, parseEventFlags } from '../../host/keyspace/events.ts';
import { TestInstance } from '../support/instance.ts';

const forModules: Readonly<Record<string, unknown>> = CONSTANTS;

describe('event classes', () => {
  const classes = Object.entries(events).filter(([name]) => name.startsWith('EVENT_'));

  test.each(classes)('%s has the bits that modules know', (name, bits) => {
    expect(bits).toBe(forModules[name.replace('EVENT_', 'REDISMODULE_NOTIFY_')]);
  });

  test('of the letter A are all that have a letter but m and n', () => {
    expect(parseEventFlags('A')).toBe(EVENT_ALL);
    expect(parseEventFlags('g$lshzxetd')).toBe(EVENT_ALL);
  });

  test('add up in any order, and may be repeated', () => {
    expect(parseEventFlags('')).toBe(0);
    expect(parseEventFlags('KEg')).toBe(parseEventFlags('gEKgg'));
    expect(parseEventFlags('AKEmn')).toBe(0x7fff & ~events.EVENT_LOADED);
  });

  test.each(['a', 'k', 'AK ', 'G', '0'])('have no letter as in %j', (text) => {
    expect(parseEventFlags(text)).toBeNull();
  });
});

describe('notify-keyspace-events', () => {
  /** What is told of a key that is set, with these letters. */
  function told(letters: string): string[] {
    const redcell = new TestInstance();
    const subscriber = redcell.instance.createClient();
    expect(redcell.raw('CONFIG', 'SET', 'notify-keyspace-events', letters)).toBe('+OK\r\n');
    redcell.rawAs(subscriber, 'PSUBSCRIBE', '__key*');
    redcell.raw('SET', 'k', 'v');
    const reply = redcell.takeReply(subscriber);
    return [...reply.matchAll(/__keyevent@0__:(\w+)/g)].map((match) => match[1] as string);
  }

  test('tells of what its letters say', () => {
    expect(told('E$')).toEqual(['set']);
    expect(told('En')).toEqual(['new']);
    expect(told('El')).toEqual([]);
    expect(told('$')).toEqual([]); // neither kind of channel
  });

  test('tells of new keys also beside A, though its text does not show it', () => {
    expect(told('AEn')).toEqual(['new', 'set']);
  });
});
