// Savepoints: what makes a module command all or nothing. While one is open, every write to the
// keyspace notes its inverse here; effects on the outside (messages, frees) wait for the commit.

import type { Ledger, Undo, UndoLog } from '../values/ledger.ts';

/** Positions to return to; opaque. */
export interface Savepoint {
  readonly undoLength: number;
  readonly commitLength: number;
  readonly releaseLength: number;
}

export class Journal implements UndoLog {
  readonly #ledger: Ledger;
  readonly #undos: Undo[] = [];
  readonly #onCommit: (() => void)[] = [];
  readonly #onRelease: (() => void)[] = [];
  #depth = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  get isOpen(): boolean {
    return this.#depth > 0;
  }

  /** Opens a savepoint; each must be closed by `commit` or `rollback`, innermost first. */
  open(): Savepoint {
    this.#depth++;
    this.#ledger.undo = this;
    return {
      undoLength: this.#undos.length,
      commitLength: this.#onCommit.length,
      releaseLength: this.#onRelease.length,
    };
  }

  push(undo: Undo): void {
    this.#undos.push(undo);
  }

  /**
   * Runs `action` once the changes made so far are final: at once when no savepoint is open,
   * else when the outermost one commits; never if a savepoint around it is rolled back.
   */
  whenCommitted(action: () => void): void {
    if (this.#depth === 0) action();
    else this.#onCommit.push(action);
  }

  /** Like `whenCommitted`, for giving up what removed values hold: runs after all of those. */
  whenReleased(action: () => void): void {
    if (this.#depth === 0) action();
    else this.#onRelease.push(action);
  }

  /** Keeps the changes. Those of an outer savepoint can still be rolled back. */
  commit(): void {
    this.#depth--;
    if (this.#depth > 0) return;
    this.#ledger.undo = null;
    // Setting the length of an array costs 50 ns even if it is 0 already.
    if (this.#undos.length > 0) this.#undos.length = 0;
    this.#drain(this.#onCommit);
    this.#drain(this.#onRelease);
  }

  /** Undoes everything since `savepoint` was opened, newest first, and closes it. */
  rollback(savepoint: Savepoint): void {
    this.#ledger.undo = null; // inverses write through the same primitives
    while (this.#undos.length > savepoint.undoLength) (this.#undos.pop() as Undo)();
    this.#onCommit.length = savepoint.commitLength;
    this.#onRelease.length = savepoint.releaseLength;
    this.#depth--;
    if (this.#depth > 0) {
      this.#ledger.undo = this;
      return;
    }
    this.#drain(this.#onCommit);
    this.#drain(this.#onRelease);
  }

  #drain(actions: (() => void)[]): void {
    if (actions.length === 0) return;
    // Actions may add further ones.
    for (let i = 0; i < actions.length; i++) (actions[i] as () => void)();
    actions.length = 0;
  }
}
