// SUBSCRIBE, PUBLISH and their kin, and PUBSUB.

import { pattern, string } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { CommandError, subcommandSyntax } from '../dispatch/errors.ts';
import { replyHelp } from '../dispatch/help.ts';
import { atIndex, keySpec, range } from '../dispatch/key-specs.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import type { ByteString } from '../lib/bytes.ts';
import { globMatch } from '../lib/glob.ts';
import type { ReplySink } from '../resp/sink.ts';
import { PUBSUB, type SubscriptionKind } from './pubsub.ts';

/** One name space: the words of its confirmations, and what they count. */
interface Space {
  readonly kind: SubscriptionKind;
  readonly subscribed: string;
  readonly unsubscribed: string;
  readonly refusal: CommandError;
}

const CHANNELS = space('channels', 'subscribe');
const PATTERNS = space('patterns', 'psubscribe');
const SHARD_CHANNELS = space('shardChannels', 'ssubscribe');

function space(kind: SubscriptionKind, subscribed: string): Space {
  const unsubscribed = subscribed.replace('subscribe', 'unsubscribe');
  const refusal = new CommandError(
    `ERR ${subscribed.toUpperCase()} isn't allowed for a DENY BLOCKING client`,
  );
  return { kind, subscribed, unsubscribed, refusal };
}

export const psubscribe = command({
  name: 'psubscribe',
  summary: 'Subscribes to the channels that match patterns.',
  since: '2.0.0',
  group: 'pubsub',
  complexity: 'O(N) in the number of patterns',
  flags: ['pubsub', 'noscript', 'loading', 'stale'],
  channels: { use: 'subscribe', isPattern: true, hasMany: true },
  args: [pattern('pattern', { multiple: true })],
  run: (ctx) => subscribeAll(ctx, PATTERNS),
});

export const publish = command({
  name: 'publish',
  summary: 'Sends a message to a channel.',
  since: '2.0.0',
  group: 'pubsub',
  complexity: 'O(N+M) for N subscribers and M patterns of all clients',
  flags: ['pubsub', 'loading', 'stale', 'fast', 'may_replicate'],
  channels: { use: 'publish', isPattern: false, hasMany: false },
  args: [string('channel'), string('message')],
  run: (ctx) => {
    ctx.reply.integer(ctx.service(PUBSUB).publish(bytesAt(ctx, 1), bytesAt(ctx, 2)));
    propagateMessage(ctx);
  },
});

export const pubsub = command({
  name: 'pubsub',
  summary: 'Commands on channels.',
  since: '2.8.0',
  group: 'pubsub',
  complexity: 'That of the subcommand',
  flags: [],
  subcommands: [
    {
      name: 'channels',
      summary: 'Lists the channels that have subscribers.',
      since: '2.8.0',
      complexity: 'O(N) in the number of channels',
      flags: ['pubsub', 'loading', 'stale'],
      args: [pattern('pattern', { optional: true })],
      run: (ctx) => replyNames(ctx, 'channels'),
    },
    {
      name: 'help',
      summary: 'Lists the subcommands.',
      since: '6.2.0',
      complexity: 'O(1)',
      flags: ['loading', 'stale'],
      run: replyHelp,
    },
    {
      name: 'numpat',
      summary: 'Counts the patterns that are subscribed to.',
      since: '2.8.0',
      complexity: 'O(1)',
      flags: ['pubsub', 'loading', 'stale'],
      run: (ctx) => ctx.reply.integer(ctx.service(PUBSUB).countNames('patterns')),
    },
    {
      name: 'numsub',
      summary: 'Counts the subscribers of channels.',
      since: '2.8.0',
      complexity: 'O(N) in the channels asked for',
      flags: ['pubsub', 'loading', 'stale'],
      args: [string('channel', { optional: true, multiple: true })],
      run: (ctx) => replyCounts(ctx, 'channels'),
    },
    {
      name: 'shardchannels',
      summary: 'Lists the shard channels that have subscribers.',
      since: '7.0.0',
      complexity: 'O(N) in the number of shard channels',
      flags: ['pubsub', 'loading', 'stale'],
      args: [pattern('pattern', { optional: true })],
      run: (ctx) => replyNames(ctx, 'shardChannels'),
    },
    {
      name: 'shardnumsub',
      summary: 'Counts the subscribers of shard channels.',
      since: '7.0.0',
      complexity: 'O(N) in the shard channels asked for',
      flags: ['pubsub', 'loading', 'stale'],
      args: [string('shardchannel', { optional: true, multiple: true })],
      run: (ctx) => replyCounts(ctx, 'shardChannels'),
    },
  ],
});

export const punsubscribe = command({
  name: 'punsubscribe',
  summary: 'Ends subscriptions to patterns.',
  since: '2.0.0',
  group: 'pubsub',
  complexity: 'O(N) in the number of patterns',
  flags: ['pubsub', 'noscript', 'loading', 'stale'],
  channels: { use: 'unsubscribe', isPattern: true, hasMany: true },
  args: [pattern('pattern', { optional: true, multiple: true })],
  run: (ctx) => unsubscribeAll(ctx, PATTERNS),
});

export const spublish = command({
  name: 'spublish',
  summary: 'Sends a message to a shard channel.',
  since: '7.0.0',
  group: 'pubsub',
  complexity: 'O(N) in the number of subscribers',
  flags: ['pubsub', 'loading', 'stale', 'fast', 'may_replicate'],
  channels: { use: 'publish', isPattern: false, hasMany: false },
  keySpecs: [keySpec('not_key', atIndex(1), range(0))],
  args: [string('shardchannel'), string('message')],
  run: (ctx) => {
    ctx.reply.integer(ctx.service(PUBSUB).publishToShard(bytesAt(ctx, 1), bytesAt(ctx, 2)));
    propagateMessage(ctx);
  },
});

