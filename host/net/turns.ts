// The end of an event-loop turn: first the append-only file, then all replies, then the
// connections that had more commands than one turn allows, one after the other.

import type { Connection } from './connection.ts';

/**
 * Makes what commands changed durable as far as the policy asks. True: the replies of the turn may
 * leave. Otherwise `release` is called once, maybe before this returns: with null, or with the
 * error reply for clients whose acknowledgements are not true.
 */
export type BeforeReplies = (release: (failure: string | null) => void) => boolean;

/** What a connection has to send and must not yet. */
interface Held {
  readonly connection: Connection;
  readonly bytes: Buffer;
}

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
    let held: Held[] | null = null;
    let outcome: string | null | undefined; // undefined: not told yet
    const mayLeave = this.#beforeReplies((failure) => {
      outcome = failure;
      if (held !== null) sendHeld(held, failure);
    });
    if (mayLeave) {
      for (const connection of toFlush) connection.flush();
    } else {
      // Later turns write into the same writers: what is held has to be taken out of them now.
      held = toFlush.map((connection) => ({ connection, bytes: connection.takeOutput() }));
      if (outcome !== undefined) sendHeld(held, outcome);
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const connection of waiting) connection.takeTurn();
  }
}

function sendHeld(held: readonly Held[], failure: string | null): void {
  for (const { connection, bytes } of held) {
    if (failure === null) connection.send(bytes);
    else connection.closeWithError(failure);
  }
}
