// Where to listen: the words of the directives `bind` and `unixsocket`, and whether the
// server can do without one.

import type { ListenAddress } from './listener.ts';

export interface BindAddress {
  /** As configured, without the `-`: for messages. */
  readonly name: string;
  /** It is no error if this machine has no such address. */
  readonly isOptional: boolean;
  readonly address: ListenAddress;
}

/**
 * The addresses of `bind`: `*` is all of IPv4, `::*` all of IPv6, `-` before one makes it optional.
 *
 * @param port 0 lets the system choose
 */
export function bindAddresses(
  words: readonly string[],
  port: number,
  backlog: number,
): BindAddress[] {
  return words.map((word) => {
    const isOptional = word.startsWith('-');
    const name = isOptional ? word.slice(1) : word;
    const host = name === '*' ? '0.0.0.0' : name === '::*' ? '::' : name;
    return { name, isOptional, address: { host, port, backlog, ipv6Only: host.includes(':') } };
  });
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
