// A guest that calls the ABI at random: functions of the table in any order, their arguments drawn
// from live handles, good pointers and hostile values. The seed replays a run. What must hold:
// no error of the host, data that are the same after the effects are replayed on another server,
// and after FLUSHALL and unload nothing left.

import { allFunctions, type NamedFunction } from '../../abi/index.ts';
import { type KindRef, kindOf } from '../../abi/kinds.ts';
import type { Client } from '../../host/dispatch/client.ts';
import { ModuleTrap } from '../../host/module/trap.ts';
import { TestInstance } from '../support/instance.ts';
import { Probe } from '../support/probe.ts';
import { type Choice, hostile, SCRATCH_BYTES, type Scene, valid, type Word } from './arguments.ts';
import { Neighbour } from './neighbour.ts';
import { HANDLE_KINDS, Objects } from './objects.ts';

export interface RandomReport {
  readonly seed: number;
  calls: number;
  commands: number;
  traps: number;
  readonly findings: string[];
  readonly neighbour: Neighbour;
}

const SETTINGS = {
  'enable-debug-command': 'yes',
  'enable-module-command': 'yes',
  'module-max-memory': '8mb',
};
/** They need the module to be loading. */
const NOT_CALLED = /_(?:SetModuleAttribs|Register\w+Config|CreateCommand|CreateSubcommand)$/;
/** What changes data without telling the file: left out of rounds whose effects are replayed. */
const SILENT =
  /_(?:String(?:Set|DMA|Truncate)|List\w+|Zset\w+|HashSet|(?:Delete|Unlink)Key|Set\w*Expire|ResetDataset|ModuleType\w+|SelectDb|Replicate\w*|OpenKey|Scan)$/;
/** Kinds of handles that do not outlive the call they were made in. */
const ENDS_WITH_CALL: ReadonlySet<string> = new Set(['key', 'io', 'digest', 'infoCtx', 'optCtx']);
const CALLS_MAX = 24;
/** Handles that the guest remembers beyond a command; more are forgotten, and so leaked. */
const REMEMBERED_MAX = 64;
/** The other arguments are hostile. */
const GOOD_PERCENT = 98;
const PARAMS_MAX = 12;
/** Commands between two looks at the whole. */
const CHECK_EVERY = 100;
const RELOAD_EVERY = 2000;
/** Command lines for Call and Replicate. */
const LINES: readonly (readonly string[])[] = [
  ['SET', 'siege:a', 'x'],
  ['GET', 'siege:a'],
  ['DEL', 'siege:string'],
  ['RPUSH', 'siege:list', 'y'],
  ['LRANGE', 'siege:list', '0', '-1'],
  ['HGETALL', 'siege:hash'],
  ['ZADD', 'siege:zset', '5', 'z'],
  ['SPOP', 'siege:set'],
  ['RENAME', 'siege:a', 'siege:b'],
  ['EXPIRE', 'siege:a', '100'],
  ['FLUSHDB'],
  ['SHUTDOWN'],
  ['DEBUG', 'SEGFAULT'],
  ['CONFIG', 'SET', 'maxmemory', '1'],
  ['MODULE', 'UNLOAD', 'probe'],
  ['MULTI'],
  ['BLPOP', 'siege:none', '0'],
  ['SUBSCRIBE', 'c'],
  ['siege.random', '1'],
  ['RESTORE', 'siege:r', '0', 'garbage'],
];

/** The same numbers for the same seed: xorshift32. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 1;
  }

  below(bound: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % bound;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T; // lists are not empty
  }
}

interface Remembered {
  readonly tag: string;
  readonly value: number;
}

/** A server under siege by one random guest, and its neighbour. */
export class RandomSiege {
  readonly report: RandomReport;
  readonly #dice: Dice;
  readonly #server = new TestInstance(SETTINGS);
  /** Gets every effect, as an append-only file or a replica would. */
  readonly #mirror = new TestInstance(SETTINGS);
  readonly #clients: Client[] = [];
  readonly #all: NamedFunction[];
  #functions: NamedFunction[];
  /** This round every change is replicated. */
  #isReplayed = true;
  #probe!: Probe;
  #objects!: Objects;
  #scratch = 0;
  #serial = 0;
  #remembered: Remembered[] = [];
  #log: string[] = [];

