// COUNTER.*: each command checks all of its input first and changes the counter last.

import {
  Argv, CommandInfo, Context, Key, Module, REDISMODULE_ARG_TYPE_INTEGER,
  REDISMODULE_CMD_ARG_OPTIONAL, REDISMODULE_CMD_KEY_ACCESS, REDISMODULE_CMD_KEY_OW,
  REDISMODULE_CMD_KEY_RO, REDISMODULE_CMD_KEY_RW, REDISMODULE_CMD_KEY_UPDATE,
  REDISMODULE_ERRORMSG_WRONGTYPE, REDISMODULE_NOTIFY_MODULE, REDISMODULE_OPTIONS_HANDLE_IO_ERRORS,
  REDISMODULE_READ, REDISMODULE_WRITE, RString, Status,
} from 'redcell/guest-as';
import { Counter, counters } from './type';

const OVERFLOW_ERROR = 'ERR increment or decrement would overflow';
const INTEGER_ERROR = 'ERR value is not an integer or out of range';
const NEGATIVE_ERROR = 'ERR increments and decrements must not be negative';

/** Closes the key and answers if it holds something else than a counter. */
function refuseOtherType(ctx: Context, key: Key): bool {
  if (key.isEmpty || counters.matches(key)) return false;
  key.close();
  ctx.reply.error(REDISMODULE_ERRORMSG_WRONGTYPE);
  return true;
}

/** Tells subscribers, replicas and the AOF about a change. */
function publish(ctx: Context, event: string, key: RString): void {
  ctx.notify(REDISMODULE_NOTIFY_MODULE, event, key);
  ctx.replicateVerbatim();
}

// COUNTER.INCR key [amount]
function incr(ctx: Context, argv: Argv, argc: i32): Status {
  if (argc < 2 || argc > 3) return ctx.wrongArity();
  if (argc === 3 && !argv[2].isInteger) return ctx.reply.error('ERR invalid increment');
  const amount: i64 = argc === 3 ? argv[2].toInteger() : 1;

  const key = ctx.openKey(argv[1], REDISMODULE_READ | REDISMODULE_WRITE);
  if (refuseOtherType(ctx, key)) return 0;

  const stored = counters.get(key);
  const counter = stored !== null ? stored : new Counter();
  if (!counter.add(amount)) {
    key.close();
    return ctx.reply.error(OVERFLOW_ERROR);
  }
  if (stored === null) counters.set(key, counter);
  key.close();
  publish(ctx, 'counter.incr', argv[1]);
  return ctx.reply.integer(counter.current);
}

// COUNTER.SET key current increments decrements
function set(ctx: Context, argv: Argv, argc: i32): Status {
  if (argc !== 5) return ctx.wrongArity();
  if (!argv[2].isInteger || !argv[3].isInteger || !argv[4].isInteger) {
    return ctx.reply.error(INTEGER_ERROR);
  }
  const increments = argv[3].toInteger();
  const decrements = argv[4].toInteger();
  if (increments < 0 || decrements < 0) return ctx.reply.error(NEGATIVE_ERROR);

  const key = ctx.openKey(argv[1], REDISMODULE_READ | REDISMODULE_WRITE);
  if (refuseOtherType(ctx, key)) return 0;

  // A counter is changed in place: the key keeps its expiry.
  const stored = counters.get(key);
  const counter = stored !== null ? stored : new Counter();
  counter.set(argv[2].toInteger(), increments, decrements);
  if (stored === null) counters.set(key, counter);
  key.close();
  publish(ctx, 'counter.set', argv[1]);
  return ctx.reply.simpleString('OK');
}

// COUNTER.GET key
function get(ctx: Context, argv: Argv, argc: i32): Status {
  if (argc !== 2) return ctx.wrongArity();
  const key = ctx.openKey(argv[1], REDISMODULE_READ);
  if (refuseOtherType(ctx, key)) return 0;
  const counter = counters.get(key);
  key.close();
  return counter !== null ? ctx.reply.integer(counter.current) : ctx.reply.nil();
}

// COUNTER.STATS key
// Replies with field-value pairs, or null if there is no such counter.
function stats(ctx: Context, argv: Argv, argc: i32): Status {
  if (argc !== 2) return ctx.wrongArity();
  const key = ctx.openKey(argv[1], REDISMODULE_READ);
  if (refuseOtherType(ctx, key)) return 0;
  const counter = counters.get(key);
  key.close();
  if (counter === null) return ctx.reply.nil();

  ctx.reply.array(6);
  ctx.reply.simpleString('current');
  ctx.reply.integer(counter.current);
  ctx.reply.simpleString('increments');
  ctx.reply.integer(counter.increments);
  ctx.reply.simpleString('decrements');
  return ctx.reply.integer(counter.decrements);
}

const READS = REDISMODULE_CMD_KEY_RO | REDISMODULE_CMD_KEY_ACCESS;
const CHANGES = REDISMODULE_CMD_KEY_RW | REDISMODULE_CMD_KEY_ACCESS | REDISMODULE_CMD_KEY_UPDATE;
const REPLACES = REDISMODULE_CMD_KEY_OW | REDISMODULE_CMD_KEY_UPDATE;

function describe(summary: string, arity: i32, access: u64): CommandInfo {
  const info = new CommandInfo(summary, arity).key('key', 1, access);
  info.complexity = 'O(1)';
  info.since = '1.0.0';
  return info;
}

/** Adds the type and the commands to a module; `mymodule` has them too. */
export function registerCounter(module: Module): void {
  // With this option a short payload makes `hasError` true; without it, it ends the server.
  module.ctx.setOptions(REDISMODULE_OPTIONS_HANDLE_IO_ERRORS);
  module.type(counters);

  module.command('counter.incr', incr, 'write deny-oom fast', 1, 1, 1);
  module.document(
    'counter.incr',
    describe('Adds an amount, 1 by default, to a counter.', -2, CHANGES)
      .argument('amount', REDISMODULE_ARG_TYPE_INTEGER, REDISMODULE_CMD_ARG_OPTIONAL),
  );
  module.command('counter.get', get, 'readonly fast', 1, 1, 1);
  module.document('counter.get', describe('Returns the value of a counter.', 2, READS));

  module.command('counter.stats', stats, 'readonly fast', 1, 1, 1);
  const totals = 'Returns the value of a counter and the totals of its increments and decrements.';
  module.document('counter.stats', describe(totals, 2, READS));

  module.command('counter.set', set, 'write deny-oom fast', 1, 1, 1);
  module.document(
    'counter.set',
    describe('Sets the value and the totals of a counter.', 5, REPLACES)
      .argument('current', REDISMODULE_ARG_TYPE_INTEGER)
      .argument('increments', REDISMODULE_ARG_TYPE_INTEGER)
      .argument('decrements', REDISMODULE_ARG_TYPE_INTEGER),
  );
}
