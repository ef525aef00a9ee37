// A client as commands see it: state that outlives one command. Sockets are net/'s; a client
// without one runs a module's calls, scripts and the commands of a file being loaded.

import type { Argv } from '../lib/argv.ts';
import type { ByteString } from '../lib/bytes.ts';
import type { Database } from '../keyspace/database.ts';
import type { RespWriter } from '../resp/writer.ts';
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
}

export type ReplyMode = 'on' | 'off' | 'skip-next' | 'skip-now';

export class Client {
  readonly id: number;
  readonly writer: RespWriter;
  /** Null for clients without a socket. */
  transport: Transport | null = null;
  db: Database;
  name: ByteString = '' as ByteString;
  libName: ByteString = '' as ByteString;
  libVersion: ByteString = '' as ByteString;
  userName = 'default';
  isAuthenticated = true;
  transaction: Transaction | null = null;
  /** A watched key changed, or was given up: EXEC answers null. */
  isWatchBroken = false;
  blocked: Blocked | null = null;
  /** Channels, patterns and shard channels subscribed to: RESP2 then allows few commands. */
  subscriptionCount = 0;
  replyMode: ReplyMode = 'on';
  isClosing = false;
  isNoEvict = false;
  isNoTouch = false;
  isMonitor = false;
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

  /** Sends what was written to `writer` outside of the client's own commands. */
  flush(): void {
    this.transport?.scheduleFlush();
  }
}
