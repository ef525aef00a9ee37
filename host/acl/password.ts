// Passwords are kept as SHA-256 in hexadecimal, which is also how rules write them.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { ByteString } from '../lib/bytes.ts';

const HASH = /^[0-9a-f]{64}$/;

/** 64 lower-case hexadecimal digits. */
export function hashPassword(password: ByteString): string {
  return createHash('sha256').update(password, 'latin1').digest('hex');
}

export function isPasswordHash(text: string): boolean {
  return HASH.test(text);
}

/** Takes the same time wherever the first difference is. */
export function isSameHash(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
