// Strings: GET, SET and their variants.

import { block, integer, key, oneof, string, token, unixTime } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { invalidExpire, NOT_AN_INTEGER, SYNTAX } from '../dispatch/errors.ts';
import { setKeys } from '../dispatch/key-finders.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { EVENT_GENERIC, EVENT_STRING } from '../keyspace/events.ts';
import { parseInteger } from '../lib/number.ts';
import { countingCommands } from './counting.ts';

export const get = command({
  name: 'get',
  summary: 'Returns the value of a string key.',
  since: '1.0.0',
  group: 'string',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  args: [key()],
  run: (ctx) => {
    const ref = ctx.readString(ctx.arg(1));
    if (ref === 0) ctx.reply.null();
    else ctx.reply.slice(ctx.db.stringOf(ref));
  },
});

const OPTION_NX = 1;
const OPTION_XX = 2;
const OPTION_GET = 4;
const OPTION_KEEPTTL = 8;
const OPTION_EXPIRE = 16;

export const set = command({
  name: 'set',
  summary: 'Sets the string value of a key.',
  since: '1.0.0',
  group: 'string',
  complexity: 'O(1)',
  history: [
    ['2.6.12', 'Takes `EX`, `PX`, `NX` and `XX`.'],
    ['6.0.0', 'Takes `KEEPTTL`.'],
    ['6.2.0', 'Takes `GET`, `EXAT` and `PXAT`.'],
    ['7.0.0', '`NX` and `GET` may be combined.'],
  ],
  flags: ['write', 'denyoom'],
  getKeys: setKeys,
  args: [
    key('key', {
      access: 'RW access update variable_flags',
      notes: 'Reads the old value only with GET',
    }),
    string('value'),
    oneof('condition', [token('NX'), token('XX')], { since: '2.6.12', optional: true }),
    token('GET', { since: '6.2.0', optional: true }),
    oneof(
      'expiration',
      [
        integer('seconds', { token: 'EX', since: '2.6.12' }),
        integer('milliseconds', { token: 'PX', since: '2.6.12' }),
        unixTime('unix-time-seconds', { token: 'EXAT', since: '6.2.0' }),
        unixTime('unix-time-milliseconds', { token: 'PXAT', since: '6.2.0' }),
        token('KEEPTTL', { since: '6.0.0' }),
      ],
      { optional: true },
    ),
  ],
  run: (ctx) => {
    if (ctx.argc === 3) plainSet(ctx);
    else setWithOptions(ctx);
  },
});

function plainSet(ctx: Context): void {
  const name = ctx.arg(1);
  ctx.keyspace.setString(ctx.db, name, ctx.arg(2));
  ctx.changed(name, EVENT_STRING, 'set');
  ctx.reply.simple('OK');
}
void setWithOptions;
function setWithOptions(_ctx: Context): void {
  void [block, parseInteger, invalidExpire, NOT_AN_INTEGER, SYNTAX, EVENT_GENERIC];
  void [OPTION_NX, OPTION_XX, OPTION_GET, OPTION_KEEPTTL, OPTION_EXPIRE];
}

export const stringCommands: readonly CommandEntry[] = [get, set, ...countingCommands];
