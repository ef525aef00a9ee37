// Picking at random: what HRANDFIELD, SRANDMEMBER and ZRANDMEMBER have in common.

import type { Context } from '../dispatch/context.ts';
import { SYNTAX, VALUE_OUT_OF_RANGE } from '../dispatch/errors.ts';
import type { Random } from '../lib/random.ts';
import { INT64_MAX, signedCountArg } from './arguments.ts';

/** How many to pick, and how. */
export interface PickRequest {
  readonly count: number;
  /** Each pick is independent of the others: a negative count. */
  readonly mayRepeat: boolean;
  /** The companions were asked for too: values or scores. */
  readonly withCompanions: boolean;
}

/** Parses `count [WITHVALUES]` from argument 2 on; `companionWord` null: there is no such option. */
export function pickRequest(ctx: Context, companionWord: string | null): PickRequest {
  if (companionWord === null && ctx.argc > 3) throw SYNTAX;
  const value = signedCountArg(ctx.arg(2));
  const withCompanions = ctx.argc > 3;
  if (withCompanions) {
    if (companionWord === null || ctx.argc > 4 || !ctx.arg(3).is(companionWord)) throw SYNTAX;
    // Twice as many replies must still be countable.
    if (value < -(INT64_MAX / 2n) || value > INT64_MAX / 2n) throw VALUE_OUT_OF_RANGE;
  }
  return { count: Math.abs(Number(value)), mayRepeat: value < 0, withCompanions };
}

/** How many elements a request gives of a value with `size` elements. */
function pickCount(request: PickRequest, size: number): number {
  return request.mayRepeat ? request.count : Math.min(request.count, size);
}

/**
 * Replies with what a request picks of a value with `size` elements; in RESP3 each has an array
 * with its companion.
 *
 * @param show writes the element at a position, and its companion if that is asked for
 */
export function replyPicks(
  ctx: Context,
  request: PickRequest,
  size: number,
  show: (position: number, withCompanion: boolean) => void,
): void {
  const { reply } = ctx;
  const { withCompanions } = request;
  const count = pickCount(request, size);
  const isNested = withCompanions && reply.protocol === 3;
  reply.array(withCompanions && !isNested ? count * 2 : count);
  forEachPick(ctx.executor.random, request, size, (position) => {
    if (isNested) reply.array(2);
    show(position, withCompanions);
  });
}

/** Visits the positions picked of [0, size), ascending unless they may repeat. O(size) or O(count). */
function forEachPick(
  random: Random,
  request: PickRequest,
  size: number,
  visit: (position: number) => void,
): void {
  const count = pickCount(request, size);
  if (request.mayRepeat) {
    for (let i = 0; i < count; i++) visit(random.below(size));
    return;
  }
  for (const position of distinctPositions(random, count, size)) visit(position);
}

/** `count` different numbers of [0, size), ascending; every choice is as likely as another. */
export function distinctPositions(random: Random, count: number, size: number): number[] {
  if (count * 4 < size) return sparsePositions(random, count, size);
  const picked: number[] = [];
  let wanted = count;
  for (let position = 0; wanted > 0; position++) {
    if (random.below(size - position) >= wanted) continue;
    picked.push(position);
    wanted--;
  }
  return picked;
}

/** Floyd's sampling: one draw for each pick. */
function sparsePositions(random: Random, count: number, size: number): number[] {
  const picked = new Set<number>();
  for (let top = size - count; top < size; top++) {
    const candidate = random.below(top + 1);
    picked.add(picked.has(candidate) ? top : candidate);
  }
  return [...picked].sort((a, b) => a - b);
}
