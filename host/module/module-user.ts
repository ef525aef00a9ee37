// RedisModuleUser: a user of the module's own, or one of ACL that it looks at.

import type { User } from '../acl/user.ts';
import type { ModuleInstance } from './instance.ts';
import { KIND_USER } from './kinds.ts';

export class ModuleUser {
  readonly user: User;
  /** The module made it: it ends with the handle. */
  readonly isOwn: boolean;

  constructor(user: User, isOwn: boolean) {
    this.user = user;
    this.isOwn = isOwn;
  }

  release(m: ModuleInstance): void {
    if (!this.isOwn) return;
    m.registry.users.delete(this);
    m.host.access.users.freeUnlisted(this.user);
  }
}

/** The user behind a handle. */
export function moduleUser(m: ModuleInstance, handle: number, argument = 'user'): ModuleUser {
  return m.handles.get(handle, KIND_USER, argument) as ModuleUser; // by its kind
}
