// The vocabulary of replies. Commands speak it; a RespWriter turns it into bytes for a client,
// a ReplyBuilder into values for a module's Call or a script.

import type { Slice } from '../lib/slice.ts';

/** A place in a reply that may be gone back to; meaningful only to the sink that gave it. */
export type ReplyMark = number;

/**
 * Receives one reply. Aggregates announce their length and are followed by that many replies
 * (maps and attributes: twice as many). Where a type does not exist in RESP2 the sink itself
 * falls back: null to `$-1`, map to a flat array, double to a bulk string, and so on.
 */
export interface ReplySink {
  /** Protocol version in force: what the commands with two reply shapes look at. */
  readonly protocol: 2 | 3;
  /** One line, CR and LF replaced by spaces. */
  simple(text: string): void;
  /** `text` begins with the code ("ERR …"), without the dash; CR and LF become spaces. */
  error(text: string): void;
  integer(value: number | bigint): void;
  /** A bulk string of bytes (each char one byte). */
  bulk(bytes: string): void;
  /** A bulk string copied from a view. */
  slice(bytes: Slice): void;
  /** A bulk string copied from `buffer[start, end)`. */
  bytes(buffer: Buffer, start: number, end: number): void;
  null(): void;
  /** RESP2 `*-1`, RESP3 null. */
  nullArray(): void;
  double(value: number): void;
  /** RESP2: integer 1 or 0. */
  bool(value: boolean): void;
  bigNumber(digits: string): void;
  /** @param format three characters, such as "txt" */
  verbatim(format: string, bytes: string): void;
  array(length: number): void;
  map(pairs: number): void;
  set(length: number): void;
  push(length: number): void;
  attribute(pairs: number): void;
  /** Begins an aggregate whose length is not known yet. */
  deferred(): ReplyMark;
  /** Fills in a deferred length; `kind` decides the RESP3 type. */
  setDeferred(mark: ReplyMark, kind: AggregateKind, length: number): void;
  /** The present end of the reply. */
  mark(): ReplyMark;
  /** Forgets everything after `mark`. */
  rewind(mark: ReplyMark): void;
  /** The error that the reply after `mark` begins with ("ERR …"), or null if it is none. */
  errorSince(mark: ReplyMark): string | null;
}

export type AggregateKind = 'array' | 'map' | 'set' | 'attribute' | 'push';
