// Sets: members without order. Algebra on several sets is in set-operations.ts.

import { integer, key, string } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { SYNTAX } from '../dispatch/errors.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { EVENT_SET } from '../keyspace/events.ts';
import type { ByteString } from '../lib/bytes.ts';
import type { Slice } from '../lib/slice.ts';
import { SetValue } from '../values/set.ts';
import { countArg } from './arguments.ts';
import { distinctPositions, pickRequest, replyPicks } from './random-picks.ts';
import { cursorArg, replyEmptyScan, replyScan, SCAN_ARGS } from './scan-options.ts';
import { setOperationCommands } from './set-operations.ts';
import { addIfNew, countChanges, removeMembers } from './store.ts';

/** Members in one SREM that stands for an SPOP. */
const SREM_BATCH = 1024;

export const sadd = command({
  name: 'sadd',
  summary: 'Adds members to a set.',
  since: '1.0.0',
  group: 'set',
  complexity: 'O(1) for each member',
  history: [['2.4.0', 'Takes several members.']],
  flags: ['write', 'denyoom', 'fast'],
  args: [key('key', { access: 'RW insert' }), string('member', { multiple: true })],
  run: runSadd,
});

export const srem = command({
  name: 'srem',
  summary: 'Removes members of a set.',
  since: '1.0.0',
  group: 'set',
  complexity: 'O(N) in the number of members',
  history: [['2.4.0', 'Takes several members.']],
  flags: ['write', 'fast'],
  args: [key('key', { access: 'RW delete' }), string('member', { multiple: true })],
  run: (ctx) => removeMembers(ctx, 'set', EVENT_SET, 'srem'),
});

export const smove = command({
  name: 'smove',
  summary: 'Moves a member to another set.',
  since: '1.0.0',
  group: 'set',
  complexity: 'O(1)',
  flags: ['write', 'fast'],
  args: [
    key('source', { access: 'RW access delete' }),
    key('destination', { access: 'RW insert' }),
    string('member'),
  ],
  run: runSmove,
});

export const scard = command({
  name: 'scard',
  summary: 'Counts the members of a set.',
  since: '1.0.0',
  group: 'set',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  args: [key('key', { access: 'RO' })],
  run: runScard,
});

export const sismember = command({
  name: 'sismember',
  summary: 'Tells whether a set has a member.',
  since: '1.0.0',
  group: 'set',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  args: [key('key', { access: 'RO' }), string('member')],
  run: runSismember,
});

export const smismember = command({
  name: 'smismember',
  summary: 'Tells for each member whether the set has it.',
  since: '6.2.0',
  group: 'set',
  complexity: 'O(N) in the number of members',
  flags: ['readonly', 'fast'],
  args: [key(), string('member', { multiple: true })],
  run: runSmismember,
});

export const smembers = command({
  name: 'smembers',
  summary: 'Returns all members of a set.',
  since: '1.0.0',
  group: 'set',
  complexity: 'O(N) in the size of the set',
  flags: ['readonly'],
  tips: ['nondeterministic_output_order'],
  args: [key()],
  run: runSmembers,
});

export const spop = command({
  name: 'spop',
  summary: 'Removes random members and returns them.',
  since: '1.0.0',
  group: 'set',
  complexity: 'O(1) without count, else O(N) in the count',
  history: [['3.2.0', 'Takes a count.']],
  flags: ['write', 'fast'],
  tips: ['nondeterministic_output'],
  args: [
    key('key', { access: 'RW access delete' }),
    integer('count', { since: '3.2.0', optional: true }),
  ],
  run: runSpop,
});

export const srandmember = command({
  name: 'srandmember',
  summary: 'Returns random members.',
  since: '1.0.0',
  group: 'set',
  complexity: 'O(1) without count, else O(N) in the count',
  history: [['2.6.0', 'Takes a count.']],
  flags: ['readonly'],
  tips: ['nondeterministic_output'],
  args: [key(), integer('count', { since: '2.6.0', optional: true })],
  run: runSrandmember,
});

export const sscan = command({
  name: 'sscan',
  summary: 'Walks the members of a set in steps.',
  since: '2.8.0',
  group: 'set',
  complexity: 'O(1) a step, O(N) for all members',
  flags: ['readonly'],
  tips: ['nondeterministic_output'],
  args: SCAN_ARGS,
  run: runSscan,
});

export const setCommands: readonly CommandEntry[] = [
  sadd,
  srem,
  smove,
  scard,
  sismember,
  smismember,
  smembers,
  spop,
  srandmember,
  sscan,
  ...setOperationCommands,
];

function readSet(ctx: Context): SetValue | null {
  return ctx.readValue<SetValue>(ctx.arg(1), 'set');
}

