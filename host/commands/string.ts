// Strings as a whole: GET, SET and their variants.

import { integer, key, oneof, string, token, unixTime } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { SYNTAX } from '../dispatch/errors.ts';
import { setKeys } from '../dispatch/key-finders.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { EVENT_GENERIC, EVENT_STRING } from '../keyspace/events.ts';
import { NO_EXPIRE, type Ref } from '../keyspace/records.ts';
import type { Slice } from '../lib/slice.ts';
import { countingCommands } from './counting.ts';
import {
  AT_MS,
  AT_SECOND,
  deleteExpired,
  expireTimeArg,
  IN_MS,
  IN_SECONDS,
  isPast,
  type TimeForm,
} from './expire-time.ts';
import { lcs } from './lcs.ts';
import { multiStringCommands } from './multi-string.ts';
import { stringRangeCommands } from './string-range.ts';

export const get = command({
  name: 'get',
  summary: 'Returns the value of a string key.',
  since: '1.0.0',
  group: 'string',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  args: [key()],
  run: replyString,
});

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
    if (ctx.argc === 3) setPlain(ctx);
    else setWithOptions(ctx);
  },
});

export const setnx = command({
  name: 'setnx',
  summary: 'Sets a string unless the key exists.',
  since: '1.0.0',
  group: 'string',
  complexity: 'O(1)',
  docFlags: ['deprecated'],
  deprecatedSince: '2.6.12',
  replacedBy: '`SET` with the `NX` argument',
  flags: ['write', 'denyoom', 'fast'],
  args: [key('key', { access: 'OW insert' }), string('value')],
  run: runSetnx,
});

export const setex = command({
  name: 'setex',
  summary: 'Sets a string and its time to live in seconds.',
  since: '2.0.0',
  group: 'string',
  complexity: 'O(1)',
  docFlags: ['deprecated'],
  deprecatedSince: '2.6.12',
  replacedBy: '`SET` with the `EX` argument',
  flags: ['write', 'denyoom'],
  args: [key('key', { access: 'OW update' }), integer('seconds'), string('value')],
  run: (ctx) => setFor(ctx, IN_SECONDS),
});

export const psetex = command({
  name: 'psetex',
  summary: 'Sets a string and its time to live in milliseconds.',
  since: '2.6.0',
  group: 'string',
  complexity: 'O(1)',
  docFlags: ['deprecated'],
  deprecatedSince: '2.6.12',
  replacedBy: '`SET` with the `PX` argument',
  flags: ['write', 'denyoom'],
  args: [key('key', { access: 'OW update' }), integer('milliseconds'), string('value')],
  run: (ctx) => setFor(ctx, IN_MS),
});

export const getset = command({
  name: 'getset',
  summary: 'Sets a string and returns the old one.',
  since: '1.0.0',
  group: 'string',
  complexity: 'O(1)',
  docFlags: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`SET` with the `!GET` argument',
  flags: ['write', 'denyoom', 'fast'],
  args: [key('key', { access: 'RW access update' }), string('value')],
  run: runGetset,
});

export const getdel = command({
  name: 'getdel',
  summary: 'Returns a string and deletes its key.',
  since: '6.2.0',
  group: 'string',
  complexity: 'O(1)',
  flags: ['write', 'fast'],
  args: [key('key', { access: 'RW access delete' })],
  run: runGetdel,
});

export const getex = command({
  name: 'getex',
  summary: 'Returns a string and changes when its key expires.',
  since: '6.2.0',
  group: 'string',
  complexity: 'O(1)',
  flags: ['write', 'fast'],
  args: [
    key('key', { access: 'RW access update', notes: 'Changes the expiry' }),
    oneof(
      'expiration',
      [
        integer('seconds', { token: 'EX' }),
        integer('milliseconds', { token: 'PX' }),
        unixTime('unix-time-seconds', { token: 'EXAT' }),
        unixTime('unix-time-milliseconds', { token: 'PXAT' }),
        token('PERSIST'),
      ],
      { optional: true },
    ),
  ],
  run: runGetex,
});

export const stringCommands: readonly CommandEntry[] = [
  get,
  set,
  setnx,
  setex,
  psetex,
  getset,
  getdel,
  getex,
  ...multiStringCommands,
  ...stringRangeCommands,
  ...countingCommands,
  lcs,
];

