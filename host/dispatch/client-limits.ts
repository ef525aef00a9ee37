// What a connection may do before it is closed: the directives timeout and
// client-output-buffer-limit.

import type { Client, ClientClass } from './client.ts';

/** 0 stands for no limit, in each field. */
export interface OutputLimit {
  /** Closed at once above this. */
  readonly hardBytes: number;
  /** Closed when above this for `softSeconds` without a break. */
  readonly softBytes: number;
  readonly softSeconds: number;
}

const MB = 1024 * 1024;

/** One mutable object per instance: CONFIG SET takes effect at once. */
export class ClientLimits {
  /** Idle clients are closed after this; 0: never. */
  idleSec = 0;
  readonly outputs: Record<Exclude<ClientClass, 'master'>, OutputLimit> = {
    normal: { hardBytes: 0, softBytes: 0, softSeconds: 0 },
    replica: { hardBytes: 256 * MB, softBytes: 64 * MB, softSeconds: 60 },
    pubsub: { hardBytes: 32 * MB, softBytes: 8 * MB, softSeconds: 60 },
  };

  /** The link to our own primary counts as normal, as in Redis. */
  outputOf(clientClass: ClientClass): OutputLimit {
    return this.outputs[clientClass === 'master' ? 'normal' : clientClass];
  }

  /** True when a client has been idle for longer than it may be at `nowMs`. */
  isIdleTooLong(client: Client, nowMs: number): boolean {
    if (this.idleSec === 0 || nowMs - client.lastActiveMs <= this.idleSec * 1000) return false;
    // Links of replication, waiting clients and subscribers are idle by nature.
    return client.link === null && client.blocked === null && client.subscriptionCount === 0;
  }
}
