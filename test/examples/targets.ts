// The three ways an example runs: compiled to wasm from C and from AssemblyScript in redcell, and
// from the same C as a native module in redis-server.

import { resolve } from 'node:path';
import { buildGuest } from '../../build/guest.ts';
import { bytesOf } from '../../host/lib/bytes.ts';
import { hasOracle, Oracle } from '../support/oracle.ts';
import { Served } from '../support/served.ts';
import type { Target } from './replay.ts';

export type Build = 'c' | 'as' | 'native';

/** Builds that can run here; the native one needs redis-server. */
export const BUILDS: readonly Build[] = hasOracle ? ['c', 'as', 'native'] : ['c', 'as'];

export interface RunningTarget extends Target {
  readonly logLines: () => string;
  stop(): Promise<void>;
}

/** The path of an example's module, built if need be. */
export async function moduleOf(build: Build, name: string): Promise<string> {
  const { out } = await buildGuest({ lang: build, name });
  return resolve(out);
}

/** Starts a server with an example loaded. Rejects when it does not load. */
export async function startTarget(
  build: Build,
  name: string,
  args: readonly string[] = [],
): Promise<RunningTarget> {
  const path = await moduleOf(build, name);
  if (build === 'native') {
    const oracle = await Oracle.start('--loadmodule', path, ...args);
    return {
      port: oracle.port,
      hasScripting: true,
      logLines: () => oracle.log,
      stop: () => oracle.stop(),
    };
  }
  const served = await Served.start();
  try {
    const code = await served.instance.modules.prepare(path);
    served.instance.modules.load(code, path, args.map(bytesOf));
  } catch (error) {
    await served.stop();
    throw Object.assign(new Error(String(error)), { log: served.logLines.join('') });
  }
  return {
    port: served.port,
    hasScripting: false,
    logLines: () => served.logLines.join(''),
    stop: () => served.stop(),
  };
}
