// MEMORY: what keys and the server as a whole take.

import { getHeapSpaceStatistics } from 'node:v8';
import { integer, key } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { SYNTAX } from '../dispatch/errors.ts';
import { replyHelp } from '../dispatch/help.ts';
import { MEMORY_USE } from '../dispatch/memory-use.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import type { Database } from '../keyspace/database.ts';
import { humanBytes } from '../lib/human-bytes.ts';
import { ModuleValue } from '../values/module.ts';
import { integerArg } from './arguments.ts';
import { processMemory } from './info-basics.ts';

export const memory = command({
  name: 'memory',
  summary: 'Commands on memory.',
  since: '4.0.0',
  group: 'server',
  complexity: 'That of the subcommand',
  flags: [],
  subcommands: [
    {
      name: 'doctor',
      summary: 'Explains memory problems in words.',
      since: '4.0.0',
      complexity: 'O(1)',
      flags: [],
      tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
      run: doctor,
    },
    {
      name: 'help',
      summary: 'Lists the subcommands.',
      since: '4.0.0',
      complexity: 'O(1)',
      flags: ['loading', 'stale'],
      run: replyHelp,
    },
    {
      name: 'malloc-stats',
      summary: "Returns the allocator's statistics.",
      since: '4.0.0',
      complexity: 'Depends on the allocator',
      flags: [],
      tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
      run: mallocStats,
    },
    {
      name: 'purge',
      summary: 'Asks the allocator to give memory back.',
      since: '4.0.0',
      complexity: 'Depends on the allocator',
      flags: [],
      tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
      run: (ctx) => ctx.reply.simple('OK'),
    },
    {
      name: 'stats',
      summary: 'Returns where memory is used.',
      since: '4.0.0',
      complexity: 'O(1)',
      flags: [],
      tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
      run: stats,
    },
    {
      name: 'usage',
      summary: 'Estimates the memory of a key.',
      since: '4.0.0',
      complexity: 'O(N) in the number of samples',
      flags: ['readonly'],
      args: [key('key', { access: 'RO' }), integer('count', { token: 'SAMPLES', optional: true })],
      run: usage,
    },
  ],
});

export const memoryCommands: readonly CommandEntry[] = [memory];

const DEFAULT_SAMPLES = 5;
/** Below this nothing that the doctor could find would mean anything. */
const TOO_LITTLE_BYTES = 5 * 1024 * 1024;

/** Sizes are kept up to date by every write, so only module types look at samples. */
function usage(ctx: Context): void {
  let samples = DEFAULT_SAMPLES;
  for (let i = 3; i < ctx.argc; i += 2) {
    if (!ctx.arg(i).is('samples') || i + 1 >= ctx.argc) throw SYNTAX;
    samples = integerArg(ctx.arg(i + 1));
    if (samples < 0) throw SYNTAX;
  }
  const { db } = ctx;
  const name = ctx.arg(2);
  const ref = ctx.keyspace.peek(db, name);
  if (ref === 0) {
    ctx.reply.null();
    return;
  }
  let bytes = db.recordBytes(ref);
  const value = db.isComplex(ref) ? db.valueOf(ref) : null;
  if (value instanceof ModuleValue) {
    const place = { key: name.toByteString(), databaseIndex: db.index };
    bytes += value.moduleType.memoryUsage(value, place, samples);
  }
  ctx.reply.integer(bytes);
}

type Entry = readonly [name: string, write: () => void];

