// Listening sockets. Accepted connections read into one shared buffer where Node allows it.

import { createServer, type Server, Socket } from 'node:net';

/** Called for each accepted socket; returns the receiver of its bytes, or null to refuse it. */
export type Accept = (socket: Socket) => ((chunk: Buffer, length: number) => void) | null;

const READ_BUFFER_BYTES = 64 * 1024;
const readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);

/** The parts of Node's internal TCP handle that the fast path needs. */
interface ListenHandle {
  onconnection: (status: number, client: unknown) => void;
}

export interface ListenAddress {
  /** TCP: host and port; Unix: path. */
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly backlog?: number;
  /** Leaves IPv4 to a listener of its own. */
  readonly ipv6Only?: boolean;
}

/**
 * Starts listening; rejects with the system's error (EADDRINUSE, …).
 *
 * @param failed hears of connections that could not be accepted later: no more file descriptors
 */
export function listen(
  address: ListenAddress,
  accept: Accept,
  failed: (error: Error) => void,
): Promise<Server> {
  const server = createServer({ noDelay: true }, (socket) => {
    const receive = accept(socket);
    if (receive !== null) socket.on('data', (chunk: Buffer) => receive(chunk, chunk.length));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      server.on('error', failed);
      useSharedBuffer(server, accept);
      resolve(server);
    });
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
