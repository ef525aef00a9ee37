import { describe, expect, test } from 'vitest';
import { EVENT_GENERIC, EVENT_STRING } from '../../host/keyspace/events.ts';
import { connect } from '../support/connected.ts';
import { TestInstance } from '../support/instance.ts';

describe('notify-keyspace-events', () => {
  test('publishes the event to the key and the key to the event, in this order', () => {
    const redcell = new TestInstance({ 'notify-keyspace-events': 'KE$' });
    const a = connect(redcell);
    a.raw('PSUBSCRIBE', '__key*');
    redcell.raw('SELECT', 2);
    redcell.raw('SET', 'k', 'v');
    const messages = a.take();
    expect(messages.indexOf('__keyspace@2__:k')).toBeGreaterThan(0);
    expect(messages.indexOf('__keyevent@2__:set')).toBeGreaterThan(
      messages.indexOf('__keyspace@2__:k'),
    );
  });

  test('publishes only the classes that are asked for', () => {
    const redcell = new TestInstance({ 'notify-keyspace-events': 'Eg' });
    const a = connect(redcell);
    a.raw('PSUBSCRIBE', '*');
    redcell.raw('SET', 'k', 'v');
    expect(a.take()).toBe('');
    redcell.raw('DEL', 'k');
    expect(a.take()).toContain('__keyevent@0__:del');
  });

  test('can be changed while the server runs', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    a.raw('PSUBSCRIBE', '*');
    redcell.raw('SET', 'k', 'v');
    expect(a.take()).toBe('');
    expect(redcell.raw('CONFIG', 'SET', 'notify-keyspace-events', 'KA')).toBe('+OK\r\n');
    redcell.raw('SET', 'k', 'v');
    expect(a.take()).toContain('__keyspace@0__:k');
  });

  test('costs nothing without a way to publish', () => {
    const redcell = new TestInstance({ 'notify-keyspace-events': 'A' });
    expect(redcell.instance.keyspace.eventMask).toBe(0);
  });
});

describe('listeners', () => {
  test('hear the classes of their mask whatever the configuration says', () => {
    const redcell = new TestInstance();
    const heard: string[] = [];
    const listener = {
      mask: EVENT_STRING,
      notify: (_class: number, event: string, key: { toByteString(): string }) => {
        heard.push(`${event} ${key.toByteString()}`);
      },
    };
    const { keyEvents, keyspace } = redcell.instance;
    const before = keyspace.eventMask;
    keyEvents.addListener(listener);
    expect(keyspace.eventMask).toBe(before | EVENT_STRING);
    redcell.raw('SET', 'k', 'v');
    redcell.raw('DEL', 'k');
    expect(heard).toEqual(['set k']);
    keyEvents.removeListener(listener);
    expect(keyspace.eventMask & EVENT_GENERIC).toBe(before & EVENT_GENERIC);
    redcell.raw('SET', 'k', 'v');
    expect(heard).toHaveLength(1);
  });
});
