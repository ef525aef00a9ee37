// Union, intersection and difference of sorted sets, returned or kept under a key. Plain sets may
// take part: their members have score 1.

import { integer, key, oneof, token } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import {
  inputKeyNeeded,
  LIMIT_NEGATIVE,
  SYNTAX,
  WEIGHT_NOT_A_FLOAT,
  WRONG_TYPE,
} from '../dispatch/errors.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { EVENT_ZSET } from '../keyspace/events.ts';
import type { ByteString } from '../lib/bytes.ts';
import type { Slice } from '../lib/slice.ts';
import { SetValue } from '../values/set.ts';
import { type VisitMember, ZsetValue } from '../values/zset.ts';
import { doubleArg, integerArg, integerFromArg } from './arguments.ts';
import { storeResult } from './store.ts';

const HOW_SCORES_COUNT = [
  integer('weight', { token: 'WEIGHTS', optional: true, multiple: true }),
  oneof('aggregate', [token('SUM'), token('MIN'), token('MAX')], {
    token: 'AGGREGATE',
    optional: true,
  }),
];

export const zunion = command({
  name: 'zunion',
  summary: 'Returns the members of all sorted sets.',
  since: '6.2.0',
  group: 'sorted-set',
  complexity: 'O(N)+O(M log M) for N members in all sets, M returned',
  flags: ['readonly'],
  args: [
    integer('numkeys'),
    key('key', { multiple: true }),
    ...HOW_SCORES_COUNT,
    token('WITHSCORES', { optional: true }),
  ],
  run: (ctx) => replyWith(ctx, 'union'),
});

export const zunionstore = command({
  name: 'zunionstore',
  summary: 'Keeps the members of all sorted sets.',
  since: '2.0.0',
  group: 'sorted-set',
  complexity: 'O(N)+O(M log M) for N members in all sets, M kept',
  flags: ['write', 'denyoom'],
  args: [
    key('destination', { access: 'OW update' }),
    integer('numkeys'),
    key('key', { access: 'RO access', multiple: true }),
    ...HOW_SCORES_COUNT,
  ],
  run: (ctx) => storeWith(ctx, 'union', 'zunionstore'),
});

export const zinter = command({
  name: 'zinter',
  summary: 'Returns the members that all sorted sets have.',
  since: '6.2.0',
  group: 'sorted-set',
  complexity: 'O(N*K)+O(M log M) worst case for K sets, N in the smallest, M returned',
  flags: ['readonly'],
  args: [
    integer('numkeys'),
    key('key', { multiple: true }),
    ...HOW_SCORES_COUNT,
    token('WITHSCORES', { optional: true }),
  ],
  run: (ctx) => replyWith(ctx, 'inter'),
});

export const zinterstore = command({
  name: 'zinterstore',
  summary: 'Keeps the members that all sorted sets have.',
  since: '2.0.0',
  group: 'sorted-set',
  complexity: 'O(N*K)+O(M log M) worst case for K sets, N in the smallest, M kept',
  flags: ['write', 'denyoom'],
  args: [
    key('destination', { access: 'OW update' }),
    integer('numkeys'),
    key('key', { access: 'RO access', multiple: true }),
    ...HOW_SCORES_COUNT,
  ],
  run: (ctx) => storeWith(ctx, 'inter', 'zinterstore'),
});

export const zintercard = command({
  name: 'zintercard',
  summary: 'Counts the members that all sorted sets have.',
  since: '7.0.0',
  group: 'sorted-set',
  complexity: 'O(N*K) worst case for K sets, N in the smallest',
  flags: ['readonly'],
  args: [
    integer('numkeys'),
    key('key', { multiple: true }),
    integer('limit', { token: 'LIMIT', optional: true }),
  ],
  run: runZintercard,
});

export const zdiff = command({
  name: 'zdiff',
  summary: 'Returns the members of the first sorted set that no other has.',
  since: '6.2.0',
  group: 'sorted-set',
  complexity: 'O(L+(N-K) log N) worst case for L members in all, N in the first, K returned',
  flags: ['readonly'],
  args: [
    integer('numkeys'),
    key('key', { multiple: true }),
    token('WITHSCORES', { optional: true }),
  ],
  run: (ctx) => replyWith(ctx, 'diff'),
});

