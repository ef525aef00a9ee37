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
export const ZADD_XX_AND_NX = constant('ERR XX and NX options at the same time are not compatible');
export const ZADD_GT_LT_NX = constant(
  'ERR GT, LT, and/or NX options at the same time are not compatible',
);
export const ZADD_INCR_PAIRS = constant('ERR INCR option supports a single increment-element pair');
export const RANGE_LIMIT_BY_RANK = constant(
  'ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX',
);
export const RANGE_SCORES_BY_LEX = constant(
  'ERR syntax error, WITHSCORES not supported in combination with BYLEX',
);
export const OFFSET_OUT_OF_RANGE = constant('ERR offset is out of range');
export const LCS_NEEDS_STRINGS = constant('ERR The specified keys must contain string values');
export const LCS_LENGTH_AND_INDEXES = constant(
  'ERR If you want both the length and indexes, please just use IDX.',
);
export const LCS_TOO_LARGE = constant(
  'ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len',
);
export const FIRST_DB_INVALID = constant('ERR invalid first DB index');
export const SECOND_DB_INVALID = constant('ERR invalid second DB index');
export const EXPIRE_NX_AND_OTHERS = constant(
  'ERR NX and XX, GT or LT options at the same time are not compatible',
);
export const EXPIRE_GT_AND_LT = constant(
  'ERR GT and LT options at the same time are not compatible',
);
export const COPY_FAILED = constant('ERR module key failed to copy');
export const COPY_NOT_SUPPORTED = constant('ERR not supported for this module key');
export const LFU_NOT_SELECTED = constant(
  'ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that ' +
    'when switching between policies at runtime LRU and LFU data will take some time to adjust.',
);
export const LFU_SELECTED = constant(
  'ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when ' +
    'switching between policies at runtime LRU and LFU data will take some time to adjust.',
);
export const SORT_NOT_A_NUMBER = constant("ERR One or more scores can't be converted into double");
export const BIT_OFFSET_INVALID = constant('ERR bit offset is not an integer or out of range');
export const BIT_VALUE_INVALID = constant('ERR bit is not an integer or out of range');
export const BIT_NOT_0_OR_1 = constant('ERR The bit argument must be 1 or 0.');
export const BITOP_NOT_ONE_KEY = constant('ERR BITOP NOT must be called with a single source key.');
export const BITFIELD_OVERFLOW_INVALID = constant('ERR Invalid OVERFLOW type specified');
export const BITFIELD_READ_ONLY = constant('ERR BITFIELD_RO only supports the GET subcommand');
export const BITFIELD_TYPE_INVALID = constant(
  'ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.',
);
export const DB_INDEX_OUT_OF_RANGE = constant('ERR DB index is out of range');
export const INVALID_DB_INDEX = constant('ERR invalid DB index');
export const STRING_TOO_LONG = constant(
  'ERR string exceeds maximum allowed size (proto-max-bulk-len)',
);
export const WRONG_PASSWORD = constant(
  'WRONGPASS invalid username-password pair or user is disabled.',
);
export const NO_PASSWORD_SET = constant(
  'ERR AUTH <password> called without any password configured for the default user. ' +
    'Are you sure your configuration is correct?',
);
export const NO_AUTH_IN_HELLO = constant(
  'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO ' +
    '<proto> AUTH <user> <pass> option can be used to authenticate the client and select the ' +
    'RESP protocol version at the same time',
);
export const BAD_PROTOCOL_VERSION = constant(
  'ERR Protocol version is not an integer or out of range',
);
export const UNSUPPORTED_PROTOCOL = constant('NOPROTO unsupported protocol version');
export const BAD_CLIENT_NAME = constant(
  'ERR Client names cannot contain spaces, newlines or special characters.',
);
export const NO_SUCH_CLIENT = constant('ERR No such client');
export const CLIENT_ID_NOT_POSITIVE = constant('ERR client-id should be greater than 0');
export const INVALID_CLIENT_ID = constant('ERR Invalid client ID');
export const BAD_PAUSE_MODE = constant('ERR CLIENT PAUSE mode must be WRITE or ALL');
export const BAD_UNBLOCK_REASON = constant('ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR');
export const CACHING_WITHOUT_TRACKING = constant(
  'ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or ' +
    'OPTOUT mode enabled',
);
export const CACHING_YES_WITHOUT_OPTIN = constant(
  'ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.',
);
export const CACHING_NO_WITHOUT_OPTOUT = constant(
  'ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.',
);
export const NO_REDIRECT_CLIENT = constant('ERR The client ID you want redirect to does not exist');
export const TWO_REDIRECTS = constant('ERR A client can only redirect to a single other client');
export const PREFIX_WITHOUT_BCAST = constant('ERR PREFIX option requires BCAST mode to be enabled');
export const SWITCH_BCAST = constant(
  "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then " +
    're-enabling it with a different mode.',
);
export const SWITCH_OPT = constant(
  "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then " +
    're-enabling it with a different mode.',
);
export const BCAST_WITH_OPT = constant('ERR OPTIN and OPTOUT are not compatible with BCAST');
export const OPTIN_WITH_OPTOUT = constant("ERR You can't specify both OPTIN mode and OPTOUT mode");
export const SLOWLOG_COUNT = constant('ERR count should be greater than or equal to -1');
export const MONITOR_DENIED = constant("ERR MONITOR isn't allowed for DENY BLOCKING client");
export const COMMAND_INVALID = constant('ERR Invalid command specified');
export const COMMAND_WITHOUT_KEYS = constant('ERR The command has no key arguments');
export const COMMAND_ARITY_INVALID = constant(
  'ERR Invalid number of arguments specified for command',
);
export const COMMAND_ARGS_INVALID = constant('ERR Invalid arguments specified for command');
export const UNBLOCKED = constant('UNBLOCKED client unblocked via CLIENT UNBLOCK');
export const NO_AUTH = constant('NOAUTH Authentication required.');
export const OUT_OF_MEMORY = constant("OOM command not allowed when used memory > 'maxmemory'.");
export const LOADING = constant('LOADING Redis is loading the dataset in memory');
export const EXEC_ABORTED = constant('EXECABORT Transaction discarded because of previous errors.');
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

