// Puts snapshots into an instance: options from its configuration, commands' service, guard,
// start and end.

import type { Config } from '../config/config.ts';
import type { Executor } from '../dispatch/call.ts';
import { COMMAND_FLAG } from '../dispatch/command-flags.ts';
import { DEBUG_SUBCOMMANDS } from '../dispatch/debug-subcommands.ts';
import type { Dispatcher } from '../dispatch/dispatch.ts';
import { INFO_SECTIONS } from '../dispatch/info-sections.ts';
import type { Lifecycle, ShutdownRequest } from '../dispatch/lifecycle.ts';
import { MODULE_TYPES } from '../rdb/module-io.ts';
import { debugReload } from './commands.ts';
import { type SavePoint, SNAPSHOTS, type SnapshotOptions, Snapshots } from './snapshot.ts';
import type { AccessMode } from './snapshot-writer.ts';
import type { Storage } from './storage.ts';

export interface SnapshotHost {
  readonly executor: Executor;
  readonly dispatcher: Dispatcher;
  readonly lifecycle: Lifecycle;
  readonly config: Config;
  readonly storage: Storage;
}

/** The caller calls `cron` of what is returned ten times a second. */
export function installSnapshots(host: SnapshotHost): Snapshots {
  const { executor, dispatcher, lifecycle, config } = host;
  const snapshots = new Snapshots(executor, snapshotOptions(executor, config), host.storage);
  executor.services.set(SNAPSHOTS, snapshots);
  executor.services.get(DEBUG_SUBCOMMANDS).set('reload', debugReload);
  executor.flushListeners.push({
    before: () => snapshots.abort(),
    after: () => snapshots.datasetFlushed(),
  });
  const sections = executor.services.get(INFO_SECTIONS);
  sections.contribute('persistence', () => Object.entries(snapshots.info));
  sections.contribute('persistence', () => Object.entries(snapshots.loadingInfo));
  dispatcher.addGuard((_client, entry) => {
    const isRefused = entry.has(COMMAND_FLAG.write) || entry.name === 'ping';
    return isRefused ? snapshots.writeRefusal : null;
  });
  lifecycle.onLoad(async () => {
    // With an append-only file that one is the data set.
    if (!config.bool('appendonly')) await snapshots.load();
  });
  lifecycle.onShutdown((request) =>
    Promise.resolve(saveAtEnd(snapshots, executor, config, request)),
  );
  return snapshots;
}

/** False when there is something to save that cannot be saved. */
function saveAtEnd(
  snapshots: Snapshots,
  { log }: Executor,
  config: Config,
  { saving }: ShutdownRequest,
): boolean {
  snapshots.abort();
  const isWanted = saving === 'save' || (saving === 'default' && config.list('save').length > 0);
  if (!isWanted) return true;
  log.notice('Saving the final RDB snapshot before exiting.');
  if (snapshots.save()) return true;
  log.warning("Error trying to save the DB, can't exit.");
  return false;
}

function snapshotOptions({ services }: Executor, config: Config): SnapshotOptions {
  return {
    get dir() {
      return config.string('dir');
    },
    get dbfilename() {
      return config.string('dbfilename');
    },
    get isCompressing() {
      return config.bool('rdbcompression');
    },
    get isChecksummed() {
      return config.bool('rdbchecksum');
    },
    get savePoints() {
      return savePoints(config.list('save'));
    },
    get stopsWritesOnError() {
      return config.bool('stop-writes-on-bgsave-error');
    },
    get accessMode() {
      return accessMode(config.string('maxmemory-policy'));
    },
    get modules() {
      return services.get(MODULE_TYPES);
    },
  };
}

/** Seconds and changes by turns. */
function savePoints(words: readonly string[]): SavePoint[] {
  const points: SavePoint[] = [];
  for (let i = 0; i + 1 < words.length; i += 2) {
    points.push({ seconds: Number(words[i]), changes: Number(words[i + 1]) });
  }
  return points;
}

function accessMode(policy: string): AccessMode {
  if (policy.endsWith('-lru')) return 'lru';
  return policy.endsWith('-lfu') ? 'lfu' : 'none';
}
