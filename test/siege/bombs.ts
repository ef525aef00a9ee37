// Modules made to be dear to compile: those that are refused, how long that takes, and those
// just below the limits, what they cost V8 at most. Prints a table.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { rewrite } from '../../host/module/rewriter.ts';
import { WasmFormatError } from '../../host/module/wasm/reader.ts';
import { leb } from '../module/wat.ts';

/** A server that answers must not stall for longer, nor grow by more. */
const STALL_MAX_MS = 500;
const FIRST_CALL_MAX_MS = 100;
const RSS_MAX_BYTES = 1024 ** 3;

const I32 = 0x7f;
const FILE_BYTES = 8 * 1024 * 1024 - 2000;

interface Costs {
  readonly compileMs: number;
  readonly stallMs: number;
  readonly firstCallMs: number;
  readonly maxRssBytes: number;
}

type Bomb = readonly [name: string, make: () => Uint8Array];

const bytes = (...values: readonly number[]): Buffer => Buffer.from(values);
const repeat = (count: number, ...part: readonly number[]): Buffer =>
  Buffer.alloc(count * part.length, Buffer.from(part));

function section(id: number, ...content: readonly Buffer[]): Buffer {
  const all = Buffer.concat(content);
  return Buffer.concat([bytes(id, ...leb(all.length)), all]);
}

const sized = (bodies: readonly Buffer[]): Buffer =>
  Buffer.concat(bodies.flatMap((one) => [bytes(...leb(one.length)), one]));

/** `body` as the export `f`, `copies` times; further types and the functions that have them. */
function module(body: Buffer, copies = 1, types: Buffer[] = [], more: Buffer[] = []): Uint8Array {
  const bodies = [...new Array<Buffer>(copies).fill(body), ...more];
  const indices = Buffer.concat([Buffer.alloc(copies), ...more.map((_, i) => bytes(i + 1))]);
  return Buffer.concat([
    bytes(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0),
    section(1, bytes(types.length + 1, 0x60, 0, 0), ...types),
    section(3, bytes(...leb(bodies.length)), indices),
    section(5, bytes(1, 0, 1)),
    section(7, bytes(1, 1, 'f'.charCodeAt(0), 0, 0)),
    section(10, bytes(...leb(bodies.length)), sized(bodies)),
  ]);
}

/** A body with so many locals. */
function body(locals: number, ...instructions: readonly Buffer[]): Buffer {
  const declared = locals === 0 ? bytes(0) : bytes(1, ...leb(locals), I32);
  return Buffer.concat([declared, ...instructions, bytes(0x0b)]);
}

/** As many copies of a body as a file of the usual limit holds. */
const filled = (one: Buffer): Uint8Array => module(one, Math.floor(FILE_BYTES / (one.length + 4)));

const ifs = (count: number): Buffer => repeat(count, 0x20, 0, 0x04, 0x40, 0x20, 1, 0x21, 2, 0x0b);

function nestedLoops(depth: number, locals: number): Buffer {
  const sets = Array.from({ length: locals }, (_, i) =>
    bytes(0x20, ...leb((i + 1) % locals), 0x21, ...leb(i)),
  );
  return Buffer.concat([repeat(depth, 0x03, 0x40), ...sets, repeat(depth, 0x20, 0, 0x0d, 0, 0x0b)]);
}

/** Calls of a function with many results, all of them passed to another. */
function calls(count: number, values: number): Uint8Array {
  const list = Buffer.concat([bytes(...leb(values)), repeat(values, I32)]);
  const source = Buffer.concat([bytes(0x60, 0), list]);
  const sink = Buffer.concat([bytes(0x60), list, bytes(0)]);
  const main = body(0, repeat(count, 0x10, 1, 0x10, 2));
  return module(main, 1, [source, sink], [body(0, repeat(values, 0x41, 0)), body(0)]);
}

function branchTables(count: number, targets: number): Buffer {
  const labels = Array.from({ length: targets + 1 }, (_, i) => bytes(...leb(i % 998)));
  const one = Buffer.concat([
    repeat(998, 0x02, 0x40),
    bytes(0x41, 0, 0x0e, ...leb(targets)),
    ...labels,
    repeat(998, 0x0b),
  ]);
  return Buffer.concat(Array.from({ length: count }, () => one));
}