/** Replies with the string at the first argument and returns its record, 0 when there is none. */
function replyString(ctx: Context): Ref {
  const ref = ctx.readString(ctx.arg(1));
  if (ref === 0) ctx.reply.null();
  else ctx.reply.slice(ctx.db.stringOf(ref));
  return ref;
}

function setPlain(ctx: Context): void {
  const name = ctx.arg(1);
  ctx.keyspace.setString(ctx.db, name, ctx.arg(2));
  ctx.changed(name, EVENT_STRING, 'set');
  ctx.reply.simple('OK');
}

// ---- options -------------------------------------------------------------------------------

const NX = 1;
const XX = 2;
const GET = 4;
const KEEPTTL = 8;
const PERSIST = 16;
const EX = 32;
const PX = 64;
const EXAT = 128;
const PXAT = 256;

const WITH_TIME = EX | PX | EXAT | PXAT;
const EXPIRY = WITH_TIME | KEEPTTL | PERSIST;
const SET_OPTIONS = NX | XX | GET | KEEPTTL | WITH_TIME;
const GETEX_OPTIONS = PERSIST | WITH_TIME;

interface StringOptions {
  /** The bits above. */
  readonly bits: number;
  /** Which argument the time is; 0: there is none. */
  readonly timeIndex: number;
}

/** Reads options from argument `from` on. Each may be repeated; the last time counts. */
function parseOptions(ctx: Context, from: number, allowed: number): StringOptions {
  let bits = 0;
  let timeIndex = 0;
  for (let i = from; i < ctx.argc; i++) {
    const bit = optionBit(ctx.arg(i)) & allowed;
    if (bit === 0 || (bits & excludedBy(bit)) !== 0) throw SYNTAX;
    bits |= bit;
    if ((bit & WITH_TIME) === 0) continue;
    timeIndex = ++i;
    if (i === ctx.argc) throw SYNTAX;
  }
  return { bits, timeIndex };
}

function optionBit(word: Slice): number {
  switch (word.length) {
    case 2:
      if (word.is('ex')) return EX;
      if (word.is('px')) return PX;
      if (word.is('nx')) return NX;
      return word.is('xx') ? XX : 0;
    case 3:
      return word.is('get') ? GET : 0;
    case 4:
      if (word.is('exat')) return EXAT;
      return word.is('pxat') ? PXAT : 0;
    case 7:
      if (word.is('keepttl')) return KEEPTTL;
      return word.is('persist') ? PERSIST : 0;
    default:
      return 0;
  }
}

function excludedBy(bit: number): number {
  if (bit === NX) return XX;
  if (bit === XX) return NX;
  return (bit & EXPIRY) !== 0 ? EXPIRY & ~bit : 0;
}

function timeForm(bits: number): TimeForm {
  if ((bits & EX) !== 0) return IN_SECONDS;
  if ((bits & PX) !== 0) return IN_MS;
  return (bits & EXAT) !== 0 ? AT_SECOND : AT_MS;
}

/** The expire time that the options give, or NO_EXPIRE. */
function expireOf(ctx: Context, options: StringOptions): number {
  if (options.timeIndex === 0) return NO_EXPIRE;
  return expireTimeArg(ctx, ctx.arg(options.timeIndex), timeForm(options.bits));
}

// ---- SET and its variants ------------------------------------------------------------------

function setWithOptions(ctx: Context): void {
  const options = parseOptions(ctx, 3, SET_OPTIONS);
  const { bits } = options;
  const expireMs = expireOf(ctx, options);
  if ((bits & GET) !== 0) replyString(ctx);
  const name = ctx.arg(1);
  if ((bits & (NX | XX | KEEPTTL)) !== 0) {
    const isThere = ctx.lookupWrite(name) !== 0;
    if ((bits & (isThere ? NX : XX)) !== 0) {
      if ((bits & GET) === 0) ctx.reply.null();
      return;
    }
  }
  if (expireMs === NO_EXPIRE) {
    ctx.keyspace.setString(ctx.db, name, ctx.arg(2), (bits & KEEPTTL) !== 0);
    ctx.changed(name, EVENT_STRING, 'set');
    if ((bits & GET) !== 0) propagateWithoutGet(ctx);
  } else {
    setUntil(ctx, name, ctx.arg(2), expireMs);
    if ((bits & PXAT) === 0) propagateUntil(ctx, name, ctx.arg(2), expireMs);
  }
  if ((bits & GET) === 0) ctx.reply.simple('OK');
}

