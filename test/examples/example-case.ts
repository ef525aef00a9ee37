// The form of the shared example cases: pure data that the suites replay against redcell with
// the C and the AssemblyScript build of an example, and against redis-server with the native one.

/** A RESP2 reply. Simple strings and bulk strings are told apart: guests must agree on bytes. */
export type ExpectedReply =
  | { readonly simple: string }
  | { readonly bulk: string } // bytes as latin-1
  | { readonly error: string }
  | bigint
  | null
  | readonly ExpectedReply[];

/** One command and its reply. Cases of a list run in order, from an empty database. */
export interface ExampleCase {
  /** Arguments are bytes as latin-1. */
  readonly command: readonly string[];
  readonly reply: ExpectedReply;
}

/** Cases that belong together. */
export interface ExampleGroup {
  /** A sentence on the behaviour shown, for a test's name. */
  readonly shows: string;
  readonly cases: readonly ExampleCase[];
}

/**
 * A step of a scene with several clients, each a connection of its own, named by a letter.
 * `sends` without `reply` leaves the client waiting; a later `receives` is that reply. The next
 * step begins once the server has blocked that client (or, after `closes`, has noticed).
 */
export type SceneStep =
  | {
      readonly client: string;
      readonly sends: readonly string[];
      readonly reply?: ExpectedReply;
    }
  | { readonly client: string; readonly receives: ExpectedReply }
  | { readonly client: string; readonly closes: true };

export interface ExampleScene {
  readonly shows: string;
  readonly steps: readonly SceneStep[];
}

/** A MODULE LOAD with arguments and what it leads to. */
export interface LoadCase {
  readonly shows: string;
  readonly args: readonly string[];
  /** Text of a log line that must appear. */
  readonly logs: string;
  /** Commands to run once it is loaded; null if it must not load. */
  readonly cases: readonly ExampleCase[] | null;
}