const BOMBS: readonly Bomb[] = [
  ['2M nested blocks', () => module(body(0, repeat(2e6, 0x02, 0x40), repeat(2e6, 0x0b)))],
  ['100 br_tables of 65k', () => module(body(0, branchTables(2, 65_000)), 50)],
  ['300k functions', () => module(body(0), 300_000)],
  ['10k functions of 50k locals', () => module(body(50_000), 10_000)],
  ['a body of 9 MB', () => module(body(0, repeat(9e6, 0x01)))],
  ['1000 ifs, 50k locals', () => module(body(50_000, ifs(1000)))],
  ['1000 calls of 1000 values', () => calls(1000, 1000)],
  ['900 nested loops, 5k locals', () => module(body(5000, nestedLoops(900, 5000)))],
  // Those that must be accepted: just below a limit.
  ['50k functions', () => module(body(0), 50_000)],
  ['75 ifs, 50k locals', () => module(body(50_000, ifs(75)))],
  ['1900 ifs, 2k locals', () => module(body(2000, ifs(1900)))],
  ['the same, twice', () => module(body(2000, ifs(1900)), 2)],
  ['8 MB of ifs', () => filled(body(10, ifs(20_000)))],
  ['500 calls of 950 values', () => calls(500, 950)],
  ['24k calls of 8 values', () => calls(24_000, 8)],
  ['79k calls', () => module(body(0, repeat(79_000, 0x10, 0)))],
  ['500 nested loops, 500 locals', () => module(body(500, nestedLoops(500, 500)))],
  ['the same, 4 times', () => module(body(500, nestedLoops(500, 500)), 4)],
  ['4 br_tables of 65k', () => module(body(0, branchTables(4, 65_000)))],
  ['8 MB of nothing', () => filled(body(0, repeat(900_000, 0x01)))],
  ['8 MB of blocks', () => filled(body(0, repeat(300_000, 0x02, 0x40, 0x0b)))],
  ['8 MB of loads', () => filled(body(1, repeat(145_000, 0x20, 0, 0x28, 2, 0, 0x21, 0)))],
  ['8 MB of calls', () => filled(body(0, repeat(450_000, 0x10, 0)))],
  [
    '8 MB with some calls',
    () => filled(body(1, repeat(60_000, 0x10, 0, 0x41, 0, 0x21, 0, 0x20, 0, 0x1a, 0x01, 0x01))),
  ],
];

async function costsOf(rewritten: Uint8Array, mode: string): Promise<Costs | null> {
  const child = fork(fileURLToPath(new URL('./compiler.mjs', import.meta.url)), [mode], {
    serialization: 'advanced',
    execArgv: [],
  });
  child.send(rewritten);
  const costs = await Promise.race([
    once(child, 'message').then(([answer]) => answer as Costs),
    once(child, 'exit').then(() => null),
  ]);
  child.kill();
  return costs;
}

/** Prints what one costs; returns what is wrong with that. */
async function measure([name, make]: Bomb): Promise<string[]> {
  const original = make();
  const size = `${original.length} bytes`;
  const startMs = performance.now();
  let rewritten: Uint8Array;
  try {
    rewritten = rewrite(original).bytes;
  } catch (error) {
    if (!(error instanceof WasmFormatError)) throw error;
    const ms = performance.now() - startMs;
    console.log(`${name}, ${size}: refused in ${ms.toFixed()} ms: ${error.message}`);
    return ms > STALL_MAX_MS ? [`${name}: refused only after ${ms.toFixed()} ms`] : [];
  }
  const readMs = performance.now() - startMs;
  console.log(`${name}, ${size}: read and rewritten in ${readMs.toFixed()} ms`);
  const problems = readMs > STALL_MAX_MS ? [`${name}: read in ${readMs.toFixed()} ms`] : [];
  for (const mode of ['baseline', 'optimizing']) {
    const costs = await costsOf(rewritten, mode);
    if (costs === null) {
      problems.push(`${name}: ends the process, ${mode}`);
      continue;
    }
    const { compileMs, stallMs, firstCallMs, maxRssBytes } = costs;
    console.log(
      `  ${mode}: compiled in ${compileMs.toFixed()} ms (main thread stalled ` +
        `${stallMs.toFixed()}), first call ${firstCallMs.toFixed()} ms, ` +
        `${(maxRssBytes / 1024 ** 2).toFixed()} MB`,
    );
    if (stallMs > STALL_MAX_MS) problems.push(`${name}: stalls ${stallMs.toFixed()} ms, ${mode}`);
    if (firstCallMs > FIRST_CALL_MAX_MS) problems.push(`${name}: slow first call, ${mode}`);
    if (maxRssBytes > RSS_MAX_BYTES) problems.push(`${name}: too much memory, ${mode}`);
  }
  return problems;
}

/** `npm run siege -- bombs` */
export async function main(): Promise<boolean> {
  const problems: string[] = [];
  for (const bomb of BOMBS) problems.push(...(await measure(bomb)));
  for (const problem of problems) console.log(problem);
  console.log(problems.length === 0 ? 'held' : `${problems.length} problems`);
  return problems.length === 0;
}