export function unsupportedOption(option: string): CommandError {
  return new CommandError(`ERR Unsupported option ${option}`);
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

/** A subcommand that exists, called with words that make no sense. */
export function subcommandSyntax(name: string, container: string): CommandError {
  const shown = name.slice(0, SHOWN_MAX);
  return new CommandError(
    `ERR unknown subcommand or wrong number of arguments for '${shown}'. ` +
      `Try ${container.toUpperCase()} HELP.`,
  );
}

export function helloSyntax(option: string): CommandError {
  return new CommandError(`ERR Syntax error in HELLO option '${option}'`);
}

export function unknownClientType(word: string): CommandError {
  return new CommandError(`ERR Unknown client type '${word}'`);
}

export function noSuchUser(name: string): CommandError {
  return new CommandError(`ERR No such user '${name}'`);
}

/** @param attribute `lib-name` or `lib-ver`, as the client wrote it */
export function invalidClientAttribute(attribute: string): CommandError {
  return new CommandError(
    `ERR ${attribute} cannot contain spaces, newlines or special characters.`,
  );
}

export function unrecognizedClientAttribute(word: string): CommandError {
  return new CommandError(`ERR Unrecognized option '${word}'`);
}

export function overlappingPrefixes(prefix: string, other: string, isOwn: boolean): CommandError {
  const whose = isOwn ? 'an existing prefix' : 'another provided prefix';
  return new CommandError(
    `ERR Prefix '${prefix}' overlaps with ${whose} '${other}'. ` +
      'Prefixes for a single client must not overlap.',
  );
}

export function noLatencySamples(event: string): CommandError {
  return new CommandError(`ERR No samples available for event '${event}'`);
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

// ---- users --------------------------------------------------------------------------------

type DenialReason = 'command' | 'key' | 'channel';

/** What ACL forbids; keys and channels are not named to those who may not use them. */
export function notPermitted(
  userName: string,
  fullName: string,
  reason: DenialReason,
): CommandError {
  if (reason === 'key') return KEY_DENIED;
  if (reason === 'channel') return CHANNEL_DENIED;
  return new CommandError(`NOPERM ${denialText(userName, fullName, reason, '')}`);
}

/** The same for ACL DRYRUN, which names them. */
export function denialText(
  userName: string,
  fullName: string,
  reason: DenialReason,
  object: string,
): string {
  const what =
    reason === 'command' ? `run the '${fullName}' command` : `access the '${object}' ${reason}`;
  return `User ${userName} has no permissions to ${what}`;
}

const KEY_DENIED = constant('NOPERM No permissions to access a key');
const CHANNEL_DENIED = constant('NOPERM No permissions to access a channel');

const EXEC_REASONS = {
  command: 'no permission to execute the command or subcommand',
  key: 'no permission to touch the specified keys',
  channel: 'no permission to access one of the channels used as arguments',
} as const;

/** A queued command that its user may not run any more. */
export function notPermittedInExec(reason: DenialReason): CommandError {
  return new CommandError(
    'NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC ' +
      'call. This command is no longer allowed for the following reason: ' +
      EXEC_REASONS[reason],
  );
}

export const USER_NAME_SPACES = constant("ERR Usernames can't contain spaces or null characters");
export const DEFAULT_USER_STAYS = constant("ERR The 'default' user cannot be removed");
export const NO_ACL_FILE = constant(
  'ERR This Redis instance is not configured to use an ACL file. You may want to specify users ' +
    'via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis ' +
    'configuration file set) in order to store users in the Redis configuration.',
);
export const ACL_SAVE_FAILED = constant(
  'ERR There was an error trying to save the ACLs. Please check the server logs for more ' +
    'information',
);
export const GENPASS_BITS = constant(
  'ERR ACL GENPASS argument must be the number of bits for the output password, a positive ' +
    'number up to 4096',
);

export function unknownCategory(name: string): CommandError {
  return new CommandError(`ERR Unknown category '${name.slice(0, SHOWN_MAX)}'`);
}

export const SORT_BY_DENIED = constant(
  'ERR BY option of SORT denied due to insufficient ACL permissions.',
);
export const SORT_GET_DENIED = constant(
  'ERR GET option of SORT denied due to insufficient ACL permissions.',
);

export const CALL_AS_NOBODY = constant(
  "ERR cannot run as user, no user directly attached to context or context's client",
);

/** The user that `module-acl-user` names does not exist: nothing is allowed then. */
export function noModuleUser(name: string): CommandError {
  return new CommandError(`NOPERM the user '${name}' of module-acl-user does not exist`);
}

/** A module's call in script mode of a command that scripts may not run. */
export function calledInScriptMode(fullName: string): CommandError {
  return new CommandError(`ERR command '${fullName}' is not allowed on script mode`);
}

/** A module's call of a command that ends the server, or reaches around its protection. */
export function deniedToModules(fullName: string): CommandError {
  return new CommandError(`ERR command '${fullName}' is not allowed to modules`);
}

/** A module's call that forbids writing. */
export function calledWhileReadOnly(fullName: string): CommandError {
  return new CommandError(`ERR Write command '${fullName}' was called while write is not allowed.`);
}

// ---- persistence --------------------------------------------------------------------------

export const SAVE_FAILED = constant('ERR');
export const ALREADY_SAVING = constant('ERR Background save already in progress');
export const OTHER_CHILD_ACTIVE = constant(
  "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in " +
    'order to schedule a BGSAVE whenever possible.',
);
/** Snapshots fail and stop-writes-on-bgsave-error is on. */
export const SNAPSHOTS_FAIL = constant(
  "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to " +
    'disk. Commands that may modify the data set are disabled, because this instance is ' +
    'configured to report errors during writes if RDB snapshotting fails ' +
    '(stop-writes-on-bgsave-error option). Please check the Redis logs for details about the ' +
    'RDB error.',
);
export const BUSY_KEY = constant('BUSYKEY Target key name already exists.');
export const BAD_IDLE_TIME = constant('ERR Invalid IDLETIME value, must be >= 0');
export const BAD_FREQUENCY = constant('ERR Invalid FREQ value, must be >= 0 and <= 255');
export const BAD_TTL = constant('ERR Invalid TTL value, must be >= 0');
export const BAD_PAYLOAD = constant('ERR DUMP payload version or checksum are wrong');
export const BAD_DATA_FORMAT = constant('ERR Bad data format');
export const RELOAD_OPTIONS = constant(
  'ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.',
);
export const RELOAD_FAILED = constant('ERR Error trying to load the RDB dump, check server logs.');
export const BAD_PROTOCOL_TYPE = constant(
  'ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|' +
    'null|array|set|map|attrib|push|verbatim|true|false',
);
export const BAD_PACKED_THRESHOLD = constant(
  'ERR argument must be a memory value bigger than 1 and smaller than 4gb',
);
export const RESP3_ONLY = constant('ERR RESP2 is not supported by this command');
