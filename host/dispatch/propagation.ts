// Effects of commands on their way to the append-only file and the replicas. Effects of one
// outermost command leave together; several are wrapped in MULTI/EXEC, so that whoever replays
// them never sees half a command.

import { Argv } from '../lib/argv.ts';

/** Takes effects, in order, between `begin` and `end` of one outermost command. */
export interface PropagationSink {
  /** Also takes what replicas want to know but no file: PUBLISH. Left out: false. */
  readonly takesMessages?: boolean;
  /** `argv` is valid during the call only. */
  feed(dbIndex: number, argv: Argv): void;
}

/** Where an effect may go: bits. */
export const TO_FILE = 1;
export const TO_REPLICAS = 2;
export const TO_ALL = TO_FILE | TO_REPLICAS;

const MULTI = Argv.of('MULTI');
const EXEC = Argv.of('EXEC');
/** The arguments of more effects than that are let go. */
const KEPT_EFFECTS = 64;

export class Propagation {
  readonly #sinks: PropagationSink[] = [];
  // The effects that wait, one to an index; the arrays are used again. Only `#count` count.
  readonly #dbIndexes: number[] = [];
  readonly #argvs: Argv[] = [];
  /** TO_FILE, TO_REPLICAS or both. */
  readonly #targets: number[] = [];
  #count = 0;
  /** Where effects may go at present: a module's Call keeps those of its command back. */
  allowed = TO_ALL;

  /** False while nobody keeps effects: commands then skip making them. */
  get isActive(): boolean {
    return this.#sinks.length > 0;
  }

  addSink(sink: PropagationSink): void {
    this.#sinks.push(sink);
  }

  removeSink(sink: PropagationSink): void {
    const index = this.#sinks.indexOf(sink);
    if (index >= 0) this.#sinks.splice(index, 1);
  }

  /** Number of effects waiting: a mark for `truncate`. */
  get length(): number {
    return this.#count;
  }

  /** Adds an effect; `argv` must stay valid until the outermost command has ended. */
  add(dbIndex: number, argv: Argv, targets = TO_ALL): void {
    this.#push(dbIndex, argv, targets & this.allowed);
  }

  /** The same for what changes no data: only sinks that take messages get it. */
  addMessage(dbIndex: number, argv: Argv): void {
    this.#push(dbIndex, argv, TO_REPLICAS & this.allowed);
  }

  /** Adds what has to go everywhere whoever caused it: keys that the server itself removed. */
  addServerEffect(dbIndex: number, argv: Argv): void {
    this.#push(dbIndex, argv, TO_ALL);
  }

  #push(dbIndex: number, argv: Argv, targets: number): void {
    if (!this.isActive || targets === 0) return;
    const at = this.#count++;
    this.#dbIndexes[at] = dbIndex;
    this.#argvs[at] = argv;
    this.#targets[at] = targets;
  }

  /** Forgets the effects after `length`: what a trapped module did. */
  truncate(length: number): void {
    this.#count = length;
  }

  /**
   * Hands everything over; called when the outermost command has ended.
   *
   * @param isUnit several effects belong together: false for deletions of expired keys that a
   *   command or the server came across.
   */
  flush(isUnit = true): void {
    const count = this.#count;
    if (count === 0) return;
    try {
      for (const sink of this.#sinks) {
        const target = sink.takesMessages ? TO_REPLICAS : TO_FILE;
        if (count > 1) this.#feedSeveral(sink, target, isUnit);
        else if (this.#isFor(0, target)) this.#feed(sink, 0);
      }
    } finally {
      this.#count = 0;
      if (count > KEPT_EFFECTS) this.#argvs.length = 0;
    }
  }

  #isFor(index: number, target: number): boolean {
    return ((this.#targets[index] as number) & target) !== 0; // callers stay below #count
  }

  #feed(sink: PropagationSink, index: number): void {
    sink.feed(this.#dbIndexes[index] as number, this.#argvs[index] as Argv); // below #count
  }

  #feedSeveral(sink: PropagationSink, target: number, isUnit: boolean): void {
    const own: number[] = [];
    for (let i = 0; i < this.#count; i++) if (this.#isFor(i, target)) own.push(i);
    const isTransaction = isUnit && own.length > 1;
    if (isTransaction) sink.feed(this.#dbIndexes[own[0] as number] as number, MULTI);
    for (const index of own) this.#feed(sink, index);
    if (isTransaction) sink.feed(this.#dbIndexes[own.at(-1) as number] as number, EXEC);
  }
}
