// Reads redis.conf text into a Config: directives line by line, included files, and the
// directives that are not options (modules, users, renamed commands), which it hands on.

import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { asciiLower, type ByteString, byteString, bytesOf, textOf } from '../lib/bytes.ts';
import { globMatch } from '../lib/glob.ts';
import { splitQuoted } from '../lib/quoted-words.ts';
import type { Config } from './config.ts';

/** The version that messages name: the Redis this server takes after. */
const VERSION = '7.2.4';
/** Files that include files; Redis has no limit and a cycle crashes it. */
const INCLUDE_MAX_DEPTH = 16;

/** The configuration cannot be used: the server prints `message` and exits with 1. */
export class ConfigFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigFileError';
  }
}

export interface ModuleToLoad {
  readonly path: string;
  readonly args: readonly ByteString[];
}

/** What a configuration says besides options, in the order of its lines. */
export interface Directives {
  readonly loadmodules: ModuleToLoad[];
  /** The words of each `user` line: name, then rules. */
  readonly users: ByteString[][];
  readonly renames: { readonly from: string; readonly to: string }[];
  /** Options with a dot in their name: for modules once they are loaded. */
  readonly moduleOptions: Map<string, ByteString>;
}

/** Lets the layers above judge lines while their numbers are known; an answer is the error. */
export interface DirectiveChecks {
  readonly user?: (words: readonly ByteString[]) => string | null;
  readonly rename?: (from: string, to: string) => string | null;
}

const BAD_DIRECTIVE = 'Bad directive or wrong number of arguments';
/** Options of old versions that are read and mean nothing. */
const FORGOTTEN = new Set([
  'list-max-ziplist-entries',
  'list-max-ziplist-value',
  'lua-replicate-commands',
]);

/** Directives that are no options. */
export const FILE_ONLY: ReadonlySet<string> = new Set([
  'include',
  'rename-command',
  'user',
  'loadmodule',
  'sentinel',
]);

/** Reads texts one after the other; options repeated in a later text override, save points add. */
export class ConfigReader {
  readonly directives: Directives = {
    loadmodules: [],
    users: [],
    renames: [],
    moduleOptions: new Map(),
  };
  readonly #config: Config;
  readonly #checks: DirectiveChecks;
  /** Options set by this reader. */
  readonly #seen = new Set<string>();
  #depth = 0;

  constructor(config: Config, checks: DirectiveChecks = {}) {
    this.#config = config;
    this.#checks = checks;
  }

  /** @param text one byte a char. Throws ConfigFileError. */
  read(text: string): void {
    for (const [index, raw] of text.split('\n').entries()) {
      const line = raw.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
      if (line === '' || line.startsWith('#')) continue;
      const words = splitQuoted(line);
      const reason = words === null ? 'Unbalanced quotes in configuration line' : this.set(words);
      if (reason === null) continue;
      const place = `Reading the configuration file, at line ${index + 1}`;
      throw configError(place, line, reason);
    }
  }

  /** One directive and its words. Returns the error text or null; `include` may throw. */
  set(words: readonly ByteString[]): string | null {
    if (words.length === 0) return null;
    const name = asciiLower(words[0] as string); // there is one
    const entry = this.#config.find(name);
    const rest = words.slice(1);
    if (entry === undefined) return this.#setOther(name, rest);
    if (!entry.option.takesMany && rest.length !== 1) return 'wrong number of arguments';
    const isAppending = this.#seen.has(entry.name);
    this.#seen.add(entry.name);
    return this.#config.load(entry, rest, isAppending);
  }

  #setOther(name: string, rest: readonly ByteString[]): string | null {
    if (FORGOTTEN.has(name) && rest.length === 1) return null;
    const [first, second] = rest;
    if (name === 'include' && first !== undefined && rest.length === 1) {
      return this.#include(textOf(first));
    }
    if (name === 'rename-command' && first !== undefined && second !== undefined) {
      return rest.length === 2 ? this.#rename(textOf(first), textOf(second)) : BAD_DIRECTIVE;
    }
    if (name === 'user' && rest.length >= 1) {
      this.directives.users.push([...rest]);
      return this.#checks.user?.(rest) ?? null;
    }
    if (name === 'loadmodule' && first !== undefined) {
      this.directives.loadmodules.push({ path: textOf(first), args: rest.slice(1) });
      return null;
    }
    if (name.includes('.')) {
      if (first === undefined) return 'Module config specified without value';
      this.directives.moduleOptions.set(name, rest.join(' ') as ByteString); // bytes joined
      return null;
    }
    if (name === 'sentinel') return 'sentinel directive while not in sentinel mode';
    return BAD_DIRECTIVE;
  }

  #rename(from: string, to: string): string | null {
    this.directives.renames.push({ from, to });
    return this.#checks.rename?.(from, to) ?? null;
  }

  /**
   * Redis differs: in 7.0 the save points that follow an include no longer add up, the last line
   * wins (see test/config/file.test.ts).
   */
  #include(pattern: string): string | null {
    if (this.#depth >= INCLUDE_MAX_DEPTH) return 'Included files are nested too deep';
    this.#depth++;
    for (const path of filesOf(pattern, this.#config.string('dir'))) this.read(readConfig(path));
    this.#depth--;
    return null;
  }
}

/** The block Redis prints: an empty line, what is wrong and where. */
export function configError(place: string, line: string, reason: string): ConfigFileError {
  const shown = textOf(line as ByteString); // lines hold one byte a char
  return new ConfigFileError(
    `\n*** FATAL CONFIG FILE ERROR (Redis ${VERSION}) ***\n${place}\n>>> '${shown}'\n${reason}\n`,
  );
}

const SYSTEM_ERRORS: Record<string, string> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EISDIR: 'Is a directory',
};

/** The words of C's strerror for a failed file operation. */
export function systemErrorText(error: unknown): string {
  const { code = 'unknown error', message } = error as NodeJS.ErrnoException; // fs throws these
  return SYSTEM_ERRORS[code] ?? message ?? code;
}

/** Reads a file as bytes. Throws ConfigFileError with Redis's message. */
export function readConfig(path: string): ByteString {
  try {
    return byteString(readFileSync(path));
  } catch (error) {
    const reason = systemErrorText(error);
    throw new ConfigFileError(`Fatal error, can't open config file '${path}': ${reason}\n`);
  }
}

const WILDCARD = /[*?[]/;

/** The files an include names, in order of name; a pattern may name none. */
function filesOf(pattern: string, directory: string): readonly string[] {
  if (!WILDCARD.test(pattern)) return [resolve(directory, pattern)];
  let found = [pattern.startsWith('/') ? '/' : directory];
  const parts = pattern.split('/').filter((part) => part !== '');
  for (const part of parts) found = found.flatMap((path) => matches(path, part));
  return found;
}

function matches(directory: string, part: string): string[] {
  if (!WILDCARD.test(part)) return [resolve(directory, part)];
  const names = listed(directory).filter(
    (name) =>
      (!name.startsWith('.') || part.startsWith('.')) && globMatch(bytesOf(part), bytesOf(name)),
  );
  return names.sort().map((name) => resolve(directory, name));
}

/** Names in a directory; none if it is no directory, as with glob(3). */
function listed(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // fs throws these
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return [];
    throw error;
  }
}
