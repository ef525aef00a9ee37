import { describe, expect, test } from 'vitest';
import { bindAddresses, isDispensable } from '../../host/net/addresses.ts';

describe('bind', () => {
  test('stars are all addresses of a family, a dash makes one optional', () => {
    expect(bindAddresses(['*', '-::*', '127.0.0.1'], 7000, 511)).toEqual([
      {
        name: '*',
        isOptional: false,
        address: { host: '0.0.0.0', port: 7000, backlog: 511, ipv6Only: false },
      },
      {
        name: '::*',
        isOptional: true,
        address: { host: '::', port: 7000, backlog: 511, ipv6Only: true },
      },
      {
        name: '127.0.0.1',
        isOptional: false,
        address: { host: '127.0.0.1', port: 7000, backlog: 511, ipv6Only: false },
      },
    ]);
  });

  test.each([
    ['-10.9.8.7', 'EADDRNOTAVAIL', true],
    ['10.9.8.7', 'EADDRNOTAVAIL', false],
    ['-10.9.8.7', 'EADDRINUSE', false],
    ['::*', 'EAFNOSUPPORT', true],
  ])('%s with %s: the server can do without: %s', (word, code, expected) => {
    const [address] = bindAddresses([word], 1, 1);
    expect(isDispensable(address as never, code)).toBe(expected); // there is one
  });
});
