#!/usr/bin/env node
// The command `redcell`: starts the server in a node of its own, with the flags that only node's
// command line can set, and lives and dies with it.

import { type ChildProcess, spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { totalmem } from 'node:os';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { loadConfig } from './config/arguments.ts';
import { ConfigFileError } from './config/file.ts';
import { heapMegabytes, machineMemoryBytes } from './process/heap.ts';

interface LaunchSettings {
  readonly maxMemoryBytes: number;
  readonly isDaemon: boolean;
}

/** Starts the server that `args` describe; the process ends when that does, in the same way. */
export function launch(args: readonly string[]): void {
  const settings = readSettings(args);
  const command = [...process.execArgv, ...nodeFlags(settings), serverPath(), ...args];
  if (settings.isDaemon) {
    spawn(process.execPath, command, { detached: true, stdio: 'ignore' }).unref();
    return;
  }
  // A process group of its own: what the terminal sends to all of its group (Ctrl-C) would reach
  // the server twice, and a second SIGINT means something else. The channel tells the server when
  // its launcher is gone.
  const stdio: ['inherit', 'inherit', 'inherit', 'ipc'] = ['inherit', 'inherit', 'inherit', 'ipc'];
  shareFate(spawn(process.execPath, command, { detached: true, stdio }));
}

/** The little of the configuration that matters before the server runs. */
function readSettings(args: readonly string[]): LaunchSettings {
  try {
    // The standard input is left to the server: maxmemory in it is not seen here.
    const readStdin = (): Buffer => Buffer.alloc(0);
    const { config } = loadConfig({ args, env: process.env, directory: process.cwd(), readStdin });
    return { maxMemoryBytes: config.number('maxmemory'), isDaemon: config.bool('daemonize') };
  } catch (error) {
    if (!(error instanceof ConfigFileError)) throw error;
    return { maxMemoryBytes: 0, isDaemon: false }; // the server says what is wrong with it
  }
}

function nodeFlags({ maxMemoryBytes }: LaunchSettings): string[] {
  const machineBytes = machineMemoryBytes(totalmem(), process.constrainedMemory() ?? 0);
  return [
    `--max-old-space-size=${heapMegabytes(maxMemoryBytes, machineBytes)}`,
    // Nothing in the server makes code from text, and no guest may talk it into that.
    '--disallow-code-generation-from-strings',
  ];
}

/** main.js beside this file; main.ts when run from the sources. */
function serverPath(): string {
  const self = fileURLToPath(import.meta.url);
  return fileURLToPath(new URL(`./main${extname(self)}`, import.meta.url));
}

function shareFate(child: ChildProcess): void {
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGINT', () => child.kill('SIGINT'));
  process.on('SIGHUP', () => {}); // a server outlives its terminal
  child.once('error', (error) => {
    process.stderr.write(`The server cannot be started: ${error.message}\n`);
    process.exit(1);
  });
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

const script = process.argv[1];
if (script !== undefined && import.meta.url === pathToFileURL(realpathSync(script)).href) {
  launch(process.argv.slice(2));
}
