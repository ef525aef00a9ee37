// Options on memory and files: eviction, encodings, snapshots, the append only file.

import { bool, int, LONG, list, memory, oneOf, string, stringOption } from './option.ts';
import { checkFileName, parseDirectory, parseSave, saveLines } from './special.ts';

const IMMUTABLE = { immutable: true } as const;
const NO_DEFRAG =
  'Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified ' +
  'Jemalloc like the one shipped by default with the Redis source distribution';

export const storageOptions = {
  databases: int(16, 'Databases that SELECT can choose from.', { min: 1 }, IMMUTABLE),
  maxmemory: memory('0', 'Bytes of data after which keys are evicted; 0 has no limit.'),
  'maxmemory-policy': oneOf(
    [
      'volatile-lru',
      'volatile-lfu',
      'volatile-random',
      'volatile-ttl',
      'allkeys-lru',
      'allkeys-lfu',
      'allkeys-random',
      'noeviction',
    ],
    'noeviction',
    'Which keys are evicted.',
  ),
  'maxmemory-samples': int(5, 'Keys looked at to find one worth evicting.', { min: 1 }),
  'maxmemory-eviction-tenacity': int(10, 'How much time eviction may take.', { max: 100 }),
  'lfu-log-factor': int(10, 'How slowly the LFU counter grows.'),
  'lfu-decay-time': int(1, 'Minutes after which the LFU counter shrinks by one.'),
  'active-expire-effort': int(1, 'How hard expired keys are looked for.', { min: 1, max: 10 }),
  activerehashing: bool(true, 'Grows tables a little in the background.'),
  'lazyfree-lazy-eviction': bool(false, 'Frees evicted values in the background.'),
  'lazyfree-lazy-expire': bool(false, 'Frees expired values in the background.'),
  'lazyfree-lazy-server-del': bool(false, 'Frees overwritten values in the background.'),
  'lazyfree-lazy-user-del': bool(false, 'DEL acts like UNLINK.'),
  'lazyfree-lazy-user-flush': bool(false, 'FLUSHALL and FLUSHDB are ASYNC unless they say.'),
  activedefrag: bool(false, 'Moves values to free fragmented memory.', {}, (value) =>
    value ? NO_DEFRAG : null,
  ),
  'active-defrag-ignore-bytes': memory('100mb', 'Fragmented bytes not worth moving.', {
    min: 1,
    ...LONG,
  }),
  'active-defrag-threshold-lower': int(10, 'Percent of fragmentation to begin at.', { max: 1000 }),
  'active-defrag-threshold-upper': int(100, 'Percent to use full effort at.', { max: 1000 }),
  'active-defrag-cycle-min': int(1, 'Percent of CPU at the lower threshold.', { min: 1, max: 99 }),
  'active-defrag-cycle-max': int(25, 'Percent of CPU at the upper one.', { min: 1, max: 99 }),
  'active-defrag-max-scan-fields': int(1000, 'Fields of a value handled at once.', {
    min: 1,
    ...LONG,
  }),
  'jemalloc-bg-thread': bool(true, 'Lets the allocator purge in a thread.'),

  'hash-max-listpack-entries': int(512, 'Fields of a hash kept as a listpack.', LONG, {
    aliases: ['hash-max-ziplist-entries'],
  }),
  'hash-max-listpack-value': memory('64', 'Longest value in such a hash, in bytes.', LONG, {
    aliases: ['hash-max-ziplist-value'],
  }),
  'list-max-listpack-size': int(
    -2,
    'Elements of a node of a list, or a size class when negative.',
    { min: -(2 ** 31) },
    { aliases: ['list-max-ziplist-size'] },
  ),
  'list-compress-depth': int(0, 'Nodes at each end of a list that stay uncompressed; 0: all.'),
  'set-max-intset-entries': int(512, 'Members of a set of integers kept as an intset.', LONG),
  'set-max-listpack-entries': int(128, 'Members of a set kept as a listpack.', LONG),
  'set-max-listpack-value': memory('64', 'Longest member of such a set, in bytes.', LONG),
  'zset-max-listpack-entries': int(128, 'Members of a sorted set kept as a listpack.', LONG, {
    aliases: ['zset-max-ziplist-entries'],
  }),
  'zset-max-listpack-value': memory('64', 'Longest member of it, in bytes.', LONG, {
    aliases: ['zset-max-ziplist-value'],
  }),
  'hll-sparse-max-bytes': memory('3000', 'Largest sparse HyperLogLog, in bytes.', LONG),
  'stream-node-max-bytes': memory('4096', 'Bytes of a node of a stream; 0 has no limit.', LONG),
  'stream-node-max-entries': int(100, 'Entries of a node of a stream; 0 has no limit.', LONG),
  'sanitize-dump-payload': oneOf(
    ['no', 'yes', 'clients'],
    'no',
    'Whether RESTORE and RDB values are checked in depth.',
  ),

  dir: stringOption(
    '.',
    'Directory of the data files, and what relative paths start from.',
    { isProtected: true, deniesLoading: true },
    parseDirectory,
  ),
  dbfilename: string(
    'dump.rdb',
    'Name of the snapshot.',
    { isProtected: true },
    checkFileName('dbfilename', 'filename', true),
  ),
  save: list(
    ['3600', '1', '300', '100', '60', '10000'],
    'Seconds and changes after which a snapshot is taken.',
    parseSave,
    saveLines,
  ),
  rdbcompression: bool(true, 'Compresses strings in snapshots.'),
  rdbchecksum: bool(true, 'Ends snapshots with a CRC64.', IMMUTABLE),
  'rdb-del-sync-files': bool(false, 'Removes snapshots made for replicas only.'),
  'rdb-save-incremental-fsync': bool(true, 'Syncs a snapshot now and then while writing.'),
  'rdb-key-save-delay': int(
    0,
    'Microseconds to wait after each key, for tests.',
    {
      min: -(2 ** 31),
    },
    { hidden: true },
  ),
  'key-load-delay': int(
    0,
    'Microseconds to wait after each loaded key, for tests.',
    {
      min: -(2 ** 31),
    },
    { hidden: true },
  ),
  'loading-process-events-interval-bytes': int(
    2097152,
    'Bytes loaded between two looks at clients.',
    { min: 1024 },
    { hidden: true },
  ),
  'stop-writes-on-bgsave-error': bool(true, 'Refuses writes after a snapshot failed.'),

  appendonly: bool(false, 'Logs every write to the append only file.', { deniesLoading: true }),
  appendfilename: string(
    'appendonly.aof',
    'Base name of the files of the log.',
    IMMUTABLE,
    checkFileName('appendfilename', 'filename', false),
  ),
  appenddirname: string(
    'appendonlydir',
    'Directory of the log, below dir.',
    IMMUTABLE,
    checkFileName('appenddirname', 'dirname', false),
  ),
  appendfsync: oneOf(['everysec', 'always', 'no'], 'everysec', 'When the log is synced to disk.'),
  'no-appendfsync-on-rewrite': bool(false, 'Does not sync the log while a child writes.'),
  'auto-aof-rewrite-percentage': int(100, 'Growth after which the log is rewritten; 0: never.'),
  'auto-aof-rewrite-min-size': memory('64mb', 'Size below which it is not.', LONG),
  'aof-load-truncated': bool(true, 'Loads a log whose end is missing.'),
  'aof-use-rdb-preamble': bool(true, 'Rewrites the log as a snapshot.'),
  'aof-rewrite-incremental-fsync': bool(true, 'Syncs a rewrite now and then while writing.'),
  'aof-timestamp-enabled': bool(false, 'Notes times in the log.'),
  'aof-disable-auto-gc': bool(false, 'Keeps files of the log that are no longer used.'),
} as const;
