// Replies read back: RESP2 and RESP3 bytes told to a ReplySink, for whoever has a reply as bytes
// and wants values. The bytes come from a writer of this process; only a module's command can announce more
// elements than it writes.

import type { ByteString } from '../lib/bytes.ts';
import type { ReplySink } from './sink.ts';

const FORMAT_LENGTH = 3;

export class ReplyFormatError extends Error {
  override readonly name = 'ReplyFormatError';
}

/**
 * Tells the reply that starts at `buffer[from]` to `sink`.
 *
 * @returns the position behind it
 * @throws ReplyFormatError on bytes that are no whole reply: a module's command may have written them
 */
export function readReply(buffer: Buffer, from: number, end: number, sink: ReplySink): number {
  const lineEnd = buffer.indexOf('\r\n', from, 'latin1');
  if (lineEnd < 0 || lineEnd >= end)
    throw new ReplyFormatError('a reply ends in the middle of a line');
  const line = buffer.latin1Slice(from + 1, lineEnd) as ByteString; // latin1 is the brand
  const next = lineEnd + 2;
  const prefix = String.fromCharCode(buffer[from] as number); // from < lineEnd
  switch (prefix) {
    case '+':
      sink.simple(line);
      return next;
    case '-':
      sink.error(line);
      return next;
    case ':':
      sink.integer(integerOf(line));
      return next;
    case '_':
      sink.null();
      return next;
    case '#':
      sink.bool(line === 't');
      return next;
    case ',':
      sink.double(doubleOf(line));
      return next;
    case '(':
      sink.bigNumber(line);
      return next;
    case '$':
    case '=':
      return readBytes(buffer, next, Number(line), prefix, sink);
    default:
      return readAggregate(buffer, next, end, { prefix, length: Number(line) }, sink);
  }
}

function integerOf(line: string): number | bigint {
  const value = Number(line);
  return Number.isSafeInteger(value) ? value : BigInt(line);
}

function doubleOf(line: string): number {
  if (line === 'inf') return Infinity;
  return line === '-inf' ? -Infinity : Number(line);
}

function readBytes(
  buffer: Buffer,
  from: number,
  length: number,
  prefix: string,
  sink: ReplySink,
): number {
  if (length < 0) {
    sink.null();
    return from;
  }
  const end = from + length;
  if (prefix === '$') {
    sink.bytes(buffer, from, end);
  } else {
    const format = buffer.latin1Slice(from, from + FORMAT_LENGTH);
    sink.verbatim(format, buffer.latin1Slice(from + FORMAT_LENGTH + 1, end));
  }
  return end + 2;
}

function readAggregate(
  buffer: Buffer,
  from: number,
  end: number,
  head: { readonly prefix: string; readonly length: number },
  sink: ReplySink,
): number {
  const { prefix, length } = head;
  if (length < 0) {
    sink.nullArray();
    return from;
  }
  let left = length;
  if (prefix === '*') sink.array(length);
  else if (prefix === '~') sink.set(length);
  else if (prefix === '>') sink.push(length);
  else if (prefix === '%') sink.map(length);
  else if (prefix === '|') sink.attribute(length);
  else throw new ReplyFormatError(`a reply begins with ${JSON.stringify(prefix)}`);
  if (prefix === '%' || prefix === '|') left *= 2;
  if (prefix === '|') left++; // the reply that it is about
  let at = from;
  while (left-- > 0) at = readReply(buffer, at, end, sink);
  return at;
}
