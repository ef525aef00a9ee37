import { describe, expect, test } from 'vitest';
import { TestInstance } from '../support/instance.ts';

/** An instance, and what happens to keys in it. */
function listening(): { redcell: TestInstance; events: string[] } {
  const redcell = new TestInstance();
  const events: string[] = [];
  redcell.instance.keyEvents.addListener({
    mask: 0x3fff, // all but `new`
    notify: (_class, name, key) => void events.push(`${name} ${key.toByteString()}`),
  });
  return { redcell, events };
}

describe('a result with a destination', () => {
  test('takes the place of whatever was there, expire time and type included', () => {
    const { redcell, events } = listening();
    redcell.raw('SADD', 's', 'a', 'b');
    redcell.raw('SET', 'd', 'old', 'EX', 100);
    events.length = 0;
    expect(redcell.raw('SUNIONSTORE', 'd', 's')).toBe(':2\r\n');
    expect(redcell.raw('TYPE', 'd')).toBe('+set\r\n');
    expect(redcell.raw('TTL', 'd')).toBe(':-1\r\n');
    expect(events).toEqual(['sunionstore d']);
  });

  test('may be put over one of its sources', () => {
    const { redcell } = listening();
    redcell.raw('ZADD', 'z', 1, 'a', 2, 'b', 3, 'c');
    expect(redcell.raw('ZRANGESTORE', 'z', 'z', 1, 2)).toBe(':2\r\n');
    expect(redcell.raw('ZRANGE', 'z', 0, -1)).toBe('*2\r\n$1\r\nb\r\n$1\r\nc\r\n');
  });

  test('deletes the destination when it is empty', () => {
    const { redcell, events } = listening();
    redcell.raw('SET', 'd', 'old');
    events.length = 0;
    redcell.instance.keyspace.dirty = 0;
    expect(redcell.raw('SINTERSTORE', 'd', 'missing')).toBe(':0\r\n');
    expect(redcell.raw('EXISTS', 'd')).toBe(':0\r\n');
    expect(events.filter((event) => !event.startsWith('keymiss'))).toEqual(['del d']);
    expect(redcell.instance.keyspace.dirty).toBe(1);
  });

  test('deletes a destination that has expired as if it had not', () => {
    const { redcell, events } = listening();
    redcell.raw('SET', 'd', 'old', 'PX', 1);
    events.length = 0;
    redcell.advance(10);
    redcell.raw('SDIFFSTORE', 'd', 'missing');
    expect(events.filter((event) => !event.startsWith('keymiss'))).toEqual(['del d']);
  });

  test('that is empty changes nothing where nothing was', () => {
    const { redcell, events } = listening();
    redcell.raw('ZUNIONSTORE', 'd', 1, 'missing');
    expect(events.filter((event) => !event.startsWith('keymiss'))).toEqual([]);
    expect(redcell.takeEffects()).toEqual([]);
    expect(redcell.instance.keyspace.dirty).toBe(0);
  });
});

describe('a value made for a key', () => {
  test('is put there once, and stays when it grows', () => {
    const { redcell } = listening();
    redcell.raw('HSET', 'h', 'a', '1');
    redcell.raw('EXPIRE', 'h', 100);
    redcell.raw('HSET', 'h', 'b', '2');
    expect(redcell.raw('HLEN', 'h')).toBe(':2\r\n');
    expect(redcell.raw('TTL', 'h')).toBe(':100\r\n');
  });

  test('counts every change that one command makes', () => {
    const { redcell } = listening();
    redcell.instance.keyspace.dirty = 0;
    redcell.raw('HSET', 'h', 'a', '1', 'b', '2', 'c', '3');
    expect(redcell.instance.keyspace.dirty).toBe(3);
    redcell.raw('HDEL', 'h', 'a', 'b', 'none');
    expect(redcell.instance.keyspace.dirty).toBe(5);
  });
});
