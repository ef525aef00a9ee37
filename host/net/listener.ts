// Listening sockets. Accepted connections read into one shared buffer where Node allows it.

import * as net from 'node:net';
import { type Server, Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';

/** Called for each accepted socket; returns the receiver of its bytes, or null to refuse it. */
export type Accept = (socket: Socket) => ((chunk: Buffer, length: number) => void) | null;

const READ_BUFFER_BYTES = 64 * 1024;
const readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);

/** The parts of Node's internal TCP handle that the fast path needs. */
interface ListenHandle {
  onconnection: (status: number, client: unknown) => void;
}

/** Where to listen for TCP connections. */
export interface TcpAddress {
  /** The host's address in numbers. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly backlog?: number;
}

/** Hears of connections that could not be accepted: no more file descriptors. */
export type AcceptFailed = (error: Error) => void;

/** Node's own way to bind a socket; public listen() tells of errors only a turn later. */
interface Binding {
  _createServerHandle(
    host: string,
    port: number,
    family: 4 | 6,
    fd: undefined,
    flags: number,
  ): BoundHandle | number;
}

interface BoundHandle {
  listen(backlog: number): number;
  close(): void;
}

const DEFAULT_BACKLOG = 511;
/** libuv: leaves IPv4 to a listener of its own. */
const IPV6_ONLY = 1;

/**
 * Starts listening at once, as CONFIG SET must: its reply tells whether it worked. Throws the
 * system's error (EADDRINUSE, …).
 */
export function listenTcp(address: TcpAddress, accept: Accept, failed: AcceptFailed): Server {
  const { host, port, backlog = DEFAULT_BACKLOG } = address;
  const isIPv6 = host.includes(':');
  const binding = net as unknown as Binding; // Node's cluster module uses it
  const flags = isIPv6 ? IPV6_ONLY : 0;
  const handle = binding._createServerHandle(host, port, isIPv6 ? 6 : 4, undefined, flags);
  if (typeof handle === 'number') throw systemError(handle);
  const errno = handle.listen(backlog); // where libuv tells of an address in use
  if (errno !== 0) {
    handle.close();
    throw systemError(errno);
  }
  const server = serverFor(accept);
  server.listen(handle, backlog);
  server.on('error', failed);
  useSharedBuffer(server, accept);
  return server;
}

function systemError(errno: number): NodeJS.ErrnoException {
  const code = getSystemErrorName(errno);
  return Object.assign(new Error(`listen ${code}`), { code, errno, syscall: 'listen' });
}

/** Starts listening on a Unix socket; rejects with the system's error. */
export function listenUnix(
  path: string,
  backlog: number,
  accept: Accept,
  failed: AcceptFailed,
): Promise<Server> {
  const server = serverFor(accept);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path, backlog }, () => {
      server.off('error', reject);
      server.on('error', failed);
      useSharedBuffer(server, accept);
      resolve(server);
    });
  });
}

function serverFor(accept: Accept): Server {
  return net.createServer({ noDelay: true }, (socket) => {
    const receive = accept(socket);
    if (receive !== null) socket.on('data', (chunk: Buffer) => receive(chunk, chunk.length));
  });
}

/**
 * Makes accepted sockets read into the shared buffer: `onread` is only offered to sockets made
 * by hand, so they are made by hand from the accepted handles. Saves a 64 KB allocation and a
 * copy for each read. Where the handle is not as expected, 'data' events do the same.
 */
function useSharedBuffer(server: Server, accept: Accept): void {
  const handle = (server as unknown as { _handle?: Partial<ListenHandle> })._handle;
  if (typeof handle?.onconnection !== 'function') return;
  const original = handle.onconnection;
  handle.onconnection = function (this: ListenHandle, status: number, client: unknown): void {
    if (status !== 0 || client === undefined) {
      original.call(this, status, client); // Node turns it into an 'error' event
      return;
    }
    acceptHandle(client, accept);
  };
}

function acceptHandle(handle: unknown, accept: Accept): void {
  let receive: ((chunk: Buffer, length: number) => void) | null = null;
  const options = {
    handle,
    onread: {
      buffer: readBuffer,
      callback: (length: number, chunk: Uint8Array): boolean => {
        receive?.(chunk as Buffer, length); // it is readBuffer
        return true;
      },
    },
  };
  const socket = new Socket(options as ConstructorParameters<typeof Socket>[0]);
  socket.setNoDelay(true);
  receive = accept(socket);
  if (receive !== null) socket.resume(); // with onread, flowing means reading
}
