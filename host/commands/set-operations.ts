// Intersection, union and difference of sets, returned or kept under a key.

import { integer, key } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import {
  LIMIT_NEGATIVE,
  NUMKEYS_NOT_POSITIVE,
  NUMKEYS_TOO_LARGE,
  SYNTAX,
} from '../dispatch/errors.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { EVENT_SET } from '../keyspace/events.ts';
import type { ByteString } from '../lib/bytes.ts';
import { SetValue } from '../values/set.ts';
import { integerFromArg } from './arguments.ts';
import { storeResult } from './store.ts';

/** Calculates over the sets of a command, missing ones null; shows each member of the result once. */
type Operation = (sets: readonly (SetValue | null)[], visit: (member: ByteString) => void) => void;

export const sinter = command({
  name: 'sinter',
  summary: 'Returns the members that all sets have.',
  since: '1.0.0',
  group: 'set',
  complexity: 'O(N*M) for M sets, N in the smallest',
  flags: ['readonly'],
  tips: ['nondeterministic_output_order'],
  args: [key('key', { multiple: true })],
  run: (ctx) => replyWith(ctx, intersect),
});

export const sinterstore = command({
  name: 'sinterstore',
  summary: 'Keeps the members that all sets have.',
  since: '1.0.0',
  group: 'set',
  complexity: 'O(N*M) for M sets, N in the smallest',
  flags: ['write', 'denyoom'],
  args: [
    key('destination', { access: 'RW update' }),
    key('key', { access: 'RO access', multiple: true }),
  ],
  run: (ctx) => storeWith(ctx, intersect, 'sinterstore'),
});

export const sintercard = command({
  name: 'sintercard',
  summary: 'Counts the members that all sets have.',
  since: '7.0.0',
  group: 'set',
  complexity: 'O(N*M) for M sets, N in the smallest',
  flags: ['readonly'],
  args: [
    integer('numkeys'),
    key('key', { multiple: true }),
    integer('limit', { token: 'LIMIT', optional: true }),
  ],
  run: runSintercard,
});

export const sunion = command({
  name: 'sunion',
  summary: 'Returns the members of all sets.',
  since: '1.0.0',
  group: 'set',
  complexity: 'O(N) in the members of all sets',
  flags: ['readonly'],
  tips: ['nondeterministic_output_order'],
  args: [key('key', { multiple: true })],
  run: (ctx) => replyWith(ctx, unite),
});

export const sunionstore = command({
  name: 'sunionstore',
  summary: 'Keeps the members of all sets.',
  since: '1.0.0',
  group: 'set',
  complexity: 'O(N) in the members of all sets',
  flags: ['write', 'denyoom'],
  args: [
    key('destination', { access: 'OW update' }),
    key('key', { access: 'RO access', multiple: true }),
  ],
  run: (ctx) => storeWith(ctx, unite, 'sunionstore'),
});

export const sdiff = command({
  name: 'sdiff',
  summary: 'Returns the members of the first set that no other has.',
  since: '1.0.0',
  group: 'set',
  complexity: 'O(N) in the members of all sets',
  flags: ['readonly'],
  tips: ['nondeterministic_output_order'],
  args: [key('key', { multiple: true })],
  run: (ctx) => replyWith(ctx, subtract),
});

export const sdiffstore = command({
  name: 'sdiffstore',
  summary: 'Keeps the members of the first set that no other has.',
  since: '1.0.0',
  group: 'set',
  complexity: 'O(N) in the members of all sets',
  flags: ['write', 'denyoom'],
  args: [
    key('destination', { access: 'OW update' }),
    key('key', { access: 'RO access', multiple: true }),
  ],
  run: (ctx) => storeWith(ctx, subtract, 'sdiffstore'),
});

export const setOperationCommands: readonly CommandEntry[] = [
  sinter,
  sinterstore,
  sintercard,
  sunion,
  sunionstore,
  sdiff,
  sdiffstore,
];

/** The sets of the key arguments [from, to), all of whose types are right. */
function readSets(ctx: Context, from: number, to: number): (SetValue | null)[] {
  const sets: (SetValue | null)[] = [];
  for (let i = from; i < to; i++) sets.push(ctx.readValue<SetValue>(ctx.arg(i), 'set'));
  return sets;
}

function replyWith(ctx: Context, operation: Operation): void {
  const result: ByteString[] = [];
  operation(readSets(ctx, 1, ctx.argc), (member) => result.push(member));
  ctx.reply.set(result.length);
  for (const member of result) ctx.reply.bulk(member);
}

function storeWith(ctx: Context, operation: Operation, event: string): void {
  const result = new SetValue(ctx.keyspace.limits);
  operation(readSets(ctx, 2, ctx.argc), (member) => void result.add(member));
  result.compactIntegers();
  const { size } = result;
  storeResult(ctx, ctx.arg(1), size === 0 ? null : result, { eventClass: EVENT_SET, event });
  ctx.reply.integer(size);
}

function runSintercard(ctx: Context): void {
  const keyCount = integerFromArg(ctx.arg(1), 1, NUMKEYS_NOT_POSITIVE);
  const end = 2 + keyCount;
  if (end > ctx.argc) throw NUMKEYS_TOO_LARGE;
  let limit = 0;
  for (let i = end; i < ctx.argc; i += 2) {
    if (!ctx.arg(i).is('limit') || i + 1 === ctx.argc) throw SYNTAX;
    limit = integerFromArg(ctx.arg(i + 1), 0, LIMIT_NEGATIVE);
  }
  let found = 0;
  forEachCommon(readSets(ctx, 2, end), () => ++found !== limit);
  ctx.reply.integer(found);
}

function intersect(sets: readonly (SetValue | null)[], visit: (member: ByteString) => void): void {
  forEachCommon(sets, (member) => {
    visit(member);
    return true;
  });
}

/** Visits what all sets have, until `visit` returns false. O(size of the smallest × sets). */
function forEachCommon(
  sets: readonly (SetValue | null)[],
  visit: (member: ByteString) => boolean,
): void {
  const present = sets.filter((set) => set !== null);
  if (present.length < sets.length) return; // one is empty, and so is the result
  const [smallest, ...others] = present.sort((a, b) => a.size - b.size);
  for (const member of (smallest as SetValue).members) {
    if (others.every((set) => set.has(member)) && !visit(member)) return;
  }
}

function unite(sets: readonly (SetValue | null)[], visit: (member: ByteString) => void): void {
  const seen = new Set<ByteString>();
  for (const set of sets) {
    for (const member of set?.members ?? []) {
      if (seen.has(member)) continue;
      seen.add(member);
      visit(member);
    }
  }
}

function subtract(
  [first, ...others]: readonly (SetValue | null)[],
  visit: (member: ByteString) => void,
): void {
  for (const member of first?.members ?? []) {
    if (!others.some((set) => set?.has(member))) visit(member);
  }
}
