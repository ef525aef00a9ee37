// Our reader against V8's: mutants of honest modules are given to both. What V8 accepts and the
// allow-list allows we must accept; what we accept must compile after rewriting or fail with a
// CompileError; and nothing may throw anything else or end a process.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { rewrite } from '../../host/module/rewriter.ts';
import { WasmFormatError } from '../../host/module/wasm/reader.ts';
import { mutant, type Seed, seedOf } from './mutants.ts';
import { seedModules } from './seeds.ts';

const BATCH = 250;

/** What judge.mjs answers. */
interface Verdict {
  readonly isValid: boolean;
  readonly reason: string;
  readonly failure: string | null;
  readonly isClean: boolean;
}

interface Case {
  readonly index: number;
  readonly original: Uint8Array;
  readonly rewritten: Uint8Array | null;
  /** Why we refuse it, or null. */
  readonly rule: string | null;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly mutants: number;
  /** Stops after so many milliseconds. */
  readonly limitMs: number;
}

export interface FuzzResult {
  readonly seed: number;
  mutants: number;
  /** Accepted by both. */
  valid: number;
  /** Refused by both. */
  invalid: number;
  /** Accepted by us, then by V8 refused with a CompileError: operand types and the like. */
  leftToV8: number;
  /** Refused by us alone, for a limit or a feature that is not allowed. */
  notAllowed: number;
  /** Refused by V8 until it was rewritten: those that use a memory but have none get one. */
  mended: number;
  /** What must not happen: each with the index of the mutant and what happened. */
  readonly failures: string[];
}

/** Rules of the allow-list and of limits, by which V8 accepts more than we do. */
const OURS = [
  /is over the limit/,
  /not supported/,
  / is reserved/,
  /only env\.memory is known/,
  // The specification demands it, V8 reads such names leniently.
  /^custom section name: not valid UTF-8$/,
];

const MENDED = new RegExp(
  [
    'memory instruction with no memory',
    'cannot load data without memory',
    // The same two as V8 of Node 24 has them.
    'memory index 0 exceeds number of declared memories \\(0\\)',
    'invalid memory index 0 for data section \\(having 0 memories\\)',
    // memory.grow with its index written in more bytes than V8 of Node 20 reads.
    'expected memory index 0, found 128',
  ].join('|'),
);

class Judge {
  #child: ChildProcess | null = null;

  /** Null when the process died of it. */
  async ask(cases: readonly Case[]): Promise<readonly Verdict[] | null> {
    this.#child ??= fork(fileURLToPath(new URL('./judge.mjs', import.meta.url)), {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const child = this.#child;
    const stop = new AbortController();
    const { signal } = stop;
    const answer = once(child, 'message', { signal }).then(([verdicts]) => verdicts as Verdict[]);
    const death = once(child, 'exit', { signal }).then(() => null);
    for (const promise of [answer, death]) promise.catch(() => {}); // the one that is not awaited
    child.send(cases.map(({ original, rewritten }) => ({ original, rewritten })));
    const verdicts = await Promise.race([answer, death]);
    stop.abort();
    if (verdicts === null) this.#child = null;
    return verdicts;
  }

  close(): void {
    this.#child?.kill();
  }
}

export async function fuzz({ seed, mutants, limitMs }: FuzzOptions): Promise<FuzzResult> {
  const seeds = (await seedModules()).map(seedOf);
  const result: FuzzResult = {
    seed,
    mutants: 0,
    valid: 0,
    invalid: 0,
    leftToV8: 0,
    notAllowed: 0,
    mended: 0,
    failures: [],
  };
  const judge = new Judge();
  const end = performance.now() + limitMs;
  try {
    for (let from = 0; from < mutants && performance.now() < end; from += BATCH) {
      const count = Math.min(BATCH, mutants - from);
      const cases = Array.from({ length: count }, (_, i) => read(seeds, seed, from + i, result));
      await compare(judge, cases, result);
      result.mutants += count;
    }
  } finally {
    judge.close();
  }
  return result;
}

function read(seeds: readonly Seed[], seed: number, index: number, result: FuzzResult): Case {
  const original = mutant(seeds, seed, index);
  let rewritten: Uint8Array | null = null;
  let rule: string | null = null;
  try {
    rewritten = rewrite(original).bytes;
  } catch (error) {
    rule = error instanceof WasmFormatError ? error.rule : String(error);
    if (!(error instanceof WasmFormatError)) result.failures.push(`${index}: we throw ${rule}`);
    else if (!(error.offset >= 0 && error.offset <= original.length)) {
      result.failures.push(`${index}: ${error.message} is not in the file`);
    }
  }
  return { index, original, rewritten, rule };
}

async function compare(judge: Judge, cases: readonly Case[], result: FuzzResult): Promise<void> {
  const verdicts = await judge.ask(cases);
  if (verdicts === null) {
    // One of them ended the process: which?
    const [only] = cases;
    if (only !== undefined && cases.length === 1) {
      const by = only.rewritten === null ? 'which we refuse' : 'which we accept';
      result.failures.push(`${only.index}: V8 dies of it, ${by}`);
      return;
    }
    const middle = cases.length >> 1;
    await compare(judge, cases.slice(0, middle), result);
    await compare(judge, cases.slice(middle), result);
    return;
  }
  cases.forEach((item, i) => {
    tally(item, verdicts[i] as Verdict, result); // one for each
  });
}

function tally({ index, rule }: Case, verdict: Verdict, result: FuzzResult): void {
  const { isValid, reason, failure, isClean } = verdict;
  if (rule !== null) {
    if (!isValid) result.invalid++;
    else if (OURS.some((ours) => ours.test(rule))) result.notAllowed++;
    else result.failures.push(`${index}: V8 accepts it, we do not: ${rule}`);
  } else if (!isClean) result.failures.push(`${index}: not a CompileError: ${failure}`);
  else if (isValid && failure === null) result.valid++;
  else if (isValid) result.failures.push(`${index}: valid until rewritten: ${failure}`);
  else if (failure !== null) result.leftToV8++;
  else if (MENDED.test(reason)) result.mended++;
  else result.failures.push(`${index}: invalid until rewritten: ${reason}`);
}

/** `npm run siege -- validator [--mutants 100000] [--seed N] [--minutes 30]` */
export async function main(): Promise<boolean> {
  const { values } = parseArgs({
    args: process.argv.slice(3),
    options: {
      mutants: { type: 'string', default: '100000' },
      seed: { type: 'string', default: '1' },
      minutes: { type: 'string', default: '30' },
    },
  });
  const startMs = performance.now();
  const { failures, ...numbers } = await fuzz({
    seed: Number(values.seed),
    mutants: Number(values.mutants),
    limitMs: Number(values.minutes) * 60_000,
  });
  console.log({ ...numbers, seconds: Math.round((performance.now() - startMs) / 1000) });
  for (const failure of failures) console.log(`seed ${values.seed}, mutant ${failure}`);
  console.log(failures.length === 0 ? 'held' : `${failures.length} failures`);
  return failures.length === 0;
}
