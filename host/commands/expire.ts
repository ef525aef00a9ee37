// How long keys live: EXPIRE, TTL, EXPIRETIME and PERSIST.

import { integer, key, oneof, token, unixTime } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import {
  EXPIRE_GT_AND_LT,
  EXPIRE_NX_AND_OTHERS,
  invalidExpire,
  unsupportedOption,
} from '../dispatch/errors.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { EVENT_GENERIC } from '../keyspace/events.ts';
import { NO_EXPIRE } from '../keyspace/records.ts';
import type { Slice } from '../lib/slice.ts';
import { int64Arg } from './arguments.ts';
import {
  AT_MS,
  AT_SECOND,
  deleteExpired,
  IN_MS,
  IN_SECONDS,
  isPast,
  type TimeForm,
  unixMs,
} from './expire-time.ts';

const CONDITION = oneof('condition', [token('NX'), token('XX'), token('GT'), token('LT')], {
  since: '7.0.0',
  optional: true,
});
const CONDITION_HISTORY = [['7.0.0', 'Takes `NX`, `XX`, `GT` and `LT`.']] as const;

export const expire = command({
  name: 'expire',
  summary: "Sets a key's time to live in seconds.",
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(1)',
  history: CONDITION_HISTORY,
  flags: ['write', 'fast'],
  args: [key('key', { access: 'RW update' }), integer('seconds'), CONDITION],
  run: (ctx) => runExpire(ctx, IN_SECONDS),
});

export const pexpire = command({
  name: 'pexpire',
  summary: "Sets a key's time to live in milliseconds.",
  since: '2.6.0',
  group: 'generic',
  complexity: 'O(1)',
  history: CONDITION_HISTORY,
  flags: ['write', 'fast'],
  args: [key('key', { access: 'RW update' }), integer('milliseconds'), CONDITION],
  run: (ctx) => runExpire(ctx, IN_MS),
});

export const expireat = command({
  name: 'expireat',
  summary: 'Sets when a key expires as a Unix time in seconds.',
  since: '1.2.0',
  group: 'generic',
  complexity: 'O(1)',
  history: CONDITION_HISTORY,
  flags: ['write', 'fast'],
  args: [key('key', { access: 'RW update' }), unixTime('unix-time-seconds'), CONDITION],
  run: (ctx) => runExpire(ctx, AT_SECOND),
});

export const pexpireat = command({
  name: 'pexpireat',
  summary: 'Sets when a key expires as a Unix time in milliseconds.',
  since: '2.6.0',
  group: 'generic',
  complexity: 'O(1)',
  history: CONDITION_HISTORY,
  flags: ['write', 'fast'],
  args: [key('key', { access: 'RW update' }), unixTime('unix-time-milliseconds'), CONDITION],
  run: (ctx) => runExpire(ctx, AT_MS),
});

export const ttl = command({
  name: 'ttl',
  summary: "Returns a key's time to live in seconds.",
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(1)',
  history: [['2.8.0', 'Returns -2 for a key that does not exist.']],
  flags: ['readonly', 'fast'],
  tips: ['nondeterministic_output'],
  args: [key()],
  run: (ctx) => replyTime(ctx, IN_SECONDS),
});

export const pttl = command({
  name: 'pttl',
  summary: "Returns a key's time to live in milliseconds.",
  since: '2.6.0',
  group: 'generic',
  complexity: 'O(1)',
  history: [['2.8.0', 'Returns -2 for a key that does not exist.']],
  flags: ['readonly', 'fast'],
  tips: ['nondeterministic_output'],
  args: [key()],
  run: (ctx) => replyTime(ctx, IN_MS),
});

export const expiretime = command({
  name: 'expiretime',
  summary: 'Returns when a key expires as a Unix time in seconds.',
  since: '7.0.0',
  group: 'generic',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  args: [key()],
  run: (ctx) => replyTime(ctx, AT_SECOND),
});

export const pexpiretime = command({
  name: 'pexpiretime',
  summary: 'Returns when a key expires as a Unix time in milliseconds.',
  since: '7.0.0',
  group: 'generic',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  args: [key()],
  run: (ctx) => replyTime(ctx, AT_MS),
});