  private constructor(seed: number, neighbour: Neighbour) {
    this.report = { seed, calls: 0, commands: 0, traps: 0, findings: [], neighbour };
    this.#dice = new Dice(seed);
    this.#all = allFunctions().filter(({ name }) => !NOT_CALLED.test(name));
    this.#functions = this.#all.filter(({ name }) => !SILENT.test(name));
    for (let i = 0; i < 4; i++) this.#clients.push(this.#server.instance.createClient());
    (this.#clients[1] as Client).writer.protocol = 3; // there are four
  }

  static async start(seed: number): Promise<RandomSiege> {
    const siege = new RandomSiege(seed, new Neighbour());
    await siege.report.neighbour.load(siege.#server);
    await siege.#load();
    return siege;
  }

  async #load(): Promise<void> {
    this.#probe = await Probe.load(this.#server);
    this.#objects = new Objects(this.#probe);
    this.#scratch = this.#probe.m.alloc(PARAMS_MAX * SCRATCH_BYTES);
    this.#remembered = [];
    this.#probe.command('siege.random', 'write', (ctx) => this.#play(ctx));
    this.#addData();
  }

  #addData(): void {
    const server = this.#server;
    server.raw('SET', 'siege:string', 'some text');
    server.raw('RPUSH', 'siege:list', 'a', 'b', 'c');
    server.raw('ZADD', 'siege:zset', '1', 'a', '2', 'b');
    server.raw('HSET', 'siege:hash', 'a', '1', 'b', '2');
    server.raw('SADD', 'siege:set', 'a', 'b', 'c');
  }

  /** Plays until the time is over. */
  async run(ms: number): Promise<RandomReport> {
    const endMs = performance.now() + ms;
    while (performance.now() < endMs && this.report.findings.length < 20) {
      this.#command();
      const { commands } = this.report;
      if (commands % CHECK_EVERY === 0) this.#check();
      if (commands % RELOAD_EVERY === 0) await this.#reload();
      if (commands % 97 === 0) this.#addData();
    }
    this.#check();
    await this.#reload();
    return this.report;
  }

  #command(): void {
    const server = this.#server;
    const lines = server.logLines.length;
    this.#log = [];
    this.report.commands++;
    const startMs = performance.now();
    try {
      const client = this.#dice.of(this.#clients);
      if (client.blocked === null) server.rawAs(client, 'siege.random', 'word');
      if (this.#dice.below(8) === 0) this.#advance(1 + this.#dice.below(20));
    } catch (error) {
      this.#find(`threw ${(error as Error).stack ?? String(error)}`);
    }
    const bug = server.logLines.slice(lines).find((line) => /internal error/.test(line));
    if (bug !== undefined) this.#find(bug.split('\n').slice(0, 3).join(' '));
    if (server.logLines.length > 1000) server.logLines.length = 0;
    this.report.neighbour.ask(performance.now() - startMs);
    if (server.instance.executor.depth !== 0) this.#find('the executor is still inside');
    if (server.instance.keyspace.journal.isOpen) this.#find('the journal is still open');
  }

