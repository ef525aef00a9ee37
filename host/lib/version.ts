// The version of Redis that is spoken here: HELLO, INFO, LOLWUT, RDB files, --version.

export const REDIS_VERSION = '7.2.4';
