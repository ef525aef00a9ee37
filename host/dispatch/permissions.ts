// What a user may do with a command line: the command, then its keys, then its channels, selector
// by selector, as Redis does.

import { KEY_READ, KEY_WRITE, type Selector } from '../acl/selector.ts';
import type { User } from '../acl/user.ts';
import type { Argv } from '../lib/argv.ts';
import type { ByteString } from '../lib/bytes.ts';
import { type ChannelRef, channelsOf } from './channels.ts';
import { COMMAND_FLAG } from './command-flags.ts';
import { KEY_ACCESS, type KeyRef } from './key-specs.ts';
import { hasKeys, keysOf } from './keys-of.ts';
import type { CommandEntry } from './spec.ts';

/** What was refused. */
export interface Denial {
  readonly reason: 'command' | 'key' | 'channel';
  /** Index in argv of the key or channel. */
  readonly position: number;
}

/** A denial that comes later among the checks tells more. */
const RANK = { command: 1, key: 2, channel: 3 } as const;
const COMMAND_DENIED: Denial = { reason: 'command', position: 0 };
const WRITES = KEY_ACCESS.insert | KEY_ACCESS.delete | KEY_ACCESS.update;
const NO_KEYS: readonly KeyRef[] = [];

/** The access that key flags ask for. */
export function accessOf(flags: number): number {
  return (flags & KEY_ACCESS.access ? KEY_READ : 0) | (flags & WRITES ? KEY_WRITE : 0);
}

/** A command line and what is found in it when a selector first asks. */
class Line {
  readonly entry: CommandEntry;
  readonly argv: Argv;
  #keys: readonly KeyRef[] | null = null;
  #channels: readonly ChannelRef[] | null = null;

  constructor(entry: CommandEntry, argv: Argv) {
    this.entry = entry;
    this.argv = argv;
  }

  get keys(): readonly KeyRef[] {
    this.#keys ??= hasKeys(this.entry) ? (keysOf(this.entry, this.argv) ?? NO_KEYS) : NO_KEYS;
    return this.#keys;
  }

  get channels(): readonly ChannelRef[] {
    this.#channels ??= channelsOf(this.entry, this.argv);
    return this.#channels;
  }

  bytesAt(position: number): ByteString {
    return this.argv.at(position).toByteString();
  }
}

/** Why `user` may not run a command, or null. Restricted users pay for finding keys. */
export function denialOf(user: User, entry: CommandEntry, argv: Argv): Denial | null {
  if (user.isUnrestricted) return null;
  const line = new Line(entry, argv);
  let worst = COMMAND_DENIED;
  for (const selector of user.selectors) {
    const denial = denialBy(selector, line);
    if (denial === null) return null;
    const isWorse =
      RANK[denial.reason] > RANK[worst.reason] ||
      (denial.reason === worst.reason && denial.position > worst.position);
    if (isWorse) worst = denial;
  }
  return worst;
}

/**
 * Whether one selector allows both the command and every key: for commands that read keys which
 * no argument names.
 */
export function hasEveryKey(
  user: User | null,
  entry: CommandEntry,
  argv: Argv,
  flags: number,
): boolean {
  if (user === null || user.isUnrestricted) return true;
  const line = new Line(entry, argv);
  return user.selectors.some(
    (selector) => selector.allowsEveryKey(accessOf(flags)) && denialBy(selector, line) === null,
  );
}

function denialBy(selector: Selector, line: Line): Denial | null {
  if (!allowsCommand(selector, line)) return COMMAND_DENIED;
  if (!selector.hasAllKeys) {
    for (const { position, access } of line.keys) {
      if (!selector.allowsKey(line.bytesAt(position), accessOf(access))) {
        return { reason: 'key', position };
      }
    }
  }
  if (!selector.hasAllChannels) {
    for (const { position, isPattern } of line.channels) {
      if (!selector.allowsChannel(line.bytesAt(position), isPattern)) {
        return { reason: 'channel', position };
      }
    }
  }
  return null;
}

function allowsCommand(selector: Selector, { entry, argv }: Line): boolean {
  if (selector.hasAllCommands || entry.has(COMMAND_FLAG.no_auth)) return true;
  if (selector.allows(entry.number)) return true;
  return argv.length > 1 && selector.allowsFirstArg(entry.number, argv.at(1).toByteString());
}
