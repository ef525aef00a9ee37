// LCS: the longest common subsequence of two strings.

import { integer, key, token } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import {
  LCS_LENGTH_AND_INDEXES,
  LCS_NEEDS_STRINGS,
  LCS_TOO_LARGE,
  SYNTAX,
} from '../dispatch/errors.ts';
import { atIndex, keySpec, range } from '../dispatch/key-specs.ts';
import { command } from '../dispatch/spec.ts';
import type { Ref } from '../keyspace/records.ts';
import { integerArg } from './arguments.ts';

export const lcs = command({
  name: 'lcs',
  summary: 'Finds the longest common subsequence of two strings.',
  since: '7.0.0',
  group: 'string',
  complexity: 'O(N*M) for strings of N and M bytes',
  flags: ['readonly'],
  keySpecs: [keySpec('RO access', atIndex(1), range(1))],
  args: [
    key('key1'),
    key('key2', { keySpec: 0 }),
    token('LEN', { optional: true }),
    token('IDX', { optional: true }),
    integer('min-match-len', { token: 'MINMATCHLEN', optional: true }),
    token('WITHMATCHLEN', { optional: true }),
  ],
  run: runLcs,
});

interface LcsOptions {
  isLength: boolean;
  isIndexes: boolean;
  withLength: boolean;
  minLength: number;
}

function runLcs(ctx: Context): void {
  // Both keys are looked up before either is refused: misses are events.
  ctx.lookupRead(ctx.arg(1));
  const second = ctx.lookupRead(ctx.arg(2));
  const a = operand(ctx, ctx.keyspace.peek(ctx.db, ctx.arg(1)));
  const b = operand(ctx, second);
  const options = parseOptions(ctx);
  const cells = (a.length + 1) * (b.length + 1);
  if (cells * Uint32Array.BYTES_PER_ELEMENT > ctx.keyspace.stringMaxBytes) throw LCS_TOO_LARGE;
  const lengths = lengthTable(a, b);
  const length = lengths[cells - 1] as number; // cells ≥ 1
  if (options.isIndexes) {
    replyMatches(ctx, matchesOf(a, b, lengths), options, length);
  } else if (options.isLength) {
    ctx.reply.integer(length);
  } else {
    const common = Buffer.allocUnsafe(length);
    let end = length;
    for (const match of matchesOf(a, b, lengths)) {
      end -= match.length;
      a.copy(common, end, match.a, match.a + match.length);
    }
    ctx.reply.bytes(common, 0, length);
  }
}

/** A copy of a string; empty when there is none. Throws LCS_NEEDS_STRINGS. */
function operand(ctx: Context, ref: Ref): Buffer {
  if (ref === 0) return Buffer.alloc(0);
  if (ctx.db.isComplex(ref)) throw LCS_NEEDS_STRINGS;
  return ctx.db.stringOf(ref).toBuffer();
}

function parseOptions(ctx: Context): LcsOptions {
  const options = { isLength: false, isIndexes: false, withLength: false, minLength: 0 };
  for (let i = 3; i < ctx.argc; i++) {
    const word = ctx.arg(i);
    if (word.is('idx')) options.isIndexes = true;
    else if (word.is('len')) options.isLength = true;
    else if (word.is('withmatchlen')) options.withLength = true;
    else if (word.is('minmatchlen') && i + 1 < ctx.argc) {
      options.minLength = Math.max(0, integerArg(ctx.arg(++i)));
    } else throw SYNTAX;
  }
  if (options.isIndexes && options.isLength) throw LCS_LENGTH_AND_INDEXES;
  return options;
}

/** Cell i × (|b| + 1) + j: the length for the first i bytes of `a` and the first j of `b`. */
function lengthTable(a: Buffer, b: Buffer): Uint32Array {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let i = 1; i <= a.length; i++) {
    const byte = a[i - 1];
    const row = i * width;
    for (let j = 1; j <= b.length; j++) {
      const above = lengths[row - width + j] as number; // i > 0, so there is a row above
      const before = lengths[row + j - 1] as number;
      if (b[j - 1] === byte) lengths[row + j] = (lengths[row - width + j - 1] as number) + 1;
      else lengths[row + j] = Math.max(above, before);
    }
  }
  return lengths;
}

/** `length` equal bytes, at position `a` of the one string and `b` of the other. */
interface Match {
  a: number;
  b: number;
  length: number;
}

/** The runs of equal bytes that make up the subsequence, the last one first. */
function matchesOf(a: Buffer, b: Buffer, lengths: Uint32Array): Match[] {
  const width = b.length + 1;
  const matches: Match[] = [];
  let open: Match | null = null;
  let i = a.length;
  let j = b.length;
  while (i > 0 && j > 0) {
    if (a[i - 1] === b[j - 1]) {
      i--;
      j--;
      if (open === null) {
        open = { a: i, b: j, length: 0 };
        matches.push(open);
      }
      open.a = i;
      open.b = j;
      open.length++;
      continue;
    }
    open = null;
    const withoutA = lengths[(i - 1) * width + j] as number; // i and j are inside the table
    const withoutB = lengths[i * width + j - 1] as number;
    if (withoutA > withoutB) i--;
    else j--;
  }
  return matches;
}

function replyMatches(
  ctx: Context,
  all: readonly Match[],
  options: LcsOptions,
  length: number,
): void {
  const { reply } = ctx;
  const matches = all.filter((match) => match.length >= options.minLength);
  reply.map(2);
  reply.bulk('matches');
  reply.array(matches.length);
  for (const match of matches) {
    reply.array(options.withLength ? 3 : 2);
    for (const start of [match.a, match.b]) {
      reply.array(2);
      reply.integer(start);
      reply.integer(start + match.length - 1);
    }
    if (options.withLength) reply.integer(match.length);
  }
  reply.bulk('len');
  reply.integer(length);
}
