import { connect as connectSocket, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { RawClient } from './support/oracle.ts';
import { Served } from './support/served.ts';

let redcell: Served;
afterEach(() => redcell?.stop());

/** Resolves when the server has closed the connection. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

async function open(port: number): Promise<Socket> {
  const socket = connectSocket(port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.on('error', () => {});
  return socket;
}

async function clientCount(client: RawClient): Promise<number> {
  return [...(await client.call('CLIENT', 'LIST')).matchAll(/^id=/gm)].length;
}

describe('a server', () => {
  test('refuses more clients than maxclients, and takes new ones when others have gone', async () => {
    redcell = await Served.start({ maxClients: 2 });
    const a = await redcell.client();
    const b = await redcell.client();
    expect(await b.call('PING')).toBe('+PONG\r\n');
    const refused = await redcell.client();
    expect(await refused.next()).toBe('-ERR max number of clients reached\r\n');
    expect(await a.call('INFO', 'stats')).toContain('rejected_connections:1\r\n');
    b.close();
    while ((await clientCount(a)) > 1);
    const next = await redcell.client();
    expect(await next.call('PING')).toBe('+PONG\r\n');
  });

  test('closes idle clients after the timeout, but no subscribers', async () => {
    redcell = await Served.start();
    const watcher = await redcell.client();
    const subscriber = await redcell.client();
    await subscriber.call('SUBSCRIBE', 'x');
    const idle = await open(redcell.port);
    const gone = closed(idle);
    idle.resume();
    await watcher.call('CONFIG', 'SET', 'timeout', 1);
    const waiting = setInterval(() => void watcher.call('PING'), 200);
    await gone;
    clearInterval(waiting);
    expect(redcell.logLines.join('')).toContain('Closing idle client');
    expect(await subscriber.call('PING')).toContain('pong');
  });

  test('closes subscribers that do not read what they are sent', async () => {
    redcell = await Served.start();
    const publisher = await redcell.client();
    await publisher.call(
      ...['CONFIG', 'SET', 'client-output-buffer-limit', 'pubsub 1mb 0 0 normal 0 0 0'],
    );
    const slow = await open(redcell.port);
    slow.write('SUBSCRIBE x\r\n');
    slow.pause();
    const message = 'x'.repeat(512 * 1024);
    while ((await publisher.call('PUBLISH', 'x', message)) === ':0\r\n');
    while ((await publisher.call('PUBLISH', 'x', message)) === ':1\r\n');
    slow.destroy();
    expect(redcell.logLines.join('')).toContain('overcoming of output buffer limits');
    const info = await publisher.call('INFO', 'stats');
    expect(info).toContain('client_output_buffer_limit_disconnections:1\r\n');
  });

  test('closes what is above the soft limit for too long', async () => {
    redcell = await Served.start();
    const publisher = await redcell.client();
    await publisher.call(...['CONFIG', 'SET', 'client-output-buffer-limit', 'pubsub 0 64kb 1']);
    const slow = await open(redcell.port);
    slow.write('SUBSCRIBE x\r\n');
    slow.pause();
    const message = 'x'.repeat(8 * 1024 * 1024);
    while ((await publisher.call('PUBLISH', 'x', message)) === ':0\r\n');
    expect(await publisher.call('PUBSUB', 'NUMSUB', 'x')).toContain(':1\r\n');
    while ((await publisher.call('PUBSUB', 'NUMSUB', 'x')).includes(':1\r\n'));
    slow.destroy();
    expect(redcell.logLines.join('')).toContain('overcoming of output buffer limits');
  });

  test('closes killed clients', async () => {
    redcell = await Served.start();
    const a = await redcell.client();
    const b = await open(redcell.port);
    const gone = closed(b);
    b.resume();
    while ((await clientCount(a)) < 2);
    expect(await a.call('CLIENT', 'KILL', 'TYPE', 'normal')).toBe(':1\r\n');
    await gone;
    expect(await clientCount(a)).toBe(1);
  });

  test('counts what goes over its sockets', async () => {
    redcell = await Served.start();
    const a = await redcell.client();
    await a.call('PING');
    const info = await a.call('INFO', 'stats');
    expect(info).toMatch(/total_connections_received:1\r\n/);
    expect(info).toMatch(/total_net_input_bytes:(\d+)\r\n/);
    expect(Number(/total_net_output_bytes:(\d+)/.exec(info)?.[1])).toBe('+PONG\r\n'.length);
    expect(Number(/total_reads_processed:(\d+)/.exec(info)?.[1])).toBeGreaterThanOrEqual(2);
  });
});
