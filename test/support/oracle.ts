// A real redis-server to compare with.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** False where redis-server is not installed: tests that need it then skip, visibly. */
export const hasOracle = spawnSync('redis-server', ['--version']).status === 0;

// Below the ports that the system gives to outgoing connections, and from another place in each
// process: nobody else takes the port before the server that it is for listens on it.
const FIRST_PORT = 12_000;
const PORT_COUNT = 20_000;
let lastPort = (process.pid * 97) % PORT_COUNT;

/** A port nobody listens on, and that this process has not used yet. */
export async function freePort(): Promise<number> {
  for (let left = PORT_COUNT; left > 0; left--) {
    lastPort = (lastPort + 1) % PORT_COUNT;
    const port = FIRST_PORT + lastPort;
    if (await isFree(port)) return port;
  }
  throw new Error('no free port');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** Speaks to a server and returns raw reply bytes (one char a byte). */
export class RawClient {
  readonly #socket: Socket;
  #received = '';
  #wake: (() => void) | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      this.#received += chunk.toString('latin1');
      this.#wake?.();
    });
  }

  static open(port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new RawClient(socket)));
      socket.once('error', reject);
    });
  }

  /** Sends one command and returns its whole reply. */
  call(...words: (string | number)[]): Promise<string> {
    return this.callBytes(...words.map((word) => Buffer.from(String(word)).toString('latin1')));
  }

  /** The same for words of which each char is one byte. */
  callBytes(...words: string[]): Promise<string> {
    const parts = words.map((word) => `$${word.length}\r\n${word}\r\n`);
    this.#socket.write(Buffer.from(`*${words.length}\r\n${parts.join('')}`, 'latin1'));
    return this.next();
  }

  /** The next reply or pushed message. */
  async next(): Promise<string> {
    for (;;) {
      const end = replyEnd(this.#received, 0);
      if (end >= 0) {
        const reply = this.#received.slice(0, end);
        this.#received = this.#received.slice(end);
        return reply;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** The index behind the reply that starts at `at`, or -1 when it is not complete. */
export function replyEnd(bytes: string, at: number): number {
  const lineEnd = bytes.indexOf('\r\n', at);
  if (lineEnd < 0) return -1;
  const length = Number(bytes.slice(at + 1, lineEnd));
  const type = bytes[at] as string;
  if ('$=!'.includes(type)) {
    const end = length < 0 ? lineEnd + 2 : lineEnd + 4 + length;
    return end <= bytes.length ? end : -1;
  }
  if (!'*%~>|'.includes(type)) return lineEnd + 2;
  const count = '%|'.includes(type) ? length * 2 : length;
  let end = lineEnd + 2;
  for (let i = 0; i < count + (type === '|' ? 1 : 0) && end >= 0; i++) end = replyEnd(bytes, end);
  return end;
}

/** A redis-server of our own, in a folder of its own. */
export class Oracle {
  readonly port: number;
  readonly dir: string;
  /** What it has logged so far. */
  log = '';
  readonly #process: ChildProcess;

  private constructor(port: number, dir: string, process: ChildProcess) {
    this.port = port;
    this.dir = dir;
    this.#process = process;
  }

  /** @param args redis-server options, such as `--appendonly yes` */
  static async start(...args: string[]): Promise<Oracle> {
    const port = await freePort();
    const dir = mkdtempSync(join(tmpdir(), 'redcell-oracle-'));
    const fixed = ['--port', String(port), '--dir', dir, '--save', ''];
    const child = spawn('redis-server', [...fixed, '--enable-debug-command', 'yes', ...args]);
    const oracle = new Oracle(port, dir, child);
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        oracle.log += chunk.toString();
        if (oracle.log.includes('Ready to accept connections')) resolve();
      });
      child.once('exit', () => {
        reject(Object.assign(new Error('redis-server ended'), { log: oracle.log }));
      });
    });
    return oracle;
  }

  client(): Promise<RawClient> {
    return RawClient.open(this.port);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await ended;
    rmSync(this.dir, { recursive: true, force: true });
  }
}