export const zdiffstore = command({
  name: 'zdiffstore',
  summary: 'Keeps the members of the first sorted set that no other has.',
  since: '6.2.0',
  group: 'sorted-set',
  complexity: 'O(L+(N-K) log N) worst case for L members in all, N in the first, K kept',
  flags: ['write', 'denyoom'],
  args: [
    key('destination', { access: 'OW update' }),
    integer('numkeys'),
    key('key', { access: 'RO access', multiple: true }),
  ],
  run: (ctx) => storeWith(ctx, 'diff', 'zdiffstore'),
});

export const sortedSetOperationCommands: readonly CommandEntry[] = [
  zunion,
  zunionstore,
  zinter,
  zinterstore,
  zintercard,
  zdiff,
  zdiffstore,
];

type Operation = 'union' | 'inter' | 'diff';

/** Joins the scores of a member that several inputs have. */
type Aggregate = (a: number, b: number) => number;

const SUM: Aggregate = (a, b) => orZero(a + b); // inf + -inf counts as 0
// Comparisons, not Math.min and Math.max: a stays where b is NaN (0 × inf), or -0 and a is 0.
const MIN: Aggregate = (a, b) => {
  if (b < a) return b;
  return a;
};
const MAX: Aggregate = (a, b) => {
  if (b > a) return b;
  return a;
};

/** A sorted set or a set; `value` null: no such key. */
interface Input {
  readonly value: ZsetValue | SetValue | null;
  weight: number;
}

interface Scored {
  readonly member: ByteString;
  readonly score: number;
}

interface Request {
  readonly inputs: Input[];
  aggregate: Aggregate;
  withScores: boolean;
  /** 0: none. */
  limit: number;
}

/** Which options a command takes. */
interface Allowed {
  readonly weights: boolean;
  readonly scores: boolean;
  readonly limit: boolean;
}

/** Parses `numkeys key …` from `numkeysAt` on and the options behind. */
function requestArgs(ctx: Context, numkeysAt: number, allowed: Allowed): Request {
  const keyCount = integerArg(ctx.arg(numkeysAt));
  if (keyCount < 1) throw inputKeyNeeded(ctx.entry.fullName);
  const keysEnd = numkeysAt + 1 + keyCount;
  if (keysEnd > ctx.argc) throw SYNTAX;
  const inputs: Input[] = [];
  for (let i = numkeysAt + 1; i < keysEnd; i++) {
    inputs.push({ value: readInput(ctx, ctx.arg(i)), weight: 1 });
  }
  const request: Request = { inputs, aggregate: SUM, withScores: false, limit: 0 };
  for (let i = keysEnd; i < ctx.argc; ) i += takeOption(ctx, i, request, allowed);
  return request;
}

/** Reads the option at argument `i`; returns how many words it has. */
function takeOption(ctx: Context, i: number, request: Request, allowed: Allowed): number {
  const word = ctx.arg(i);
  const left = ctx.argc - i;
  const { inputs } = request;
  if (allowed.weights && left > inputs.length && word.is('weights')) {
    let at = i + 1;
    for (const input of inputs) input.weight = doubleArg(ctx.arg(at++), WEIGHT_NOT_A_FLOAT);
    return 1 + inputs.length;
  }
  if (allowed.weights && left >= 2 && word.is('aggregate')) {
    request.aggregate = aggregateArg(ctx.arg(i + 1));
    return 2;
  }
  if (allowed.scores && word.is('withscores')) {
    request.withScores = true;
    return 1;
  }
  if (allowed.limit && left >= 2 && word.is('limit')) {
    request.limit = integerFromArg(ctx.arg(i + 1), 0, LIMIT_NEGATIVE);
    return 2;
  }
  throw SYNTAX;
}

function aggregateArg(slice: Slice): Aggregate {
  if (slice.is('sum')) return SUM;
  if (slice.is('min')) return MIN;
  if (slice.is('max')) return MAX;
  throw SYNTAX;
}

function readInput(ctx: Context, name: Slice): ZsetValue | SetValue | null {
  const ref = ctx.lookupRead(name);
  if (ref === 0) return null;
  const value = ctx.db.isComplex(ref) ? ctx.db.valueOf(ref) : null;
  if (value instanceof ZsetValue || value instanceof SetValue) return value;
  throw WRONG_TYPE;
}

