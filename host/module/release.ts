// What letting go of a handle means, by kind.

import { type CallReply, releaseReply } from './call-reply.ts';
import type { Dict } from './dict.ts';
import { type DictIterator, releaseIterator } from './dict-iterator.ts';
import type { ModuleInstance } from './instance.ts';
import { closeKey } from './keys.ts';
import {
  KIND_DICT,
  KIND_DICT_ITER,
  KIND_KEY,
  KIND_NAMES,
  KIND_REPLY,
  KIND_SERVER_INFO,
  KIND_USER,
} from './kinds.ts';
import type { ModuleUser } from './module-user.ts';
import type { OpenKey } from './open-key.ts';
import type { ServerInfo } from './server-info.ts';

/** Called when the handle of `object` has ended with its scope. */
export function releaseObject(module: ModuleInstance, kind: number, object: object): void {
  // Handles of a kind have objects of one class; those not named here hold nothing.
  if (kind === KIND_KEY) closeKey(module, object as OpenKey);
  else if (kind === KIND_REPLY) releaseReply(module, object as CallReply);
  else if (kind === KIND_DICT_ITER) releaseIterator(module, object as DictIterator);
  else if (kind === KIND_DICT) module.quota.release((object as Dict).entryBytes);
  else if (kind === KIND_SERVER_INFO) (object as ServerInfo).release(module);
  else if (kind === KIND_USER) (object as ModuleUser).release(module);
}

/** Ends a handle of any kind but string, if it is still alive. */
export function releaseHandle(module: ModuleInstance, handle: number): void {
  for (let kind = 1; kind < KIND_NAMES.length; kind++) {
    if (!module.handles.has(handle, kind)) continue;
    releaseObject(module, kind, module.handles.release(handle, kind));
    return;
  }
}
