// A real redis-server of our own, reached over a Unix socket in a temporary directory, to compare
// with. Tests that need one use `test.skipIf(!hasRedis)`.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';

/** Whether a redis-server is installed. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

export interface Oracle {
  /** The reply with bulk strings as latin-1 text; error replies come back as `!` + message. */
  call(...args: string[]): Promise<unknown>;
  close(): Promise<void>;
}

/** Starts a server; arguments and replies are bytes as latin-1 text. */
export async function startOracle(...options: string[]): Promise<Oracle> {
  const directory = mkdtempSync(join(tmpdir(), 'redcell-oracle-'));
  const path = join(directory, 'redis.sock');
  const args = ['--port', '0', '--unixsocket', path, '--save', '', '--dir', directory, ...options];
  const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await ready(server);
  const client = new Redis({ path, lazyConnect: true });
  await client.connect();
  return {
    async call(name: string, ...rest: string[]) {
      try {
        const bytes = rest.map((arg) => Buffer.from(arg, 'latin1'));
        return toText(await client.callBuffer(name, ...bytes));
      } catch (error) {
        return `!${(error as Error).message}`;
      }
    },
    async close() {
      client.disconnect();
      const exited = new Promise((resolve) => server.once('exit', resolve));
      server.kill();
      await exited;
      rmSync(directory, { recursive: true });
    },
  };
}

async function ready(server: ChildProcess): Promise<void> {
  if (server.stdout === null) throw new Error('redis-server was started without a pipe');
  for await (const line of createInterface(server.stdout)) {
    if (/ready to accept connections/i.test(line)) {
      server.stdout.resume();
      return;
    }
  }
  throw new Error('redis-server ended before it was ready');
}

function toText(reply: unknown): unknown {
  if (Buffer.isBuffer(reply)) return reply.toString('latin1');
  return Array.isArray(reply) ? reply.map(toText) : reply;
}
