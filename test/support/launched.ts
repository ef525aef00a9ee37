// A server as a process of its own, started as users start it: through the launcher.

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../../build/packages.mjs';
import { freePort, RawClient } from './oracle.ts';

export interface LaunchOptions {
  /** Program and first arguments; default: the launcher from the sources. */
  readonly command?: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const FROM_SOURCES = [
  process.execPath,
  '--import',
  join(projectRoot, 'node_modules/tsx/dist/loader.mjs'),
  join(projectRoot, 'host/launcher.ts'),
];
const READY = 'Ready to accept connections';

export class LaunchedServer {
  readonly port: number;
  /** Settles when the process has ended. */
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #output = '';
  #wake: (() => void) | null = null;

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
        this.#wake?.();
      });
    }
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        resolve({ code, signal });
        this.#wake?.();
      });
    });
  }

  /** Starts it without waiting; for servers that are not going to be ready. */
  static async spawn(
    args: readonly string[],
    options: LaunchOptions = {},
  ): Promise<LaunchedServer> {
    const port = await freePort();
    const [program, ...first] = options.command ?? FROM_SOURCES;
    const env = { ...process.env, ...options.env };
    const all = [...first, ...args.map((arg) => arg.replace('{port}', String(port)))];
    const child = spawn(program as string, all, { cwd: options.cwd, env }); // a command is not empty
    return new LaunchedServer(port, child);
  }

  /** @param args behind `--port`; Resolves when clients are served, rejects with the log. */
  static async start(
    args: readonly string[],
    options: LaunchOptions = {},
  ): Promise<LaunchedServer> {
    const server = await LaunchedServer.spawn(['--port', '{port}', ...args], options);
    await server.logged(READY);
    return server;
  }

  /** Everything printed so far. */
  get output(): string {
    return this.#output;
  }

  get pid(): number {
    return this.#child.pid as number; // it was spawned
  }

  /** The process that serves: the launcher's child. */
  get serverPid(): number {
    return Number(/pid=(\d+)/.exec(this.#output)?.[1]);
  }

  /** Resolves when `text` has been printed; rejects when the process ends without. */
  async logged(text: string): Promise<void> {
    let isEnded = false;
    void this.ended.then(() => {
      isEnded = true;
    });
    while (!this.#output.includes(text)) {
      if (isEnded) throw new Error(`it ended without printing '${text}':\n${this.#output}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  client(): Promise<RawClient> {
    return RawClient.open(this.port);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it by SIGTERM. */
  stop(): Promise<Ended> {
    this.kill('SIGTERM');
    return this.ended;
  }
}