function runSadd(ctx: Context): void {
  const name = ctx.arg(1);
  const found = ctx.writeValue<SetValue>(name, 'set');
  const offered = ctx.argc - 2;
  const set = found ?? SetValue.for(ctx.keyspace.limits, ctx.arg(2).toByteString(), offered);
  if (found !== null) found.expect(offered);
  let added = 0;
  for (let i = 2; i < ctx.argc; i++) if (set.add(ctx.arg(i).toByteString())) added++;
  if (added > 0) {
    addIfNew(ctx, name, set);
    ctx.changed(name, EVENT_SET, 'sadd');
    countChanges(ctx, added);
  }
  ctx.reply.integer(added);
}

function runSmove(ctx: Context): void {
  const fromName = ctx.arg(1);
  const toName = ctx.arg(2);
  const fromRef = ctx.lookupWrite(fromName);
  if (fromRef === 0) {
    ctx.reply.integer(0); // whatever the destination holds
    return;
  }
  const from = ctx.valueAt<SetValue>(fromRef, 'set') as SetValue; // there is a key
  const to = ctx.writeValue<SetValue>(toName, 'set');
  const member = ctx.arg(3).toByteString();
  if (from === to || !from.has(member)) {
    ctx.reply.integer(from.has(member) ? 1 : 0);
    return;
  }
  from.remove(member);
  ctx.changed(fromName, EVENT_SET, 'srem');
  if (from.size === 0) ctx.removeEmptied(fromName);
  addMoved(ctx, toName, to, member);
  ctx.reply.integer(1);
}

function addMoved(ctx: Context, name: Slice, found: SetValue | null, member: ByteString): void {
  const set = found ?? SetValue.for(ctx.keyspace.limits, member, 1);
  if (!set.add(member)) return;
  addIfNew(ctx, name, set);
  ctx.changed(name, EVENT_SET, 'sadd');
}

function runScard(ctx: Context): void {
  ctx.reply.integer(readSet(ctx)?.size ?? 0);
}

function runSismember(ctx: Context): void {
  const set = readSet(ctx);
  ctx.reply.integer(set?.has(ctx.arg(2).toByteString()) ? 1 : 0);
}

function runSmismember(ctx: Context): void {
  const set = readSet(ctx);
  ctx.reply.array(ctx.argc - 2);
  for (let i = 2; i < ctx.argc; i++) {
    ctx.reply.integer(set?.has(ctx.arg(i).toByteString()) ? 1 : 0);
  }
}

function runSmembers(ctx: Context): void {
  const members = readSet(ctx)?.members ?? [];
  ctx.reply.set(members.length);
  for (const member of members) ctx.reply.bulk(member);
}

function runSpop(ctx: Context): void {
  if (ctx.argc > 3) throw SYNTAX;
  if (ctx.argc === 3) {
    popMany(ctx, countArg(ctx.arg(2)));
    return;
  }
  const name = ctx.arg(1);
  const set = ctx.writeValue<SetValue>(name, 'set');
  if (set === null) {
    ctx.reply.null();
    return;
  }
  const member = set.pop(ctx.executor.random);
  ctx.changed(name, EVENT_SET, 'spop');
  ctx.rewrite('SREM', name.toByteString(), member);
  ctx.reply.bulk(member);
  if (set.size === 0) ctx.removeEmptied(name);
}

function popMany(ctx: Context, count: number): void {
  const name = ctx.arg(1);
  const set = ctx.writeValue<SetValue>(name, 'set');
  if (set === null || count === 0) {
    ctx.reply.set(0);
    return;
  }
  const popped = count >= set.size ? set.members : takeSome(ctx, set, count);
  ctx.reply.set(popped.length);
  for (const member of popped) ctx.reply.bulk(member);
  ctx.changed(name, EVENT_SET, 'spop');
  countChanges(ctx, popped.length);
  if (popped === set.members) {
    ctx.rewrite('DEL', name.toByteString());
    ctx.removeEmptied(name);
    return;
  }
  ctx.preventPropagation();
  for (let i = 0; i < popped.length; i += SREM_BATCH) {
    ctx.alsoPropagate(['SREM', name.toByteString(), ...popped.slice(i, i + SREM_BATCH)]);
  }
}

/** Removes members picked at random, fewer than there are. */
function takeSome(ctx: Context, set: SetValue, count: number): ByteString[] {
  const positions = distinctPositions(ctx.executor.random, count, set.size);
  // From the last on: a removal moves later members only.
  return positions.reverse().map((position) => set.removeAt(position));
}

function runSrandmember(ctx: Context): void {
  const request = ctx.argc === 2 ? null : pickRequest(ctx, null);
  const set = readSet(ctx);
  const { random } = ctx.executor;
  if (request === null) {
    if (set === null) ctx.reply.null();
    else ctx.reply.bulk(set.random(random));
    return;
  }
  const members = set?.members ?? [];
  if (members.length === 0) {
    ctx.reply.array(0);
    return;
  }
  replyPicks(ctx, request, members.length, (position) => {
    ctx.reply.bulk(members[position] as ByteString); // position < size
  });
}

function runSscan(ctx: Context): void {
  const cursor = cursorArg(ctx.arg(2));
  const set = readSet(ctx);
  if (set === null) replyEmptyScan(ctx);
  else replyScan(ctx, cursor, (at, count, visit) => set.scan(at, count, visit));
}
