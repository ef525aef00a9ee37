// The flags of a command: what the dispatcher, ACL, scripts and replication must know of it before
// it runs. Kept as one bitset an entry, so that the guards of a command cost one AND each.

/** Bits of `CommandEntry.flags`. The order is the one COMMAND INFO lists them in. */
export const COMMAND_FLAG = {
  write: 1 << 0,
  readonly: 1 << 1,
  denyoom: 1 << 2,
  module: 1 << 3,
  admin: 1 << 4,
  pubsub: 1 << 5,
  noscript: 1 << 6,
  blocking: 1 << 7,
  loading: 1 << 8,
  stale: 1 << 9,
  skip_monitor: 1 << 10,
  skip_slowlog: 1 << 11,
  asking: 1 << 12,
  fast: 1 << 13,
  no_auth: 1 << 14,
  may_replicate: 1 << 15,
  no_mandatory_keys: 1 << 16,
  /** DEBUG and MODULE: refused unless enable-debug-command / enable-module-command allow it. */
  protected: 1 << 17,
  no_async_loading: 1 << 18,
  no_multi: 1 << 19,
  /** Keys cannot be told from first/last/step alone; derived from the key specs. */
  movablekeys: 1 << 20,
  allow_busy: 1 << 21,
  /** The module answers RM_IsKeysPositionRequest; its callback finds the keys. */
  module_getkeys: 1 << 22,
  /** Reads keys that no argument names: SCAN, RANDOMKEY. */
  touches_arbitrary_keys: 1 << 23,
  /** A module command that refuses to run in cluster mode. */
  no_cluster: 1 << 24,
} as const;

export type CommandFlag = keyof typeof COMMAND_FLAG;

/** Flags that steer the server but that COMMAND INFO does not show. */
const HIDDEN: ReadonlySet<CommandFlag> = new Set<CommandFlag>([
  'may_replicate',
  'protected',
  'module_getkeys',
  'touches_arbitrary_keys',
  'no_cluster',
]);

const VISIBLE = (Object.keys(COMMAND_FLAG) as CommandFlag[]).filter((flag) => !HIDDEN.has(flag)); // keys of a const object

/** The bitset of `flags`. */
export function commandFlags(flags: readonly CommandFlag[]): number {
  let bits = 0;
  for (const flag of flags) bits |= COMMAND_FLAG[flag];
  return bits;
}

/** The names COMMAND INFO shows for `bits`, in its order. */
export function commandFlagNames(bits: number): CommandFlag[] {
  return VISIBLE.filter((flag) => (bits & COMMAND_FLAG[flag]) !== 0);
}
