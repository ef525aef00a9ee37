// What the features tell of themselves to commands that describe the server as a whole: HELLO,
// ROLE, INFO. Each feature replaces the answer that holds while it is not there.

import type { ByteString } from '../lib/bytes.ts';
import { randomHex } from '../lib/random.ts';
import { ServiceKey } from '../lib/services.ts';

export const SERVER_FACTS = new ServiceKey<ServerFacts>('server-facts');

/** A line of MODULE LIST and of HELLO. */
export interface ModuleFacts {
  readonly name: string;
  readonly version: number;
  readonly path: string;
  readonly args: readonly ByteString[];
}

/** The reply of ROLE. */
export type RoleFacts =
  | {
      readonly role: 'master';
      readonly offset: number;
      readonly replicas: readonly { host: string; port: number; offset: number }[];
    }
  | {
      readonly role: 'slave';
      readonly host: string;
      readonly port: number;
      /** connect, connecting, sync, connected */
      readonly state: string;
      readonly offset: number;
    };

export interface Listener {
  readonly name: 'tcp' | 'unix' | 'tls';
  /** Addresses as configured, or paths. */
  readonly bind: readonly string[];
  /** 0: it has none. */
  readonly port: number;
}

export class ServerFacts {
  /** 40 hexadecimal digits, new at every start. */
  readonly runId = randomHex(40);
  /** Names the history of writes; replication sets it anew. */
  replicationId = randomHex(40);
  readonly startedMs: number;
  mode: 'standalone' | 'cluster' | 'sentinel' = 'standalone';
  configFile = '';
  isSupervised = false;
  /** Where clients are accepted: one entry a kind of socket. */
  listeners: readonly Listener[] = [];
  role: () => RoleFacts = () => ({ role: 'master', offset: 0, replicas: [] });
  modules: () => readonly ModuleFacts[] = () => [];

  /** @param startedMs Unix time */
  constructor(startedMs: number) {
    this.startedMs = startedMs;
  }
}
