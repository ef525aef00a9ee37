// CLIENT TRACKING, CACHING, GETREDIR and TRACKINGINFO: client-side caching.

import { integer, oneof, string, token } from '../dispatch/args.ts';
import { CLIENTS } from '../dispatch/clients.ts';
import type { Context } from '../dispatch/context.ts';
import {
  BCAST_WITH_OPT,
  CACHING_NO_WITHOUT_OPTOUT,
  CACHING_WITHOUT_TRACKING,
  CACHING_YES_WITHOUT_OPTIN,
  NO_REDIRECT_CLIENT,
  OPTIN_WITH_OPTOUT,
  overlappingPrefixes,
  PREFIX_WITHOUT_BCAST,
  SWITCH_BCAST,
  SWITCH_OPT,
  SYNTAX,
  TWO_REDIRECTS,
} from '../dispatch/errors.ts';
import { subcommand } from '../dispatch/spec.ts';
import { TRACKING, type TrackingOptions, type TrackingState } from '../dispatch/tracking.ts';
import type { ByteString } from '../lib/bytes.ts';
import { eitherArg, integerArg } from './arguments.ts';

export const clientTracking = subcommand({
  name: 'tracking',
  summary: 'Turns server-assisted client-side caching on or off.',
  since: '6.0.0',
  complexity: 'O(1), more with many prefixes',
  flags: ['noscript', 'loading', 'stale'],
  args: [
    oneof('status', [token('ON'), token('OFF')]),
    integer('client-id', { token: 'REDIRECT', optional: true }),
    string('prefix', { token: 'PREFIX', optional: true, multiple: true, multipleToken: true }),
    token('BCAST', { optional: true }),
    token('OPTIN', { optional: true }),
    token('OPTOUT', { optional: true }),
    token('NOLOOP', { optional: true }),
  ],
  run: track,
});

type ReadOptions = { -readonly [Name in keyof TrackingOptions]: TrackingOptions[Name] } & {
  prefixes: ByteString[];
};

function track(ctx: Context): void {
  const options = readOptions(ctx);
  const tracking = ctx.service(TRACKING);
  if (eitherArg(ctx.arg(2), 'on', 'off') === 0) {
    check(options, tracking.stateOf(ctx.client));
    const { prefixes, ...how } = options;
    tracking.enable(ctx.client, how, prefixes);
  } else {
    tracking.disable(ctx.client);
  }
  ctx.reply.simple('OK');
}

function readOptions(ctx: Context): ReadOptions {
  const options: ReadOptions = {
    isBroadcast: false,
    isOptIn: false,
    isOptOut: false,
    isNoLoop: false,
    redirectId: 0,
    prefixes: [],
  };
  for (let i = 3; i < ctx.argc; i++) {
    const word = ctx.arg(i);
    const hasValue = i + 1 < ctx.argc;
    if (word.is('redirect') && hasValue) options.redirectId = redirectArg(ctx, ++i, options);
    else if (word.is('bcast')) options.isBroadcast = true;
    else if (word.is('optin')) options.isOptIn = true;
    else if (word.is('optout')) options.isOptOut = true;
    else if (word.is('noloop')) options.isNoLoop = true;
    else if (word.is('prefix') && hasValue) options.prefixes.push(ctx.arg(++i).toByteString());
    else throw SYNTAX;
  }
  return options;
}

function redirectArg(ctx: Context, index: number, options: ReadOptions): number {
  if (options.redirectId !== 0) throw TWO_REDIRECTS;
  const id = integerArg(ctx.arg(index));
  if (ctx.service(CLIENTS).get(id) === undefined) throw NO_REDIRECT_CLIENT;
  return id;
}

/** Throws unless the options go with each other and with how the client tracks now. */
function check(options: ReadOptions, state: TrackingState | null): void {
  const { isBroadcast, isOptIn, isOptOut, prefixes } = options;
  if (!isBroadcast && prefixes.length > 0) throw PREFIX_WITHOUT_BCAST;
  if (state !== null && state.isBroadcast !== isBroadcast) throw SWITCH_BCAST;
  if (isBroadcast && (isOptIn || isOptOut)) throw BCAST_WITH_OPT;
  if (isOptIn && isOptOut) throw OPTIN_WITH_OPTOUT;
  if (state !== null && ((isOptIn && state.isOptOut) || (isOptOut && state.isOptIn))) {
    throw SWITCH_OPT;
  }
  if (isBroadcast) checkPrefixes(prefixes, state);
}

function checkPrefixes(prefixes: readonly ByteString[], state: TrackingState | null): void {
  for (const [index, prefix] of prefixes.entries()) {
    for (const own of state?.prefixes ?? []) {
      if (overlap(prefix, own)) throw overlappingPrefixes(prefix, own, true);
    }
    for (const other of prefixes.slice(index + 1)) {
      if (overlap(prefix, other)) throw overlappingPrefixes(prefix, other, false);
    }
  }
}

function overlap(a: ByteString, b: ByteString): boolean {
  return a.startsWith(b) || b.startsWith(a);
}

export const clientCaching = subcommand({
  name: 'caching',
  summary: 'Says whether the keys of the next command are tracked.',
  since: '6.0.0',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale'],
  args: [oneof('mode', [token('YES'), token('NO')])],
  run: caching,
});

function caching(ctx: Context): void {
  const state = ctx.service(TRACKING).stateOf(ctx.client);
  if (state === null) throw CACHING_WITHOUT_TRACKING;
  const isYes = eitherArg(ctx.arg(2), 'yes', 'no') === 0;
  if (isYes && !state.isOptIn) throw CACHING_YES_WITHOUT_OPTIN;
  if (!isYes && !state.isOptOut) throw CACHING_NO_WITHOUT_OPTOUT;
  state.isCachingGiven = true;
  ctx.reply.simple('OK');
}

export const clientGetRedir = subcommand({
  name: 'getredir',
  summary: "Returns the client that gets this one's invalidations.",
  since: '6.0.0',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale'],
  run: (ctx) => ctx.reply.integer(ctx.client.tracking?.redirectId ?? -1),
});

export const clientTrackingInfo = subcommand({
  name: 'trackinginfo',
  summary: 'Describes client-side caching of the connection.',
  since: '6.2.0',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale'],
  run: describe,
});

function describe(ctx: Context): void {
  const { reply } = ctx;
  const state = ctx.service(TRACKING).stateOf(ctx.client);
  const flags = flagsOf(state);
  const prefixes = [...(state?.prefixes ?? [])].sort();
  reply.map(3);
  reply.bulk('flags');
  reply.set(flags.length);
  for (const flag of flags) reply.bulk(flag);
  reply.bulk('redirect');
  reply.integer(state?.redirectId ?? -1);
  reply.bulk('prefixes');
  reply.array(prefixes.length);
  for (const prefix of prefixes) reply.bulk(prefix);
}

function flagsOf(state: TrackingState | null): string[] {
  if (state === null) return ['off'];
  const flags = ['on'];
  if (state.isBroadcast) flags.push('bcast');
  if (state.isOptIn) flags.push('optin', ...(state.isCachingGiven ? ['caching-yes'] : []));
  if (state.isOptOut) flags.push('optout', ...(state.isCachingGiven ? ['caching-no'] : []));
  if (state.isNoLoop) flags.push('noloop');
  if (state.isRedirectBroken) flags.push('broken_redirect');
  return flags;
}
