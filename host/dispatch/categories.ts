// ACL categories: which `+@category` rules a command falls under. Most follow from its flags and
// its group; `categories` in a command's spec replaces the group's share where it does not.

import { COMMAND_FLAG } from './command-flags.ts';

/** Category names in the order ACL CAT and COMMAND INFO use; the index is the bit. */
export const CATEGORY_NAMES = [
  'keyspace',
  'read',
  'write',
  'set',
  'sortedset',
  'list',
  'hash',
  'string',
  'bitmap',
  'hyperloglog',
  'geo',
  'stream',
  'pubsub',
  'admin',
  'fast',
  'slow',
  'blocking',
  'dangerous',
  'connection',
  'transaction',
  'scripting',
] as const;

export type Category = (typeof CATEGORY_NAMES)[number];

/** The groups of COMMAND DOCS. */
export type CommandGroup =
  | 'bitmap'
  | 'cluster'
  | 'connection'
  | 'generic'
  | 'geo'
  | 'hash'
  | 'hyperloglog'
  | 'list'
  | 'module'
  | 'pubsub'
  | 'scripting'
  | 'server'
  | 'set'
  | 'sorted-set'
  | 'stream'
  | 'string'
  | 'transactions';

/** What a command is about when it does not say so itself. */
const GROUP_CATEGORIES: Readonly<Record<CommandGroup, readonly Category[]>> = {
  bitmap: ['bitmap'],
  cluster: [],
  connection: ['connection'],
  generic: ['keyspace'],
  geo: ['geo'],
  hash: ['hash'],
  hyperloglog: ['hyperloglog'],
  list: ['list'],
  module: [],
  pubsub: [],
  scripting: ['scripting'],
  server: [],
  set: ['set'],
  'sorted-set': ['sortedset'],
  stream: ['stream'],
  string: ['string'],
  transactions: ['transaction'],
};

/** The bit of one category. They are 64 at most, with those of modules. */
export function categoryBit(category: Category): bigint {
  return 1n << BigInt(CATEGORY_NAMES.indexOf(category));
}

/** The bitset of `categories`. */
export function categoryBits(categories: readonly Category[]): bigint {
  let bits = 0n;
  for (const category of categories) bits |= categoryBit(category);
  return bits;
}

/** Names of the categories in `bits`, in ACL CAT order. */
export function categoryNames(bits: bigint, names: readonly string[] = CATEGORY_NAMES): string[] {
  return names.filter((_, index) => (bits & (1n << BigInt(index))) !== 0n);
}

/**
 * The categories of a command.
 *
 * @param explicit what the command is about; undefined takes it from `group`.
 */
export function deriveCategories(
  flags: number,
  group: CommandGroup,
  explicit: readonly Category[] | undefined,
): bigint {
  const own = categoryBits(explicit ?? GROUP_CATEGORIES[group]);
  return own | flagCategories(flags, own);
}

/** The share of the categories that follows from the flags alone; `own` is the explicit share. */
export function flagCategories(flags: number, own: bigint): bigint {
  let bits = 0n;
  if (flags & COMMAND_FLAG.write) bits |= categoryBit('write');
  // Redis keeps EVAL_RO and its like out of @read, so that -@scripting is not undone by +@read.
  if ((flags & COMMAND_FLAG.readonly) !== 0 && (own & categoryBit('scripting')) === 0n) {
    bits |= categoryBit('read');
  }
  if (flags & COMMAND_FLAG.admin) bits |= categoryBit('admin') | categoryBit('dangerous');
  if (flags & COMMAND_FLAG.pubsub) bits |= categoryBit('pubsub');
  if (flags & COMMAND_FLAG.blocking) bits |= categoryBit('blocking');
  return bits | categoryBit(flags & COMMAND_FLAG.fast ? 'fast' : 'slow');
}
