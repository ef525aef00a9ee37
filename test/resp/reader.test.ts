import { describe, expect, test } from 'vitest';
import { formatDouble } from '../../host/lib/number.ts';
import { readReply } from '../../host/resp/reader.ts';
import { RespWriter } from '../../host/resp/writer.ts';

/** Reads bytes and writes them again. */
function again(bytes: string, protocol: 2 | 3): string {
  const writer = new RespWriter(formatDouble);
  writer.protocol = protocol;
  const buffer = Buffer.from(bytes, 'latin1');
  expect(readReply(buffer, 0, buffer.length, writer)).toBe(buffer.length);
  return writer.buffer.latin1Slice(0, writer.length);
}

describe('a reply that is read and written again is the same', () => {
  test.each([
    '+OK\r\n',
    '-ERR what\r\n',
    ':-9223372036854775808\r\n',
    ':42\r\n',
    '$5\r\na\r\nb\xff\r\n',
    '$0\r\n\r\n',
    '$-1\r\n',
    '*-1\r\n',
    '*2\r\n*1\r\n:1\r\n$1\r\nx\r\n',
    '*0\r\n',
  ])('RESP2 %j', (bytes) => expect(again(bytes, 2)).toBe(bytes));

  test.each([
    '_\r\n',
    '#t\r\n',
    '#f\r\n',
    ',1.5\r\n',
    ',inf\r\n',
    ',-inf\r\n',
    ',nan\r\n',
    '(123456789012345678901234567890\r\n',
    '=7\r\ntxt:abc\r\n',
    '%1\r\n+k\r\n:1\r\n',
    '~1\r\n:1\r\n',
    '>2\r\n+message\r\n:1\r\n',
    '|1\r\n+ttl\r\n:5\r\n$1\r\nx\r\n',
  ])('RESP3 %j', (bytes) => expect(again(bytes, 3)).toBe(bytes));
});

test('reads one reply and says where the next begins', () => {
  const buffer = Buffer.from('*1\r\n:1\r\n+next\r\n');
  const writer = new RespWriter(formatDouble);
  expect(readReply(buffer, 0, buffer.length, writer)).toBe(8);
});

test('bytes that are no reply are a bug that shows', () => {
  const read = (bytes: string) =>
    readReply(Buffer.from(bytes), 0, bytes.length, new RespWriter(formatDouble));
  expect(() => read('+OK')).toThrow('middle of a line');
  expect(() => read('!x\r\n')).toThrow('a reply begins with "!"');
});
