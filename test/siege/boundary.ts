// Every function of the ABI with every bad argument: G1, G2 and G26 of the catalogue of malicious
// guests, generated from the table. A case is one command of the probe that calls one function;
// it ends in a trap that names function and argument, or with a result, and never leaves anything.

import { allFunctions, type NamedFunction } from '../../abi/index.ts';
import { type KindRef, kindOf } from '../../abi/kinds.ts';
import type { Client } from '../../host/dispatch/client.ts';
import { ModuleTrap } from '../../host/module/trap.ts';
import { TestInstance } from '../support/instance.ts';
import { Probe } from '../support/probe.ts';
import { loading } from '../support/probe-type.ts';
import {
  type Choice,
  hostile,
  roleOf,
  SCRATCH_BYTES,
  type Scene,
  valid,
  type Word,
} from './arguments.ts';
import { Neighbour } from './neighbour.ts';
import { Objects } from './objects.ts';

/** One call: bad values by parameter, good ones for the others. */
export interface Case {
  readonly fn: NamedFunction;
  readonly bad: ReadonlyMap<number, Choice>;
}

export interface Report {
  cases: number;
  trapped: number;
  /** Ended with a result. */
  answered: number;
  /** Cannot be had: a freed handle of a kind that is never freed. */
  skipped: number;
  readonly findings: string[];
  /** The slowest case, in milliseconds. */
  slowestMs: number;
  slowest: string;
}

const SETTINGS = { 'enable-debug-command': 'yes', 'module-max-memory': '8mb' };
const PARAMS_MAX = 12;
/** A case that takes longer holds up everybody. */
const CASE_MAX_MS = 100;
/** They do something while the module is being loaded only; what they register stays. */
const REGISTERING =
  /_(?:Create(?:Command|Subcommand|DataType)|SetCommandInfo|Register\w+Config|LoadConfigs)$/;
/** What they subscribe or free is meant to stay, for cases with a result. */
const DONE = 'the case has ended';

type Lookup = (probe: Probe, name: string) => (...args: Word[]) => Word | undefined;

const exported: Lookup = ({ m }, name) => m.exported(name) as ReturnType<Lookup>; // of the ABI

export function* boundaryCases(): Generator<Case> {
  for (const fn of allFunctions()) {
    yield { fn, bad: new Map() };
    const roles = fn.spec.params.map(roleOf);
    for (const [i, role] of roles.entries()) {
      for (const choice of hostile(fn, i)) {
        yield { fn, bad: new Map([[i, choice]]) };
        if (role !== 'pointer') continue;
        for (const [j, other] of roles.entries()) {
          if (other !== 'length') continue;
          for (const length of hostile(fn, j))
            yield {
              fn,
              bad: new Map([
                [i, choice],
                [j, length],
              ]),
            };
        }
      }
    }
  }
}

export function describeCase({ fn, bad }: Case): string {
  const names = [...bad].map(([i, { label }]) => `${fn.spec.params[i]?.[0]}=${label}`);
  return `${fn.name}(${names.join(', ')})`;
}

/** A server with two instances of the probe, and what a case needs to be judged. */
export class Boundary {
  readonly server: TestInstance;
  readonly report: Report = {
    ...{ cases: 0, trapped: 0, answered: 0, skipped: 0, findings: [], slowestMs: 0, slowest: '' },
  };
  readonly #probe: Probe;
  readonly #other: Probe;
  readonly #objects: Objects;
  readonly #scratch: number;
  readonly #clients: Client[];
  readonly #lookup: Lookup;
  #serial = 0;
  #current: Case | null = null;
  #isSkipped = false;
  #error: unknown = null;

