// Where the records of a data set go, one after the other: into an RDB stream (snapshot-writer.ts)
// or a file of commands (aof-rewrite.ts). Which records and when is the caller's choice: all at
// once (writeAll) or step by step while commands go on (background-walk.ts).

import type { Database } from '../keyspace/database.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import type { Ref } from '../keyspace/records.ts';

export interface RecordSink {
  /** Bytes made so far. */
  readonly offset: number;
  /** What comes before all records. */
  begin(): void;
  /** The sizes of a database that is about to be written. */
  announce(index: number, keys: number, expires: number): void;
  /** Writes a key with all that belongs to it, as one of database `index`. O(value). */
  record(db: Database, ref: Ref, index: number): void;
  /** What comes behind them; nothing is kept back after that. */
  end(): void;
}

/** Writes the whole data set, as it is, at once. */
export function writeAll(sink: RecordSink, keyspace: Keyspace): void {
  sink.begin();
  for (const db of keyspace.usedDatabases()) {
    if (db.size === 0) continue;
    sink.announce(db.index, db.size, db.expiresSize);
    db.forEach((ref) => {
      sink.record(db, ref, db.index);
    });
  }
  sink.end();
}
