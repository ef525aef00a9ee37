// For tests of values: a log that can be rolled back, and the one property that all of them
// must have: a rollback restores content, order, encoding and byte counts.

import { expect } from 'vitest';
import { Ledger, type Undo, type UndoLog, type Value } from '../../host/values/ledger.ts';

export class TestLog implements UndoLog {
  readonly #undos: Undo[] = [];

  push(undo: Undo): void {
    this.#undos.push(undo);
  }

  get size(): number {
    return this.#undos.length;
  }

  rollback(): void {
    for (let undo = this.#undos.pop(); undo !== undefined; undo = this.#undos.pop()) undo();
  }
}

/** Attaches a value as the keyspace would. */
export function attach(value: Value): Ledger {
  const ledger = new Ledger();
  value.ledger = ledger;
  ledger.valueBytes += value.memoryBytes;
  return ledger;
}

/**
 * Runs `change` with an open log, checks that bytes stay counted, rolls back, and checks that
 * all of `snapshot` is as before.
 */
export function expectExactUndo(
  value: Value,
  ledger: Ledger,
  snapshot: () => unknown,
  change: () => void,
): void {
  const before = { content: snapshot(), encoding: value.encoding, bytes: value.memoryBytes };
  const log = new TestLog();
  ledger.undo = log;
  change();
  expect(ledger.valueBytes).toBe(value.memoryBytes);
  log.rollback();
  ledger.undo = null;
  const after = { content: snapshot(), encoding: value.encoding, bytes: value.memoryBytes };
  expect(after).toEqual(before);
  expect(ledger.valueBytes).toBe(value.memoryBytes);
}