  private constructor(server: TestInstance, probe: Probe, other: Probe, lookup: Lookup) {
    this.server = server;
    this.#lookup = lookup;
    this.#probe = probe;
    this.#other = other;
    this.#objects = new Objects(probe);
    this.#clients = [server.instance.createClient(), server.instance.createClient()];
    (this.#clients[1] as Client).writer.protocol = 3; // there are two
    this.#scratch = probe.m.alloc(PARAMS_MAX * SCRATCH_BYTES);
    probe.command('siege.case', 'write', (ctx) => this.#call(ctx));
    this.#addData();
    // What a function makes once and keeps is there before anything is measured.
    for (const fn of allFunctions()) this.#run({ fn, bad: new Map() });
    probe.run(({ api }) => api.RedisModule_StringPtrLen(0, 0));
  }

  /** @param lookup finds the functions; tests of the checks put in bad ones */
  static async make(lookup: Lookup = exported): Promise<Boundary> {
    const server = new TestInstance(SETTINGS);
    const probe = await Probe.load(server);
    return new Boundary(server, probe, await Probe.load(server, 'other'), lookup);
  }

  #addData(): void {
    const { server } = this;
    server.raw('SET', 'siege:string', 'some text');
    server.raw('RPUSH', 'siege:list', 'a', 'b', 'c');
    server.raw('ZADD', 'siege:zset', '1', 'a', '2', 'b', '3', '1000-5');
    server.raw('HSET', 'siege:hash', 'a', '1', '1000-5', '2');
    const { probe, type } = this.#objects;
    probe.run(({ ctx, api }) => {
      const name = probe.string('siege:module');
      const key = api.RedisModule_OpenKey(ctx, name, 3);
      api.RedisModule_ModuleTypeSetValue(key, type, 16);
      api.RedisModule_CloseKey(key);
      api.RedisModule_FreeString(0, name);
    });
  }

  /** Runs one case and notes what is wrong with how it ends. */
  run(one: Case): void {
    const { report, server } = this;
    const before = this.#holdings();
    const digest = server.raw('DEBUG', 'DIGEST');
    const lines = server.logLines.length;
    const startMs = performance.now();
    const reply = this.#run(one);
    let tookMs = performance.now() - startMs;
    if (tookMs > CASE_MAX_MS) {
      // Once is the machine, twice is the case.
      const againMs = performance.now();
      this.#run(one);
      tookMs = performance.now() - againMs;
    }
    report.cases++;
    if (this.#isSkipped) report.skipped++;
    else this.#judge(one, reply, server.logLines.slice(lines));
    if (tookMs > report.slowestMs) {
      report.slowestMs = tookMs;
      report.slowest = describeCase(one);
    }
    if (tookMs > CASE_MAX_MS) this.#find(one, `took ${Math.round(tookMs)} ms`);
    const after = this.#holdings();
    if (!REGISTERING.test(one.fn.name) && after !== before) {
      this.#find(one, `holds ${after}, not ${before}`);
    }
    if (server.raw('DEBUG', 'DIGEST') !== digest) this.#find(one, 'has changed the data');
    server.raw('SET', 'siege:alive', '1');
    const alive = server.raw('GET', 'siege:alive');
    if (alive !== '$1\r\n1\r\n') this.#find(one, `the server answers ${JSON.stringify(alive)}`);
    server.raw('DEL', 'siege:alive');
    server.takeEffects();
  }

  #run(one: Case): string {
    this.#current = one;
    this.#isSkipped = false;
    this.#error = null;
    this.#serial++;
    const { server } = this;
    const client = this.#clients[this.#serial % 2] as Client; // there are two
    const isRegistering = REGISTERING.test(one.fn.name);
    let reply = '';
    try {
      if (isRegistering) loading(this.#probe, ({ ctx }) => this.#call(ctx));
      else reply = server.rawAs(client, 'siege.case', 'word');
    } catch (error) {
      reply = `-ERR ${(error as Error).message}`;
    }
    this.#objects.giveBack();
    return reply;
  }

  /** Inside of the command: calls the function, and undoes what it has done. */
  #call(ctx: number): void {
    const { fn, bad } = this.#current as Case; // set by #run
    const objects = this.#objects;
    const scene: Scene = {
      ...{ probe: this.#probe, other: this.#other, objects, ctx, fn, serial: this.#serial },
      scratch: (index) => this.#scratch + index * SCRATCH_BYTES,
    };
    const words: Word[] = [];
    for (let i = 0; i < fn.spec.params.length; i++) {
      const made = bad.get(i)?.make(scene) ?? (bad.has(i) ? null : valid(scene, i));
      if (made === null) {
        this.#isSkipped = true;
        throw new ModuleTrap(DONE);
      }
      words.push(...made);
    }
    if (kindOf(fn.spec.result).host === 'longdouble') words.unshift(scene.scratch(PARAMS_MAX - 1));
    const call = this.#lookup(this.#probe, fn.name);
    try {
      const result = call(...words);
      this.#adopt(fn, Number(result ?? 0), words);
    } catch (error) {
      this.#error = error;
      throw error;
    }
    objects.giveBack();
    if (!REGISTERING.test(fn.name)) throw new ModuleTrap(DONE);
  }

  /** What a function has handed out for the guest to free. */
  #adopt({ spec }: NamedFunction, result: number, words: readonly Word[]): void {
    const { of } = kindOf(spec.result);
    if (spec.returns === 'own') this.#objects.adopt(of, result);
    if (spec.returns === 'free' && result !== 0) this.#objects.adoptBlock(result);
    for (const [i, [, ref]] of spec.params.entries()) {
      const { memory, allocator } = this.#probe.m;
      const at = Number(words[i]) >>> 0;
      const isIn = at > 0 && at + 4 <= memory.byteLength;
      if (ref.startsWith('out ints') && isIn && allocator.owns(memory.readU32(at))) {
        this.#objects.adoptBlock(memory.readU32(at));
      }
      if (ref.startsWith('hashget') && isIn) this.#objects.adopt('string', memory.readU32(at + 64));
    }
  }

  #judge(one: Case, reply: string, lines: readonly string[]): void {
    const { report } = this;
    const bug = lines.find((line) => /internal error|TypeError|RangeError/.test(line));
    if (bug !== undefined) {
      this.#find(one, bug.split('\n').slice(0, 3).join(' '));
      return;
    }
    const error = this.#error;
    if (error === null) {
      report.answered++;
      if (!reply.includes(DONE) && !REGISTERING.test(one.fn.name)) {
        this.#find(one, `answers ${JSON.stringify(reply.slice(0, 100))}`);
      }
      return;
    }
    report.trapped++;
    if (!(error instanceof ModuleTrap)) this.#find(one, String(error));
    else this.#judgeTrap(one, error);
  }

