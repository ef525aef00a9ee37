// The command `redcell` as a process: what supervisors, terminals and scripts see of it.
// That is host/main.ts and host/process/server-process.ts, too.
// @module-tag slow

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { LaunchedServer } from './support/launched.ts';

const folder = mkdtempSync(join(tmpdir(), 'redcell-launcher-'));
const running: LaunchedServer[] = [];

async function start(...args: string[]): Promise<LaunchedServer> {
  const server = await LaunchedServer.start(['--save', '', ...args], { cwd: folder });
  running.push(server);
  return server;
}

/** Runs one that is not meant to serve, to its end. */
async function runToEnd(...args: string[]): Promise<{ code: number | null; output: string }> {
  const server = await LaunchedServer.spawn(args, { cwd: folder });
  const { code } = await server.ended;
  return { code, output: server.output };
}

afterEach(() => {
  for (const server of running.splice(0)) server.kill('SIGKILL');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a server that runs', () => {
  test('logs its start as Redis does and answers', async () => {
    const server = await start();
    for (const line of [
      'oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo',
      'Redis version=7.2.4, bits=64',
      'Configuration loaded',
      `Running mode=standalone, port=${server.port}.`,
      'Server initialized',
      'Ready to accept connections tcp',
    ]) {
      expect(server.output).toContain(line);
    }
    const client = await server.client();
    expect(await client.call('SET', 'a', 'b')).toBe('+OK\r\n');
    client.close();
  });

  test('has a heap that fits maxmemory and makes no code from strings', async () => {
    const server = await start('--maxmemory', '1gb');
    const command = readFileSync(`/proc/${server.serverPid}/cmdline`, 'utf8').split('\0');
    expect(command).toContain('--max-old-space-size=2560');
    expect(command).toContain('--disallow-code-generation-from-strings');
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s to the launcher ends both with 0',
    async (signal) => {
      const server = await start();
      server.kill(signal);
      expect(await server.ended).toEqual({ code: 0, signal: null });
      expect(server.output).toContain(`Received ${signal} scheduling shutdown...`);
      expect(server.output).toContain('User requested shutdown...');
      expect(server.output).toContain('Redis is now ready to exit, bye bye...');
    },
  );

  test('SHUTDOWN ends both with 0', async () => {
    const server = await start();
    const client = await server.client();
    void client.call('SHUTDOWN', 'NOSAVE');
    expect(await server.ended).toEqual({ code: 0, signal: null });
    client.close();
  });

  test('the launcher ends by the signal that killed the server', async () => {
    const server = await start();
    process.kill(server.serverPid, 'SIGKILL');
    expect(await server.ended).toEqual({ code: null, signal: 'SIGKILL' });
  });

  test('the server ends when its launcher is killed', async () => {
    const server = await start();
    server.kill('SIGKILL');
    await server.ended; // both have let go of the output
    expect(server.output).toContain('Redis is now ready to exit, bye bye...');
  });

  test('SIGHUP ends nothing', async () => {
    const server = await start();
    server.kill('SIGHUP');
    process.kill(server.serverPid, 'SIGHUP');
    const client = await server.client();
    expect(await client.call('GET', 'a')).toBe('$-1\r\n');
    client.close();
  });

  test('keeps a pid file and a Unix socket, and removes them at the end', async () => {
    const [pidFile, socket] = [join(folder, 'x.pid'), join(folder, 'x.sock')];
    const server = await start('--pidfile', pidFile, '--unixsocket', socket);
    await server.logged('Ready to accept connections unix');
    expect(readFileSync(pidFile, 'utf8')).toBe(`${server.serverPid}\n`);
    expect(existsSync(socket)).toBe(true);
    await server.stop();
    expect([existsSync(pidFile), existsSync(socket)]).toEqual([false, false]);
  });

  test('takes directives from a file, the environment and the arguments; later wins', async () => {
    const file = join(folder, 'redis.conf');
    writeFileSync(file, 'timeout 11\ntcp-keepalive 12\n');
    const server = await LaunchedServer.spawn(
      [file, '--port', '{port}', '--save', '', '--tcp-keepalive', '13'],
      { cwd: folder, env: { REDCELL_TIMEOUT: '10', REDCELL_MAXCLIENTS: '99' } },
    );
    running.push(server);
    await server.logged('Ready to accept connections');
    const client = await server.client();
    const settings = await client.call('CONFIG', 'GET', 'timeout', 'tcp-keepalive', 'maxclients');
    for (const value of ['11', '13', '99']) expect(settings).toContain(`\r\n${value}\r\n`);
    client.close();
  });
});

describe('a server that cannot start exits with 1 and says why', () => {
  test('the port is taken', async () => {
    const first = await start();
    const { code, output } = await runToEnd('--port', String(first.port));
    expect(code).toBe(1);
    expect(output).toContain(
      `Could not create server TCP listening socket *:${first.port}: bind: Address already in use`,
    );
  });

  test('a directive that does not exist', async () => {
    const { code, output } = await runToEnd('--no-such-directive', 'x');
    expect(code).toBe(1);
    expect(output).toContain('*** FATAL CONFIG FILE ERROR (Redis 7.2.4) ***');
    expect(output).toContain('no-such-directive "x"\'');
  });

  test('a module that does not exist', async () => {
    const { code, output } = await runToEnd('--port', '{port}', '--loadmodule', '/no/such.wasm');
    expect(code).toBe(1);
    expect(output).toContain("Can't load module from /no/such.wasm: server aborting");
  });

  test('nowhere to listen', async () => {
    const { code, output } = await runToEnd('--port', '0');
    expect(code).toBe(1);
    expect(output).toContain('Configured to not listen anywhere, exiting.');
  });

  test('a log file that cannot be written', async () => {
    const { code, output } = await runToEnd('--logfile', '/no/such/folder.log');
    expect(code).toBe(1);
    expect(output).toContain("Can't open the log file");
  });
});

describe('questions', () => {
  test('--version', async () => {
    const { code, output } = await runToEnd('--version');
    expect(code).toBe(0);
    expect(output).toMatch(/^Redis server v=7\.2\.4 /);
  });

  test('--help', async () => {
    const { code, output } = await runToEnd('--help');
    expect(code).toBe(0);
    expect(output).toMatch(/^Usage: redcell /);
  });
});

test('daemonize leaves the server behind and returns at once', async () => {
  const [pidFile, logFile] = [join(folder, 'd.pid'), join(folder, 'd.log')];
  const args = ['--port', '{port}', '--save', '', '--daemonize', 'yes'];
  const launcher = await LaunchedServer.spawn(
    [...args, '--pidfile', pidFile, '--logfile', logFile],
    { cwd: folder },
  );
  expect(await launcher.ended).toEqual({ code: 0, signal: null });
  const read = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');
  await expect.poll(read, { timeout: 20_000 }).toContain('Ready to accept connections tcp');
  const pid = Number(readFileSync(pidFile, 'utf8'));
  const client = await launcher.client();
  expect(await client.call('SET', 'a', 'b')).toBe('+OK\r\n');
  client.close();
  expect(spawnSync('kill', ['-TERM', String(pid)]).status).toBe(0);
  await expect.poll(read, { timeout: 20_000 }).toContain('bye bye...');
});