/** Sets a string that expires. */
function setUntil(ctx: Context, name: Slice, value: Slice, expireMs: number): void {
  // The old expire time is kept for a moment only to save a removal from the table of those.
  const ref = ctx.keyspace.setString(ctx.db, name, value, true);
  ctx.keyspace.setExpire(ctx.db, ref, expireMs);
  ctx.changed(name, EVENT_STRING, 'set');
  ctx.keyspace.notify(EVENT_GENERIC, 'expire', name, ctx.db);
}

/** Whoever replays the command does it at another time. */
function propagateUntil(ctx: Context, name: Slice, value: Slice, expireMs: number): void {
  ctx.rewrite('SET', name, value, 'PXAT', String(expireMs));
}

/** Whoever replays the command needs no reply. */
function propagateWithoutGet(ctx: Context): void {
  const words: Slice[] = [];
  for (let i = 0; i < ctx.argc; i++) {
    if (i < 3 || !ctx.arg(i).is('get')) words.push(ctx.arg(i));
  }
  ctx.rewrite(...words);
}

function runSetnx(ctx: Context): void {
  const name = ctx.arg(1);
  if (ctx.lookupWrite(name) !== 0) {
    ctx.reply.integer(0);
    return;
  }
  ctx.keyspace.setString(ctx.db, name, ctx.arg(2));
  ctx.changed(name, EVENT_STRING, 'set');
  ctx.reply.integer(1);
}

function setFor(ctx: Context, form: TimeForm): void {
  const expireMs = expireTimeArg(ctx, ctx.arg(2), form);
  setUntil(ctx, ctx.arg(1), ctx.arg(3), expireMs);
  propagateUntil(ctx, ctx.arg(1), ctx.arg(3), expireMs);
  ctx.reply.simple('OK');
}

function runGetset(ctx: Context): void {
  replyString(ctx);
  const name = ctx.arg(1);
  ctx.keyspace.setString(ctx.db, name, ctx.arg(2));
  ctx.rewrite('SET', name, ctx.arg(2));
  ctx.changed(name, EVENT_STRING, 'set');
}

// ---- GETDEL and GETEX ----------------------------------------------------------------------

function runGetdel(ctx: Context): void {
  const ref = replyString(ctx);
  if (ref === 0) return;
  const name = ctx.arg(1);
  const isLazy = ctx.keyspace.lazyFree.userDel;
  ctx.keyspace.remove(ctx.db, ref, name, isLazy);
  ctx.rewrite(isLazy ? 'UNLINK' : 'DEL', name);
  ctx.keyspace.notifyDeleted(ctx.db, name);
}

function runGetex(ctx: Context): void {
  const options = parseOptions(ctx, 2, GETEX_OPTIONS);
  const name = ctx.arg(1);
  const ref = ctx.readString(name);
  if (ref === 0) {
    ctx.reply.null();
    return;
  }
  const expireMs = expireOf(ctx, options);
  ctx.reply.slice(ctx.db.stringOf(ref));
  if (expireMs !== NO_EXPIRE) {
    const isAbsolute = (options.bits & (EXAT | PXAT)) !== 0;
    if (isAbsolute && isPast(ctx, expireMs)) {
      deleteExpired(ctx, ref, name);
      return;
    }
    ctx.keyspace.setExpire(ctx.db, ref, expireMs);
    ctx.rewrite('PEXPIREAT', name, String(expireMs));
    ctx.changed(name, EVENT_GENERIC, 'expire');
  } else if ((options.bits & PERSIST) !== 0 && ctx.db.expireOf(ref) !== NO_EXPIRE) {
    ctx.keyspace.setExpire(ctx.db, ref, NO_EXPIRE);
    ctx.rewrite('PERSIST', name);
    ctx.changed(name, EVENT_GENERIC, 'persist');
  }
}
