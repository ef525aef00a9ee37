// Also: host/persistence/record-sink.ts.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyspaceDigest } from '../../host/keyspace/digest.ts';
import type { Keyspace } from '../../host/keyspace/keyspace.ts';
import { AofReader } from '../../host/persistence/aof-reader.ts';
import { CommandStream } from '../../host/persistence/aof-rewrite.ts';
import { BackgroundWalk, Epochs } from '../../host/persistence/background-walk.ts';
import { RdbLoader } from '../../host/persistence/rdb-loader.ts';
import type { RecordSink } from '../../host/persistence/record-sink.ts';
import { SnapshotWriter } from '../../host/persistence/snapshot-writer.ts';
import { NO_MODULE_TYPES } from '../../host/rdb/module-io.ts';
import { RdbReader } from '../../host/rdb/reader.ts';
import { type ChunkSink, RdbWriter } from '../../host/rdb/writer.ts';
import { TestInstance } from '../support/instance.ts';
import { MemoryDisk } from '../support/memory-disk.ts';
import { materials } from '../support/values.ts';

/** What a stream is written as, and how it is read again. */
interface Format {
  readonly sink: (keyspace: Keyspace, chunks: ChunkSink) => RecordSink;
  readonly load: (redis: TestInstance, bytes: Buffer) => void;
}

const RDB: Format = {
  sink: (keyspace, sink) =>
    new SnapshotWriter(new RdbWriter({ sink, chunkBytes: 1000 }), {
      keyspace,
      modules: NO_MODULE_TYPES,
      accessMode: 'none',
      isAofBase: false,
      extraFields: [],
    }),
  load: ({ instance }, bytes) => {
    const loader = new RdbLoader(RdbReader.ofBuffer(bytes), {
      keyspace: instance.keyspace,
      materials: materials(instance.keyspace.limits),
      log: instance.log,
      dropsExpired: false,
      replacesKeys: false,
      checksChecksum: false,
    });
    loader.begin();
    while (loader.next());
  },
};

const COMMANDS: Format = {
  sink: (_keyspace, chunks) => new CommandStream(chunks, null),
  load: (redis, bytes) => {
    const disk = new MemoryDisk();
    disk.put('/aof', bytes);
    const reader = new AofReader(disk.openRead('/aof'), 0);
    while (reader.next() === 'command') redis.raw(...reader.argv.toByteStrings());
  },
};

const NOTHING: ChunkSink = { write: () => {} };

function walkOf({ instance }: TestInstance, epochs = new Epochs(), format = RDB, to = NOTHING) {
  const { keyspace } = instance;
  return new BackgroundWalk(
    format.sink(keyspace, to),
    { keyspace, modules: NO_MODULE_TYPES },
    epochs,
  );
}

/** Loads a stream into an instance of its own and returns that one's digest. */
function digestOf(bytes: Buffer, format = RDB): string {
  const redis = new TestInstance();
  format.load(redis, bytes);
  return keyspaceDigest(redis.instance.keyspace);
}

function fill(redis: TestInstance, keys: number): void {
  for (let i = 0; i < keys; i++) {
    redis.raw('SET', `string:${i}`, 'v'.repeat(i % 50));
    redis.raw('RPUSH', `list:${i}`, 'a', i, 'c');
    redis.raw('HSET', `hash:${i}`, 'f', i);
    if (i % 3 === 0) redis.raw('PEXPIRE', `string:${i}`, 1_000_000);
  }
  redis.raw('SELECT', 5);
  for (let i = 0; i < keys; i++) redis.raw('SADD', `set:${i}`, i, 'x');
  redis.raw('SELECT', 0);
}

/** Writes the snapshot in the smallest steps, with `between` after each. */
function walkWith(
  redis: TestInstance,
  epochs: Epochs,
  between: (step: number) => void,
  format = RDB,
): Buffer {
  const chunks: Buffer[] = [];
  const write = (chunk: Buffer): void => void chunks.push(Buffer.from(chunk));
  const walk = walkOf(redis, epochs, format, { write });
  for (let step = 0; !walk.step(() => true); step++) between(step);
  expect(redis.instance.keyspace.snapshot).toBeNull();
  return Buffer.concat(chunks);
}

