// The promise of a call with the flag K whose command blocked: who waits for what, and the client
// that does the waiting.

import type { Client, Transport } from '../dispatch/client.ts';
import type { ByteString } from '../lib/bytes.ts';
import { ReplyFormatError, readReply } from '../resp/reader.ts';
import { CallReply, NODE, newReply } from './call-reply.ts';
import type { Callback } from './callbacks.ts';
import type { ModuleInstance } from './instance.ts';
import { ReplyBuilder } from './reply-builder.ts';
import { ModuleTrap } from './trap.ts';

/** Stands for the socket of the waiting client: told to read on, the client has its answer. */
class PromiseTransport implements Transport {
  readonly remoteAddress = '?:0';
  readonly localAddress = '?:0';
  readonly fd = -1;
  readonly outputBytes = 0;
  readonly inputBytes = 0;
  readonly isUnixSocket = false;
  readonly #answered: () => void;

  constructor(answered: () => void) {
    this.#answered = answered;
  }

  scheduleFlush(): void {}

  checkLimits(): void {}

  pause(): void {}

  resume(): void {
    this.#answered();
  }

  closeAfterReply(): void {
    this.#answered();
  }

  closeNow(): void {
    this.#answered();
  }
}

export class CallPromise {
  readonly #m: ModuleInstance;
  /** Null once it was answered or given up. */
  #client: Client | null;
  #handler: Callback | null = null;
  #privateData = 0;

  /** @param client has just been blocked by the command it runs; ours until it is answered */
  constructor(m: ModuleInstance, client: Client) {
    this.#m = m;
    this.#client = client;
    client.transport = new PromiseTransport(() => this.#answered());
    m.registry.promises.add(this);
    m.executor.keyspace.journal.note(() => this.abort());
  }

  /** Says who gets the reply. */
  setHandler(handler: Callback, privateData: number): void {
    this.#handler = handler;
    this.#privateData = privateData;
  }

  /** Gives up the call. Returns the private data of the handler, or null when it is too late. */
  abort(): number | null {
    const client = this.#client;
    if (client === null || client.blocked === null) return null;
    this.#m.executor.blocking.drop(client);
    this.#finish(client);
    return this.#privateData;
  }

  #answered(): void {
    const client = this.#client;
    if (client === null) return;
    this.#client = null; // whatever happens from here on, it cannot be given up any more
    this.#m.executor.afterCommand(() => this.#deliver(client));
  }

  #deliver(client: Client): void {
    const reply = replyOf(client);
    const handler = this.#handler;
    const { db } = client;
    this.#finish(client);
    if (handler === null) return;
    const m = this.#m;
    m.executor.unit(() => {
      m.enter(
        { purpose: 'job', client: m.host.client, db },
        null,
        (context) => handler(context.ptr, newReply(m, reply, null), this.#privateData),
        (trap) => m.host.noteTrap(m, 'the handler of a blocking call', trap),
      );
    });
  }

  #finish(client: Client): void {
    this.#client = null;
    this.#m.registry.promises.delete(this);
    this.#m.host.returnCallClient(client);
  }
}

/** What was written to a call's own client, as values. */
export function replyOf(client: Client): CallReply {
  const { writer } = client;
  const builder = new ReplyBuilder();
  builder.begin(writer.protocol, Number.POSITIVE_INFINITY); // it is there, as bytes
  try {
    if (writer.length > 0) readReply(writer.buffer, 0, writer.length, builder);
    return builder.finish();
  } catch (error) {
    // A module's command may announce what it does not write, or nest without end.
    const isMalformed = error instanceof ReplyFormatError || error instanceof ModuleTrap;
    if (!isMalformed && !(error instanceof RangeError)) throw error;
    return new CallReply(NODE.error, MALFORMED);
  }
}

const MALFORMED = 'ERR the command has written a reply that is not whole' as ByteString; // ASCII
