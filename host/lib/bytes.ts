// Bytes as the server sees them: views into buffers on the way in, byte strings once kept.
// A ByteString is a V8 one-byte string in which every char code is one byte (latin-1).

/**
 * Bytes kept inside complex values (hash fields, list elements, set and zset members).
 *
 * Why a string: V8 stores it in 1 byte a byte plus a 16-byte header (a Uint8Array costs ~100),
 * hashes it with a per-process seed, compares it by content, and `<` orders it as memcmp does.
 * The brand keeps text (UTF-16) and bytes from being mixed by mistake.
 */
export type ByteString = string & { readonly __bytes: unique symbol };

/** Copies `buffer[start, end)` into a ByteString. */
export function byteString(buffer: Buffer, start = 0, end = buffer.length): ByteString {
  return buffer.latin1Slice(start, end) as ByteString; // latin1 is the definition of the brand
}

/** UTF-8 encodes `text` into bytes; for ASCII literals this is the identity. */
export function bytesOf(text: string): ByteString {
  return isAscii(text) ? (text as ByteString) : byteString(Buffer.from(text, 'utf8'));
}

/** Decodes bytes as UTF-8 text, invalid sequences replaced; for names, logs and messages. */
export function textOf(bytes: ByteString): string {
  return isAscii(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}

/** A fresh Buffer that holds the bytes; the caller owns it. */
export function bufferOf(bytes: ByteString): Buffer {
  return Buffer.from(bytes, 'latin1');
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** Lower-cases ASCII letters only, as Redis compares command and option names. */
export function asciiLower(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c >= 65 && c <= 90) return text.replace(/[A-Z]+/g, (run) => run.toLowerCase());
  }
  return text;
}
