// Which arguments of a command name channels of pub/sub: what ACL checks.

import type { Argv } from '../lib/argv.ts';

/** What a command does with the channels it names. */
export type ChannelUse = 'publish' | 'subscribe' | 'unsubscribe';

/** The channels of a built-in command begin with its first argument. */
export interface ChannelArgs {
  readonly use: ChannelUse;
  /** They are patterns of channels. */
  readonly isPattern: boolean;
  /** All arguments, not only the first. */
  readonly hasMany: boolean;
}

/** A channel found in an argv. */
export interface ChannelRef {
  /** Index in argv. */
  readonly position: number;
  readonly isPattern: boolean;
}

/** Finds the channels that a command of a module publishes or subscribes to. */
export type GetChannels = (argv: Argv) => readonly ChannelRef[];

/** The part of a CommandEntry that is needed. */
export interface ChannelCommand {
  readonly channels: ChannelArgs | null;
  readonly getChannels: GetChannels | null;
}

const NONE: readonly ChannelRef[] = [];

/** The channels that need permission: everybody may unsubscribe. */
export function channelsOf(entry: ChannelCommand, argv: Argv): readonly ChannelRef[] {
  if (entry.getChannels !== null) return entry.getChannels(argv);
  if (entry.channels === null || entry.channels.use === 'unsubscribe') return NONE;
  const { isPattern, hasMany } = entry.channels;
  const count = hasMany ? argv.length - 1 : 1;
  return Array.from({ length: count }, (_, i) => ({ position: i + 1, isPattern }));
}
