// Where to listen: the words of the directives `bind` and `unixsocket`, and whether the
// server can do without one.

import { spawnSync } from 'node:child_process';
import { isIP } from 'node:net';

export interface BindAddress {
  /** As configured. */
  readonly word: string;
  /** The same without the `-`: for messages. */
  readonly name: string;
  /** It is no error if this machine has no such address. */
  readonly isOptional: boolean;
  /** An address in numbers, or a name that stands for one. */
  readonly host: string;
}

/** An address of `bind`: `*` is all of IPv4, `::*` all of IPv6, `-` before it makes it optional. */
export function bindAddress(word: string): BindAddress {
  const isOptional = word.startsWith('-');
  const name = isOptional ? word.slice(1) : word;
  const host = name === '*' ? '0.0.0.0' : name === '::*' ? '::' : name;
  return { word, name, isOptional, host };
}

/** Prints the IPv4 address of a name. */
const LOOK_UP = `require('node:dns').lookup(process.argv[1], 4, (error, address) => {
  if (error === null) process.stdout.write(address);
})`;

/**
 * The address in numbers that a host's name stands for, null if there is none. Blocks while the
 * system finds out, as Redis does: in a process of its own, for Node itself offers no such way.
 */
export function resolveHost(host: string): string | null {
  if (isIP(host) !== 0) return host;
  const { stdout } = spawnSync(process.execPath, ['--eval', LOOK_UP, '--', host], {
    encoding: 'utf8',
    env: {},
  });
  return isIP(stdout) === 0 ? null : stdout;
}

/** Errors that say that this machine does not speak IPv6, or IPv4. */
const NO_SUCH_PROTOCOL = new Set([
  'ENOPROTOOPT',
  'EPROTONOSUPPORT',
  'ESOCKTNOSUPPORT',
  'EPFNOSUPPORT',
  'EAFNOSUPPORT',
]);

/** The server can do without an address for which listening failed with `code`. */
export function isDispensable({ isOptional }: BindAddress, code: string): boolean {
  return NO_SUCH_PROTOCOL.has(code) || (isOptional && code === 'EADDRNOTAVAIL');
}
