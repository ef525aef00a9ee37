// The servers that are compared: redcell as it is installed, and redis-server with the same C
// sources as native modules. Each is pinned to the first core; redis-benchmark has the second.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from '../support/oracle.ts';

const SERVER_CORE = '0';
const CLIENT_CORE = '1';
const MODULES = ['counter', 'ratelimit'];
/** USER_HZ of Linux: the unit of CPU times in /proc. */
const TICKS_PER_SECOND = 100;
const RANDOM_KEYS = 100_000;

export interface Sample {
  readonly requestsPerSecond: number;
  /** CPU of the server for one command, microseconds. */
  readonly cpuMicroseconds: number;
}

export class BenchServer {
  readonly name: string;
  readonly port: number;
  readonly #process: ChildProcess;
  readonly #dir: string;

  private constructor(name: string, port: number, child: ChildProcess, dir: string) {
    this.name = name;
    this.port = port;
    this.#process = child;
    this.#dir = dir;
  }

  /**
   * @param kind redcell runs from dist/ through its launcher, as users run it
   * @param directives more of them
   */
  static async start(
    kind: 'redcell' | 'redis-server',
    directives: readonly string[] = [],
  ): Promise<BenchServer> {
    const port = await freePort();
    const dir = mkdtempSync(join(tmpdir(), 'redcell-bench-'));
    const folder = kind === 'redcell' ? 'build/out/c' : 'build/out/native';
    const suffix = kind === 'redcell' ? 'wasm' : 'so';
    const modules = MODULES.flatMap((name) => [
      '--loadmodule',
      resolve(folder, `${name}.${suffix}`),
    ]);
    const program = kind === 'redcell' ? [process.execPath, 'dist/host/launcher.js'] : [kind];
    const args = ['--port', String(port), '--save', '', '--dir', dir, ...modules, ...directives];
    const child = spawn('taskset', ['-c', SERVER_CORE, ...program, ...args]);
    await ready(child);
    return new BenchServer(kind, port, child, dir);
  }

  /** Runs redis-benchmark once and reads what it cost the server. */
  measure(command: readonly string[], pipeline: number, requests: number): Sample {
    const before = this.#cpuSeconds();
    const output = benchmark(this.port, command, pipeline, requests);
    const seconds = this.#cpuSeconds() - before;
    return {
      requestsPerSecond: Number(/"?,?"([\d.]+)"/.exec(output)?.[1] ?? Number.NaN),
      cpuMicroseconds: (seconds / requests) * 1e6,
    };
  }

  /** Sends one command with redis-cli; returns its output. */
  cli(...words: string[]): string {
    return spawnSync('redis-cli', ['-p', String(this.port), ...words])
      .stdout.toString()
      .trim();
  }

  /** User and system time of the server and the processes it started. */
  #cpuSeconds(): number {
    const roots = [this.#process.pid as number]; // it has started
    let ticks = 0;
    for (let pid = roots.pop(); pid !== undefined; pid = roots.pop()) {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      ticks += Number(fields[11]) + Number(fields[12]);
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
      roots.push(...children.split(' ').filter(Boolean).map(Number));
    }
    return ticks / TICKS_PER_SECOND;
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.#process.once('exit', done));
    this.#process.kill('SIGTERM');
    await ended;
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

function benchmark(
  port: number,
  command: readonly string[],
  pipeline: number,
  requests: number,
): string {
  const options = ['-p', String(port), '-c', '50', '-n', String(requests), '-P', String(pipeline)];
  const args = [...options, '-r', String(RANDOM_KEYS), '--csv', ...command];
  const run = spawnSync('taskset', ['-c', CLIENT_CORE, 'redis-benchmark', ...args]);
  const lines = run.stdout.toString().trim().split('\n');
  return (lines.at(-1) ?? '').replace(/^"[^"]*"/, '');
}

/** Resolves when the server has logged that it listens. */
function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('Ready to accept connections')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${log}`)));
  });
}
