// ratelimit: a token bucket kept in a hash, so that any client can look at it with HGETALL.
// Teaches: calling commands with and without replication, freeing replies, time, arithmetic.
//
//   > RATELIMIT.CHECK user:123 100 10        bucket of 100 tokens, 10 more a second; takes 1
//   1) (integer) 1                           1 allowed, 0 limited
//   2) (integer) 99                          tokens left
//   > RATELIMIT.CHECK user:123 100 10 50     takes 50 at once

import {
  addOverflows, Argv, CallReply, Command, Context, milliseconds, Module, multiplyOverflows,
  REDISMODULE_ERRORMSG_WRONGTYPE, REDISMODULE_KEYTYPE_EMPTY, REDISMODULE_KEYTYPE_HASH,
  REDISMODULE_READ, REDISMODULE_REPLY_STRING, RString, Status, subtractOverflows,
} from 'redcell/guest-as';

const TOKENS_FIELD = 'tokens';
const LAST_UPDATE_FIELD = 'last_update';

class Bucket {
  /** @param lastUpdate milliseconds since 1970; tokens are counted up to here. */
  constructor(public tokens: i64, public lastUpdate: i64) {}

  /**
   * Adds the tokens earned since the last update. The hash is the users' to edit, so any number
   * may be in it: whatever does not fit in 64 bits has filled the bucket long ago.
   */
  refill(maxTokens: i64, ratePerSec: i64, now: i64): void {
    if (this.tokens < 0) this.tokens = 0;
    if (this.lastUpdate > now) this.lastUpdate = now; // the clock was set back: count from here

    const elapsedMs = now - this.lastUpdate;
    const earnedMilli = elapsedMs * ratePerSec;
    const isFull = subtractOverflows(now, this.lastUpdate)
      || multiplyOverflows(elapsedMs, ratePerSec)
      || addOverflows(this.tokens, earnedMilli / 1000)
      || this.tokens + earnedMilli / 1000 >= maxTokens;
    if (isFull) {
      this.tokens = maxTokens;
      this.lastUpdate = now;
      return;
    }
    this.tokens += earnedMilli / 1000;
    // What does not make a whole token yet stays on the clock, or frequent callers would never
    // be refilled. Rounding up keeps the rate from ever being exceeded.
    this.lastUpdate = now - earnedMilli % 1000 / ratePerSec;
  }
}

/** Answers with an error: what the command said, or that it could not be run. */
function replyFailure(ctx: Context, reply: CallReply, name: string): void {
  if (reply.isNull) ctx.reply.error(`ERR ${name} failed`);
  else ctx.reply.callReply(reply);
}

/** An integer field of the hash at `key`, or `missing`; null once an error has been sent. */
function readField(ctx: Context, key: RString, field: string, missing: i64): Field | null {
  const reply = ctx.call(new Command('HGET').string(key).text(field));
  let result: Field | null = null;
  if (!reply.isNull && reply.type === REDISMODULE_REPLY_STRING) {
    const text = reply.toOwnedString();
    if (text.isInteger) result = new Field(text.toInteger());
    else ctx.reply.error('ERR hash value is not an integer');
    text.free(ctx);
  } else if (!reply.isNull && reply.isNil) {
    result = new Field(missing);
  } else {
    replyFailure(ctx, reply, 'HGET');
  }
  reply.free();
  return result;
}

class Field {
  constructor(readonly value: i64) {}
}

/** The bucket at `key`; null once an error has been sent. */
function readBucket(ctx: Context, key: RString, full: Bucket): Bucket | null {
  const tokens = readField(ctx, key, TOKENS_FIELD, full.tokens);
  if (tokens === null) return null;
  const lastUpdate = readField(ctx, key, LAST_UPDATE_FIELD, full.lastUpdate);
  return lastUpdate !== null ? new Bucket(tokens.value, lastUpdate.value) : null;
}

/**
 * Writes the bucket back. `!` replicates this HSET, not RATELIMIT.CHECK: a replica and the AOF
 * get the outcome instead of a command that would look at their own clock. False once an error
 * has been sent.
 */
function writeBucket(ctx: Context, key: RString, bucket: Bucket): bool {
  const command = new Command('HSET').string(key)
    .text(TOKENS_FIELD).integer(bucket.tokens)
    .text(LAST_UPDATE_FIELD).integer(bucket.lastUpdate);
  const reply = ctx.call(command, '!');
  const isWritten = !reply.isNull && !reply.isError;
  if (!isWritten) replyFailure(ctx, reply, 'HSET');
  reply.free();
  return isWritten;
}

// RATELIMIT.CHECK key max_tokens refill_rate_per_sec [tokens]
function check(ctx: Context, argv: Argv, argc: i32): Status {
  if (argc < 4 || argc > 5) return ctx.wrongArity();
  const maxTokens = positive(argv[2]);
  const ratePerSec = positive(argv[3]);
  if (maxTokens === 0 || ratePerSec === 0) return ctx.reply.error('ERR invalid arguments');
  const wanted = argc === 5 ? positive(argv[4]) : 1;
  if (wanted === 0) return ctx.reply.error('ERR invalid token count');

  const key = ctx.openKey(argv[1], REDISMODULE_READ);
  const type = key.type;
  key.close();
  if (type !== REDISMODULE_KEYTYPE_EMPTY && type !== REDISMODULE_KEYTYPE_HASH) {
    return ctx.reply.error(REDISMODULE_ERRORMSG_WRONGTYPE);
  }

  const now = milliseconds();
  const full = new Bucket(maxTokens, now); // as a new bucket is
  const stored = type === REDISMODULE_KEYTYPE_HASH ? readBucket(ctx, argv[1], full) : full;
  if (stored === null) return 0; // the error has been sent

  const bucket = new Bucket(stored.tokens, stored.lastUpdate);
  bucket.refill(maxTokens, ratePerSec, now);
  const isAllowed = bucket.tokens >= wanted;
  if (isAllowed) bucket.tokens -= wanted;

  // A refused request that earned nothing changes nothing: a flood of them costs no AOF.
  const isChanged = bucket.tokens !== stored.tokens || bucket.lastUpdate !== stored.lastUpdate;
  if (isChanged && !writeBucket(ctx, argv[1], bucket)) return 0; // the error has been sent

  ctx.reply.array(2);
  ctx.reply.integer(isAllowed ? 1 : 0);
  return ctx.reply.integer(bucket.tokens);
}

/** A number from 1; 0 for everything else. */
function positive(argument: RString): i64 {
  return argument.isInteger ? max<i64>(argument.toInteger(), 0) : 0;
}

export function RedisModule_OnLoad(ctx: Context, argv: Argv, argc: i32): Status {
  const module = new Module(ctx, 'ratelimit', 1);
  module.command('ratelimit.check', check, 'write deny-oom fast', 1, 1, 1);
  return module.done('RateLimit loaded with commands');
}
