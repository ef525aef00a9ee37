import { mkdtempSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Accept, listenTcp, listenUnix } from '../../host/net/listener.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { Served } from '../support/served.ts';

const ignore = (): void => {};

/** Keeps the sockets and takes no bytes. */
function acceptInto(sockets: Socket[]): Accept {
  return (socket) => {
    sockets.push(socket);
    return null;
  };
}

test('accepted sockets tell their bytes', async () => {
  let seen = '';
  let wake = ignore;
  const server = listenTcp(
    { host: '127.0.0.1', port: 0 },
    (socket) => {
      socket.on('error', ignore);
      return (chunk, length) => {
        seen += chunk.latin1Slice(0, length);
        wake();
      };
    },
    ignore,
  );
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const socket = await RawSocket.open(port);
  await socket.write('hello');
  while (seen !== 'hello') {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  socket.close();
  server.close();
});

test('a Unix socket does too', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'redcell-')), 'socket');
  const sockets: Socket[] = [];
  const server = await listenUnix(path, 511, acceptInto(sockets), ignore);
  const client = connect(path);
  await new Promise<void>((resolve) => client.once('connect', () => resolve()));
  while (sockets.length === 0) await new Promise((resolve) => setImmediate(resolve));
  for (const socket of [client, ...sockets]) socket.destroy();
  server.close();
});

test.each([
  ['127.0.0.1', 'EADDRINUSE'],
  ['192.0.2.1', 'EADDRNOTAVAIL'], // for documentation: nobody has it
])('an address that cannot be had (%s) is an error at once', (host, code) => {
  const first = listenTcp({ host: '127.0.0.1', port: 0 }, () => null, ignore);
  const { port } = first.address() as AddressInfo; // it listens on TCP
  const listen = (): unknown => listenTcp({ host, port }, () => null, ignore);
  expect(listen).toThrow(expect.objectContaining({ code }));
  first.close();
});

test('a path that cannot be had is an error', async () => {
  const listening = listenUnix('/no/such/folder/socket', 511, () => null, ignore);
  await expect(listening).rejects.toMatchObject({ syscall: 'listen' });
});

test('a connection that could not be accepted is no end of the server', async () => {
  const failures: string[] = [];
  const failed = (error: Error): void => void failures.push(error.message);
  const server = listenTcp({ host: '127.0.0.1', port: 0 }, () => null, failed);
  server.emit('error', new Error('accept EMFILE'));
  expect(failures).toEqual(['accept EMFILE']);
  server.close();
});

describe('maxclients', () => {
  test('more are told so and closed; as soon as one goes there is room', async () => {
    const served = await Served.start({ maxClients: 10 });
    const sockets: RawSocket[] = [];
    for (let i = 0; i < 10; i++) {
      const socket = await RawSocket.open(served.port);
      await socket.write('PING\r\n');
      await socket.until((received) => received === '+PONG\r\n');
      sockets.push(socket);
    }
    const refused = await Promise.all(
      Array.from({ length: 90 }, async () => (await RawSocket.open(served.port)).untilClosed()),
    );
    expect(new Set(refused)).toEqual(new Set(['-ERR max number of clients reached\r\n']));
    expect(served.instance.clients.counters.rejected).toBe(90);
    sockets[0]?.close();
    while (served.instance.clients.connectedCount === 10) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    const next = await RawSocket.open(served.port);
    await next.write('PING\r\n');
    expect(await next.until((received) => received.length >= 7)).toBe('+PONG\r\n');
    for (const socket of [...sockets, next]) socket.close();
    await served.stop();
  });
});
