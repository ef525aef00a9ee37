import { afterEach, describe, expect, test } from 'vitest';
import { hasOracle, Oracle } from '../support/oracle.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { Served } from '../support/served.ts';

const MB = 1024 * 1024;
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function serve(...args: Parameters<typeof Served.start>): Promise<Served> {
  const served = await Served.start(...args);
  cleanups.push(() => served.stop());
  return served;
}

async function open(served: { port: number }): Promise<RawSocket> {
  const socket = await RawSocket.open(served.port);
  cleanups.push(() => socket.close());
  return socket;
}

/** Waits for something the server does by itself. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

describe('a pipeline', () => {
  test('is answered in order, however its packets are cut', async () => {
    const served = await serve();
    const socket = await open(served);
    const commands = Array.from(
      { length: 50 },
      (_, i) => `*2\r\n$4\r\nECHO\r\n$2\r\n${10 + i}\r\n`,
    );
    const bytes = commands.join('');
    for (let at = 0; at < bytes.length; at += 7) await socket.write(bytes.slice(at, at + 7));
    const expected = commands.map((_, i) => `$2\r\n${10 + i}\r\n`).join('');
    expect(await socket.until((received) => received.length >= expected.length)).toBe(expected);
  });

  test('longer than a turn is answered completely', async () => {
    const served = await serve();
    const socket = await open(served);
    const count = 20_000;
    await socket.write('PING\r\n'.repeat(count));
    const expected = '+PONG\r\n'.repeat(count);
    expect(
      (await socket.until((received) => received.length >= expected.length)) === expected,
    ).toBe(true);
  });

  test('that goes on behind an error of the protocol is not run', async () => {
    const served = await serve();
    const socket = await open(served);
    await socket.write('SET key 1\r\n*x\r\nSET key 2\r\n');
    expect(await socket.untilClosed()).toBe(
      '+OK\r\n-ERR Protocol error: invalid multibulk length\r\n',
    );
    const other = await open(served);
    await other.write('GET key\r\n');
    expect(await other.until((received) => received.length >= 7)).toBe('$1\r\n1\r\n');
  });

  test('that goes on behind QUIT is not run', async () => {
    const served = await serve();
    const socket = await open(served);
    await socket.write('QUIT\r\nSET key 2\r\n');
    expect(await socket.untilClosed()).toBe('+OK\r\n');
    expect(served.instance.keyspace.database(0).size).toBe(0);
  });
});

describe('a client that waits', () => {
  test('has its later commands answered after it, in order', async () => {
    const served = await serve();
    const waiting = await open(served);
    const other = await open(served);
    await waiting.write('SET a 1\r\nBLPOP list 0\r\nINCR a\r\n');
    await waiting.until((received) => received === '+OK\r\n');
    await waiting.write('INCR a\r\n');
    await other.write('GET a\r\nRPUSH list x\r\n');
    expect(await other.until((received) => received.includes(':'))).toBe('$1\r\n1\r\n:1\r\n');
    const expected = '+OK\r\n*2\r\n$4\r\nlist\r\n$1\r\nx\r\n:2\r\n:3\r\n';
    expect(await waiting.until((received) => received.length >= expected.length)).toBe(expected);
  });

  test('and goes away is forgotten: nothing is lost to it', async () => {
    const served = await serve();
    const waiting = await open(served);
    await waiting.write('BLPOP list 0\r\n');
    await until(() => served.instance.executor.blocking.blockedCount === 1);
    waiting.close();
    await until(() => served.instance.executor.blocking.blockedCount === 0);
    const other = await open(served);
    await other.write('RPUSH list x\r\nLLEN list\r\n');
    expect(await other.until((received) => received.length >= 8)).toBe(':1\r\n:1\r\n');
  });
});

describe('a client that goes away', () => {
  test('in the middle of a command leaves nothing behind', async () => {
    const served = await serve();
    const socket = await open(served);
    await socket.write('MULTI\r\nSET key value\r\n*3\r\n$3\r\nSET\r\n$3\r\nke');
    await socket.until((received) => received.includes('QUEUED'));
    expect(served.instance.clients.connectedCount).toBe(1);
    socket.close();
    await until(() => served.instance.clients.connectedCount === 0);
    expect(served.instance.keyspace.database(0).size).toBe(0);
  });

  test('before it has read its reply harms nobody', async () => {
    const served = await serve();
    for (let i = 0; i < 20; i++) {
      const socket = await open(served);
      await socket.write('PING\r\n'.repeat(1000));
      socket.close();
    }
    await until(() => served.instance.clients.connectedCount === 0);
    const other = await open(served);
    await other.write('PING\r\n');
    expect(await other.until((received) => received.length >= 7)).toBe('+PONG\r\n');
  });
});

test('a connection that is to be closed is closed although the peer keeps it open', async () => {
  const served = await serve();
  const { connect } = await import('node:net');
  const stubborn = connect({ port: served.port, host: '127.0.0.1', allowHalfOpen: true });
  cleanups.push(() => stubborn.destroy());
  stubborn.on('error', () => {});
  await new Promise<void>((resolve) => stubborn.once('connect', () => resolve()));
  stubborn.write('*x\r\n');
  await new Promise((resolve) => stubborn.once('data', resolve));
  await until(() => served.instance.clients.connectedCount === 0);
  expect(served.instance.clients.connectedCount).toBe(0);
});

describe('a large value', () => {
  test('that comes slowly is put together', async () => {
    const served = await serve();
    const socket = await open(served);
    const bytes = 3 * MB;
    await socket.write(`*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$${bytes}\r\n`);
    const part = 'x'.repeat(100_000);
    for (let left = bytes; left > 0; left -= part.length) {
      await socket.write(part.slice(0, Math.min(left, part.length)));
    }
    await socket.write('\r\nSTRLEN big\r\n');
    const expected = `+OK\r\n:${bytes}\r\n`;
    expect(await socket.until((received) => received.length >= expected.length)).toBe(expected);
  });

  test('that is only announced costs nothing', async () => {
    const served = await serve();
    const before = process.memoryUsage().rss;
    const sockets = await Promise.all(Array.from({ length: 200 }, () => open(served)));
    await Promise.all(sockets.map((socket) => socket.write('*2\r\n$4\r\nECHO\r\n$536870912\r\nx')));
    await until(() => {
      const clients = [...served.instance.clients.connected()];
      return clients.every((client) => (client.transport?.inputBytes ?? 0) > 0);
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * MB);
    const held = [...served.instance.clients.connected()].map((c) => c.transport?.inputBytes);
    expect(new Set(held)).toEqual(new Set([27]));
  });

  test('beyond client-query-buffer-limit ends the connection', async () => {
    const served = await serve({ queryBufferMaxBytes: MB });
    const socket = await open(served);
    void socket.write(`*2\r\n$4\r\nECHO\r\n$${20 * MB}\r\n${'x'.repeat(5 * MB)}`);
    expect(await socket.untilClosed()).toBe('');
    expect(served.instance.clients.counters.queryLimitDisconnections).toBe(1);
    expect(served.logLines.join('')).toMatch(/closed: it reached the max query buffer length/);
  });
});

describe('a client that reads too slowly', () => {
  test('is cut at the hard limit of its class, and others are served on', async () => {
    const served = await serve();
    const admin = await open(served);
    await admin.write(
      `CONFIG SET client-output-buffer-limit "normal ${4 * MB} 0 0 pubsub ${2 * MB} 0 0"\r\n`,
    );
    await admin.until((received) => received === '+OK\r\n');
    const slow = await open(served);
    await slow.write('SUBSCRIBE news\r\n');
    await slow.until((received) => received.includes(':1\r\n'));
    slow.stopReading();
    const message = `*3\r\n$7\r\nPUBLISH\r\n$4\r\nnews\r\n$100000\r\n${'x'.repeat(100_000)}\r\n`;
    for (let i = 0; i < 400 && served.instance.clients.connectedCount > 1; i++) {
      admin.received = '';
      await admin.write(message);
      await admin.until((received) => received.endsWith('\r\n'));
    }
    expect(served.instance.clients.connectedCount).toBe(1);
    expect(served.instance.clients.counters.outputLimitDisconnections).toBe(1);
    expect(served.logLines.join('')).toMatch(/overcoming of output buffer limits/);
    admin.received = '';
    await admin.write('PING\r\n');
    expect(await admin.until((received) => received.length >= 7)).toBe('+PONG\r\n');
  });

  test('is cut although all it asked for came in one packet', async () => {
    const served = await serve();
    const socket = await open(served);
    await socket.write(`CONFIG SET client-output-buffer-limit "normal ${8 * MB} 0 0"\r\n`);
    await socket.until((received) => received === '+OK\r\n');
    await socket.write(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$${MB}\r\n${'x'.repeat(MB)}\r\n`);
    await socket.until((received) => received === '+OK\r\n+OK\r\n');
    socket.stopReading();
    const before = process.memoryUsage().rss;
    await socket.write('GET k\r\n'.repeat(1000));
    await until(() => served.instance.clients.connectedCount === 0);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * MB); // not a gigabyte
    expect(served.instance.clients.counters.outputLimitDisconnections).toBe(1);
  });

  test('is cut at the soft limit when its time is over', async () => {
    const served = await serve();
    const admin = await open(served);
    await admin.write(`CONFIG SET client-output-buffer-limit "normal 0 ${MB} 1"\r\n`);
    await admin.until((received) => received === '+OK\r\n');
    await admin.write(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$${MB}\r\n${'x'.repeat(MB)}\r\n`);
    await admin.until((received) => received === '+OK\r\n+OK\r\n');
    const slow = await open(served);
    slow.stopReading();
    await slow.write('GET k\r\n'.repeat(30));
    await until(() => served.instance.clients.connectedCount === 1);
    expect(served.instance.clients.counters.outputLimitDisconnections).toBe(1);
  });
});

test.skipIf(!hasOracle)(
  'commands of inline and multibulk form mix as in redis-server',
  async () => {
    const served = await serve();
    const oracle = await Oracle.start();
    cleanups.push(() => oracle.stop());
    const session =
      'PING\r\n*1\r\n$4\r\nPING\r\nSET k "v w"\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n\r\nGET k\nHELLO 3\r\n' +
      'GET none\r\nFOO bar\r\nQUIT\r\n';
    const answers = await Promise.all(
      [served.port, oracle.port].map(async (port) => {
        const socket = await RawSocket.open(port);
        await socket.write(session);
        return (await socket.untilClosed()).replace(/\$7\r\nversion.*?\$7\r\nmodules/s, '<server>');
      }),
    );
    expect(answers[0]).toBe(answers[1]);
  },
);
