import { expect, test } from 'vitest';
import { TestInstance } from '../support/instance.ts';

test('HELP shows each subcommand with its arguments and its summary, itself last', () => {
  const lines = new TestInstance().raw('SLOWLOG', 'HELP').split('\r\n');
  expect(lines.slice(1, 4)).toEqual([
    '+SLOWLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
    '+GET [<count>]',
    '+    Returns entries of the slow log.',
  ]);
  expect(lines.slice(-3)).toEqual(['+HELP', '+    Lists the subcommands.', '']);
});

test.each([
  ['CLIENT', 'TRACKING (ON|OFF) [REDIRECT <client-id>] [PREFIX <prefix> [PREFIX <prefix> ...]] '],
  ['CLIENT', 'PAUSE <timeout> [WRITE|ALL]'],
  ['PUBSUB', 'NUMSUB [<channel> [<channel> ...]]'],
  ['COMMAND', 'GETKEYS <command> [<arg> [<arg> ...]]'],
])('%s HELP has the usage %s', (container, usage) => {
  expect(new TestInstance().raw(container, 'HELP')).toContain(`+${usage}`);
});
