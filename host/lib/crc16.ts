// CRC-16/XMODEM, which maps keys to the 16384 slots of Redis Cluster.

import type { ByteString } from './bytes.ts';

const POLYNOMIAL = 0x1021;
const SLOTS = 16384;
const OPEN_BRACE = '{';
const CLOSE_BRACE = '}';

const TABLE = buildTable();

export function crc16(bytes: ByteString): number {
  let crc = 0;
  for (let i = 0; i < bytes.length; i++) {
    crc = ((crc << 8) & 0xffff) ^ (TABLE[((crc >> 8) ^ bytes.charCodeAt(i)) & 0xff] as number); // 256 entries
  }
  return crc;
}

/**
 * The slot of a key. When the key has a non-empty `{…}`, only the bytes between its first `{`
 * and the first `}` after it count, so that related keys can share a slot.
 */
export function keySlot(key: ByteString): number {
  const open = key.indexOf(OPEN_BRACE);
  const close = open < 0 ? -1 : key.indexOf(CLOSE_BRACE, open + 1);
  const tag = close > open + 1 ? (key.slice(open + 1, close) as ByteString) : key; // a slice of bytes
  return crc16(tag) & (SLOTS - 1);
}

function buildTable(): Uint16Array {
  const table = new Uint16Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
    }
    table[byte] = crc & 0xffff;
  }
  return table;
}
