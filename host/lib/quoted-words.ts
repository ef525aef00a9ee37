// Words with shell-like quotes, as inline commands, redis.conf lines and CONFIG REWRITE use them.

import type { ByteString } from './bytes.ts';

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' };

/**
 * Splits a line (one char a byte) into words. "double quotes" know \xHH, \n \r \t \b \a and
 * \<any>; 'single quotes' know \'. Returns null when a quote is not closed, or when a closing
 * quote is followed by something other than white space.
 */
export function splitQuoted(line: string): ByteString[] | null {
  const words: ByteString[] = [];
  let i = 0;
  for (;;) {
    while (i < line.length && isSpace(line.charCodeAt(i))) i++;
    if (i >= line.length || line[i] === '\0') return words;
    let word = '';
    while (i < line.length && !isSpace(line.charCodeAt(i)) && line[i] !== '\0') {
      const c = line[i] as string;
      if (c === '"' || c === "'") {
        const quoted = c === '"' ? readDouble(line, i + 1) : readSingle(line, i + 1);
        if (quoted === null) return null;
        word += quoted.text;
        i = quoted.next;
        if (i < line.length && !isSpace(line.charCodeAt(i))) return null;
        break;
      }
      word += c;
      i++;
    }
    words.push(word as ByteString); // the line holds one byte a char
  }
}

function readDouble(line: string, from: number): { text: string; next: number } | null {
  let text = '';
  for (let i = from; i < line.length; i++) {
    const c = line[i] as string;
    if (c === '"') return { text, next: i + 1 };
    if (c !== '\\' || i + 1 >= line.length) {
      text += c;
      continue;
    }
    const hex = /^x([0-9a-fA-F]{2})/.exec(line.slice(i + 1, i + 4));
    if (hex) {
      text += String.fromCharCode(Number.parseInt(hex[1] as string, 16));
      i += 3;
    } else {
      const escaped = line[++i] as string;
      text += ESCAPES[escaped] ?? escaped;
    }
  }
  return null;
}

function readSingle(line: string, from: number): { text: string; next: number } | null {
  let text = '';
  for (let i = from; i < line.length; i++) {
    const c = line[i] as string;
    if (c === "'") return { text, next: i + 1 };
    if (c === '\\' && line[i + 1] === "'") i++;
    text += line[i];
  }
  return null;
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

/** Quotes bytes as MONITOR and CONFIG REWRITE print them: printable ASCII stays, the rest \xHH. */
export function quote(bytes: string): string {
  let out = '"';
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes[i] as string;
    const code = bytes.charCodeAt(i);
    if (c === '\\' || c === '"') out += `\\${c}`;
    else if (c === '\n') out += '\\n';
    else if (c === '\r') out += '\\r';
    else if (c === '\t') out += '\\t';
    else if (code === 7) out += '\\a';
    else if (code === 8) out += '\\b';
    else if (code >= 32 && code < 127) out += c;
    else out += `\\x${code.toString(16).padStart(2, '0')}`;
  }
  return `${out}"`;
}

/** Quotes what `splitQuoted` would not read back as the one word it is. */
export function quoteIfNeeded(word: string): string {
  return /^[^\s\0"']+$/.test(word) ? word : quote(word);
}