function replyWith(ctx: Context, operation: Operation): void {
  const allowed = { weights: operation !== 'diff', scores: true, limit: false };
  const request = requestArgs(ctx, 1, allowed);
  // Not through a sorted set: a small one would take -0 for 0, which Redis does not here.
  const result = calculate(operation, request).sort(inOrder);
  const { reply } = ctx;
  const isNested = request.withScores && reply.protocol === 3;
  reply.array(request.withScores && !isNested ? result.length * 2 : result.length);
  for (const { member, score } of result) {
    if (isNested) reply.array(2);
    reply.bulk(member);
    if (request.withScores) reply.double(score);
  }
}

function inOrder(a: Scored, b: Scored): number {
  if (a.score !== b.score) return a.score < b.score ? -1 : 1;
  return a.member < b.member ? -1 : 1; // members differ
}

function storeWith(ctx: Context, operation: Operation, event: string): void {
  const allowed = { weights: operation !== 'diff', scores: false, limit: false };
  const members = calculate(operation, requestArgs(ctx, 2, allowed));
  const longest = members.reduce((bytes, { member }) => Math.max(bytes, member.length), 0);
  const result = new ZsetValue(ctx.keyspace.limits, ctx.executor.random);
  result.expect(members.length, longest);
  for (const { member, score } of members) result.add(member, score);
  const told = { eventClass: EVENT_ZSET, event };
  storeResult(ctx, ctx.arg(1), result.size === 0 ? null : result, told);
  ctx.reply.integer(result.size);
}

function runZintercard(ctx: Context): void {
  const request = requestArgs(ctx, 1, { weights: false, scores: false, limit: true });
  let found = 0;
  forEachCommon(bySize(request.inputs), () => ++found !== request.limit);
  ctx.reply.integer(found);
}

/** The result, in no order. */
function calculate(operation: Operation, { inputs, aggregate }: Request): Scored[] {
  const result: Scored[] = [];
  const show: VisitMember = (member, score) => void result.push({ member, score });
  if (operation === 'union') unite(bySize(inputs), aggregate, show);
  else if (operation === 'inter') intersect(bySize(inputs), aggregate, show);
  else subtract(inputs, show);
  return result;
}

/** Smallest first: the order in which Redis adds scores up, and quickest for intersections. */
function bySize(inputs: readonly Input[]): Input[] {
  return [...inputs].sort((a, b) => (a.value?.size ?? 0) - (b.value?.size ?? 0));
}

function forEachMember(value: ZsetValue | SetValue | null, visit: VisitMember): void {
  if (value instanceof ZsetValue) value.forEach({ start: 0, end: value.size }, visit);
  else for (const member of value?.members ?? []) visit(member, 1);
}

function scoreIn(value: ZsetValue | SetValue | null, member: ByteString): number | undefined {
  if (value instanceof ZsetValue) return value.score(member);
  return value?.has(member) ? 1 : undefined;
}

function unite(inputs: readonly Input[], aggregate: Aggregate, show: VisitMember): void {
  const scores = new Map<ByteString, number>();
  for (const { value, weight } of inputs) {
    forEachMember(value, (member, score) => {
      const weighted = orZero(score * weight);
      const old = scores.get(member);
      scores.set(member, old === undefined ? weighted : aggregate(old, weighted));
    });
  }
  for (const [member, score] of scores) show(member, score);
}

function intersect(inputs: readonly Input[], aggregate: Aggregate, show: VisitMember): void {
  forEachCommon(inputs, (member) => {
    let total: number | null = null;
    for (const { value, weight } of inputs) {
      // Only the first product is made a number: the aggregates see the others as they are.
      const weighted = (scoreIn(value, member) as number) * weight; // all inputs have it
      total = total === null ? orZero(weighted) : aggregate(total, weighted);
    }
    show(member, total as number); // there is an input
    return true;
  });
}

/** Visits what all inputs have, until `visit` returns false. O(size of the first × inputs). */
function forEachCommon(inputs: readonly Input[], visit: (member: ByteString) => boolean): void {
  const [first, ...others] = inputs as readonly [Input, ...Input[]]; // there is at least one
  let isOver = others.some((other) => other.value === null);
  forEachMember(first.value, (member) => {
    if (isOver || !others.every((other) => scoreIn(other.value, member) !== undefined)) return;
    isOver = !visit(member);
  });
}

function subtract([first, ...others]: readonly Input[], show: VisitMember): void {
  forEachMember(first?.value ?? null, (member, score) => {
    const isElsewhere = others.some((other) => scoreIn(other.value, member) !== undefined);
    if (!isElsewhere) show(member, score);
  });
}

function orZero(score: number): number {
  return Number.isNaN(score) ? 0 : score;
}