/** Commands that change, remove, move and make keys in every way. */
const commands: fc.Arbitrary<(string | number)[]> = fc
  .tuple(fc.nat({ max: 90 }), fc.nat({ max: 90 }), fc.nat({ max: 18 }))
  .map(([i, j, kind]) => {
    const all: (string | number)[][] = [
      ['SET', `string:${i}`, 'changed'],
      ['SET', `new:${i}`, 'new'],
      ['APPEND', `string:${i}`, 'more'],
      ['DEL', `string:${i}`, `list:${j}`],
      ['RPUSH', `list:${i}`, 'pushed'],
      ['LPOP', `list:${i}`],
      ['HSET', `hash:${i}`, 'f', 'changed', 'g', 'new'],
      ['RENAME', `string:${i}`, `string:${j}`],
      ['RENAME', `list:${i}`, `other:${j}`],
      ['COPY', `hash:${i}`, `copy:${j}`, 'DB', 5, 'REPLACE'],
      ['MOVE', `hash:${i}`, 5],
      ['PEXPIRE', `list:${i}`, 5_000_000],
      ['PERSIST', `string:${i}`],
      ['SWAPDB', 0, 5],
      ['SWAPDB', 0, 9],
      ['SELECT', 5],
      ['SELECT', 0],
      ['SETRANGE', `string:${i}`, 10, 'xyz'],
      ['SADD', `set:${i}`, 'y', j],
    ];
    return all[kind] as (string | number)[];
  });

describe('BackgroundWalk', () => {
  test.each([
    ['RDB', RDB],
    ['commands', COMMANDS],
  ])('%s are of the moment the walk began, whatever commands do meanwhile', (_name, format) => {
    fc.assert(
      fc.property(
        fc.array(fc.array(commands, { maxLength: 20 }), { minLength: 1, maxLength: 12 }),
        fc.option(fc.nat({ max: 8 }), { nil: undefined }),
        (turns, flushAt) => {
          const redis = new TestInstance();
          const epochs = new Epochs();
          fill(redis, 60);
          for (let round = 0; round < 2; round++) {
            const before = keyspaceDigest(redis.instance.keyspace);
            const bytes = walkWith(
              redis,
              epochs,
              (step) => {
                for (const words of turns[step % turns.length] ?? []) redis.raw(...words);
                if (step === flushAt) redis.raw(round === 0 ? 'FLUSHDB' : 'FLUSHALL');
              },
              format,
            );
            expect(digestOf(bytes, format)).toBe(before);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('writes that a rolled back savepoint has undone do not show in it', () => {
    const redis = new TestInstance();
    fill(redis, 60);
    const { keyspace } = redis.instance;
    const before = keyspaceDigest(keyspace);
    const bytes = walkWith(redis, new Epochs(), (step) => {
      const savepoint = keyspace.journal.open();
      redis.raw('DEL', `string:${step}`, `list:${step + 30}`);
      redis.raw('RPUSH', `list:${step + 10}`, 'x');
      if (step === 2) redis.raw('FLUSHDB');
      keyspace.journal.rollback(savepoint);
    });
    expect(digestOf(bytes)).toBe(before);
    expect(keyspaceDigest(keyspace)).toBe(before);
  });

  test('a snapshot that is given up leaves the next one whole', () => {
    const redis = new TestInstance();
    fill(redis, 100);
    const epochs = new Epochs();
    const { keyspace } = redis.instance;
    // The first one leaves marks; the last has the first one's epoch again.
    for (let i = 0; i < 255; i++) {
      const walk = walkOf(redis, epochs);
      if (i === 0) walk.step(() => true);
      walk.abort();
      expect(keyspace.snapshot).toBeNull();
    }
    const before = keyspaceDigest(keyspace);
    expect(digestOf(walkWith(redis, epochs, () => {}))).toBe(before);
  });

  test('a key is written once and counted', () => {
    const redis = new TestInstance();
    fill(redis, 10);
    const walk = walkOf(redis);
    redis.raw('SET', 'string:1', 'x');
    redis.raw('SET', 'string:1', 'y');
    redis.raw('SET', 'unknown', 'y');
    expect(walk.writtenKeys).toBe(1);
    while (!walk.step(() => false));
    expect(walk.writtenKeys).toBe(40);
    expect(walk.totalKeys).toBe(40);
  });

  test('two at a time are refused', () => {
    const redis = new TestInstance();
    const walk = walkOf(redis);
    expect(() => walkOf(redis)).toThrow('under way');
    walk.abort();
  });
});
