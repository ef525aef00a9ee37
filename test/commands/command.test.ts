import { describe, expect, test } from 'vitest';
import { catalog } from '../../host/commands/all.ts';
import { connect } from '../support/connected.ts';
import { TestInstance } from '../support/instance.ts';
import { replyEnd } from '../support/oracle.ts';

describe('COMMAND', () => {
  test.each([2, 3] as const)('and its subcommands give whole replies in RESP%i', (protocol) => {
    const a = connect(new TestInstance(), protocol);
    for (const words of [[], ['INFO'], ['DOCS'], ['LIST'], ['COUNT'], ['HELP']]) {
      const reply = a.raw('COMMAND', ...words);
      expect(replyEnd(reply, 0), words.join(' ')).toBe(reply.length);
    }
    expect(a.raw('COMMAND', 'COUNT')).toBe(`:${catalog.names.size}\r\n`);
  });

  test('INFO answers null for what is no command', () => {
    const redcell = new TestInstance();
    expect(redcell.raw('COMMAND', 'INFO', 'nosuch', 'config|nosuch')).toBe('*2\r\n$-1\r\n$-1\r\n');
    expect(redcell.raw('COMMAND', 'INFO', 'CONFIG|GET')).toContain('$10\r\nconfig|get\r\n:-3\r\n');
  });

  test('DOCS leaves out what is no command and has the texts to show of 7.2', () => {
    const a = connect(new TestInstance(), 3);
    expect(a.raw('COMMAND', 'DOCS', 'nosuch')).toBe('%0\r\n');
    expect(a.raw('COMMAND', 'DOCS', 'get')).toContain(
      '*1\r\n%4\r\n$4\r\nname\r\n$3\r\nkey\r\n$4\r\ntype\r\n$3\r\nkey\r\n' +
        '$12\r\ndisplay_text\r\n$3\r\nkey\r\n$14\r\nkey_spec_index\r\n:0\r\n',
    );
  });

  test('GETKEYS finds keys and says what is wrong', () => {
    const redcell = new TestInstance();
    const keys = (...words: string[]): string => redcell.raw('COMMAND', 'GETKEYS', ...words);
    expect(keys('MSET', 'a', '1', 'b', '2')).toBe('*2\r\n$1\r\na\r\n$1\r\nb\r\n');
    expect(keys('NOSUCH', 'a')).toBe('-ERR Invalid command specified\r\n');
    expect(keys('PING')).toBe('-ERR The command has no key arguments\r\n');
    expect(keys('GET')).toBe('-ERR Invalid number of arguments specified for command\r\n');
    expect(keys('ZUNIONSTORE', 'a', '0', 'b')).toBe(
      '-ERR Invalid arguments specified for command\r\n',
    );
    expect(redcell.raw('COMMAND', 'GETKEYSANDFLAGS', 'SET', 'a', 'b')).toBe(
      '*1\r\n*2\r\n$1\r\na\r\n*2\r\n+OW\r\n+update\r\n',
    );
  });

  test('LIST filters by category, pattern and module', () => {
    const redcell = new TestInstance();
    const list = (...words: string[]): string[] =>
      [...redcell.raw('COMMAND', 'LIST', ...words).matchAll(/\$\d+\r\n(.*)\r\n/g)].map(
        (match) => match[1] as string,
      );
    expect(list('FILTERBY', 'ACLCAT', 'transaction').sort()).toEqual([
      'discard',
      'exec',
      'multi',
      'unwatch',
      'watch',
    ]);
    expect(list('FILTERBY', 'PATTERN', 'client|set*').sort()).toEqual([
      'client|setinfo',
      'client|setname',
    ]);
    expect(list('FILTERBY', 'MODULE', 'nosuch')).toEqual([]);
    const added = redcell.instance.dispatcher.table.add({
      name: 'm.x',
      summary: '',
      since: '',
      group: 'module',
      flags: ['module'],
      module: 'm',
    });
    expect(added).toBeTypeOf('object');
    expect(list('FILTERBY', 'MODULE', 'm')).toEqual(['m.x']);
    expect(redcell.raw('COMMAND', 'LIST', 'FILTERBY', 'ACLCAT')).toBe('-ERR syntax error\r\n');
  });
});
