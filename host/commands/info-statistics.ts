// The fields of INFO that count: stats, commandstats, errorstats, latencystats, keyspace.

import type { Config } from '../config/config.ts';
import { ACCESS } from '../dispatch/access-control.ts';
import type { Executor } from '../dispatch/call.ts';
import { CLIENTS } from '../dispatch/clients.ts';
import type { InfoField, InfoSections } from '../dispatch/info-sections.ts';
import type { CommandEntry } from '../dispatch/spec.ts';
import { STAT_RATES } from '../dispatch/stat-rates.ts';
import type { CommandTable } from '../dispatch/table.ts';
import { TRACKING } from '../dispatch/tracking.ts';
import type { Database } from '../keyspace/database.ts';
import { NO_EXPIRE } from '../keyspace/records.ts';
import { bucketUs } from './latency-histogram.ts';

/** Keys whose time to live is averaged for INFO keyspace. */
const TTL_SAMPLE = 20;

export interface StatisticsSources {
  readonly executor: Executor;
  readonly table: CommandTable;
  readonly config: Config;
}

export function contributeStatistics(sections: InfoSections, sources: StatisticsSources): void {
  const { executor, table, config } = sources;
  sections.contribute('stats', () => statFields(executor));
  sections.contribute('commandstats', () => commandFields(executor, table));
  sections.contribute('errorstats', () => errorFields(executor));
  sections.contribute('latencystats', () => latencyFields(executor, table, config));
  sections.contribute('keyspace', () => keyspaceFields(executor));
}

function statFields(executor: Executor): InfoField[] {
  const { stats, keyspace, services } = executor;
  return [
    ...trafficFields(executor),
    ['sync_full', 0],
    ['sync_partial_ok', 0],
    ['sync_partial_err', 0],
    ['expired_keys', keyspace.stats.expired],
    ['expired_stale_perc', '0.00'],
    ['expired_time_cap_reached_count', 0],
    ['expire_cycle_cpu_milliseconds', 0],
    ['evicted_keys', keyspace.stats.evicted],
    ['evicted_clients', 0],
    ['total_eviction_exceeded_time', 0],
    ['current_eviction_exceeded_time', 0],
    ['keyspace_hits', keyspace.stats.hits],
    ['keyspace_misses', keyspace.stats.misses],
    ['pubsub_channels', 0],
    ['pubsub_patterns', 0],
    ['pubsubshard_channels', 0],
    ['latest_fork_usec', 0],
    ['total_forks', 0],
    ['migrate_cached_sockets', 0],
    ['slave_expires_tracked_keys', 0],
    ['active_defrag_hits', 0],
    ['active_defrag_misses', 0],
    ['active_defrag_key_hits', 0],
    ['active_defrag_key_misses', 0],
    ['total_active_defrag_time', 0],
    ['current_active_defrag_time', 0],
    ['tracking_total_keys', services.get(TRACKING).keyCount],
    ['tracking_total_items', services.get(TRACKING).itemCount],
    ['tracking_total_prefixes', services.get(TRACKING).prefixCount],
    ['unexpected_error_replies', 0],
    ['total_error_replies', stats.totalErrors],
    ['dump_payload_sanitizations', 0],
    ...socketFields(executor),
  ];
}

function trafficFields({ services, stats }: Executor): InfoField[] {
  const clients = services.get(CLIENTS);
  const rates = services.get(STAT_RATES);
  const kilobytes = (perSecond: number): string => (perSecond / 1024).toFixed(2);
  return [
    ['total_connections_received', clients.counters.received],
    ['total_commands_processed', stats.totalCalls],
    ['instantaneous_ops_per_sec', Math.round(rates.commands.perSecond)],
    ['total_net_input_bytes', clients.bytesIn],
    ['total_net_output_bytes', clients.bytesOut],
    ['total_net_repl_input_bytes', 0],
    ['total_net_repl_output_bytes', 0],
    ['instantaneous_input_kbps', kilobytes(rates.bytesIn.perSecond)],
    ['instantaneous_output_kbps', kilobytes(rates.bytesOut.perSecond)],
    ['instantaneous_input_repl_kbps', '0.00'],
    ['instantaneous_output_repl_kbps', '0.00'],
    ['rejected_connections', clients.counters.rejected],
  ];
}

