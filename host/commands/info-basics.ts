// The fields of INFO that tell of the process, its clients and its memory. Features replace the
// fields of theirs: persistence, replication, scripting.

import { arch, type as osType, release, totalmem } from 'node:os';
import { getHeapSpaceStatistics } from 'node:v8';
import type { Config } from '../config/config.ts';
import type { Executor } from '../dispatch/call.ts';
import { CLIENTS } from '../dispatch/clients.ts';
import type { InfoField, InfoSections } from '../dispatch/info-sections.ts';
import { MEMORY_USE } from '../dispatch/memory-use.ts';
import { SERVER_FACTS } from '../dispatch/server-facts.ts';
import { TRACKING } from '../dispatch/tracking.ts';
import { humanBytes } from '../lib/human-bytes.ts';
import { REDIS_VERSION } from '../lib/version.ts';

export interface InfoSources {
  readonly executor: Executor;
  readonly config: Config;
}

const SECONDS_A_DAY = 86_400;

export function contributeBasics(sections: InfoSections, sources: InfoSources): void {
  sections.contribute('server', () => serverFields(sources));
  sections.contribute('clients', () => clientFields(sources));
  sections.contribute('memory', () => memoryFields(sources));
  sections.contribute('persistence', () => persistenceFields(sources));
  sections.contribute('replication', () => replicationFields(sources));
  sections.contribute('cpu', cpuFields);
  sections.contribute('modules', () => moduleFields(sources));
  sections.contribute('cluster', () => [['cluster_enabled', 0]]);
}

function serverFields({ executor, config }: InfoSources): InfoField[] {
  const facts = executor.services.get(SERVER_FACTS);
  const nowMs = executor.clock.nowMs();
  const upSec = Math.max(0, Math.floor((nowMs - facts.startedMs) / 1000));
  return [
    ['redis_version', REDIS_VERSION],
    ['redis_git_sha1', '00000000'],
    ['redis_git_dirty', 0],
    ['redis_build_id', '0'],
    ['redis_mode', facts.mode],
    ['os', `${osType()} ${release()} ${arch() === 'x64' ? 'x86_64' : arch()}`],
    ['arch_bits', arch().includes('64') ? 64 : 32],
    ['monotonic_clock', 'POSIX clock_gettime'],
    ['multiplexing_api', 'libuv'],
    ['atomicvar_api', 'none'],
    ['gcc_version', '0.0.0'],
    ['node_version', process.versions.node],
    ['v8_version', process.versions.v8],
    ['process_id', process.pid],
    ['process_supervised', facts.isSupervised ? 'systemd' : 'no'],
    ['run_id', facts.runId],
    ['tcp_port', config.number('port')],
    ['server_time_usec', Math.floor(nowMs * 1000)],
    ['uptime_in_seconds', upSec],
    ['uptime_in_days', Math.floor(upSec / SECONDS_A_DAY)],
    ['hz', config.number('hz')],
    ['configured_hz', config.number('hz')],
    ['lru_clock', Math.floor(nowMs / 1000) & 0xffffff],
    ['executable', process.argv[1] ?? process.execPath],
    ['config_file', facts.configFile],
    ['io_threads_active', 0],
    ...facts.listeners.map(({ name, bind, port }, index): InfoField => {
      const where = bind.map((address) => `,bind=${address}`).join('');
      return [`listener${index}`, `name=${name}${where}${port === 0 ? '' : `,port=${port}`}`];
    }),
  ];
}

function clientFields({ executor, config }: InfoSources): InfoField[] {
  const clients = executor.services.get(CLIENTS);
  let maxInput = 0;
  let maxOutput = 0;
  let withTimeout = 0;
  for (const { transport, blocked } of clients.connected()) {
    maxInput = Math.max(maxInput, transport?.inputBytes ?? 0);
    maxOutput = Math.max(maxOutput, transport?.outputBytes ?? 0);
    if (blocked !== null && blocked.canBeUnblocked !== false) withTimeout++;
  }
  const links = [...clients.connected()].filter((client) => client.link !== null).length;
  return [
    ['connected_clients', clients.connectedCount - links],
    ['cluster_connections', 0],
    ['maxclients', config.number('maxclients')],
    ['client_recent_max_input_buffer', maxInput],
    ['client_recent_max_output_buffer', maxOutput],
    ['blocked_clients', executor.blocking.blockedCount],
    ['tracking_clients', executor.services.get(TRACKING).clientCount],
    ['clients_in_timeout_table', withTimeout],
    ['total_blocking_keys', executor.blocking.watchedKeyCount],
    ['total_blocking_keys_on_nokey', 0],
  ];
}