  /** Time goes by on both servers. */
  #advance(ms: number): void {
    this.#server.advance(ms);
    this.#mirror.advance(ms);
  }

  /** Inside of the command: a few calls, ended by the first trap. */
  #play(ctx: number): void {
    this.#remembered = this.#remembered.filter(({ tag }) => !ENDS_WITH_CALL.has(tag));
    const count = 1 + this.#dice.below(CALLS_MAX);
    for (let i = 0; i < count; i++) {
      try {
        this.#call(ctx);
      } catch (error) {
        if (error instanceof ModuleTrap) this.report.traps++;
        throw error;
      }
    }
  }

  #call(ctx: number): void {
    const fn = this.#dice.of(this.#functions);
    this.#serial++;
    const scene: Scene = {
      ...{ probe: this.#probe, other: this.report.neighbour.probe, objects: this.#objects },
      ...{ ctx, fn, serial: this.#serial },
      scratch: (index) => this.#scratch + index * SCRATCH_BYTES,
    };
    const words: Word[] = [];
    for (let i = 0; i < fn.spec.params.length; i++) words.push(...this.#argument(scene, i));
    this.#objects.forget();
    if (kindOf(fn.spec.result).host === 'longdouble') words.unshift(scene.scratch(PARAMS_MAX - 1));
    this.#log.push(`${fn.name}(${words.join(', ')})`);
    this.report.calls++;
    const call = this.#probe.m.exported(fn.name) as (...args: Word[]) => Word | undefined; // of the ABI
    const result = call(...words);
    const { host, of } = kindOf(fn.spec.result);
    if (host === 'handle') this.#remember(of, Number(result));
  }

  #remember(tag: string, value: number): void {
    if (value === 0) return;
    if (this.#remembered.length < REMEMBERED_MAX) this.#remembered.push({ tag, value });
    else this.#remembered[this.#dice.below(REMEMBERED_MAX)] = { tag, value };
  }

  /** A good value, one remembered from before, or a bad one. */
  #argument(scene: Scene, index: number): readonly Word[] {
    const [name, ref] = scene.fn.spec.params[index] as readonly [string, KindRef]; // in range
    const { host, of } = kindOf(ref);
    // A call without its flag for replication would not be in the file.
    const isTame = this.#isReplayed && /^(?:fmt|cmdname|args)$/.test(name);
    const roll = this.#dice.below(isTame ? GOOD_PERCENT : 100);
    if (ref === 'callargs' && roll < GOOD_PERCENT) return [this.#line(scene, index)];
    if (host === 'handle' && of !== 'ctx' && roll < 50) {
      const known = this.#remembered.filter(({ tag }) => tag === of);
      if (known.length > 0) return [this.#dice.of(known).value];
    }
    if (roll < GOOD_PERCENT) {
      const words = valid(scene, index);
      if (host === 'handle' && of in HANDLE_KINDS) this.#remember(of, Number(words[0]));
      return words;
    }
    const choices: readonly Choice[] = hostile(scene.fn, index);
    return this.#dice.of(choices).make(scene) ?? valid(scene, index);
  }

  /** Arguments for one of the lines: the name and format are written where they belong. */
  #line(scene: Scene, index: number): number {
    const { memory } = this.#probe.m;
    const line = this.#dice.of(LINES);
    const at = scene.scratch(index);
    memory.fill(at, SCRATCH_BYTES, 0);
    const names = scene.fn.spec.params.map(([name]) => name);
    const write = (name: string, text: string): void => {
      const to = scene.scratch(names.indexOf(name));
      memory.copyIn(to, Buffer.from(`${text}\0`));
    };
    write('cmdname', line[0] as string); // lines are not empty
    const flags =
      this.#dice.of(['', '', 'E', '!', '3', '0', 'K', 'S', 'W', 'C', '!E', '3E']) +
      (this.#isReplayed ? '!' : '');
    write('fmt', 'c'.repeat(line.length - 1) + flags);
    this.#log.push(`the next: ${line.join(' ')} with ${flags}`);
    let text = at + 64;
    for (const [i, word] of line.slice(1).entries()) {
      memory.writeU32(at + 4 * i, text);
      memory.copyIn(text, Buffer.from(`${word}\0`));
      text += word.length + 1;
    }
    return at;
  }

  /** The data are those that the effects make; the server still works. */
  #check(): void {
    const server = this.#server;
    for (const client of this.#clients) {
      if (client.blocked !== null) server.instance.executor.blocking.drop(client);
      server.takeReply(client);
    }
    for (const words of server.takeEffects()) if (this.#isReplayed) this.#mirror.raw(...words);
    const [here, there] = [server, this.#mirror].map((one) => one.raw('DEBUG', 'DIGEST'));
    this.#mirror.takeEffects();
    if (this.#isReplayed && here !== there) this.#find(`digest ${here}, replayed ${there}`);
  }

  async #reload(): Promise<void> {
    const server = this.#server;
    this.#isReplayed = !this.#isReplayed;
    this.#functions = this.#isReplayed
      ? this.#all.filter(({ name }) => !SILENT.test(name))
      : this.#all;
    for (const one of [server, this.#mirror]) {
      one.raw('FLUSHALL');
      one.takeEffects();
    }
    this.#advance(100_000);
    const { modules } = server.instance;
    for (const client of this.#clients) {
      if (client.blocked !== null) server.instance.clients.kill(client);
    }
    this.#letGo();
    const refusal = modules.unload('probe');
    if (refusal !== null) throw new Error(`cannot be unloaded: ${refusal}`);
    if (server.scheduler.pendingCount > 0) this.#find('timers are left');
    if (modules.memoryBytes !== this.report.neighbour.probe.m.usedBytes) {
      this.#find('memory is left after unload');
    }
    await this.#load();
  }

  /** What Redis demands before a module may be unloaded. */
  #letGo(): void {
    const { m, api } = this.#probe;
    for (const { name } of m.registry.types.splice(0)) m.host.typesByName.delete(name);
    this.#probe.run(({ ctx }) => {
      m.handles.forEach((handle, kind) => {
        if (kind === HANDLE_KINDS.blocked) api.RedisModule_AbortBlock(handle);
      });
      for (let id = 1n; m.registry.timers > 0; id++) api.RedisModule_StopTimer(ctx, id, 0);
    });
  }

  #find(what: string): void {
    const { seed, commands, findings } = this.report;
    findings.push(
      `seed ${seed}, command ${commands}: ${what}\n  ${this.#log.slice(-6).join('\n  ')}`,
    );
  }
}

/** `npm run siege -- random [--minutes 10] [--seed N]` */
export async function main(options: Readonly<Record<string, string>> = {}): Promise<boolean> {
  const seed = Number(options.seed ?? Date.now() % 1_000_000_000);
  console.log(`random: seed ${seed}`);
  const siege = await RandomSiege.start(seed);
  const report = await siege.run(Number(options.minutes ?? 1) * 60_000);
  for (const finding of report.findings) console.log(finding);
  const { calls, commands, traps, neighbour } = report;
  console.log(
    `random: seed ${seed}: ${calls} calls in ${commands} commands, ${traps} trapped, ` +
      `${report.findings.length} findings; ${neighbour.describe()}`,
  );
  return report.findings.length === 0 && neighbour.wrong === 0;
}
