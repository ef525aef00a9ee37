// The implementation of every ABI area, by name.

import type { AreaImports, AreaName } from '../../../abi/index.ts';
import type { ModuleInstance } from '../instance.ts';
import { acl } from './acl.ts';
import { aof } from './aof.ts';
import { block } from './block.ts';
import { call } from './call.ts';
import { command } from './command.ts';
import { config } from './config.ts';
import { dict } from './dict.ts';
import { digest } from './digest.ts';
import { event } from './event.ts';
import { evict } from './evict.ts';
import { info } from './info.ts';
import { infofields } from './infofields.ts';
import { io } from './io.ts';
import { key } from './key.ts';
import { keyHash } from './key-hash.ts';
import { keyList } from './key-list.ts';
import { keyString } from './key-string.ts';
import { keyZset } from './key-zset.ts';
import { log } from './log.ts';
import { memory } from './memory.ts';
import { misc } from './misc.ts';
import { notify } from './notify.ts';
import { rdb } from './rdb.ts';
import { replicate } from './replicate.ts';
import { reply } from './reply.ts';
import { scan } from './scan.ts';
import { string } from './string.ts';
import { thread } from './thread.ts';
import { timer } from './timer.ts';
import { type } from './type.ts';

/** Makes the import functions of an area for one instance. */
type AreaFactories = { readonly [N in AreaName]: (m: ModuleInstance) => AreaImports<N> };

export const API: AreaFactories = {
  memory,
  command,
  info,
  string,
  reply,
  replicate,
  key,
  'key-string': keyString,
  call,
  type,
  log,
  aof,
  digest,
  io,
  rdb,
  block,
  thread,
  notify,
  timer,
  dict,
  'key-hash': keyHash,
  'key-list': keyList,
  'key-zset': keyZset,
  scan,
  event,
  config,
  infofields,
  misc,
  evict,
  acl,
};
