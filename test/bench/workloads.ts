// What is measured: commands as redis-benchmark takes them, and the scripts they are compared with.

export interface Workload {
  readonly name: string;
  /** Words for redis-benchmark; `__rand_int__` becomes a random number. */
  readonly command: readonly string[];
  /** On redis-server, the same by EVALSHA: `SHA` stands for the script's hash. */
  readonly script?: { readonly source: string; readonly command: readonly string[] };
  /** With an append-only file, synced every second, on both servers. */
  readonly isLogged?: boolean;
  /** Keys made beforehand, so that reads find something. */
  readonly prepare?: readonly string[];
}

const COUNTER_SCRIPT =
  "local n = tonumber(ARGV[1] or '1') redis.call('HINCRBY', KEYS[1], 'increments', n) " +
  "return redis.call('HINCRBY', KEYS[1], 'current', n)";

const RATELIMIT_SCRIPT =
  "local b = redis.call('HMGET', KEYS[1], 'tokens', 'last_update') " +
  "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000) " +
  'local tokens = tonumber(b[1]) or tonumber(ARGV[1]) local last = tonumber(b[2]) or now ' +
  'tokens = math.min(tonumber(ARGV[1]), tokens + math.floor((now - last) * ARGV[2] / 1000)) ' +
  'local allowed = 0 if tokens >= 1 then tokens = tokens - 1 allowed = 1 end ' +
  "redis.call('HSET', KEYS[1], 'tokens', tokens, 'last_update', now) return {allowed, tokens}";

const KB = 'x'.repeat(1024);

const COUNTER: Workload = {
  name: 'COUNTER.INCR',
  command: ['COUNTER.INCR', 'c:__rand_int__'],
  script: { source: COUNTER_SCRIPT, command: ['EVALSHA', 'SHA', '1', 's:__rand_int__', '1'] },
};
const SET: Workload = { name: 'SET 3 B', command: ['SET', 'key:__rand_int__', 'abc'] };
const INCR: Workload = { name: 'INCR', command: ['INCR', 'n:__rand_int__'] };

const logged = (workload: Workload): Workload => ({
  ...workload,
  name: `${workload.name}, AOF everysec`,
  isLogged: true,
});

export const WORKLOADS: readonly Workload[] = [
  { name: 'PING', command: ['PING'] },
  SET,
  { name: 'SET 1 KB', command: ['SET', 'kb:__rand_int__', KB] },
  {
    name: 'GET 3 B',
    command: ['GET', 'key:__rand_int__'],
    prepare: ['SET', 'key:__rand_int__', 'abc'],
  },
  {
    name: 'GET 1 KB',
    command: ['GET', 'kb:__rand_int__'],
    prepare: ['SET', 'kb:__rand_int__', KB],
  },
  INCR,
  { name: 'INCR, one key', command: ['INCR', 'n'] },
  COUNTER,
  { name: 'COUNTER.INCR, one key', command: ['COUNTER.INCR', 'c'] },
  {
    name: 'RATELIMIT.CHECK',
    command: ['RATELIMIT.CHECK', 'r:__rand_int__', '100', '10'],
    script: {
      source: RATELIMIT_SCRIPT,
      command: ['EVALSHA', 'SHA', '1', 'rs:__rand_int__', '100', '10'],
    },
  },
  logged(SET),
  logged(INCR),
  logged(COUNTER),
];
