// What a value needs to know of the place that keeps it: where its bytes are counted and where
// its changes are noted for undo. The keyspace owns the ledgers; values only write into them.

/** One inverse operation; running it puts back what the forward operation changed. */
export type Undo = () => void;

/** Receives inverse operations in the order the forward ones happened; undone in reverse. */
export interface UndoLog {
  push(undo: Undo): void;
}

/** Shared by all values of an instance. */
export class Ledger {
  /** Sum of `memoryBytes` of all attached complex values. */
  valueBytes = 0;
  /** Tables of keys may grow by so much before they have to fill up: what maxmemory leaves. */
  tableRoomBytes = Number.POSITIVE_INFINITY;
  /** The log of the innermost open savepoint, or null when nothing can be rolled back. */
  undo: UndoLog | null = null;
}

/**
 * A list, hash, set, sorted set, stream or module value.
 *
 * A value is *attached* while a key holds it (`ledger` is set by the keyspace) and *detached*
 * before that and after. Only attached values are counted and journaled, so a command may
 * build a result freely and add it at the end.
 */
export interface Value {
  readonly type: ValueType;
  /** OBJECT ENCODING name. */
  readonly encoding: string;
  /** Estimated heap bytes, O(1), kept up to date by every mutator. */
  memoryBytes: number;
  ledger: Ledger | null;
  /** Reads what most commands read first, to have it near. Returns something to be ignored. */
  touch(): number;
}

export type ValueType = 'list' | 'hash' | 'set' | 'zset' | 'stream' | 'module';