function memoryFields(sources: InfoSources): InfoField[] {
  const memory = sources.executor.services.get(MEMORY_USE);
  const process = processMemory();
  const used = memory.usedBytes;
  const peak = memory.peakBytes;
  const dataset = sources.executor.keyspace.memoryBytes;
  const overhead = memory.overheadBytes;
  return [
    ...withHuman('used_memory', used),
    ...withHuman('used_memory_rss', process.residentBytes),
    ...withHuman('used_memory_peak', peak),
    ['used_memory_peak_perc', percent(used, peak)],
    ['used_memory_overhead', overhead],
    ['used_memory_startup', memory.baseBytes],
    ['used_memory_dataset', dataset],
    ['used_memory_dataset_perc', percent(dataset, used - memory.baseBytes)],
    ['allocator_allocated', process.usedBytes],
    ['allocator_active', process.heapBytes],
    ['allocator_resident', process.residentBytes],
    ...withHuman('total_system_memory', totalmem()),
    ...scriptFields(),
    ...withHuman('maxmemory', memory.maxBytes),
    ['maxmemory_policy', memory.policy],
    ...fragmentationFields(used, process),
    ['mem_not_counted_for_evict', memory.outsideLimitBytes],
    ['mem_replication_backlog', memory.bytesOf('replication')],
    ['mem_total_replication_buffers', memory.bytesOf('replication')],
    ['mem_clients_slaves', 0],
    ['mem_clients_normal', memory.bytesOf('clients')],
    ['mem_cluster_links', 0],
    ['mem_aof_buffer', memory.bytesOf('aof')],
    ['mem_modules', memory.bytesOf('modules')],
    ['mem_allocator', 'v8'],
    ['active_defrag_running', 0],
    ['lazyfree_pending_objects', 0],
    ['lazyfreed_objects', 0],
  ];
}

/** What scripting replaces as soon as it has an engine. */
function scriptFields(): InfoField[] {
  return [
    ['used_memory_lua', 0],
    ['used_memory_vm_eval', 0],
    ['used_memory_lua_human', humanBytes(0)],
    ['used_memory_scripts_eval', 0],
    ['number_of_cached_scripts', 0],
    ['number_of_functions', 0],
    ['number_of_libraries', 0],
    ['used_memory_vm_functions', 0],
    ['used_memory_vm_total', 0],
    ['used_memory_vm_total_human', humanBytes(0)],
    ['used_memory_functions', 0],
    ['used_memory_scripts', 0],
    ['used_memory_scripts_human', humanBytes(0)],
  ];
}

export interface ProcessMemory {
  readonly residentBytes: number;
  /** Reserved by V8 for its heap, and memory outside of it. */
  readonly heapBytes: number;
  readonly usedBytes: number;
}

/** Of the whole process: other instances in it are counted too. */
export function processMemory(): ProcessMemory {
  const { rss, external } = process.memoryUsage();
  let heap = external;
  let used = external;
  for (const space of getHeapSpaceStatistics()) {
    heap += space.physical_space_size;
    used += space.space_used_size;
  }
  return { residentBytes: rss, heapBytes: heap, usedBytes: used };
}

function fragmentationFields(used: number, process: ProcessMemory): InfoField[] {
  const { residentBytes, heapBytes, usedBytes } = process;
  return [
    ['allocator_frag_ratio', ratio(heapBytes, usedBytes)],
    ['allocator_frag_bytes', heapBytes - usedBytes],
    ['allocator_rss_ratio', ratio(residentBytes, heapBytes)],
    ['allocator_rss_bytes', residentBytes - heapBytes],
    ['rss_overhead_ratio', ratio(residentBytes, residentBytes)],
    ['rss_overhead_bytes', 0],
    ['mem_fragmentation_ratio', ratio(residentBytes, used)],
    ['mem_fragmentation_bytes', residentBytes - used],
  ];
}

