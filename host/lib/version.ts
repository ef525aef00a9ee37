// The version of Redis that is spoken here: HELLO, INFO, LOLWUT, RDB files, --version.

export const REDIS_VERSION = '7.2.4';

/** The same as modules ask for it: one byte each for major, minor and patch. */
export const SERVER_VERSION_NUMBER = 0x00070204;
