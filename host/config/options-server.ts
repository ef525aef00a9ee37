// Options on the process, its log, access, scripts and replication, and those of redcell itself.

import { bool, int, LONG, list, memory, oneOf, someOf, string, stringOption } from './option.ts';
import {
  checkDirectory,
  checkShutdown,
  checkTitleTemplate,
  parseEventLetters,
  parseOomScores,
  parsePercentiles,
  parseReplicaOf,
  percentileLines,
  replicaOfLines,
} from './special.ts';

const IMMUTABLE = { immutable: true } as const;
const HIDDEN = { hidden: true } as const;
const PERMISSION = ['no', 'yes', 'local'] as const;
const SHUTDOWN = ['default', 'save', 'nosave', 'now', 'force'] as const;

export const serverOptions = {
  daemonize: bool(false, 'Runs in the background.', IMMUTABLE),
  supervised: oneOf(
    ['upstart', 'systemd', 'auto', 'no'],
    'no',
    'Who is told that the server is ready.',
    IMMUTABLE,
  ),
  pidfile: string('', 'File that holds the process id.', IMMUTABLE),
  'set-proc-title': bool(true, 'Shows what the process is in its title.', IMMUTABLE),
  'proc-title-template': string(
    '{title} {listen-addr} {server-mode}',
    'Form of the process title.',
    {},
    checkTitleTemplate,
  ),
  'always-show-logo': bool(false, 'Logs the banner even without a terminal.', IMMUTABLE),
  loglevel: oneOf(
    ['debug', 'verbose', 'notice', 'warning', 'nothing'],
    'notice',
    'The least important messages that are logged.',
  ),
  logfile: string('', 'File of the log; empty is the standard output.', IMMUTABLE),
  'syslog-enabled': bool(false, 'Logs to the system log too.', IMMUTABLE),
  'syslog-ident': string('redis', 'Name in the system log.', IMMUTABLE),
  'syslog-facility': oneOf(
    ['user', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
    'local0',
    'Facility of the system log.',
    IMMUTABLE,
  ),
  'crash-log-enabled': bool(true, 'Logs a report when the server crashes.'),
  'crash-memcheck-enabled': bool(true, 'Tests memory for that report.'),
  'use-exit-on-panic': bool(false, 'Exits instead of aborting after a failed assertion.', HIDDEN),
  'watchdog-period': int(
    0,
    'Milliseconds after which a stuck server logs where it is.',
    {},
    HIDDEN,
  ),
  'ignore-warnings': string('', 'Warnings that do not keep the server from starting.'),
  hz: int(10, 'Background cycles a second.', { clamp: [1, 500] }),
  'dynamic-hz': bool(true, 'More cycles when there are many clients.'),
  'io-threads': int(1, 'Threads for sockets.', { min: 1, max: 128 }, IMMUTABLE),
  'io-threads-do-reads': bool(false, 'Those threads read, too.', IMMUTABLE),
  server_cpulist: string('', 'Processors for the server.', IMMUTABLE),
  bio_cpulist: string('', 'Processors for background jobs.', IMMUTABLE),
  aof_rewrite_cpulist: string('', 'Processors for rewriting the log.', IMMUTABLE),
  bgsave_cpulist: string('', 'Processors for snapshots.', IMMUTABLE),
  'disable-thp': bool(true, 'Turns off transparent huge pages.', IMMUTABLE),
  'oom-score-adj': oneOf(
    ['no', 'yes', 'relative', 'absolute'],
    'no',
    "Whether the kernel's out-of-memory score is set.",
    {},
    { relative: 'yes' },
  ),
  'oom-score-adj-values': list(
    ['0', '200', '800'],
    'The scores of a primary, a replica and a child.',
    parseOomScores,
  ),
  'locale-collate': string('', 'Locale that strings are compared in.'),
  'shutdown-timeout': int(10, 'Seconds that a shutdown waits for replicas.'),
  'shutdown-on-sigint': someOf(SHUTDOWN, 'How SIGINT ends the server.', checkShutdown),
  'shutdown-on-sigterm': someOf(SHUTDOWN, 'How SIGTERM ends the server.', checkShutdown),

  'notify-keyspace-events': stringOption(
    '',
    'Letters of the key events that are published.',
    {},
    parseEventLetters,
  ),
  'slowlog-log-slower-than': int(
    10000,
    'Microseconds from which a command is slow; negative: none is.',
    { min: -1, ...LONG },
  ),
  'slowlog-max-len': int(128, 'Entries of the slow log.', LONG),
  'latency-monitor-threshold': int(0, 'Milliseconds from which an event is noted; 0: none.', LONG),
  'latency-tracking': bool(true, 'Keeps latency histograms of commands.'),
  'latency-tracking-info-percentiles': list(
    ['50', '99', '99.9'],
    'Percentiles that INFO shows.',
    parsePercentiles,
    percentileLines,
  ),
  'busy-reply-threshold': int(5000, 'Milliseconds after which a script is busy; 0: never.', LONG, {
    aliases: ['lua-time-limit'],
  }),
  'lua-enable-deprecated-api': bool(false, 'Gives scripts functions that are gone.', {
    immutable: true,
    hidden: true,
  }),

  requirepass: string('', 'Password of the default user.', { sensitive: true }),
  aclfile: string('', 'File of users.', IMMUTABLE),
  'acllog-max-len': int(128, 'Entries of the ACL log.', LONG),
  'acl-pubsub-default': oneOf(
    ['allchannels', 'resetchannels'],
    'resetchannels',
    'Channels a new user may use.',
  ),
  'enable-protected-configs': oneOf(PERMISSION, 'no', 'Who may set protected options.', IMMUTABLE),
  'enable-debug-command': oneOf(PERMISSION, 'no', 'Who may use DEBUG.', IMMUTABLE),
  'enable-module-command': oneOf(PERMISSION, 'no', 'Who may use MODULE.', IMMUTABLE),

  replicaof: list(['no', 'one'], 'Host and port of the primary.', parseReplicaOf, replicaOfLines, {
    immutable: true,
    aliases: ['slaveof'],
  }),
  masteruser: string('', 'User at the primary.', { sensitive: true }),
  masterauth: string('', 'Password at the primary.', { sensitive: true }),
  'replica-serve-stale-data': bool(true, 'Answers while there is no link to the primary.', {
    aliases: ['slave-serve-stale-data'],
  }),
  'replica-read-only': bool(true, 'Refuses writes of clients.', { aliases: ['slave-read-only'] }),
  'replica-ignore-maxmemory': bool(true, 'Leaves eviction to the primary.', {
    aliases: ['slave-ignore-maxmemory'],
  }),
  'replica-ignore-disk-write-errors': bool(false, 'Goes on when the disk fails.'),
  'replica-lazy-flush': bool(false, 'Frees old data in the background on a full sync.', {
    aliases: ['slave-lazy-flush'],
  }),
  'replica-priority': int(
    100,
    'Lower is promoted first; 0 never.',
    {},
    {
      aliases: ['slave-priority'],
    },
  ),
  'replica-announced': bool(true, 'Sentinels tell clients of this replica.'),
  'replica-announce-ip': string('', 'Address told to the primary.', {
    aliases: ['slave-announce-ip'],
  }),
  'replica-announce-port': int(
    0,
    'Port told to the primary.',
    { max: 65535 },
    {
      aliases: ['slave-announce-port'],
    },
  ),
  'propagation-error-behavior': oneOf(
    ['ignore', 'panic', 'panic-on-replicas'],
    'ignore',
    'What to do when a replicated command fails.',
  ),
  'min-replicas-to-write': int(
    0,
    'Replicas without which writes are refused.',
    {},
    {
      aliases: ['min-slaves-to-write'],
    },
  ),
  'min-replicas-max-lag': int(
    10,
    'Seconds a replica may lag and still count.',
    {},
    {
      aliases: ['min-slaves-max-lag'],
    },
  ),
  'repl-timeout': int(60, 'Seconds of silence that break a link.', { min: 1 }),
  'repl-ping-replica-period': int(
    10,
    'Seconds between pings to replicas.',
    { min: 1 },
    {
      aliases: ['repl-ping-slave-period'],
    },
  ),
  'repl-backlog-size': memory('1mb', 'Bytes kept for replicas that come back.', {
    min: 1,
    ...LONG,
    clamp: [16 * 1024, 2n ** 63n - 1n],
  }),
  'repl-backlog-ttl': int(3600, 'Seconds they are kept without any replica; 0: always.', LONG),
  'repl-disable-tcp-nodelay': bool(false, 'Sends to replicas in fewer, later packets.'),
  'repl-diskless-sync': bool(true, 'Sends snapshots without writing a file.'),
  'repl-diskless-sync-delay': int(5, 'Seconds to wait for more replicas first.'),
  'repl-diskless-sync-max-replicas': int(0, 'Replicas enough to start at once; 0: wait.'),
  'repl-diskless-load': oneOf(
    ['disabled', 'on-empty-db', 'swapdb'],
    'disabled',
    'Loads snapshots straight from the link.',
  ),

  'log-format': oneOf(['redis', 'json'], 'redis', 'Lines as Redis writes them, or JSON.'),
  'module-acl-user': string('', 'User whose permissions all calls of modules need; empty: none.'),
  'module-max-memory': memory(
    '256mb',
    'Memory a module may take, in bytes: its linear memory and what the server holds for it.',
    LONG,
  ),
  'module-dir': string(
    '',
    'Absolute path of the directory that modules are loaded from; empty: from anywhere.',
    IMMUTABLE,
    checkDirectory,
  ),
  'module-max-file-bytes': memory('8mb', 'Largest module file, in bytes.', {
    min: 1,
    max: 1024 ** 3, // V8's own limit, as are the next two
  }),
  'module-max-functions': int(50_000, 'Most functions of a module.', { min: 1, max: 1_000_000 }),
  'module-max-function-bytes': memory('1mb', 'Largest function of a module, in bytes.', {
    min: 1,
    max: 7_654_321,
  }),
  'module-trap-limit': int(3, 'Traps after which a module is quarantined; 0: never.'),
  'module-trap-window': int(60, 'Seconds within which traps are counted.'),
  'module-trap-source': bool(true, 'Whether clients are told file and line of a trap.'),
  'module-trap-arguments': bool(true, 'Whether arguments of trapped commands are logged.'),
  'module-command-time-limit': int(1000, 'Milliseconds a module command may run; 0: no limit.'),
  'module-callback-time-limit': int(
    1000,
    'Milliseconds a module may run when the server calls it (timers, events, types); 0: no limit.',
  ),
  'module-load-time-limit': int(5000, 'Milliseconds a module may take to load; 0: no limit.'),
  'module-fuel-limit': int(
    0,
    'Units of work that each call of a module may do, the same on every run; 0: no limit.',
    LONG,
  ),
} as const;
