// mymodule: plain commands, commands on keys, a blocking command, and the counter type.
// Teaches: several source files in one module, bytes and text, flags and key positions.
//
//   > MYMODULE.HELLO Redis            Hello, Redis!
//   > MYMODULE.MULTIPLY 6 7           (integer) 42
//   > MYMODULE.SETCAPS k shout        OK, stores SHOUT
//   > MYMODULE.GETCAPS k              "SHOUT"
//   > MYMODULE.WAITFOR k SHOUT 1000   OK once k has that value, null after 1000 ms; 0: no limit
//   > COUNTER.INCR hits 5             (integer) 5, see counter.ts

import {
  Argv, Context, Module, multiplyOverflows, REDISMODULE_ERRORMSG_WRONGTYPE,
  REDISMODULE_KEYTYPE_EMPTY, REDISMODULE_KEYTYPE_STRING, REDISMODULE_NOTIFY_STRING,
  REDISMODULE_READ, REDISMODULE_WRITE, RString, Status,
} from 'redcell/guest-as';
import { registerCounter } from './counter/commands';
import { registerWaitFor } from './mymodule/waitfor';

/** A simple string ends at the first CR or LF, and C ends it at the first NUL. */
function fitsSimpleString(bytes: Uint8Array): bool {
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === 0 || bytes[i] === 0x0a || bytes[i] === 0x0d) return false;
  }
  return true;
}

// MYMODULE.HELLO [name]
// Replies with a simple string, or with a bulk string when the name does not fit into one.
function hello(ctx: Context, argv: Argv, argc: i32): Status {
  if (argc > 2) return ctx.wrongArity();
  if (argc < 2) return ctx.reply.simpleString('Hello, World!');

  // A name is bytes: turned into a string of AssemblyScript it might not come back the same.
  const greeting = ctx.string('Hello, ');
  greeting.append(ctx, argv[1]);
  greeting.appendText(ctx, '!');
  if (fitsSimpleString(argv[1].toBytes())) ctx.reply.simple(greeting);
  else ctx.reply.string(greeting);
  greeting.free(ctx);
  return 0;
}

// MYMODULE.MULTIPLY num1 num2
function multiply(ctx: Context, argv: Argv, argc: i32): Status {
  if (argc !== 3) return ctx.wrongArity();
  if (!argv[1].isInteger) return ctx.reply.error('ERR first argument is not an integer');
  if (!argv[2].isInteger) return ctx.reply.error('ERR second argument is not an integer');
  const a = argv[1].toInteger();
  const b = argv[2].toInteger();
  if (multiplyOverflows(a, b)) return ctx.reply.error('ERR multiplication would overflow');
  return ctx.reply.integer(a * b);
}

/** ASCII letters to upper case, in place; bytes above 127 stay as they are. */
function upperCase(bytes: Uint8Array): Uint8Array {
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] >= 0x61 && bytes[i] <= 0x7a) bytes[i] -= 0x20;
  }
  return bytes;
}

// MYMODULE.SETCAPS key value
// Like SET: replaces a value of any type and drops the expiry.
function setCaps(ctx: Context, argv: Argv, argc: i32): Status {
  if (argc !== 3) return ctx.wrongArity();
  const value = ctx.stringFromBytes(upperCase(argv[2].toBytes()));
  const key = ctx.openKey(argv[1], REDISMODULE_READ | REDISMODULE_WRITE);
  key.string.set(value);
  key.close();
  value.free(ctx); // the key holds its own reference
  ctx.notify(REDISMODULE_NOTIFY_STRING, 'set', argv[1]);
  ctx.replicateVerbatim();
  return ctx.reply.simpleString('OK');
}

// MYMODULE.GETCAPS key
function getCaps(ctx: Context, argv: Argv, argc: i32): Status {
  if (argc !== 2) return ctx.wrongArity();
  const key = ctx.openKey(argv[1], REDISMODULE_READ);
  const type = key.type;
  const upper = upperCase(key.string.toBytes()); // empty if there is no string
  key.close();
  if (type === REDISMODULE_KEYTYPE_EMPTY) return ctx.reply.nil();
  if (type !== REDISMODULE_KEYTYPE_STRING) return ctx.reply.error(REDISMODULE_ERRORMSG_WRONGTYPE);
  return ctx.reply.bytes(upper);
}

export function RedisModule_OnLoad(ctx: Context, argv: Argv, argc: i32): Status {
  const module = new Module(ctx, 'mymodule', 1);
  // `fast` promises constant or logarithmic time; the three numbers are the first key, the last
  // key and the step between them, left out for a command without keys.
  module.command('mymodule.hello', hello, 'readonly fast');
  module.command('mymodule.multiply', multiply, 'readonly fast');
  module.command('mymodule.setcaps', setCaps, 'write deny-oom', 1, 1, 1);
  module.command('mymodule.getcaps', getCaps, 'readonly', 1, 1, 1);
  registerWaitFor(module);
  registerCounter(module);
  return module.done('MyModule loaded with commands');
}
