// The texts of range bounds in sorted set commands: `1.5`, `(1.5`, `-inf`; `[a`, `(a`, `-`, `+`.

import { RANGE_NOT_A_FLOAT, RANGE_NOT_LEX } from '../dispatch/errors.ts';
import type { ByteString } from '../lib/bytes.ts';
import { parseRangeDouble } from '../lib/number.ts';
import type { Slice } from '../lib/slice.ts';
import type { LexBound, ScoreRange } from '../values/zset.ts';

/** Throws RANGE_NOT_A_FLOAT. */
export function scoreRange(min: Slice, max: Slice): ScoreRange {
  const low = scoreBound(min);
  const high = scoreBound(max);
  return {
    min: low.score,
    max: high.score,
    minExclusive: low.isExclusive,
    maxExclusive: high.isExclusive,
  };
}

function scoreBound(slice: Slice): { score: number; isExclusive: boolean } {
  const text = slice.toByteString();
  const isExclusive = text.startsWith('(');
  const score = parseRangeDouble((isExclusive ? text.slice(1) : text) as ByteString); // its bytes
  if (Number.isNaN(score)) throw RANGE_NOT_A_FLOAT;
  return { score, isExclusive };
}

/** A bound by name. Throws RANGE_NOT_LEX. */
export function lexBound(slice: Slice): LexBound {
  const text = slice.toByteString();
  const member = text.slice(1) as ByteString; // still bytes
  switch (text[0]) {
    case '(':
      return { infinite: 0, member, exclusive: true };
    case '[':
      return { infinite: 0, member, exclusive: false };
    case '-':
    case '+':
      // Redis looks at a C string: what follows a zero byte does not count.
      if (member !== '' && member[0] !== '\0') throw RANGE_NOT_LEX;
      return { infinite: text[0] === '-' ? -1 : 1, member, exclusive: true };
    default:
      throw RANGE_NOT_LEX;
  }
}
