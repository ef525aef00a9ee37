// Connections to instances: accepts sockets, gives each a client, and lets the turns flow.

import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import { InstanceHost, type ServerLimits } from './connection-host.ts';
import type { Instance } from './instance.ts';
import { Connection } from './net/connection.ts';
import { listenTcp, listenUnix, type TcpAddress } from './net/listener.ts';
import { Turns } from './net/turns.ts';
import { RequestBatch } from './resp/batch.ts';

/** A TCP socket that accepts clients. */
export interface TcpListener {
  /** The one the system chose, if it was to. */
  readonly port: number;
  /** Accepts no more; those that are connected stay. */
  readonly close: () => void;
}

/** Why a connection from an address is not accepted, as an error reply; null: it is. */
export type Refusal = (remoteAddress: string | undefined) => string | null;

const ACCEPT_LOG_PERIOD_MS = 1000;
const TOO_MANY_CLIENTS = 'ERR max number of clients reached';

export class Server {
  readonly #instance: Instance;
  readonly #limits: () => ServerLimits;
  readonly #refusal: Refusal;
  readonly #listeners = new Set<NetServer>();
  readonly #turns: Turns;
  readonly #host: InstanceHost;
  readonly #batch = new RequestBatch();
  readonly #sockets = new Set<Socket>();
  #lastAcceptFailureMs = Number.NEGATIVE_INFINITY;

  constructor(instance: Instance, limits: () => ServerLimits, refusal: Refusal = () => null) {
    this.#instance = instance;
    this.#turns = new Turns((release) => instance.aof.endTurn(release));
    this.#limits = limits;
    this.#host = new InstanceHost(instance, limits);
    this.#refusal = refusal;
  }

  /** Throws the system's error when the address cannot be had. */
  listenTcp(address: TcpAddress): TcpListener {
    const listener = listenTcp(
      address,
      (socket) => this.#accept(socket, null),
      (error) => this.#acceptFailed(error),
    );
    this.#listeners.add(listener);
    const { port } = listener.address() as AddressInfo; // what a TCP socket has
    const close = (): void => {
      this.#listeners.delete(listener);
      listener.close();
    };
    return { port, close };
  }

  /** Rejects with the system's error when the path cannot be had. */
  async listenUnix(path: string, backlog: number): Promise<void> {
    const listener = await listenUnix(
      path,
      backlog,
      (socket) => this.#accept(socket, path),
      (error) => this.#acceptFailed(error),
    );
    this.#listeners.add(listener);
  }

  /** Stops accepting and closes all connections. */
  async close(): Promise<void> {
    const closing = [...this.#listeners].map(
      (listener) => new Promise<void>((resolve) => listener.close(() => resolve())),
    );
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closing);
  }

  /** Out of file descriptors, usually: the server lives on, and does not fill its log. */
  #acceptFailed(error: Error): void {
    const { executor, log } = this.#instance;
    const nowMs = executor.clock.monotonicMs();
    if (nowMs - this.#lastAcceptFailureMs < ACCEPT_LOG_PERIOD_MS) return;
    this.#lastAcceptFailureMs = nowMs;
    log.warning(`Accepting client connection: ${error.message}`);
  }

  #accept(
    socket: Socket,
    unixPath: string | null,
  ): ((chunk: Buffer, length: number) => void) | null {
    const { counters } = this.#instance.clients;
    counters.received++;
    const isFull = this.#sockets.size >= this.#limits().maxClients;
    const refusal = isFull ? TOO_MANY_CLIENTS : this.#refusal(socket.remoteAddress);
    if (refusal !== null) {
      counters.rejected++;
      socket.on('error', () => {}); // it may be gone before it has heard
      socket.write(`-${refusal}\r\n`);
      socket.destroySoon(); // whether or not the peer ever closes its side
      return null;
    }
    this.#sockets.add(socket);
    const client = this.#instance.createClient();
    const connection = new Connection({
      socket,
      client,
      host: this.#host,
      turns: this.#turns,
      batch: this.#batch,
      unixPath,
    });
    socket.once('close', () => this.#sockets.delete(socket));
    this.#instance.modules.events.clientChanged(client, 'connected');
    return (chunk, length) => connection.receive(chunk, length);
  }
}
