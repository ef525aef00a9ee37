// MYMODULE.WAITFOR: blocks a client until a string key has a given value.
// Teaches: blocking without threads, keyspace notifications, who frees what and when.
//
// A waiting client has one Waiter. It is in two maps: `byKey`, where a keyspace event finds all
// waiters of a key, and `byClient`, where a timeout or a disconnect finds its own. Every waiter
// ends in `finish`, exactly once, and is disposed of when the server is done with the client.

import {
  Argv, BlockedClient, Context, CString, Key, milliseconds, Module, OwnedString,
  REDISMODULE_CTX_FLAGS_DENY_BLOCKING, REDISMODULE_ERRORMSG_WRONGTYPE, REDISMODULE_KEYTYPE_EMPTY,
  REDISMODULE_KEYTYPE_STRING, REDISMODULE_NOTIFY_GENERIC, REDISMODULE_NOTIFY_STRING,
  REDISMODULE_OPEN_KEY_NOTOUCH, REDISMODULE_READ, RString, Status,
} from 'redcell/guest-as';

const BLOCKING_ERROR = 'ERR MYMODULE.WAITFOR cannot wait in a transaction or a script';

class Waiter {
  /** @param place where it is in `byKey`. */
  constructor(
    readonly place: string, readonly expected: OwnedString, readonly client: BlockedClient,
  ) {}

  /** The client was answered or is gone. */
  dispose(): void {
    this.expected.free();
  }
}

const byKey = new Map<string, Waiter[]>();
const byClient = new Map<usize, Waiter>();

/** The same key name in another database is another key. */
function placeOf(db: i32, key: RString): string {
  return `${db}:${key.toByteString()}`;
}

function addWaiter(waiter: Waiter): void {
  if (!byKey.has(waiter.place)) byKey.set(waiter.place, []);
  byKey.get(waiter.place).push(waiter);
  byClient.set(waiter.client.handle, waiter);
}

function removeWaiter(waiter: Waiter): void {
  const waiters = byKey.get(waiter.place);
  waiters.splice(waiters.indexOf(waiter), 1);
  if (waiters.length === 0) byKey.delete(waiter.place);
  byClient.delete(waiter.client.handle);
}

/**
 * Hands the waiter back to the server, which calls `reply` if the client is still there and then
 * disposes of it. Needed after a timeout or disconnect too: the server keeps its part until then.
 */
function finish(waiter: Waiter): void {
  removeWaiter(waiter);
  waiter.client.unblock(waiter);
}

function finishClient(client: BlockedClient): void {
  if (byClient.has(client.handle)) finish(byClient.get(client.handle));
}

function reply(ctx: Context, argv: Argv, argc: i32): Status {
  return ctx.reply.simpleString('OK');
}

function timeout(ctx: Context, argv: Argv, argc: i32): Status {
  finishClient(ctx.blockedClient);
  return ctx.reply.nil();
}

/** Also called for CLIENT UNBLOCK id ERROR. */
function disconnected(ctx: Context, client: BlockedClient): void {
  finishClient(client);
}

function hasValue(key: Key, expected: RString): bool {
  if (key.type !== REDISMODULE_KEYTYPE_STRING || key.length !== expected.length) return false;
  return memory.compare(key.string.dma(REDISMODULE_READ), expected.ptr, expected.length) === 0;
}

/**
 * Called after every event on a string and every generic one (RENAME, MOVE, COPY, RESTORE) of any
 * key. SWAPDB has no such event: its waiters wake at the next change of their key.
 */
function onKeyspaceEvent(ctx: Context, type: i32, event: CString, name: RString): Status {
  if (byClient.size === 0) return 0;
  const place = placeOf(ctx.selectedDb, name);
  if (!byKey.has(place)) return 0;

  // Our looking at the key is no use of it: its LRU clock stays as it is.
  const key = ctx.openKey(name, REDISMODULE_READ | REDISMODULE_OPEN_KEY_NOTOUCH);
  const waiters = byKey.get(place).slice(); // `finish` takes waiters out of the original
  for (let i = waiters.length - 1; i >= 0; i--) {
    if (hasValue(key, waiters[i].expected)) finish(waiters[i]);
  }
  key.close();
  return 0;
}

function block(ctx: Context, argv: Argv, timeoutMs: i64): Status {
  // In MULTI and in scripts the next command waits for this one's reply: nobody could wake us.
  if ((ctx.flags & REDISMODULE_CTX_FLAGS_DENY_BLOCKING) !== 0) {
    return ctx.reply.error(BLOCKING_ERROR);
  }
  const client = ctx.blockClient<Waiter>(reply, timeout, timeoutMs);
  client.onDisconnect(disconnected);
  const expected = argv[2].hold(); // argv itself ends with this call
  addWaiter(new Waiter(placeOf(ctx.selectedDb, argv[1]), expected, client));
  return 0;
}

// MYMODULE.WAITFOR key value timeout_ms
function waitFor(ctx: Context, argv: Argv, argc: i32): Status {
  if (argc !== 4) return ctx.wrongArity();
  const timeoutMs = argv[3].toInteger();
  if (!argv[3].isInteger || timeoutMs < 0) return ctx.reply.error('ERR invalid timeout');
  if (timeoutMs > i64.MAX_VALUE - milliseconds()) { // the server adds them up
    return ctx.reply.error('ERR timeout is out of range');
  }

  const key = ctx.openKey(argv[1], REDISMODULE_READ);
  const type = key.type;
  const isThere = hasValue(key, argv[2]);
  key.close();
  if (type !== REDISMODULE_KEYTYPE_EMPTY && type !== REDISMODULE_KEYTYPE_STRING) {
    return ctx.reply.error(REDISMODULE_ERRORMSG_WRONGTYPE);
  }
  return isThere ? ctx.reply.simpleString('OK') : block(ctx, argv, timeoutMs);
}

export function registerWaitFor(module: Module): void {
  module.subscribe(REDISMODULE_NOTIFY_STRING | REDISMODULE_NOTIFY_GENERIC, onKeyspaceEvent);
  module.command('mymodule.waitfor', waitFor, 'readonly', 1, 1, 1);
}
