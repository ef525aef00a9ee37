// Redis's glob patterns (KEYS, SCAN MATCH, PSUBSCRIBE, CONFIG GET, ACL): `*`, `?`, `[…]`
// with ranges and `^`, and `\` to take the next byte literally.

import type { ByteString } from './bytes.ts';

const STAR = 0x2a;
const QUESTION = 0x3f;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const CARET = 0x5e;
const DASH = 0x2d;
const BACKSLASH = 0x5c;

/**
 * Whether all of `text` matches `pattern`. O(pattern × text) at worst: on a mismatch only the
 * last `*` is tried again, which is enough because all else matches exactly one byte.
 *
 * An empty text matches the empty pattern only, not even `*`, as in Redis; commands whose `*`
 * means everything (KEYS, SCAN) ask for that before.
 * @param nocase compares ASCII letters without regard to case.
 */
export function globMatch(pattern: ByteString, text: ByteString, nocase = false): boolean {
  if (text.length === 0) return pattern.length === 0;
  let p = 0;
  let t = 0;
  let starP = -1; // pattern position after the last star, and the text position it tried
  let starT = 0;
  while (t < text.length) {
    if (p < pattern.length && pattern.charCodeAt(p) === STAR) {
      do p++;
      while (p < pattern.length && pattern.charCodeAt(p) === STAR);
      if (p === pattern.length) return true;
      starP = p;
      starT = t;
      continue;
    }
    const next = p < pattern.length ? matchOne(pattern, p, text.charCodeAt(t), nocase) : -1;
    if (next >= 0) {
      p = next;
      t++;
    } else if (starP >= 0) {
      p = starP;
      t = ++starT;
    } else {
      return false;
    }
  }
  while (p < pattern.length && pattern.charCodeAt(p) === STAR) p++;
  return p === pattern.length;
}

/** Whether a pattern is plain text, so that a match is an equality. */
export function isLiteralPattern(pattern: ByteString): boolean {
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern.charCodeAt(i);
    if (c === STAR || c === QUESTION || c === OPEN || c === BACKSLASH) return false;
  }
  return true;
}

/** Matches one byte against the pattern item at `p`; returns the next position or -1. */
function matchOne(pattern: ByteString, p: number, byte: number, nocase: boolean): number {
  const c = pattern.charCodeAt(p);
  if (c === QUESTION) return p + 1;
  if (c === OPEN) return matchClass(pattern, p + 1, byte, nocase);
  const at = c === BACKSLASH && p + 1 < pattern.length ? p + 1 : p; // a last `\` is itself
  return same(pattern.charCodeAt(at), byte, nocase) ? at + 1 : -1;
}

/** Matches a class whose first byte (after the bracket) is at `p`; it may lack its end. */
function matchClass(pattern: ByteString, p: number, byte: number, nocase: boolean): number {
  const negated = p < pattern.length && pattern.charCodeAt(p) === CARET;
  let found = false;
  let i = negated ? p + 1 : p;
  while (i < pattern.length) {
    const c = pattern.charCodeAt(i);
    if (c === BACKSLASH && i + 1 < pattern.length) {
      if (pattern.charCodeAt(i + 1) === byte) found = true; // escaped: case counts, as in Redis
      i += 2;
    } else if (c === CLOSE) {
      i++;
      break;
    } else if (i + 2 < pattern.length && pattern.charCodeAt(i + 1) === DASH) {
      if (inRange(c, pattern.charCodeAt(i + 2), byte, nocase)) found = true;
      i += 3;
    } else {
      if (same(c, byte, nocase)) found = true;
      i++;
    }
  }
  return found !== negated ? i : -1;
}

/**
 * Bytes from 0x80 on come before 0x00 in ranges: Redis compares them as signed chars. It puts the
 * ends in order before it looks at case, so that `[T-a]` is empty without regard to case.
 */
function inRange(from: number, to: number, byte: number, nocase: boolean): boolean {
  let a = Math.min(signed(from), signed(to));
  let b = Math.max(signed(from), signed(to));
  let c = signed(byte);
  if (nocase) [a, b, c] = [lower(a), lower(b), lower(c)];
  return c >= a && c <= b;
}

function same(a: number, b: number, nocase: boolean): boolean {
  return a === b || (nocase && lower(a) === lower(b));
}

function signed(byte: number): number {
  return (byte << 24) >> 24;
}

function lower(c: number): number {
  return c >= 65 && c <= 90 ? c + 32 : c;
}
