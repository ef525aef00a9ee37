// Many strings at once: MGET, MSET, MSETNX.

import { block, key, string } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { wrongArity } from '../dispatch/errors.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { EVENT_STRING } from '../keyspace/events.ts';

export const mget = command({
  name: 'mget',
  summary: 'Returns the strings of many keys.',
  since: '1.0.0',
  group: 'string',
  complexity: 'O(N) in the number of keys',
  flags: ['readonly', 'fast'],
  tips: ['request_policy:multi_shard'],
  args: [key('key', { multiple: true })],
  run: runMget,
});

export const mset = command({
  name: 'mset',
  summary: 'Sets many keys at once.',
  since: '1.0.1',
  group: 'string',
  complexity: 'O(N) in the number of keys',
  flags: ['write', 'denyoom'],
  tips: ['request_policy:multi_shard', 'response_policy:all_succeeded'],
  args: [block('data', [key('key', { access: 'OW update' }), string('value')], { multiple: true })],
  run: (ctx) => {
    checkPairs(ctx);
    setPairs(ctx);
    ctx.reply.simple('OK');
  },
});

export const msetnx = command({
  name: 'msetnx',
  summary: 'Sets many keys at once unless one of them exists.',
  since: '1.0.1',
  group: 'string',
  complexity: 'O(N) in the number of keys',
  flags: ['write', 'denyoom'],
  args: [block('data', [key('key', { access: 'OW insert' }), string('value')], { multiple: true })],
  run: runMsetnx,
});

export const multiStringCommands: readonly CommandEntry[] = [mget, mset, msetnx];

/** Keys of other types count as missing. */
function runMget(ctx: Context): void {
  ctx.reply.array(ctx.argc - 1);
  for (let i = 1; i < ctx.argc; i++) {
    const ref = ctx.lookupRead(ctx.arg(i));
    if (ref === 0 || ctx.db.isComplex(ref)) ctx.reply.null();
    else ctx.reply.slice(ctx.db.stringOf(ref));
  }
}

function runMsetnx(ctx: Context): void {
  checkPairs(ctx);
  for (let i = 1; i < ctx.argc; i += 2) {
    if (ctx.lookupWrite(ctx.arg(i)) !== 0) {
      ctx.reply.integer(0);
      return;
    }
  }
  setPairs(ctx);
  ctx.reply.integer(1);
}

function checkPairs(ctx: Context): void {
  if (ctx.argc % 2 === 0) throw wrongArity(ctx.entry.fullName);
}

function setPairs(ctx: Context): void {
  for (let i = 1; i < ctx.argc; i += 2) {
    const name = ctx.arg(i);
    ctx.keyspace.setString(ctx.db, name, ctx.arg(i + 1));
    ctx.changed(name, EVENT_STRING, 'set');
  }
}
