// One socket: bytes in, commands out to the dispatcher, replies back. Reads land in a buffer
// shared by all connections; what is not a whole command yet, or has to wait its turn, is copied
// into memory of the connection's own.

import type { Socket } from 'node:net';
import type { Client, Transport } from '../dispatch/client.ts';
import type { OutputLimit } from '../dispatch/client-limits.ts';
import type { Argv } from '../lib/argv.ts';
import { TURN_MAX_COMMANDS, TURN_MAX_MS, TURN_MAX_OUTPUT_BYTES } from '../lib/limits.ts';
import type { RequestBatch } from '../resp/batch.ts';
import { type ParserLimits, ProtocolError, RequestParser } from '../resp/parser.ts';
import type { Turns } from './turns.ts';

/** What the instance behind a connection does for it. */
export interface ConnectionHost {
  dispatch(client: Client, request: Argv): void;
  /** Several requests of the client are about to be dispatched. */
  prefetch(client: Client, batch: RequestBatch): void;
  /** The connection has ended; the client is forgotten. */
  closed(client: Client): void;
  /** A request that breaks the protocol: for statistics and the log. */
  protocolError(client: Client, message: string): void;
  /** Monotonic milliseconds, as of the end of the last command. */
  readonly monotonicMs: number;
  beginTurn(): void;
  readonly bulkMaxBytes: number;
  readonly queryBufferMaxBytes: number;
  /** What this client may have unsent. */
  outputLimit(client: Client): OutputLimit;
  /** The client is about to be closed for the reason that `limit` names. */
  limitExceeded(client: Client, limit: 'output' | 'query'): void;
  /** Unix milliseconds. */
  readonly nowMs: number;
  /** A read from or a write to a socket, for statistics. */
  countRead(): void;
  countWrite(): void;
}

export interface ConnectionParts {
  readonly socket: Socket;
  readonly client: Client;
  readonly host: ConnectionHost;
  readonly turns: Turns;
  /** Filled and emptied within one turn of one connection: all share it. */
  readonly batch: RequestBatch;
  /** Of the Unix socket that was listened on; null for TCP. */
  readonly unixPath: string | null;
}

/** What a client's requests may hold; of a class, so that V8 knows the shape of all. */
class RequestLimits implements ParserLimits {
  bulkMaxBytes = 0;
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  get isUnauthenticated(): boolean {
    return !this.#client.isAuthenticated;
  }
}

/** Ten thousand clients that only begin a request hold 5 MB. */
const MIN_PENDING_BYTES = 512;
const CHECK_OUTPUT_BYTES = 256 * 1024;
const EMPTY = Buffer.alloc(0);

export class Connection implements Transport {
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly fd: number;
  readonly isUnixSocket: boolean;
  readonly #socket: Socket;
  readonly #client: Client;
  readonly #host: ConnectionHost;
  readonly #turns: Turns;
  readonly #batch: RequestBatch;
  readonly #requestLimits: RequestLimits;
  readonly #parser: RequestParser;
  /** Bytes not consumed yet: `#pending[#pendingStart, #pendingEnd)`. */
  #pending = EMPTY;
  #pendingStart = 0;
  #pendingEnd = 0;
  #isWaitingForTurn = false;
  #isReadingPaused = false;
  #isProcessing = false;
  /** Outputs taken and not sent yet. */
  #heldCount = 0;
  /** Since when unsent output has been above the soft limit; 0: it is not. */
  #overSoftSinceMs = 0;

