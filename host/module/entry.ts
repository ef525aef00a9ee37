// A call into the guest: who asks for it, and what to go back to when it traps.

import type { Client } from '../dispatch/client.ts';
import type { Database } from '../keyspace/database.ts';
import type { Savepoint } from '../keyspace/journal.ts';
import type { ContextPurpose } from './context.ts';

const NO_SAVEPOINT: Savepoint = {
  undoLength: 0,
  commitLength: 0,
  releaseLength: 0,
  undoneLength: 0,
};

/** In whose name a call is made, and why. */
export interface EntryOptions {
  readonly purpose: ContextPurpose;
  readonly client: Client | null;
  readonly db: Database | null;
}

/** Used again for each call of the same depth. */
export class Entry {
  /** Effects and changes there were before the call. */
  effects = 0;
  dirty = 0;
  /** The depth of its handle scope. */
  scope = 0;
  /** Handles issued before it. */
  issued = 0;
  savepoint = NO_SAVEPOINT;
  /** The guest's globals as they were. */
  readonly globals: unknown[] = [];
}