function socketFields({ services }: Executor): InfoField[] {
  const { counters } = services.get(CLIENTS);
  const denied = services.get(ACCESS).log.counts;
  return [
    ['total_reads_processed', counters.reads],
    ['total_writes_processed', counters.writes],
    ['io_threaded_reads_processed', 0],
    ['io_threaded_writes_processed', 0],
    ['client_query_buffer_limit_disconnections', counters.queryLimitDisconnections],
    ['client_output_buffer_limit_disconnections', counters.outputLimitDisconnections],
    ['reply_buffer_shrinks', 0],
    ['reply_buffer_expands', 0],
    ['acl_access_denied_auth', denied.auth],
    ['acl_access_denied_cmd', denied.command],
    ['acl_access_denied_key', denied.key],
    ['acl_access_denied_channel', denied.channel],
  ];
}

/** Commands and subcommands that have been called or refused. */
export function* usedEntries(
  executor: Executor,
  entries: Iterable<CommandEntry>,
): Generator<CommandEntry> {
  const { stats } = executor;
  for (const entry of entries) {
    if (stats.callsOf(entry.number) > 0 || stats.rejectedOf(entry.number) > 0) yield entry;
    yield* usedEntries(executor, entry.subcommands.values());
  }
}

function commandFields(executor: Executor, table: CommandTable): InfoField[] {
  const { stats } = executor;
  return [...usedEntries(executor, table.commands())].map(({ fullName, number }) => {
    const calls = stats.callsOf(number);
    const microseconds = stats.microsecondsOf(number);
    const perCall = (calls === 0 ? 0 : microseconds / calls).toFixed(2);
    return [
      `cmdstat_${fullName}`,
      `calls=${calls},usec=${Math.round(microseconds)},usec_per_call=${perCall},` +
        `rejected_calls=${stats.rejectedOf(number)},failed_calls=${stats.failedOf(number)}`,
    ];
  });
}

function errorFields({ stats }: Executor): InfoField[] {
  return [...stats.errors].sort().map(([code, count]) => [`errorstat_${code}`, `count=${count}`]);
}

function latencyFields(executor: Executor, table: CommandTable, config: Config): InfoField[] {
  const percentiles = config.list('latency-tracking-info-percentiles');
  const fields: InfoField[] = [];
  for (const entry of usedEntries(executor, table.commands())) {
    const histogram = executor.stats.histogramOf(entry.number);
    if (histogram === null) continue;
    const values = percentiles.map(
      (percentile) => `p${percentile}=${percentileUs(histogram, Number(percentile)).toFixed(3)}`,
    );
    fields.push([`latency_percentiles_usec_${entry.fullName}`, values.join(',')]);
  }
  return fields;
}

/** Microseconds; within a bucket the calls are taken to be spread evenly. */
function percentileUs(histogram: Uint32Array, percentile: number): number {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  const wanted = Math.max(1, Math.ceil((total * percentile) / 100));
  let seen = 0;
  for (const [bucket, count] of histogram.entries()) {
    if (seen + count >= wanted) {
      const low = bucket === 0 ? 0 : bucketUs(bucket - 1);
      return low + ((bucketUs(bucket) - low) * (wanted - seen)) / count;
    }
    seen += count;
  }
  return 0;
}

function keyspaceFields({ keyspace, random }: Executor): InfoField[] {
  const fields: InfoField[] = [];
  for (const db of keyspace.usedDatabases()) {
    if (db.size === 0) continue;
    const ttlMs = averageTtlMs(db, keyspace.nowMs, (bound) => random.below(bound));
    fields.push([
      `db${db.index}`,
      `keys=${db.size},expires=${db.expiresSize},avg_ttl=${Math.round(ttlMs)}`,
    ]);
  }
  return fields;
}

function averageTtlMs(db: Database, nowMs: number, below: (bound: number) => number): number {
  const count = Math.min(TTL_SAMPLE, db.expiresSize);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const expireMs = db.expireOf(db.randomExpiring(below));
    if (expireMs !== NO_EXPIRE) sum += Math.max(0, expireMs - nowMs);
  }
  return count === 0 ? 0 : sum / count;
}