export const ssubscribe = command({
  name: 'ssubscribe',
  summary: 'Subscribes to shard channels.',
  since: '7.0.0',
  group: 'pubsub',
  complexity: 'O(N) in the number of shard channels',
  flags: ['pubsub', 'noscript', 'loading', 'stale'],
  channels: { use: 'subscribe', isPattern: false, hasMany: true },
  keySpecs: [keySpec('not_key', atIndex(1), range(-1))],
  args: [string('shardchannel', { multiple: true })],
  run: (ctx) => subscribeAll(ctx, SHARD_CHANNELS),
});

export const subscribe = command({
  name: 'subscribe',
  summary: 'Subscribes to channels.',
  since: '2.0.0',
  group: 'pubsub',
  complexity: 'O(N) in the number of channels',
  flags: ['pubsub', 'noscript', 'loading', 'stale'],
  channels: { use: 'subscribe', isPattern: false, hasMany: true },
  args: [string('channel', { multiple: true })],
  run: (ctx) => subscribeAll(ctx, CHANNELS),
});

export const sunsubscribe = command({
  name: 'sunsubscribe',
  summary: 'Ends subscriptions to shard channels.',
  since: '7.0.0',
  group: 'pubsub',
  complexity: 'O(N) in the number of shard channels',
  flags: ['pubsub', 'noscript', 'loading', 'stale'],
  channels: { use: 'unsubscribe', isPattern: false, hasMany: true },
  keySpecs: [keySpec('not_key', atIndex(1), range(-1))],
  args: [string('shardchannel', { optional: true, multiple: true })],
  run: (ctx) => unsubscribeAll(ctx, SHARD_CHANNELS),
});

export const unsubscribe = command({
  name: 'unsubscribe',
  summary: 'Ends subscriptions to channels.',
  since: '2.0.0',
  group: 'pubsub',
  complexity: 'O(N) in the number of channels',
  flags: ['pubsub', 'noscript', 'loading', 'stale'],
  channels: { use: 'unsubscribe', isPattern: false, hasMany: true },
  args: [string('channel', { optional: true, multiple: true })],
  run: (ctx) => unsubscribeAll(ctx, CHANNELS),
});

function subscribeAll(ctx: Context, { kind, subscribed, refusal }: Space): void {
  const { client } = ctx;
  // A module or a script could not receive the messages.
  if (ctx.deniesBlocking && !ctx.isInTransaction) throw refusal;
  const service = ctx.service(PUBSUB);
  const out = confirmations(ctx);
  for (const name of ctx.rest(1)) {
    service.subscribe(client, kind, name);
    confirm(ctx, out, subscribed, kind, name);
  }
}

function unsubscribeAll(ctx: Context, { kind, unsubscribed }: Space): void {
  const { client } = ctx;
  const service = ctx.service(PUBSUB);
  const out = confirmations(ctx);
  const own = client.subscriptions?.[kind] ?? [];
  const names: (ByteString | null)[] = ctx.argc > 1 ? ctx.rest(1) : [...own];
  if (names.length === 0) names.push(null); // there is always a reply
  for (const name of names) {
    if (name !== null) service.unsubscribe(client, kind, name);
    confirm(ctx, out, unsubscribed, kind, name);
  }
}

/** Confirmations are messages: CLIENT REPLY OFF does not silence them. */
function confirmations({ client, reply }: Context): ReplySink {
  return client.replyMode === 'on' ? reply : client.writer;
}

function confirm(
  { client }: Context,
  out: ReplySink,
  word: string,
  kind: SubscriptionKind,
  name: ByteString | null,
): void {
  out.push(3);
  out.bulk(word);
  if (name === null) out.null();
  else out.bulk(name);
  const own = client.subscriptions;
  const shardCount = own?.shardChannels.size ?? 0;
  out.integer(kind === 'shardChannels' ? shardCount : client.subscriptionCount - shardCount);
}

/** Replicas have subscribers too; no file needs to know. */
function propagateMessage(ctx: Context): void {
  ctx.executor.propagation.addMessage(ctx.db.index, ctx.argv);
  ctx.preventPropagation();
}

function replyNames(ctx: Context, kind: SubscriptionKind): void {
  if (ctx.argc > 3) throw subcommandSyntax(ctx.arg(1).toByteString(), 'pubsub');
  const matching = ctx.argc > 2 ? bytesAt(ctx, 2) : null;
  const names = [...ctx.service(PUBSUB).names(kind)].filter(
    (name) => matching === null || globMatch(matching, name),
  );
  ctx.reply.array(names.length);
  for (const name of names) ctx.reply.bulk(name);
}

function replyCounts(ctx: Context, kind: SubscriptionKind): void {
  const names = ctx.rest(2);
  const service = ctx.service(PUBSUB);
  ctx.reply.array(names.length * 2);
  for (const name of names) {
    ctx.reply.bulk(name);
    ctx.reply.integer(service.subscriberCount(kind, name));
  }
}

function bytesAt(ctx: Context, index: number): ByteString {
  return ctx.arg(index).toByteString();
}

export const pubsubCommands: readonly CommandEntry[] = [
  psubscribe,
  publish,
  pubsub,
  punsubscribe,
  spublish,
  ssubscribe,
  subscribe,
  sunsubscribe,
  unsubscribe,
];
