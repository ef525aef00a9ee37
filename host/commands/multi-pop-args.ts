// The arguments that LMPOP, BLMPOP, ZMPOP and BZMPOP share: numkeys key … where [COUNT count].

import type { Context } from '../dispatch/context.ts';
import { COUNT_NOT_POSITIVE, NUMKEYS_NOT_POSITIVE, SYNTAX } from '../dispatch/errors.ts';
import type { Slice } from '../lib/slice.ts';
import { integerFromArg } from './arguments.ts';

export interface MultiPopArgs<W> {
  /** The keys are the arguments from behind numkeys to before this one. */
  readonly keysEnd: number;
  readonly where: W;
  readonly count: number;
}

/** @param numkeysAt the argument that counts the keys */
export function multiPopArgs<W>(
  ctx: Context,
  numkeysAt: number,
  whereArg: (slice: Slice) => W,
): MultiPopArgs<W> {
  const keyCount = integerFromArg(ctx.arg(numkeysAt), 1, NUMKEYS_NOT_POSITIVE);
  const keysEnd = numkeysAt + 1 + keyCount;
  if (keysEnd >= ctx.argc) throw SYNTAX;
  const where = whereArg(ctx.arg(keysEnd));
  let count: number | null = null;
  for (let i = keysEnd + 1; i < ctx.argc; i += 2) {
    if (count !== null || !ctx.arg(i).is('count') || i + 1 === ctx.argc) throw SYNTAX;
    count = integerFromArg(ctx.arg(i + 1), 1, COUNT_NOT_POSITIVE);
  }
  return { keysEnd, where, count: count ?? 1 };
}