/** An instance that keeps no files; persistence replaces what it knows better. */
function persistenceFields({ executor, config }: InfoSources): InfoField[] {
  const startedSec = Math.floor(executor.services.get(SERVER_FACTS).startedMs / 1000);
  return [
    ['loading', executor.isLoading ? 1 : 0],
    ['async_loading', 0],
    ['current_cow_peak', 0],
    ['current_cow_size', 0],
    ['current_cow_size_age', 0],
    ['current_fork_perc', '0.00'],
    ['current_save_keys_processed', 0],
    ['current_save_keys_total', 0],
    ['rdb_changes_since_last_save', executor.keyspace.dirty],
    ['rdb_bgsave_in_progress', 0],
    ['rdb_last_save_time', startedSec],
    ['rdb_last_bgsave_status', 'ok'],
    ['rdb_last_bgsave_time_sec', -1],
    ['rdb_current_bgsave_time_sec', -1],
    ['rdb_saves', 0],
    ['rdb_last_cow_size', 0],
    ['rdb_last_load_keys_expired', 0],
    ['rdb_last_load_keys_loaded', 0],
    ['aof_enabled', config.bool('appendonly') ? 1 : 0],
    ['aof_rewrite_in_progress', 0],
    ['aof_rewrite_scheduled', 0],
    ['aof_last_rewrite_time_sec', -1],
    ['aof_current_rewrite_time_sec', -1],
    ['aof_last_bgrewrite_status', 'ok'],
    ['aof_rewrites', 0],
    ['aof_rewrites_consecutive_failures', 0],
    ['aof_last_write_status', 'ok'],
    ['aof_last_cow_size', 0],
    ['module_fork_in_progress', 0],
    ['module_fork_last_cow_size', 0],
  ];
}

/** A server that nobody replicates; replication replaces what it knows better. */
function replicationFields({ executor, config }: InfoSources): InfoField[] {
  const facts = executor.services.get(SERVER_FACTS);
  const role = facts.role();
  return [
    ['role', role.role],
    ['connected_slaves', role.role === 'master' ? role.replicas.length : 0],
    ['master_failover_state', 'no-failover'],
    ['master_replid', facts.replicationId],
    ['master_replid2', '0'.repeat(40)],
    ['master_repl_offset', role.offset],
    ['second_repl_offset', -1],
    ['repl_backlog_active', 0],
    ['repl_backlog_size', config.number('repl-backlog-size')],
    ['repl_backlog_first_byte_offset', 0],
    ['repl_backlog_histlen', 0],
  ];
}

function cpuFields(): InfoField[] {
  const { user, system } = process.cpuUsage();
  const seconds = (microseconds: number): string => (microseconds / 1e6).toFixed(6);
  return [
    ['used_cpu_sys', seconds(system)],
    ['used_cpu_user', seconds(user)],
    ['used_cpu_sys_children', seconds(0)],
    ['used_cpu_user_children', seconds(0)],
    // Node does not tell the main thread's share.
    ['used_cpu_sys_main_thread', seconds(system)],
    ['used_cpu_user_main_thread', seconds(user)],
  ];
}

function moduleFields({ executor }: InfoSources): InfoField[] {
  return executor.services
    .get(SERVER_FACTS)
    .modules()
    .map(({ name, version }) => [
      'module',
      `name=${name},ver=${version},api=1,filters=0,usedby=[],using=[],options=[]`,
    ]);
}

function withHuman(name: string, bytes: number): InfoField[] {
  return [
    [name, bytes],
    [`${name}_human`, humanBytes(bytes)],
  ];
}

function ratio(a: number, b: number): string {
  return (b === 0 ? 1 : a / b).toFixed(2);
}

function percent(part: number, whole: number): string {
  return `${(whole <= 0 ? 0 : (100 * part) / whole).toFixed(2)}%`;
}
