// The end of an event-loop turn: first the append-only file, then all replies, then the
// connections that had more commands than one turn allows, one after the other.

import type { Connection } from './connection.ts';

/** Makes what commands changed durable as far as the policy asks; `done` releases the replies. */
export type BeforeReplies = (done: () => void) => void;

export class Turns {
  #toFlush: Connection[] = [];
  #waiting: Connection[] = [];
  readonly #flushing = new Set<Connection>();
  #isScheduled = false;
  readonly #beforeReplies: BeforeReplies;

  constructor(beforeReplies: BeforeReplies) {
    this.#beforeReplies = beforeReplies;
  }

  flushLater(connection: Connection): void {
    if (this.#flushing.has(connection)) return;
    this.#flushing.add(connection);
    this.#toFlush.push(connection);
    this.#schedule();
  }

  waitForTurn(connection: Connection): void {
    this.#waiting.push(connection);
    this.#schedule();
  }

  forget(connection: Connection): void {
    this.#flushing.delete(connection);
    this.#toFlush = this.#toFlush.filter((other) => other !== connection);
    this.#waiting = this.#waiting.filter((other) => other !== connection);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#endTurn());
  }

  #endTurn(): void {
    this.#isScheduled = false;
    const toFlush = this.#toFlush;
    this.#toFlush = [];
    this.#flushing.clear();
    this.#beforeReplies(() => {
      for (const connection of toFlush) connection.flush();
    });
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const connection of waiting) connection.takeTurn();
  }
}
