import { describe, expect, test } from 'vitest';
import { listEndArg } from '../../host/commands/list-ends.ts';
import { Slice } from '../../host/lib/slice.ts';
import { TestInstance } from '../support/instance.ts';

/** A list of five, and what happens to keys from then on. */
function withList(): { redcell: TestInstance; events: string[] } {
  const redcell = new TestInstance();
  redcell.raw('RPUSH', 'l', 'a', 'b', 'c', 'd', 'e');
  const events: string[] = [];
  redcell.instance.keyEvents.addListener({
    mask: 0x7fff,
    notify: (_class, name, key) => void events.push(`${name} ${key.toByteString()}`),
  });
  redcell.instance.keyspace.dirty = 0;
  return { redcell, events };
}

describe('the end of a list', () => {
  test('is a word in any case', () => {
    expect(listEndArg(Slice.of('LEFT'))).toBe('head');
    expect(listEndArg(Slice.of('right'))).toBe('tail');
  });

  test.each(['', 'LEF', 'LEFTT', 'HEAD', '0'])('is not %j', (word) => {
    expect(() => listEndArg(Slice.of(word))).toThrow('ERR syntax error');
  });
});

describe('taking elements off an end', () => {
  test.each([
    ['LPOP', 'lpop', ['a', 'b'], ['c', 'd', 'e']],
    ['RPOP', 'rpop', ['e', 'd'], ['a', 'b', 'c']],
  ])('%s gives them in the order they come off', (command, event, taken, left) => {
    const { redcell, events } = withList();
    const reply = redcell.raw(command, 'l', 2);
    expect(reply.match(/[a-e]/g)).toEqual(taken);
    expect(redcell.raw('LRANGE', 'l', 0, -1).match(/[a-e]/g)).toEqual(left);
    expect(events).toEqual([`${event} l`]);
    expect(redcell.instance.keyspace.dirty).toBe(2);
  });

  test('more than there are takes all, and the key goes with the last one', () => {
    const { redcell, events } = withList();
    expect(redcell.raw('LPOP', 'l', 99).startsWith('*5\r\n')).toBe(true);
    expect(events).toEqual(['lpop l', 'del l']);
    expect(redcell.instance.keyspace.dirty).toBe(5);
    expect(redcell.raw('EXISTS', 'l')).toBe(':0\r\n');
  });

  test('none is no change', () => {
    const { redcell, events } = withList();
    expect(redcell.raw('RPOP', 'l', 0)).toBe('*0\r\n');
    expect(events).toEqual([]);
    expect(redcell.instance.keyspace.dirty).toBe(0);
  });

  test('from the first list that is there is propagated as a pop of that one', () => {
    const { redcell } = withList();
    redcell.takeEffects();
    redcell.raw('LMPOP', 2, 'missing', 'l', 'RIGHT', 'COUNT', 9);
    expect(redcell.takeEffects()).toEqual([['RPOP', 'l', '5']]);
  });
});
