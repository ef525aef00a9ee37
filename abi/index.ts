// The whole contract in one place: every active area, and the host's types inferred from it.

import { acl } from './areas/acl.ts';
import { aof } from './areas/aof.ts';
import { block } from './areas/block.ts';
import { call } from './areas/call.ts';
import { cluster } from './areas/cluster.ts';
import { command } from './areas/command.ts';
import { config } from './areas/config.ts';
import { defrag } from './areas/defrag.ts';
import { dict } from './areas/dict.ts';
import { digest } from './areas/digest.ts';
import { event } from './areas/event.ts';
import { eventloop } from './areas/eventloop.ts';
import { evict } from './areas/evict.ts';
import { filter } from './areas/filter.ts';
import { fork } from './areas/fork.ts';
import { info } from './areas/info.ts';
import { infofields } from './areas/infofields.ts';
import { io } from './areas/io.ts';
import { key } from './areas/key.ts';
import { keyHash } from './areas/key-hash.ts';
import { keyList } from './areas/key-list.ts';
import { keyStream } from './areas/key-stream.ts';
import { keyString } from './areas/key-string.ts';
import { keyZset } from './areas/key-zset.ts';
import { log } from './areas/log.ts';
import { memory } from './areas/memory.ts';
import { misc } from './areas/misc.ts';
import { notify } from './areas/notify.ts';
import { rdb } from './areas/rdb.ts';
import { rdbstream } from './areas/rdbstream.ts';
import { replicate } from './areas/replicate.ts';
import { reply } from './areas/reply.ts';
import { scan } from './areas/scan.ts';
import { shared } from './areas/shared.ts';
import { string } from './areas/string.ts';
import { thread } from './areas/thread.ts';
import { timer } from './areas/timer.ts';
import { type } from './areas/type.ts';
import type { CALLBACKS, CallbackName } from './callbacks.ts';
import type { ImportFunction } from './kinds.ts';
import type { Area, FunctionSpec } from './table.ts';

/** The areas that guests can import and the host implements, in the order of the documents. */
export const AREAS = {
  memory,
  command,
  info,
  string,
  reply,
  replicate,
  key,
  'key-string': keyString,
  'key-list': keyList,
  'key-zset': keyZset,
  'key-hash': keyHash,
  call,
  type,
  rdb,
  digest,
  aof,
  io,
  log,
  block,
  thread,
  notify,
  timer,
  dict,
  infofields,
  scan,
  event,
  config,
  evict,
  acl,
  misc,
} as const satisfies Readonly<Record<string, Area>>;

/** Areas of Redis's header that the host does not offer yet: loading a guest that imports one says so. */
export const PLANNED_AREAS = {
  cluster,
  defrag,
  eventloop,
  filter,
  fork,
  'key-stream': keyStream,
  rdbstream,
  shared,
} as const satisfies Readonly<Record<string, Area>>;

export type AreaName = keyof typeof AREAS;

/** Names of the active areas. */
export const ACTIVE_AREAS = Object.keys(AREAS) as AreaName[]; // the keys of a literal object

/**
 * What the host's file for an area must provide: one method for each function, under its full C
 * name. A missing, extra or mistyped method is a compile error.
 */
export type AreaImports<N extends AreaName> = {
  readonly [F in keyof (typeof AREAS)[N]['functions']]: (typeof AREAS)[N]['functions'][F] extends FunctionSpec
    ? ImportFunction<(typeof AREAS)[N]['functions'][F]>
    : never;
};

/** How the host calls a callback of the guest, given the arguments in host types. */
export type CallbackFunction<N extends CallbackName> = ImportFunction<(typeof CALLBACKS)[N]>;

/** One function together with its name and area. */
export interface NamedFunction {
  readonly name: string;
  readonly area: AreaName;
  readonly spec: FunctionSpec;
}

/** All active functions, area by area. */
export function allFunctions(): NamedFunction[] {
  return ACTIVE_AREAS.flatMap((area) =>
    Object.entries<FunctionSpec>(AREAS[area].functions).map(([name, spec]) => ({
      name,
      area,
      spec,
    })),
  );
}

/** The planned area that a function belongs to, or null. */
export function plannedAreaOf(name: string): string | null {
  for (const [area, { functions }] of Object.entries<Area>(PLANNED_AREAS)) {
    if (Object.hasOwn(functions, name)) return area;
  }
  return null;
}
