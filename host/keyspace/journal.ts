// Savepoints: what makes a module command all or nothing. While one is open, every write to the
// keyspace notes its inverse here; effects on the outside (messages, frees) wait for the commit.

import type { Ledger, Undo, UndoLog } from '../values/ledger.ts';

/** Positions to return to; opaque. */
export interface Savepoint {
  readonly undoLength: number;
  readonly commitLength: number;
  readonly releaseLength: number;
  readonly undoneLength: number;
}

const NOTHING: readonly (() => void)[] = [];

export class Journal implements UndoLog {
  readonly #ledger: Ledger;
  readonly #undos: Undo[] = [];
  readonly #onCommit: (() => void)[] = [];
  readonly #onRelease: (() => void)[] = [];
  readonly #onUndone: (() => void)[] = [];
  #depth = 0;
  #isSettling = false;

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
      undoneLength: this.#onUndone.length,
    };
  }

  push(undo: Undo): void {
    this.#undos.push(undo);
  }

  /** Notes how to undo something outside the keyspace; nothing if no savepoint is open. */
  note(undo: Undo): void {
    if (this.#depth > 0) this.#undos.push(undo);
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

  /**
   * Runs `action` after the savepoint now open, or one around it, has been rolled back: for what
   * was given to the keyspace and is nobody's then. Nothing if no savepoint is open.
   */
  whenUndone(action: () => void): void {
    if (this.#depth > 0) this.#onUndone.push(action);
  }

  /** Keeps the changes. Those of an outer savepoint can still be rolled back. */
  commit(): void {
    this.#depth--;
    if (this.#depth > 0) return;
    this.#ledger.undo = null;
    // Setting the length of an array costs 50 ns even if it is 0 already.
    if (this.#undos.length > 0) this.#undos.length = 0;
    if (this.#onUndone.length > 0) this.#onUndone.length = 0;
    this.#settle();
  }

  /**
   * Undoes everything since `savepoint` was opened, newest first, and closes it. Returns what
   * waited for that (`whenUndone`): the caller runs it as soon as a guest may be entered again.
   */
  rollback(savepoint: Savepoint): readonly (() => void)[] {
    this.#ledger.undo = null; // inverses write through the same primitives
    while (this.#undos.length > savepoint.undoLength) (this.#undos.pop() as Undo)();
    this.#onCommit.length = savepoint.commitLength;
    this.#onRelease.length = savepoint.releaseLength;
    const isUndone = this.#onUndone.length > savepoint.undoneLength;
    const undone = isUndone ? this.#onUndone.splice(savepoint.undoneLength) : NOTHING;
    this.#depth--;
    if (this.#depth > 0) this.#ledger.undo = this;
    else this.#settle();
    return undone;
  }

  /**
   * Runs what waited for the commit. Actions may open savepoints of their own (a module frees
   * its values) and add further actions: those join the queue that is being worked off.
   */
  #settle(): void {
    if (this.#isSettling || (this.#onCommit.length === 0 && this.#onRelease.length === 0)) return;
    this.#isSettling = true;
    try {
      while (this.#onCommit.length > 0 || this.#onRelease.length > 0) {
        drain(this.#onCommit);
        drain(this.#onRelease);
      }
    } finally {
      this.#isSettling = false;
    }
  }
}

function drain(actions: (() => void)[]): void {
  try {
    for (let i = 0; i < actions.length; i++) (actions[i] as () => void)();
  } finally {
    actions.length = 0;
  }
}
