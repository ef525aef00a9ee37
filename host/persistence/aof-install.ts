// Puts the append-only file into an instance: options from its configuration, the commands'
// service, guard, INFO, start and end. Whoever sends replies asks `endTurn` before.

import type { Config } from '../config/config.ts';
import type { Executor } from '../dispatch/call.ts';
import type { Client } from '../dispatch/client.ts';
import { DEBUG_SUBCOMMANDS } from '../dispatch/debug-subcommands.ts';
import type { Dispatcher } from '../dispatch/dispatch.ts';
import { INFO_SECTIONS } from '../dispatch/info-sections.ts';
import type { Lifecycle } from '../dispatch/lifecycle.ts';
import { MODULE_TYPES } from '../rdb/module-io.ts';
import { debugLoadAof } from './aof-commands.ts';
import { AOF, type AofOptions, AppendOnly } from './aof-control.ts';
import type { Snapshots } from './snapshot.ts';
import { errorText, type Storage } from './storage.ts';

export interface AofHost {
  readonly executor: Executor;
  readonly dispatcher: Dispatcher;
  readonly lifecycle: Lifecycle;
  readonly config: Config;
  readonly storage: Storage;
  readonly snapshots: Snapshots;
  /** A client that nobody sees. */
  createInternalClient(): Client;
}

/** The caller calls `cron` of what is returned ten times a second, between commands. */
export function installAof(host: AofHost): AppendOnly {
  const { executor, dispatcher, lifecycle, config } = host;
  const aof = new AppendOnly({
    dispatcher,
    createClient: () => host.createInternalClient(),
    storage: host.storage,
    options: aofOptions(config),
    snapshots: host.snapshots,
    snapshotOptions: baseOptions(executor, config),
    afterTurn: (work) => void setImmediate(work),
  });
  executor.services.set(AOF, aof);
  executor.services.get(DEBUG_SUBCOMMANDS).set('loadaof', debugLoadAof);
  contributeInfo(executor, aof);
  dispatcher.addGuard((client, entry) => aof.refusal(client, entry));
  lifecycle.onLoad(async () => {
    if (!config.bool('appendonly')) return;
    await aof.load();
    aof.start();
  });
  lifecycle.onShutdown(({ isForced }) => Promise.resolve(endWell(aof, executor, isForced)));
  config.onChange('appendonly', (isWanted) => {
    if (!isWanted) aof.disable();
    else if (!aof.enable()) return 'Unable to turn on AOF. Check server logs.';
    return undefined;
  });
  return aof;
}

/** False when what was acknowledged cannot be saved: the process must not end. */
function endWell(aof: AppendOnly, { log }: Executor, isForced: boolean): boolean {
  if (aof.isWaiting && !isForced) {
    log.warning("Writing initial AOF, can't exit.");
    return false;
  }
  const failure = aof.shutdown();
  if (failure === null) return true;
  log.warning(`Fail to fsync the AOF file: ${errorText(failure)}.`);
  return false;
}

function contributeInfo({ services }: Executor, aof: AppendOnly): void {
  const sections = services.get(INFO_SECTIONS);
  sections.contribute('persistence', () => Object.entries(aof.info));
  sections.contribute('persistence', () => Object.entries(aof.infoWhenOn));
  sections.contribute('persistence', () => Object.entries(aof.loadingInfo));
}

function aofOptions(config: Config): AofOptions {
  let hasTimestamps = false; // asked for each effect
  config.watch('aof-timestamp-enabled', (isEnabled) => {
    hasTimestamps = isEnabled;
  });
  return {
    get dir() {
      return config.string('dir');
    },
    get directoryName() {
      return config.string('appenddirname');
    },
    get fileName() {
      return config.string('appendfilename');
    },
    get fsync() {
      return config.string('appendfsync');
    },
    get skipsFsyncOnRewrite() {
      return config.bool('no-appendfsync-on-rewrite');
    },
    get allowsTruncated() {
      return config.bool('aof-load-truncated');
    },
    get usesRdb() {
      return config.bool('aof-use-rdb-preamble');
    },
    get hasTimestamps() {
      return hasTimestamps;
    },
    get rewritePercentage() {
      return config.number('auto-aof-rewrite-percentage');
    },
    get rewriteMinBytes() {
      return config.number('auto-aof-rewrite-min-size');
    },
    get keepsHistory() {
      return config.bool('aof-disable-auto-gc');
    },
  };
}

function baseOptions({ services }: Executor, config: Config) {
  return {
    get modules() {
      return services.get(MODULE_TYPES);
    },
    get isCompressing() {
      return config.bool('rdbcompression');
    },
    get isChecksummed() {
      return config.bool('rdbchecksum');
    },
  };
}
