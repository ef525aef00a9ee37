// The flags of CreateCommand as text: what they mean to the command table.

import type { CommandFlag } from '../dispatch/command-flags.ts';

/** Null: accepted, and without meaning for the table. */
const FLAGS: Readonly<Record<string, CommandFlag | null>> = {
  write: 'write',
  readonly: 'readonly',
  admin: 'admin',
  'deny-oom': 'denyoom',
  'deny-script': 'noscript',
  'allow-loading': 'loading',
  pubsub: 'pubsub',
  random: null,
  blocking: 'blocking',
  'allow-stale': 'stale',
  'no-monitor': 'skip_monitor',
  'no-slowlog': 'skip_slowlog',
  fast: 'fast',
  'no-auth': 'no_auth',
  'may-replicate': 'may_replicate',
  'getkeys-api': 'module_getkeys',
  'getchannels-api': null,
  'no-cluster': 'no_cluster',
  'no-mandatory-keys': 'no_mandatory_keys',
  'allow-busy': 'allow_busy',
};

/** The table's flags for a text such as "write deny-oom", or null when a word is unknown. */
export function parseCommandFlags(text: string): CommandFlag[] | null {
  const flags: CommandFlag[] = ['module'];
  for (const word of text.split(' ')) {
    if (word === '') continue;
    const flag = FLAGS[word.toLowerCase()];
    if (flag === undefined || !Object.hasOwn(FLAGS, word.toLowerCase())) return null;
    if (flag !== null) flags.push(flag);
  }
  return flags;
}