  constructor({ socket, client, host, turns, batch, unixPath }: ConnectionParts) {
    this.#socket = socket;
    this.#client = client;
    this.#host = host;
    this.#turns = turns;
    this.#batch = batch;
    const unixAddress = unixPath === null ? null : `${unixPath}:0`;
    this.isUnixSocket = unixAddress !== null;
    this.remoteAddress = unixAddress ?? addressOf(socket.remoteAddress, socket.remotePort);
    this.localAddress = unixAddress ?? addressOf(socket.localAddress, socket.localPort);
    this.fd = fdOf(socket);
    this.#requestLimits = new RequestLimits(client);
    this.#parser = new RequestParser(this.#requestLimits);
    client.transport = this;
    socket.on('error', () => this.closeNow()); // a reset by the peer is how connections end
    socket.on('end', () => this.closeNow());
    socket.on('close', () => this.#closed());
  }

  get outputBytes(): number {
    return this.#client.writer.length + this.#socket.writableLength;
  }

  get inputBytes(): number {
    return this.#pendingEnd - this.#pendingStart;
  }

  /** Takes bytes that have arrived; `chunk` is valid during the call only. */
  receive(chunk: Buffer, length: number): void {
    if (this.#client.isClosing) return;
    this.#client.bytesIn += length;
    this.#host.countRead();
    if (this.#pendingEnd > this.#pendingStart) {
      this.#keep(chunk, 0, length);
      if (this.inputBytes > this.#host.queryBufferMaxBytes) {
        this.#host.limitExceeded(this.#client, 'query');
        this.closeNow();
        return;
      }
      if (this.#mayProcess()) this.#processPending();
      return;
    }
    if (!this.#mayProcess()) {
      this.#keep(chunk, 0, length);
      return;
    }
    const consumed = this.#process(chunk, 0, length);
    if (consumed < length) this.#keep(chunk, consumed, length);
  }

  /** The turn this connection waited for has come. */
  takeTurn(): void {
    this.#isWaitingForTurn = false;
    if (this.#mayProcess()) this.#processPending();
    if (!this.#isWaitingForTurn) this.#resumeReading();
  }

  pause(): void {
    // The client is marked as blocked: reading goes on, so that its end is noticed.
  }

  resume(): void {
    if (this.inputBytes > 0 && !this.#isProcessing) this.#waitForTurn();
  }

  scheduleFlush(): void {
    // Messages may come by the thousand within one turn: what is too much is seen before its end.
    if (this.#client.writer.length > CHECK_OUTPUT_BYTES) this.#checkOutputLimit();
    this.#turns.flushLater(this);
  }

  /** Sends what the client's writer holds. */
  flush(): void {
    const { writer } = this.#client;
    if (writer.length > 0 && !this.#socket.destroyed) {
      this.#client.bytesOut += writer.length;
      this.#host.countWrite();
      this.#socket.write(writer.buffer.subarray(0, writer.length));
      // Usually the kernel took it all at once and the buffer can be used again.
      if (this.#socket.writableLength === 0) writer.clear();
      else writer.take();
      this.#checkOutputLimit();
    }
    // Not end(): a peer that never closes its side would keep the connection.
    if (this.#client.isClosing && this.#heldCount === 0) this.#socket.destroySoon();
  }

  /** What the client's writer holds; the caller sends it later, in the same order. */
  takeOutput(): Buffer {
    this.#heldCount++;
    return this.#client.writer.take();
  }

  /** Sends what `takeOutput` has given. */
  send(bytes: Buffer): void {
    this.#heldCount--;
    if (bytes.length > 0 && !this.#socket.destroyed) {
      this.#client.bytesOut += bytes.length;
      this.#host.countWrite();
      this.#socket.write(bytes);
      this.#checkOutputLimit();
    }
    if (this.#client.isClosing && this.#heldCount === 0) this.#socket.destroySoon();
  }

  /** In place of what `takeOutput` has given: nobody may take it for the truth. */
  closeWithError(text: string): void {
    this.#heldCount--;
    if (!this.#client.isClosing) this.#socket.write(`-${text}\r\n`);
    this.#client.isClosing = true;
    this.#socket.destroySoon();
  }

  closeAfterReply(): void {
    this.#client.isClosing = true;
    this.scheduleFlush();
  }

  closeNow(): void {
    this.#client.isClosing = true;
    this.#socket.destroy();
  }

  /** Closes the connection when its reader is too slow. */
  #checkOutputLimit(): void {
    const bytes = this.outputBytes;
    const limit = this.#host.outputLimit(this.#client);
    if (bytes <= limit.softBytes || limit.softBytes === 0) this.#overSoftSinceMs = 0;
    else if (this.#overSoftSinceMs === 0) this.#overSoftSinceMs = this.#host.nowMs;
    if (this.#socket.destroyed || !this.#isOver(limit, bytes)) return;
    this.#host.limitExceeded(this.#client, 'output');
    this.closeNow();
  }

  #isOver(limit: OutputLimit, bytes: number): boolean {
    if (limit.hardBytes > 0 && bytes > limit.hardBytes) return true;
    if (this.#overSoftSinceMs === 0) return false;
    return this.#host.nowMs - this.#overSoftSinceMs > limit.softSeconds * 1000;
  }

  /** Called ten times a second: time alone may put a client over its soft limit. */
  checkLimits(): void {
    this.#client.writer.relax();
    if (this.#socket.writableLength > 0 || this.#overSoftSinceMs > 0) this.#checkOutputLimit();
  }

  #mayProcess(): boolean {
    const { blocked, isClosing } = this.#client;
    return blocked === null && !isClosing && !this.#isWaitingForTurn && !this.#isProcessing;
  }

  #processPending(): void {
    const buffer = this.#pending;
    this.#pendingStart = this.#process(buffer, this.#pendingStart, this.#pendingEnd);
    if (this.#pendingStart !== this.#pendingEnd) return;
    this.#pendingStart = 0;
    this.#pendingEnd = 0;
    this.#pending = EMPTY;
  }

  /** Runs whole commands of `buffer[start, end)`; returns the position behind the last one. */
  #process(buffer: Buffer, start: number, end: number): number {
    const host = this.#host;
    const client = this.#client;
    const parser = this.#parser;
    const batch = this.#batch;
    host.beginTurn();
    this.#requestLimits.bulkMaxBytes = host.bulkMaxBytes;
    const turnEndMs = host.monotonicMs + TURN_MAX_MS;
    let position = start;
    this.#isProcessing = true;
    try {
      for (let count = 0, isStopped = false; !isStopped; ) {
        batch.read(parser, buffer, position, end);
        if (batch.length === 0) break;
        if (batch.length > 1) host.prefetch(client, batch);
        for (let i = 0; i < batch.length && !isStopped; i++, count++) {
          const request = batch.requests[i] as Argv; // below length
          position = batch.endOf(i);
          if (request.length > 0) host.dispatch(client, request);
          isStopped = this.#mustStop(count, turnEndMs);
        }
        if (isStopped) this.#stopAt(position, end);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      host.protocolError(client, error.message);
      client.writer.error(`ERR ${error.message}`);
      this.closeAfterReply();
    } finally {
      this.#isProcessing = false;
    }
    if (client.writer.length > 0) this.scheduleFlush();
    return client.isClosing ? end : position;
  }

  /** After request number `count` of this turn: whether those that follow have to wait. */
  #mustStop(count: number, turnEndMs: number): boolean {
    const { blocked, isClosing, writer } = this.#client;
    return (
      blocked !== null ||
      isClosing ||
      count >= TURN_MAX_COMMANDS ||
      this.#host.monotonicMs > turnEndMs ||
      writer.length > TURN_MAX_OUTPUT_BYTES
    );
  }

  /** Whoever is neither blocked nor closing has used its turn up. */
  #stopAt(position: number, end: number): void {
    this.#parser.restart(); // it may have read on
    const { blocked, isClosing } = this.#client;
    if (blocked === null && !isClosing && position < end) this.#waitForTurn();
  }

  #waitForTurn(): void {
    if (this.#isWaitingForTurn) return;
    this.#isWaitingForTurn = true;
    if (!this.#isReadingPaused) {
      this.#isReadingPaused = true;
      this.#socket.pause();
    }
    this.#turns.waitForTurn(this);
  }

  #resumeReading(): void {
    if (!this.#isReadingPaused) return;
    this.#isReadingPaused = false;
    this.#socket.resume();
  }

  /** Copies `chunk[from, to)` behind the pending bytes; memory grows with what has arrived. */
  #keep(chunk: Buffer, from: number, to: number): void {
    this.#client.lastActiveMs = this.#host.nowMs; // a long request is no idleness
    const held = this.#pendingEnd - this.#pendingStart;
    const needed = held + to - from;
    if (this.#pendingEnd + to - from > this.#pending.length) {
      const target =
        needed <= this.#pending.length && this.#pendingStart > 0
          ? this.#pending
          : Buffer.allocUnsafeSlow(Math.max(MIN_PENDING_BYTES, 2 ** Math.ceil(Math.log2(needed))));
      this.#pending.copy(target, 0, this.#pendingStart, this.#pendingEnd);
      this.#pending = target;
      this.#pendingStart = 0;
      this.#pendingEnd = held;
    }
    chunk.copy(this.#pending, this.#pendingEnd, from, to);
    this.#pendingEnd += to - from;
  }

  #closed(): void {
    this.#client.isClosing = true;
    this.#host.closed(this.#client); // while it can still be told whose connection it was
    this.#client.transport = null;
    this.#turns.forget(this);
  }
}

function addressOf(address: string | undefined, port: number | undefined): string {
  if (address === undefined) return '?:0';
  const v4 = address.startsWith('::ffff:') ? address.slice(7) : address;
  return v4.includes(':') ? `[${v4}]:${port}` : `${v4}:${port}`;
}

/** Node tells a socket's descriptor only through its handle. */
function fdOf(socket: Socket): number {
  const handle = (socket as unknown as { _handle?: { fd?: number } })._handle;
  return handle?.fd ?? -1;
}
