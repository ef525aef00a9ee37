// What --version and --help print.

import { REDIS_VERSION } from '../lib/version.ts';

/** In the shape of redis-server's, because scripts cut it at `v=`. */
export function versionText(): string {
  const bits = process.arch.includes('64') ? 64 : 32;
  return `Redis server v=${REDIS_VERSION} sha=00000000:0 malloc=v8 bits=${bits} build=redcell\n`;
}

export const USAGE = `Usage: redcell [/path/to/redis.conf] [options] [-]
       redcell -               (configuration from standard input)
       redcell -v, --version
       redcell -h, --help

Options are the directives of redis.conf; what comes later wins.

Examples:
       redcell                                         (all defaults)
       redcell /etc/redis/6379.conf --loglevel verbose
       redcell --port 7777 --replicaof 127.0.0.1 8888
       redcell --loadmodule ./mymodule.wasm max_connections=500
       echo 'maxmemory 128mb' | redcell -
`;
