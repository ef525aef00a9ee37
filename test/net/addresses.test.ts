import { describe, expect, test } from 'vitest';
import { bindAddress, isDispensable, resolveHost } from '../../host/net/addresses.ts';

describe('bind', () => {
  test.each([
    ['*', { name: '*', isOptional: false, host: '0.0.0.0' }],
    ['-::*', { name: '::*', isOptional: true, host: '::' }],
    ['127.0.0.1', { name: '127.0.0.1', isOptional: false, host: '127.0.0.1' }],
  ])('%s: stars are all addresses of a family, a dash makes one optional', (word, expected) => {
    expect(bindAddress(word)).toEqual({ word, ...expected });
  });

  test.each([
    ['-10.9.8.7', 'EADDRNOTAVAIL', true],
    ['10.9.8.7', 'EADDRNOTAVAIL', false],
    ['-10.9.8.7', 'EADDRINUSE', false],
    ['::*', 'EAFNOSUPPORT', true],
  ])('%s with %s: the server can do without: %s', (word, code, expected) => {
    expect(isDispensable(bindAddress(word), code)).toBe(expected);
  });
});

describe('the host of an address', () => {
  test.each(['10.9.8.7', '::1', '0.0.0.0'])('%s stands for itself', (host) => {
    expect(resolveHost(host)).toBe(host);
  });

  test('a name stands for an IPv4 address, or for none', () => {
    expect(resolveHost('localhost')).toBe('127.0.0.1');
    expect(resolveHost('no.such.host.invalid')).toBeNull();
    expect(resolveHost('--version')).toBeNull();
  });
});
