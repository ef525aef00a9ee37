// config: reads its configuration from the arguments of MODULE LOAD.
// Teaches: OnLoad arguments, refusing to load with a log line that says why, OnUnload.
//
//   --loadmodule config.wasm max_connections=500
//   > CONFIG.MAXCONN
//   (integer) 500

import {
  Argv, Context, Module, REDISMODULE_ERR, REDISMODULE_OK, RString, Status,
} from 'redcell/guest-as';

const PREFIX = 'max_connections=';

let maxConnections: i64 = 100;

// CONFIG.MAXCONN
// Replies with the value in force.
function maxConn(ctx: Context, argv: Argv, argc: i32): Status {
  if (argc !== 1) return ctx.wrongArity();
  return ctx.reply.integer(maxConnections);
}

/** Takes an integer from 1 to 2147483647 and nothing around it. */
function setMaxConnections(ctx: Context, text: string): Status {
  const value = ctx.string(text);
  const isValid = value.isInteger && value.toInteger() >= 1 && value.toInteger() <= i32.MAX_VALUE;
  if (isValid) maxConnections = value.toInteger();
  value.free(ctx);
  return isValid ? REDISMODULE_OK : REDISMODULE_ERR;
}

/** Applies one argument of MODULE LOAD; logs why when it cannot. */
function applyArgument(ctx: Context, argument: RString): Status {
  const text = argument.toString();
  if (!text.startsWith(PREFIX)) {
    ctx.log('warning', `Unknown argument '${text}'`);
    return REDISMODULE_ERR;
  }
  const value = text.substring(PREFIX.length);
  if (setMaxConnections(ctx, value) === REDISMODULE_ERR) {
    ctx.log('warning', `Invalid max_connections '${value}': expected 1 to ${i32.MAX_VALUE}`);
    return REDISMODULE_ERR;
  }
  return REDISMODULE_OK;
}

export function RedisModule_OnLoad(ctx: Context, argv: Argv, argc: i32): Status {
  const module = new Module(ctx, 'config', 1);
  for (let i = 0; i < argc; i++) {
    if (applyArgument(ctx, argv[i]) === REDISMODULE_ERR) return REDISMODULE_ERR;
  }
  module.command('config.maxconn', maxConn, 'readonly fast');
  return module.done(`Max connections set to ${maxConnections}`);
}

export function RedisModule_OnUnload(ctx: Context): Status {
  ctx.log('notice', 'Config unloading');
  return REDISMODULE_OK;
}
