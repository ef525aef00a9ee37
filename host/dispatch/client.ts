// A client as commands see it: state that outlives one command. Sockets are net/'s; a client
// without one runs a module's calls, scripts and the commands of a file being loaded.

import type { User } from '../acl/user.ts';
import type { Database } from '../keyspace/database.ts';
import type { Argv } from '../lib/argv.ts';
import type { ByteString } from '../lib/bytes.ts';
import type { RespWriter } from '../resp/writer.ts';
import { TO_ALL } from './propagation.ts';
import type { CommandEntry } from './spec.ts';

/** What a connection lets the layers above do to it. */
export interface Transport {
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly fd: number;
  /** There is output in the client's writer: send it at the end of this turn. */
  scheduleFlush(): void;
  /** Stops reading commands until `resume`. */
  pause(): void;
  /** Goes on with the commands that have arrived since. */
  resume(): void;
  /** Closes once what has been written is sent. */
  closeAfterReply(): void;
  closeNow(): void;
  /** Bytes waiting to be sent, here or in the kernel's queue of the socket. */
  readonly outputBytes: number;
  readonly inputBytes: number;
  readonly isUnixSocket: boolean;
  /** Closes the connection when it holds more output, or for longer, than it may. */
  checkLimits(): void;
}

export interface QueuedCommand {
  readonly entry: CommandEntry;
  readonly argv: Argv;
}

/** MULTI: commands wait here for EXEC. */
export interface Transaction {
  readonly queue: QueuedCommand[];
  /** A command was refused while queueing: EXEC will be too. */
  isAborted: boolean;
  queuedBytes: number;
}

/** Why a client is not reading on, and how to end that. */
export interface Blocked {
  /** Word for INFO and CLIENT LIST. */
  readonly kind: 'keys' | 'module' | 'async' | 'wait' | 'pause';
  /** Answers in the client's stead when it is freed by time or by CLIENT UNBLOCK. */
  readonly timeOut: () => void;
  /** Forgets the client: it went away or has been answered. */
  readonly cancel: () => void;
  /** False when CLIENT UNBLOCK must leave it alone: nobody has said what to answer then. */
  readonly canBeUnblocked?: boolean;
}

/** What a client is subscribed to; pub/sub owns it. */
export interface Subscriptions {
  readonly channels: ReadonlySet<ByteString>;
  readonly patterns: ReadonlySet<ByteString>;
  readonly shardChannels: ReadonlySet<ByteString>;
}

/** Client-side caching as CLIENT LIST and CLIENT TRACKINGINFO show it; tracking.ts owns it. */
export interface ClientTracking {
  readonly isBroadcast: boolean;
  /** Id of the client that gets the messages; 0: the client itself. */
  readonly redirectId: number;
  readonly isRedirectBroken: boolean;
}

/** The classes of client-output-buffer-limit and of CLIENT LIST TYPE. */
export type ClientClass = 'normal' | 'master' | 'replica' | 'pubsub';

export type ReplyMode = 'on' | 'off' | 'skip-next' | 'skip-now';

const NO_USER = '(superuser)' as ByteString; // ASCII

export class Client {
  readonly id: number;
  readonly writer: RespWriter;
  /** Null for clients without a socket. */
  transport: Transport | null = null;
  db: Database;
  name: ByteString = '' as ByteString;
  libName: ByteString = '' as ByteString;
  libVersion: ByteString = '' as ByteString;
  /** In whose name its commands run; null: nobody's, everything is allowed. */
  user: User | null = null;
  isAuthenticated = true;
  transaction: Transaction | null = null;
  /** A watched key changed, or was given up: EXEC answers null. */
  isWatchBroken = false;
  blocked: Blocked | null = null;
  /** Channels, patterns and shard channels subscribed to: RESP2 then allows few commands. */
  subscriptionCount = 0;
  /** Null until it subscribes for the first time. */
  subscriptions: Subscriptions | null = null;
  /** Null while the client does not track keys. */
  tracking: ClientTracking | null = null;
  replyMode: ReplyMode = 'on';
  /** Where effects of its commands may go; a module's Call restricts its own client. */
  propagatesTo: number = TO_ALL;
  isClosing = false;
  isNoEvict = false;
  isNoTouch = false;
  isMonitor = false;
  /** Replication's part of the two ends of a link; null for all others. */
  link: 'master' | 'replica' | null = null;
  /** Runs the commands of scripts: MONITOR shows `lua` in place of an address. */
  isScript = false;
  readonly createdMs: number;
  lastActiveMs: number;
  lastCommand: CommandEntry | null = null;
  commandCount = 0;
  bytesIn = 0;
  bytesOut = 0;

  constructor(id: number, writer: RespWriter, db: Database, nowMs: number) {
    this.id = id;
    this.writer = writer;
    this.db = db;
    this.createdMs = nowMs;
    this.lastActiveMs = nowMs;
  }

  /** RESP2 clients with subscriptions may only use pub/sub commands. */
  get isInPubSubMode(): boolean {
    return this.subscriptionCount > 0 && this.writer.protocol === 2;
  }

  /** As CLIENT LIST shows it. */
  get userName(): ByteString {
    return this.user?.name ?? NO_USER;
  }

  get clientClass(): ClientClass {
    if (this.link !== null) return this.link;
    return this.subscriptionCount > 0 ? 'pubsub' : 'normal';
  }

  /** Sends what was written to `writer` outside of the client's own commands. */
  flush(): void {
    this.transport?.scheduleFlush();
  }
}

/** Whether a client is on this machine; one without a socket is the server itself. */
export function isLocalClient({ transport }: Client): boolean {
  return transport === null || /^(127\.|\[::1\]:|\/)/.test(transport.remoteAddress);
}