export const persist = command({
  name: 'persist',
  summary: 'Removes the expiry of a key.',
  since: '2.2.0',
  group: 'generic',
  complexity: 'O(1)',
  flags: ['write', 'fast'],
  args: [key('key', { access: 'RW update' })],
  run: runPersist,
});

export const expireCommands: readonly CommandEntry[] = [
  expire,
  pexpire,
  expireat,
  pexpireat,
  ttl,
  pttl,
  expiretime,
  pexpiretime,
  persist,
];

const NX = 1;
const XX = 2;
const GT = 4;
const LT = 8;

function runExpire(ctx: Context, form: TimeForm): void {
  const condition = conditionOf(ctx);
  const name = ctx.arg(1);
  const expireMs = unixMs(int64Arg(ctx.arg(2)), form, ctx.nowMs);
  if (expireMs === null) throw invalidExpire(ctx.entry.fullName);
  const ref = ctx.lookupWrite(name);
  if (ref === 0 || !allows(condition, ctx.db.expireOf(ref), expireMs)) {
    ctx.reply.integer(0);
    return;
  }
  if (isPast(ctx, expireMs)) {
    deleteExpired(ctx, ref, name);
  } else {
    ctx.keyspace.setExpire(ctx.db, ref, Math.max(0, expireMs)); // below 0 means none
    if (form !== AT_MS) propagateAsTime(ctx, expireMs);
    ctx.changed(name, EVENT_GENERIC, 'expire');
  }
  ctx.reply.integer(1);
}

function conditionOf(ctx: Context): number {
  let bits = 0;
  for (let i = 3; i < ctx.argc; i++) {
    const word = ctx.arg(i);
    if (word.is('nx')) bits |= NX;
    else if (word.is('xx')) bits |= XX;
    else if (word.is('gt')) bits |= GT;
    else if (word.is('lt')) bits |= LT;
    else throw unsupportedOption(word.toByteString());
  }
  if ((bits & NX) !== 0 && bits !== NX) throw EXPIRE_NX_AND_OTHERS;
  if ((bits & GT) !== 0 && (bits & LT) !== 0) throw EXPIRE_GT_AND_LT;
  return bits;
}

/** No expire time is later than any. */
function allows(condition: number, present: number, next: number): boolean {
  const has = present !== NO_EXPIRE;
  if ((condition & NX) !== 0 && has) return false;
  if ((condition & XX) !== 0 && !has) return false;
  if ((condition & GT) !== 0 && (!has || next <= present)) return false;
  return (condition & LT) === 0 || !has || next < present;
}

/** PEXPIREAT with what it comes to, options and all. */
function propagateAsTime(ctx: Context, expireMs: number): void {
  ctx.rewrite('PEXPIREAT', ctx.arg(1), String(expireMs), ...optionsOf(ctx));
}

function optionsOf(ctx: Context): Slice[] {
  return Array.from({ length: ctx.argc - 3 }, (_, i) => ctx.arg(i + 3));
}

const NO_KEY = -2;
const NEVER = -1;

function replyTime(ctx: Context, form: TimeForm): void {
  const ref = ctx.keyspace.lookupUntouched(ctx.db, ctx.arg(1));
  const expireMs = ref === 0 ? NO_EXPIRE : ctx.db.expireOf(ref);
  if (expireMs === NO_EXPIRE) {
    ctx.reply.integer(ref === 0 ? NO_KEY : NEVER);
    return;
  }
  const ms = Math.max(0, form.isRelative ? expireMs - ctx.nowMs : expireMs);
  ctx.reply.integer(form.isSeconds ? Math.floor((ms + 500) / 1000) : ms);
}

function runPersist(ctx: Context): void {
  const name = ctx.arg(1);
  const ref = ctx.lookupWrite(name);
  if (ref === 0 || ctx.db.expireOf(ref) === NO_EXPIRE) {
    ctx.reply.integer(0);
    return;
  }
  ctx.keyspace.setExpire(ctx.db, ref, NO_EXPIRE);
  ctx.changed(name, EVENT_GENERIC, 'persist');
  ctx.reply.integer(1);
}
