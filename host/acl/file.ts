// The ACL file: one `user <name> <rules>` a line. Loaded whole or not at all.

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { type ByteString, byteString } from '../lib/bytes.ts';
import { systemErrorText } from '../lib/system-error.ts';
import { RULE_ERRORS } from './rule-error.ts';
import { type RuleWorld, User } from './user.ts';
import { isUserName, mergeSelectors, type Users } from './users.ts';

const UNCHANGED =
  'WARNING: ACL errors detected, no change to the previously active ACL rules was performed';

/**
 * Replaces the users by those of a file. Returns all that is wrong with it, or null.
 *
 * @param directory what the path is relative to
 */
export function loadAclFile(users: Users, path: string, directory: string): string | null {
  let text: ByteString;
  try {
    text = byteString(readFileSync(resolve(directory, path)));
  } catch (error) {
    const reason = systemErrorText(error as NodeJS.ErrnoException); // fs throws these
    return `Error loading ACLs, opening file '${path}': ${reason}`;
  }
  const reader = new AclFileReader(path, users);
  for (const [index, line] of text.split('\n').entries()) reader.read(line, index + 1);
  if (reader.errors !== '') return reader.errors + UNCHANGED;
  users.replaceAll([...reader.users.values()]);
  return null;
}

class AclFileReader {
  readonly users = new Map<ByteString, User>();
  errors = '';
  readonly #path: string;
  readonly #world: RuleWorld;

  constructor(path: string, world: RuleWorld) {
    this.#path = path;
    this.#world = world;
  }

  read(raw: string, number: number): void {
    const line = raw.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
    if (line === '') return;
    const [keyword, name, ...rules] = line.split(' ') as ByteString[]; // parts of bytes
    const place = `${this.#path}:${number}`;
    if (keyword !== 'user' || name === undefined) {
      this.errors += `${place} should start with user keyword followed by the username. `;
    } else if (!isUserName(name)) {
      this.errors += `'${place}: username '${name}' contains invalid characters. `;
    } else if (this.users.has(name)) {
      this.errors += `WARNING: Duplicate user '${name}' found on line ${number}. `;
    } else {
      const user = new User(name, this.#world);
      this.users.set(name, user);
      this.#apply(user, rules, place);
    }
  }

  #apply(user: User, words: readonly ByteString[], place: string): void {
    const merged = mergeSelectors(words);
    if ('unmatched' in merged) {
      this.errors += `${place}: Unmatched parenthesis in selector definition.`;
      return;
    }
    let hasSyntaxError = false;
    for (const word of merged.rules) {
      const rule = word.replace(/^[\t\r\n]+|[\t\r\n]+$/g, '') as ByteString; // part of bytes
      const refusal = user.apply(rule, this.#world);
      if (refusal === null) continue;
      const reason = RULE_ERRORS[refusal];
      if (refusal === 'unknown') {
        this.errors += `${place}: Error in applying operation '${rule}': ${reason}. `;
      } else if (!hasSyntaxError) {
        // What follows a rule that is none may be wrong because of it.
        this.errors += `${place}: ${reason}. `;
        hasSyntaxError = true;
      }
    }
  }
}

/** Writes all users beside the file and puts that in its place. Throws the system's errors. */
export function saveAclFile(users: Users, path: string): void {
  const text = users
    .sorted()
    .map((user) => `${userLine(user)}\n`)
    .join('');
  const temporary = `${path}.tmp-${process.pid}-${randomBytes(6).toString('hex')}`;
  try {
    const file = openSync(temporary, 'wx', 0o644);
    try {
      const bytes = Buffer.from(text, 'latin1');
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** A user in the format of ACL LIST and of the file. */
export function userLine(user: User): ByteString {
  return `user ${user.name} ${user.describe()}` as ByteString; // bytes and ASCII
}
