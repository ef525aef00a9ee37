// What fuel costs: seven workloads, metered and not, taking turns in one process. Prints the ratio
// of the best times; see `npm run bench -- --meter`.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildGuest } from '../../build/guest.ts';
import { projectRoot } from '../../build/packages.mjs';
import { Argv } from '../../host/lib/argv.ts';
import { HOST_MODULE } from '../../host/module/additions.ts';
import { loadCode } from '../../host/module/code.ts';
import { rewrite } from '../../host/module/rewriter.ts';
import { stackProbe } from '../../host/module/stack-probe.ts';
import { TestInstance } from '../support/instance.ts';

/** Rounds that take some milliseconds: shorter than what others on the machine leave at a time. */
export const WORKLOADS = {
  sha256: 10,
  crc: 1,
  sort: 1,
  matmul: 2,
  sieve: 2,
  scan: 6,
  recursion: 12,
} as const;

type Workload = keyof typeof WORKLOADS;
type Run = (rounds: number) => number;

/** The functions `run_…` of a module. Refuelling reads the clock, as the server does. */
export type Runs = Readonly<Record<Workload, Run>>;

export async function buildWorkloads(): Promise<Buffer> {
  const source = join(projectRoot, 'test/bench/meter/workloads.c');
  const build = await buildGuest({
    lang: 'c',
    sources: [source],
    out: join(projectRoot, 'build/out/bench/meter.wasm'),
  });
  return readFileSync(build.out);
}

export function instantiate(bytes: Uint8Array, isMetered: boolean): Runs {
  const { bytes: rewritten, info } = rewrite(bytes, { isMetered });
  const imports: Record<string, Record<string, unknown>> = {
    [HOST_MODULE]: {
      memory: new WebAssembly.Memory({ initial: info.memory.min + 16 }),
      memory_grow: () => -1,
      refuel: () => (performance.now() > 0 ? 2_000_000 : 0),
      probe: stackProbe(),
    },
  };
  for (const { module, name } of info.imports) {
    imports[module] ??= {};
    (imports[module] as Record<string, unknown>)[name] = () => 0; // made on the line above
  }
  const module = new WebAssembly.Module(rewritten);
  const { exports } = new WebAssembly.Instance(module, imports);
  const names = Object.keys(WORKLOADS) as Workload[];
  return Object.fromEntries(names.map((name) => [name, exports[`run_${name}`]])) as Runs; // of the C file
}

export interface Ratio {
  readonly workload: Workload;
  readonly plainMs: number;
  readonly meteredMs: number;
}

/** Best of `turns` each, by turns; V8 has optimised both before. */
export function compare(plain: Runs, metered: Runs, turns: number): Ratio[] {
  return (Object.keys(WORKLOADS) as Workload[]).map((workload) => {
    const rounds = WORKLOADS[workload];
    const best = { plain: Number.POSITIVE_INFINITY, metered: Number.POSITIVE_INFINITY };
    for (let turn = -30; turn < turns; turn++) {
      const plainMs = time(plain[workload], rounds);
      const meteredMs = time(metered[workload], rounds);
      if (turn < 0) continue;
      best.plain = Math.min(best.plain, plainMs);
      best.metered = Math.min(best.metered, meteredMs);
    }
    return { workload, plainMs: best.plain, meteredMs: best.metered };
  });
}

function time(run: Run, rounds: number): number {
  const start = performance.now();
  run(rounds);
  return performance.now() - start;
}

export async function benchMeter(turns: number): Promise<void> {
  const bytes = await buildWorkloads();
  const ratios = compare(instantiate(bytes, false), instantiate(bytes, true), turns);
  console.log('workload      plain ms   metered ms   ratio');
  for (const { workload, plainMs, meteredMs } of ratios) {
    const cells = [plainMs.toFixed(2), meteredMs.toFixed(2), (meteredMs / plainMs).toFixed(3)];
    console.log(`${workload.padEnd(12)}${cells.map((cell) => cell.padStart(11)).join('')}`);
  }
  const sorted = ratios.map(({ plainMs, meteredMs }) => meteredMs / plainMs).sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 1;
  console.log(`median ${middle.toFixed(3)}, worst ${(sorted.at(-1) ?? 1).toFixed(3)}`);
  const counter = await compareCommand();
  console.log(`COUNTER.INCR in process: ${counter.toFixed(3)}`);
  console.log(`rewriting ${bytes.length} bytes: ${rewriteMs(bytes).toFixed(2)} ms`);
}

/** COUNTER.INCR, metered and not, each in a server of its own without sockets. */
async function compareCommand(): Promise<number> {
  const { out } = await buildGuest({ lang: 'c', name: 'counter' });
  const bytes = readFileSync(out);
  const run = async (isMetered: boolean): Promise<() => number> => {
    const server = new TestInstance();
    server.instance.modules.load(await loadCode(bytes, { isMetered }), out, []);
    const argv = Argv.of('COUNTER.INCR', 'c');
    const { dispatcher, executor } = server.instance;
    return () => {
      const start = performance.now();
      for (let i = 0; i < 2000; i++) {
        executor.beginTurn();
        dispatcher.dispatch(server.client, argv);
        server.client.writer.clear();
      }
      return performance.now() - start;
    };
  };
  const [plain, metered] = [await run(false), await run(true)];
  const best = { plain: Number.POSITIVE_INFINITY, metered: Number.POSITIVE_INFINITY };
  for (let turn = -100; turn < 1000; turn++) {
    const [plainMs, meteredMs] = [plain(), metered()];
    if (turn < 0) continue;
    best.plain = Math.min(best.plain, plainMs);
    best.metered = Math.min(best.metered, meteredMs);
  }
  return best.metered / best.plain;
}

/** Warm, best of many. */
function rewriteMs(bytes: Uint8Array): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 50; i++) {
    const start = performance.now();
    rewrite(bytes);
    best = Math.min(best, performance.now() - start);
  }
  return best;
}
