// The errors commands answer with. Constant ones are made once: throwing them costs no stack
// trace. Every formatted error text of the dispatcher is made here.

/** The client's fault: `text` is the exact reply, code first ("ERR …"). */
export class CommandError extends Error {
  constructor(text: string) {
    super(text);
    this.name = 'CommandError';
  }
}

function constant(text: string): CommandError {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = new CommandError(text);
  Error.stackTraceLimit = limit;
  return error;
}

export const WRONG_TYPE = constant(
  'WRONGTYPE Operation against a key holding the wrong kind of value',
);
export const SYNTAX = constant('ERR syntax error');
export const NOT_AN_INTEGER = constant('ERR value is not an integer or out of range');
export const NOT_A_FLOAT = constant('ERR value is not a valid float');
export const NO_SUCH_KEY = constant('ERR no such key');
export const INDEX_OUT_OF_RANGE = constant('ERR index out of range');
export const SAME_OBJECT = constant('ERR source and destination objects are the same');
export const OVERFLOW = constant('ERR increment or decrement would overflow');
export const MUST_BE_POSITIVE = constant('ERR value is out of range, must be positive');
export const TIMEOUT_NOT_A_FLOAT = constant('ERR timeout is not a float or out of range');
export const TIMEOUT_NOT_AN_INTEGER = constant('ERR timeout is not an integer or out of range');
export const TIMEOUT_NEGATIVE = constant('ERR timeout is negative');
export const TIMEOUT_OUT_OF_RANGE = constant('ERR timeout is out of range');
export const VALUE_OUT_OF_RANGE = constant('ERR value is out of range');
export const NUMKEYS_NOT_POSITIVE = constant('ERR numkeys should be greater than 0');
export const NUMKEYS_TOO_LARGE = constant(
  "ERR Number of keys can't be greater than number of args",
);
export const COUNT_NOT_POSITIVE = constant('ERR count should be greater than 0');
export const COUNT_NEGATIVE = constant("ERR COUNT can't be negative");
export const LIMIT_NEGATIVE = constant("ERR LIMIT can't be negative");
export const MAXLEN_NEGATIVE = constant("ERR MAXLEN can't be negative");
export const RANK_ZERO = constant(
  "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... " +
    'or use negative to start from the end of the list',
);
export const INVALID_CURSOR = constant('ERR invalid cursor');
export const NOT_FINITE = constant('ERR value is NaN or Infinity');
export const HASH_VALUE_NOT_AN_INTEGER = constant('ERR hash value is not an integer');
export const HASH_VALUE_NOT_A_FLOAT = constant('ERR hash value is not a float');
export const INCREMENT_NOT_FINITE = constant('ERR increment would produce NaN or Infinity');
export const SCORE_NOT_A_NUMBER = constant('ERR resulting score is not a number (NaN)');
export const RANGE_NOT_A_FLOAT = constant('ERR min or max is not a float');
export const RANGE_NOT_LEX = constant('ERR min or max not valid string range item');
export const WEIGHT_NOT_A_FLOAT = constant('ERR weight value is not a float');
export const ZADD_XX_AND_NX = constant(
  'ERR XX and NX options at the same time are not compatible',
);
export const ZADD_GT_LT_NX = constant(
  'ERR GT, LT, and/or NX options at the same time are not compatible',
);
export const ZADD_INCR_PAIRS = constant(
  'ERR INCR option supports a single increment-element pair',
);
export const RANGE_LIMIT_BY_RANK = constant(
  'ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX',
);
export const RANGE_SCORES_BY_LEX = constant(
  'ERR syntax error, WITHSCORES not supported in combination with BYLEX',
);
export const DB_INDEX_OUT_OF_RANGE = constant('ERR DB index is out of range');
export const INVALID_DB_INDEX = constant('ERR invalid DB index');
export const STRING_TOO_LONG = constant(
  'ERR string exceeds maximum allowed size (proto-max-bulk-len)',
);
export const NO_AUTH = constant('NOAUTH Authentication required.');
export const OUT_OF_MEMORY = constant("OOM command not allowed when used memory > 'maxmemory'.");
export const LOADING = constant('LOADING Redis is loading the dataset in memory');
export const EXEC_ABORTED = constant(
  'EXECABORT Transaction discarded because of previous errors.',
);
export const NESTED_MULTI = constant('ERR MULTI calls can not be nested');
export const EXEC_WITHOUT_MULTI = constant('ERR EXEC without MULTI');
export const DISCARD_WITHOUT_MULTI = constant('ERR DISCARD without MULTI');
export const WATCH_INSIDE_MULTI = constant('ERR WATCH inside MULTI is not allowed');
export const NOT_ALLOWED_IN_MULTI = constant('ERR Command not allowed inside a transaction');
export const INTERNAL = constant('ERR internal error: see the server log');
export const READ_ONLY_REPLICA = constant("READONLY You can't write against a read only replica.");

export function wrongArity(fullName: string): CommandError {
  return new CommandError(`ERR wrong number of arguments for '${fullName}' command`);
}

const SHOWN_MAX = 128;

/** The bounds are both allowed. */
export function outOfRange(min: bigint, max: bigint): CommandError {
  return new CommandError(`ERR value is out of range, value must between ${min} and ${max}`);
}

export function inputKeyNeeded(fullName: string): CommandError {
  return new CommandError(`ERR at least 1 input key is needed for '${fullName}' command`);
}

/** @param args the words behind the name, as bytes */
export function unknownCommand(name: string, args: Iterable<string>): CommandError {
  let shown = '';
  for (const arg of args) {
    if (shown.length >= SHOWN_MAX) break;
    shown += `'${arg.slice(0, SHOWN_MAX - shown.length)}' `;
  }
  const command = name.slice(0, SHOWN_MAX);
  return new CommandError(`ERR unknown command '${command}', with args beginning with: ${shown}`);
}

export function unknownSubcommand(name: string, container: string): CommandError {
  const shown = name.slice(0, SHOWN_MAX);
  return new CommandError(
    `ERR unknown subcommand '${shown}'. Try ${container.toUpperCase()} HELP.`,
  );
}

export function notAllowedInPubSub(fullName: string): CommandError {
  return new CommandError(
    `ERR Can't execute '${fullName}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
  );
}

export function invalidExpire(fullName: string): CommandError {
  return new CommandError(`ERR invalid expire time in '${fullName}' command`);
}

/** DEBUG and MODULE when `enable-…-command` forbids them. */
export function notAllowedByConfig(name: string, directive: string): CommandError {
  return new CommandError(
    `ERR ${name} command not allowed. If the ${directive} option is set to "local", ` +
      `you can run it from a local connection, otherwise you need to set this option in the ` +
      `configuration file, and then restart the server.`,
  );
}
