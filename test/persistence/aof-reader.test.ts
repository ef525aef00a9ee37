import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Argv } from '../../host/lib/argv.ts';
import { CommandBuffer } from '../../host/persistence/aof-encode.ts';
import { AofReader, type Found } from '../../host/persistence/aof-reader.ts';
import { MemoryDisk } from '../support/memory-disk.ts';

function readerOf(bytes: Buffer | string, offset = 0): AofReader {
  const disk = new MemoryDisk('/');
  disk.put('/f', Buffer.from(bytes as string, 'latin1'));
  return new AofReader(disk.openRead('/f'), offset);
}

function all(reader: AofReader): { commands: string[][]; last: Found } {
  const commands: string[][] = [];
  for (;;) {
    const last = reader.next();
    if (last !== 'command') return { commands, last };
    commands.push(reader.argv.toByteStrings());
  }
}

const PING = '*1\r\n$4\r\nPING\r\n';

describe('reading commands', () => {
  test('gives back what was encoded, whatever the words', () => {
    const word = fc.uint8Array({ maxLength: 300 }).map((it) => Buffer.from(it).latin1Slice());
    const command = fc.array(word, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 10 }), (commands) => {
        const out = new CommandBuffer(16);
        for (const words of commands) out.command(0, Argv.of(...words));
        const bytes = Buffer.from(out.bytes.subarray(0, out.length));
        const read = all(readerOf(bytes));
        const select = commands.length > 0 ? [['SELECT', '0']] : [];
        expect(read).toEqual({ commands: [...select, ...commands], last: 'end' });
      }),
      { numRuns: 200 },
    );
  });

  test('reads words that are longer than its window', () => {
    const long = 'x'.repeat(700_000);
    const out = new CommandBuffer(16);
    for (let i = 0; i < 3; i++) out.command(0, Argv.of('SET', `k${i}`, long));
    const { commands, last } = all(readerOf(Buffer.from(out.bytes.subarray(0, out.length))));
    expect(last).toBe('end');
    expect(commands.slice(1).map((words) => words[2]?.length)).toEqual([700_000, 700_000, 700_000]);
  });

  test('skips lines that begin with #', () => {
    const read = all(readerOf(`#TS:1700000000\r\n${PING}#x\n${PING}`));
    expect(read).toEqual({ commands: [['PING'], ['PING']], last: 'end' });
  });

  test('cut at any byte of a command, it is short and the offset is that of the command', () => {
    const text = `${PING}*2\r\n$3\r\nGET\r\n$11\r\nhello world\r\n`;
    for (let length = PING.length + 1; length < text.length; length++) {
      const reader = readerOf(text.slice(0, length));
      expect(all(reader)).toEqual({ commands: [['PING']], last: 'short' });
      expect(reader.commandStart).toBe(PING.length);
    }
  });

  test.each([
    ['PING\r\n', 0],
    ['*0\r\n', 0],
    ['*-1\r\n', 1],
    ['*1\n$4\r\nPING\r\n', 2],
    ['*x\r\n', 1],
    ['*\r\n', 1],
    ['*1\r\n%4\r\nPING\r\n', 4],
    ['*1\r\n$-4\r\nPING\r\n', 5],
    ['*1\r\n$4\r\nPINGxx', 12],
    ['*1\r\n$4 \r\nPING\r\n', 6],
    [`*${'1'.repeat(200)}\r\n`, 0],
    ['\0\0\0', 0],
  ])('%j is malformed, and it says where', (text, at) => {
    const reader = readerOf(PING + text);
    expect(all(reader)).toEqual({ commands: [['PING']], last: 'malformed' });
    expect(reader.commandStart).toBe(PING.length);
    expect(reader.troubleAt).toBe(PING.length + at);
  });

  test('an announced length that the file cannot have allocates nothing', () => {
    const reader = readerOf(`${PING}*1\r\n$99999999999\r\nPING\r\n`);
    expect(all(reader).last).toBe('short');
  });

  test('begins where it is told to', () => {
    expect(all(readerOf(`REDIS${PING}`, 5))).toEqual({ commands: [['PING']], last: 'end' });
  });
});
