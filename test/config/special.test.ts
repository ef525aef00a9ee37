import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bindLines,
  bufferLimitLines,
  checkHostname,
  checkNodeName,
  checkTitleTemplate,
  parseBind,
  parseBufferLimits,
  parseDirectory,
  parseEventLetters,
  parseReplicaOf,
  parseSave,
  saveLines,
} from '../../host/config/special.ts';
import { EVENT_ALL, EVENT_NEW, parseEventFlags } from '../../host/keyspace/events.ts';

const context = {
  previous: { value: ['900', '1'] as readonly string[], text: '900 1' },
  isAppending: false,
  directory: '/tmp',
};

describe('save points', () => {
  test('the lines of a file add up', () => {
    expect(parseSave(['60', '5'], { ...context, isAppending: true })).toEqual({
      value: ['900', '1', '60', '5'],
      text: '900 1 60 5',
    });
  });

  test('a first line replaces what there was', () => {
    expect(parseSave(['60', '5'], context)).toEqual({ value: ['60', '5'], text: '60 5' });
  });

  test('the empty word removes all of them', () => {
    expect(parseSave([''], { ...context, isAppending: true })).toEqual({ value: [], text: '' });
    expect(saveLines({ value: [], text: '' })).toEqual(['""']);
  });

  test('zero seconds and odd counts are refused', () => {
    expect(parseSave(['0', '1'], context)).toBe('Invalid save parameters');
    expect(parseSave(['1'], context)).toBe('Invalid save parameters');
  });
});

test('classes that are not named keep their output buffer limits', () => {
  const previous = { value: 'normal 1 2 3 slave 4 5 6 pubsub 7 8 9'.split(' '), text: '' };
  const setting = parseBufferLimits(['replica', '1mb', '2kb', '3'], { ...context, previous });
  expect(setting).toMatchObject({ text: 'normal 1 2 3 slave 1048576 2048 3 pubsub 7 8 9' });
  if (typeof setting === 'string') throw new Error(setting);
  expect(bufferLimitLines(setting)).toEqual(['normal 1 2 3', 'replica 1mb 2kb 3', 'pubsub 7 8 9']);
});

test('no address to bind to is written as the empty word', () => {
  const setting = parseBind([''], context);
  if (typeof setting === 'string') throw new Error(setting);
  expect(setting.value).toEqual([]);
  expect(bindLines(setting)).toEqual(['""']);
});

test('replicaof takes a host and a port, or no one', () => {
  expect(parseReplicaOf(['h', '1'], context)).toEqual({ value: ['h', '1'], text: 'h 1' });
  expect(parseReplicaOf(['NO', 'one'], context)).toEqual({ value: [], text: '' });
  expect(parseReplicaOf(['h', '65536'], context)).toBe('Invalid master port');
});

describe('event letters', () => {
  const letters = fc.string({ unit: fc.constantFrom(...'Ag$lshzxetdnKEm'), maxLength: 16 });

  test('are the ones the keyspace knows, and mean the same in canonical order', () => {
    fc.assert(
      fc.property(letters, (text) => {
        const setting = parseEventLetters([text], context);
        if (typeof setting === 'string') throw new Error(setting);
        const given = parseEventFlags(text);
        expect(parseEventFlags(setting.value)).toBe(given);
        const isAll = given !== null && (given & EVENT_ALL) === EVENT_ALL;
        // As in Redis, the text of all classes does not tell whether `n` was among them.
        const lost = isAll ? EVENT_NEW : 0;
        expect((parseEventFlags(setting.text) ?? -1) | lost).toBe((given ?? -2) | lost);
      }),
    );
  });

  test('refused here are refused by the keyspace', () => {
    for (let code = 32; code < 127; code++) {
      const letter = String.fromCharCode(code);
      const isRefused = typeof parseEventLetters([letter], context) === 'string';
      expect([letter, isRefused]).toEqual([letter, parseEventFlags(letter) === null]);
    }
  });
});

describe('checked strings', () => {
  test('a directory becomes absolute and must be there', () => {
    expect(parseDirectory(['.'], context)).toEqual({ value: '/tmp', text: '/tmp' });
    expect(parseDirectory(['no/such'], context)).toBe('No such file or directory');
    expect(parseDirectory(['/dev/null'], context)).toBe('Not a directory');
  });

  test.each(['{title} {port}', 'x', '{{x', '{listen-addr}'])('the title %j is good', (text) => {
    expect(checkTitleTemplate(text)).toBeNull();
  });

  test.each(['', '{nope}', '{title', '{server-mode}'])('the title %j is not', (text) => {
    expect(checkTitleTemplate(text)).toMatch(/^template format is invalid/);
  });

  test('host names have letters, digits, dots and hyphens', () => {
    expect(checkHostname('a-1.b')).toBeNull();
    expect(checkHostname('a b')).toMatch(/alphanumeric/);
    expect(checkHostname('x'.repeat(256))).toMatch(/less than 256/);
  });

  test('node names have none of the characters that nodes.conf uses', () => {
    expect(checkNodeName('node one')).toBeNull();
    expect(checkNodeName('a:b')).toBe('Announced human node name contained invalid character');
  });
});
