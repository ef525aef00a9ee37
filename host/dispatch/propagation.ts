// Effects of commands on their way to the append-only file and the replicas. Effects of one
// outermost command leave together; several are wrapped in MULTI/EXEC, so that whoever replays
// them never sees half a command.

import { Argv } from '../lib/argv.ts';

/** Takes effects, in order, between `begin` and `end` of one outermost command. */
export interface PropagationSink {
  /** `argv` is valid during the call only. */
  feed(dbIndex: number, argv: Argv): void;
}

interface Effect {
  readonly dbIndex: number;
  readonly argv: Argv;
}

const MULTI = Argv.of('MULTI');
const EXEC = Argv.of('EXEC');

export class Propagation {
  readonly #sinks: PropagationSink[] = [];
  #effects: Effect[] = [];

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
  add(dbIndex: number, argv: Argv): void {
    if (this.isActive) this.#effects.push({ dbIndex, argv });
  }

  /** Forgets the effects after `length`: what a trapped module did. */
  truncate(length: number): void {
    this.#effects.length = length;
  }

  /** Hands everything over; called when the outermost command has ended. */
  flush(): void {
    const effects = this.#effects;
    if (effects.length === 0) return;
    this.#effects = [];
    const first = effects[0] as Effect;
    const isTransaction = effects.length > 1;
    if (isTransaction) this.#feed(first.dbIndex, MULTI);
    for (const { dbIndex, argv } of effects) this.#feed(dbIndex, argv);
    if (isTransaction) this.#feed((effects.at(-1) as Effect).dbIndex, EXEC);
  }

  #feed(dbIndex: number, argv: Argv): void {
    for (const sink of this.#sinks) sink.feed(dbIndex, argv);
  }
}
