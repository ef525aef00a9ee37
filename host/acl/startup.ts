// Users at the start: the `user` lines of redis.conf, or the ACL file.

import type { ByteString } from '../lib/bytes.ts';
import type { Log } from '../lib/log.ts';
import type { AclCommands } from './commands.ts';
import { loadAclFile } from './file.ts';
import { RULE_ERRORS } from './rule-error.ts';
import { User } from './user.ts';
import { isUserName, mergeSelectors, type Users } from './users.ts';

/**
 * Judges the words of `user` lines while they are read. Commands that do not exist are allowed: a
 * module may bring them.
 */
export function userLineCheck(
  commands: AclCommands,
): (words: readonly ByteString[]) => string | null {
  const world = { commands, allowsChannels: false };
  const names = new Set<ByteString>();
  const refuse = (word: string, reason: string): string =>
    `Error in user declaration '${word}': ${reason}`;
  return ([name = '' as ByteString, ...rules]) => {
    if (names.has(name)) return refuse(name, RULE_ERRORS.duplicateUser);
    names.add(name);
    const merged = mergeSelectors(rules);
    // Redis differs: its word is another one, and here the reason is left over from before.
    if ('unmatched' in merged) return refuse(merged.unmatched, 'Unmatched parenthesis');
    const user = new User(name, world);
    for (const rule of merged.rules) {
      const refusal = user.apply(rule, world);
      if (refusal !== null && refusal !== 'unknown') return refuse(rule, RULE_ERRORS[refusal]);
    }
    return null;
  };
}

export interface UserSources {
  /** The words of each `user` line. */
  readonly lines: readonly (readonly ByteString[])[];
  /** `aclfile`; empty: there is none. */
  readonly file: string;
  /** What the file is relative to. */
  readonly directory: string;
}

/** Returns why the server cannot start, or null; what is wrong with a rule is logged before. */
export function loadUsersAtStart(users: Users, sources: UserSources, log: Log): string | null {
  const { lines, file, directory } = sources;
  if (file !== '' && lines.length > 0) {
    return (
      'Configuring Redis with users defined in redis.conf and at the same setting an ACL file ' +
      'path is invalid. This setup is very likely to lead to configuration errors and security ' +
      'holes, please define either an ACL file or declare users directly in your redis.conf, but ' +
      'not both.'
    );
  }
  for (const line of lines) {
    const problem = addUser(users, line, log);
    if (problem === null) continue;
    log.warning(problem);
    return 'Critical error while loading ACLs. Exiting.';
  }
  const errors = file === '' ? null : loadAclFile(users, file, directory);
  return errors === null ? null : `Aborting Redis startup because of ACL errors: ${errors}`;
}

function addUser(users: Users, words: readonly ByteString[], log: Log): string | null {
  const [name = '' as ByteString, ...rules] = words;
  if (!isUserName(name)) return 'Spaces not allowed in ACL usernames';
  const merged = mergeSelectors(rules);
  if ('unmatched' in merged) return `Unmatched parenthesis at '${merged.unmatched}'`;
  const user = new User(name, users);
  for (const rule of merged.rules) {
    const refusal = user.apply(rule, users);
    if (refusal === null) continue;
    const reason = RULE_ERRORS[refusal];
    return `Error loading ACL rule '${rule}' for the user named '${name}': ${reason}`;
  }
  users.put(user);
  if (!user.isEnabled) {
    log.notice(
      `The user '${name}' is disabled (there is no 'on' modifier in the user description). Make ` +
        'sure this is not a configuration error.',
    );
  }
  return null;
}
