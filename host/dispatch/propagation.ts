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

interface Effect {
  readonly dbIndex: number;
  readonly argv: Argv;
  /** TO_FILE, TO_REPLICAS or both. */
  readonly targets: number;
}

const MULTI = Argv.of('MULTI');
const EXEC = Argv.of('EXEC');

export class Propagation {
  readonly #sinks: PropagationSink[] = [];
  #effects: Effect[] = [];
  /** Some effect does not go everywhere. */
  #isPartial = false;
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
    return this.#effects.length;
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
    this.#effects.push({ dbIndex, argv, targets });
    if (targets !== TO_ALL) this.#isPartial = true;
  }

  /** Forgets the effects after `length`: what a trapped module did. */
  truncate(length: number): void {
    this.#effects.length = length;
  }

  /**
   * Hands everything over; called when the outermost command has ended.
   *
   * @param isUnit several effects belong together: false for deletions of expired keys that a
   *   command or the server came across.
   */
  flush(isUnit = true): void {
    const effects = this.#effects;
    if (effects.length === 0) return;
    this.#effects = [];
    const isPartial = this.#isPartial;
    this.#isPartial = false;
    for (const sink of this.#sinks) {
      const target = sink.takesMessages ? TO_REPLICAS : TO_FILE;
      const own = isPartial ? effects.filter((it) => (it.targets & target) !== 0) : effects;
      feedAll(sink, own, isUnit && own.length > 1);
    }
  }
}

function feedAll(sink: PropagationSink, effects: readonly Effect[], isTransaction: boolean): void {
  if (isTransaction) sink.feed((effects[0] as Effect).dbIndex, MULTI);
  for (const { dbIndex, argv } of effects) sink.feed(dbIndex, argv);
  if (isTransaction) sink.feed((effects.at(-1) as Effect).dbIndex, EXEC);
}
