// CONFIG SET port and bind on a server process that runs inside the test.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort, hasOracle, Oracle, RawClient } from '../support/oracle.ts';
import { TestServerProcess } from '../support/server-process.ts';

const BIND_FAILED =
  "-ERR CONFIG SET failed (possibly related to argument 'bind') - " +
  'Failed to bind to specified addresses.\r\n';
const PORT_FAILED =
  "-ERR CONFIG SET failed (possibly related to argument 'port') - " +
  'Unable to listen on this port. Check server logs.\r\n';

const folder = mkdtempSync(join(tmpdir(), 'redcell-listeners-'));
let port = 0;
let server: TestServerProcess;

beforeEach(async () => {
  port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1'];
  server = await TestServerProcess.start(folder, [...args, '--unixsocket', `${folder}/socket`]);
});
afterEach(() => server.stop());
afterAll(() => rmSync(folder, { recursive: true }));

const raw = (...words: (string | number)[]): string => server.raw(...words);

function info(): string {
  return raw('INFO', 'server').replaceAll('\r\n', '\n');
}

function answers(host: string, at: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(at, host);
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

describe('CONFIG SET port', () => {
  test('moves the socket at once; clients that are connected stay', async () => {
    const connected = await RawClient.open(port);
    const next = await freePort();
    expect(await connected.call('CONFIG', 'SET', 'port', next)).toBe('+OK\r\n');
    expect(await answers('127.0.0.1', next)).toBe(true);
    expect(await answers('127.0.0.1', port)).toBe(false);
    expect(await connected.call('PING')).toBe('+PONG\r\n');
    connected.close();
    expect(info()).toContain(`tcp_port:${next}\n`);
    expect(info()).toContain(
      `listener0:name=tcp,bind=127.0.0.1,port=${next}\nlistener1:name=unix,bind=${folder}/socket\n`,
    );
  });

  test('0 closes it, and another number opens it again', async () => {
    expect(raw('CONFIG', 'SET', 'port', 0)).toBe('+OK\r\n');
    expect(await answers('127.0.0.1', port)).toBe(false);
    expect(info()).toContain('tcp_port:0\n');
    expect(info()).toContain(`listener0:name=unix,bind=${folder}/socket\n`);
    expect(raw('CONFIG', 'SET', 'port', port)).toBe('+OK\r\n');
    expect(await answers('127.0.0.1', port)).toBe(true);
  });

  test('a port that is taken leaves everything as it was', async () => {
    const taken = await freePort();
    const other = server.process.instance.config.number('maxclients');
    const holder = createServer().listen(taken, '127.0.0.1');
    await once(holder, 'listening');
    expect(raw('CONFIG', 'SET', 'maxclients', 77, 'port', taken)).toBe(PORT_FAILED);
    expect(server.log).toContain(
      `Could not create server TCP listening socket 127.0.0.1:${taken}: bind: Address already in use`,
    );
    holder.close();
    expect(await answers('127.0.0.1', port)).toBe(true);
    expect(server.process.instance.config.number('port')).toBe(port);
    expect(server.process.instance.config.number('maxclients')).toBe(other);
  });

  test('works inside MULTI', async () => {
    const next = await freePort();
    raw('MULTI');
    raw('CONFIG', 'SET', 'port', next);
    raw('PING');
    expect(raw('EXEC')).toBe('*2\r\n+OK\r\n+PONG\r\n');
    expect(await answers('127.0.0.1', next)).toBe(true);
  });
});

describe('CONFIG SET bind', () => {
  test('takes an address that covers the present one, and back', async () => {
    expect(await answers('127.0.0.2', port)).toBe(false);
    expect(raw('CONFIG', 'SET', 'bind', '*')).toBe('+OK\r\n');
    expect(await answers('127.0.0.2', port)).toBe(true);
    expect(raw('CONFIG', 'SET', 'bind', '127.0.0.2 -192.0.2.1')).toBe('+OK\r\n');
    expect(await answers('127.0.0.2', port)).toBe(true);
    expect(await answers('127.0.0.1', port)).toBe(false);
    expect(info()).toContain(`listener0:name=tcp,bind=127.0.0.2,port=${port}\n`);
  });

  test('nothing at all closes the socket', async () => {
    expect(raw('CONFIG', 'SET', 'bind', '')).toBe('+OK\r\n');
    expect(await answers('127.0.0.1', port)).toBe(false);
  });

  test.each([
    ['192.0.2.1', 'bind: Cannot assign requested address'],
    ['127.0.0.2 192.0.2.1', 'bind: Cannot assign requested address'],
    ['127.0.0.1 127.0.0.1', 'bind: Address already in use'],
    ['no.such.host.invalid', 'Name or service not known'],
  ])('%s is refused and the old sockets stay', async (bind, reason) => {
    expect(raw('CONFIG', 'SET', 'bind', bind)).toBe(BIND_FAILED);
    expect(server.log).toContain(reason);
    expect(await answers('127.0.0.1', port)).toBe(true);
    expect(await answers('127.0.0.2', port)).toBe(false);
  });

  test('and port change together', async () => {
    const next = await freePort();
    expect(raw('CONFIG', 'SET', 'port', next, 'bind', 'localhost')).toBe('+OK\r\n');
    expect(await answers('127.0.0.1', next)).toBe(true);
    expect(await answers('127.0.0.1', port)).toBe(false);
  });
});

describe.skipIf(!hasOracle)('redis-server', () => {
  test('answers failures with the same texts', async () => {
    const oracle = await Oracle.start('--bind', '127.0.0.1');
    const peer = await oracle.client();
    expect(await peer.call('CONFIG', 'SET', 'port', port)).toBe(PORT_FAILED);
    expect(await peer.call('CONFIG', 'SET', 'bind', '192.0.2.1')).toBe(BIND_FAILED);
    peer.close();
    await oracle.stop();
  });
});