  #judgeTrap(one: Case, trap: ModuleTrap): void {
    const { fn, bad } = one;
    if (trap.abiFunction !== fn.name) this.#find(one, `names ${trap.abiFunction}: ${trap.message}`);
    if (trap.reason.startsWith('assertion failed')) return;
    if (bad.size === 0) this.#find(one, trap.message);
    const blamed = [...bad.keys()].map((i) => fn.spec.params[i] as readonly [string, KindRef]);
    const roles = blamed.map(roleOf);
    if (!roles.includes('pointer') && !roles.includes('handle') && !roles.includes('callback')) {
      return;
    }
    // A length that does not fit is a fault of the pointer it belongs to.
    const isNamed =
      blamed.some(([name]) => name === trap.argument) ||
      (roles.includes('length') && fn.spec.params.some(([name]) => name === trap.argument));
    // Words behind a pointer are named for what they are.
    const isVarargs = blamed.some(([, ref]) =>
      /printf|callargs|hash|argv|cstrings|struct/.test(ref),
    );
    if (!isNamed && !isVarargs) this.#find(one, `names '${trap.argument}': ${trap.message}`);
  }

  #find(one: Case, what: string): void {
    this.report.findings.push(`${describeCase(one)}: ${what}`);
  }

  /** What a module could keep, and what it could leave open. */
  #holdings(): string {
    const { m } = this.#probe;
    const { executor, keyspace } = this.server.instance;
    const { timers, blockedClients, undo, promises } = m.registry;
    return JSON.stringify({
      ...{ bytes: m.allocator.liveBytes, handles: m.handles.countByKind().join() },
      ...{ timers, blockedClients, undo: undo.length, promises: promises.size },
      ...{ depth: executor.depth, inside: m.depth, scopes: m.handles.depth },
      journal: keyspace.journal.isOpen,
      listeners: [keyspace.eventMask, this.server.scheduler.pendingCount],
      other: [this.#other.m.handles.liveCount, this.#other.m.allocator.liveBytes],
    });
  }
}

/** Runs all cases, asking a neighbour after each; prints nothing. */
export async function runBoundary(): Promise<Report & { readonly neighbour: Neighbour }> {
  const boundary = await Boundary.make();
  const neighbour = new Neighbour();
  await neighbour.load(boundary.server);
  for (const one of boundaryCases()) {
    const startMs = performance.now();
    boundary.run(one);
    neighbour.ask(performance.now() - startMs);
  }
  return { ...boundary.report, neighbour };
}

/** `npm run siege -- boundary` */
export async function main(): Promise<boolean> {
  const startMs = performance.now();
  const report = await runBoundary();
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  for (const finding of report.findings) console.log(finding);
  const { cases, trapped, answered, skipped, slowestMs, slowest, neighbour } = report;
  console.log(
    `boundary: ${cases} cases in ${seconds} s: ${trapped} trapped, ${answered} answered, ` +
      `${skipped} not to be had, ${report.findings.length} findings; ` +
      `slowest ${slowestMs.toFixed(1)} ms, ${slowest}; ${neighbour.describe()}`,
  );
  return report.findings.length === 0 && neighbour.wrong === 0;
}