function stats(ctx: Context): void {
  const memory = ctx.service(MEMORY_USE);
  const { reply, keyspace } = ctx;
  const process = processMemory();
  const used = memory.usedBytes;
  const dataset = keyspace.memoryBytes;
  const databases = [...keyspace.usedDatabases()].filter((db) => db.size > 0);
  const keys = databases.reduce((sum, db) => sum + db.size, 0);
  const count = (name: string, value: number): Entry => [name, () => reply.integer(value)];
  const share = (name: string, value: number): Entry => [name, () => reply.double(value)];
  const entries: Entry[] = [
    count('peak.allocated', memory.peakBytes),
    count('total.allocated', used),
    count('startup.allocated', memory.baseBytes),
    count('replication.backlog', memory.bytesOf('replication')),
    count('clients.slaves', 0),
    count('clients.normal', memory.bytesOf('clients')),
    count('cluster.links', 0),
    count('aof.buffer', memory.bytesOf('aof')),
    count('lua.caches', memory.bytesOf('scripts')),
    count('functions.caches', memory.bytesOf('functions')),
    count('modules', memory.bytesOf('modules')),
    ...databases.map((db): Entry => [`db.${db.index}`, () => writeDatabase(ctx, db)]),
    count('overhead.total', memory.overheadBytes),
    count('keys.count', keys),
    count('keys.bytes-per-key', keys === 0 ? 0 : Math.floor(dataset / keys)),
    count('dataset.bytes', dataset),
    share('dataset.percentage', percentage(dataset, used - memory.baseBytes)),
    share('peak.percentage', percentage(used, memory.peakBytes)),
    count('allocator.allocated', process.usedBytes),
    count('allocator.active', process.heapBytes),
    count('allocator.resident', process.residentBytes),
    share('allocator-fragmentation.ratio', ratio(process.heapBytes, process.usedBytes)),
    count('allocator-fragmentation.bytes', process.heapBytes - process.usedBytes),
    share('allocator-rss.ratio', ratio(process.residentBytes, process.heapBytes)),
    count('allocator-rss.bytes', process.residentBytes - process.heapBytes),
    share('rss-overhead.ratio', 1),
    count('rss-overhead.bytes', 0),
    share('fragmentation', ratio(process.residentBytes, used)),
    count('fragmentation.bytes', process.residentBytes - used),
  ];
  reply.map(entries.length);
  for (const [name, write] of entries) {
    reply.bulk(name);
    write();
  }
}

function writeDatabase({ reply }: Context, db: Database): void {
  reply.map(3);
  reply.bulk('overhead.hashtable.main');
  reply.integer(db.tableBytes);
  reply.bulk('overhead.hashtable.expires');
  reply.integer(db.expireTableBytes);
  reply.bulk('overhead.hashtable.slot-to-keys');
  reply.integer(0);
}

function doctor(ctx: Context): void {
  const memory = ctx.service(MEMORY_USE);
  const used = memory.usedBytes;
  const findings: string[] = [];
  if (used < TOO_LITTLE_BYTES) {
    findings.push('There is too little data to say anything about its memory.');
  } else {
    const { residentBytes } = processMemory();
    if (memory.peakBytes > 1.5 * used) {
      findings.push(
        `The peak was ${humanBytes(memory.peakBytes)}, now ${humanBytes(used)} are used: ` +
          'the process keeps memory that it once needed.',
      );
    }
    if (residentBytes > 1.4 * used && residentBytes - used > 256 * 1024 * 1024) {
      findings.push(
        `The process holds ${humanBytes(residentBytes)} for ${humanBytes(used)} of data: ` +
          'other instances, the heap of V8 and freed memory are the rest.',
      );
    }
    if (memory.maxBytes > 0 && used > 0.9 * memory.maxBytes) {
      findings.push('More than nine tenths of maxmemory are used.');
    }
    if (findings.length === 0) findings.push('Nothing unusual was found.');
  }
  ctx.reply.verbatim('txt', `${findings.join('\n')}\n`);
}

/** V8's heap, space by space. */
function mallocStats(ctx: Context): void {
  const lines = getHeapSpaceStatistics().map(
    (space) =>
      `${space.space_name}: size=${space.space_size} used=${space.space_used_size} ` +
      `available=${space.space_available_size} physical=${space.physical_space_size}`,
  );
  ctx.reply.verbatim('txt', `${lines.join('\n')}\n`);
}

function percentage(part: number, whole: number): number {
  return whole <= 0 ? 0 : (100 * part) / whole;
}

function ratio(a: number, b: number): number {
  return b === 0 ? 1 : a / b;
}
