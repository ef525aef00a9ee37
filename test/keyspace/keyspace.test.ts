import { describe, expect, test } from 'vitest';
import type { Database } from '../../host/keyspace/database.ts';
import { EVENT_ALL, EVENT_KEY_MISS, EVENT_NEW } from '../../host/keyspace/events.ts';
import { Keyspace, type KeyspaceObserver } from '../../host/keyspace/keyspace.ts';
import { FLAG_INT, FLAG_RAW } from '../../host/keyspace/record.ts';
import { NO_EXPIRE } from '../../host/keyspace/records.ts';
import type { ByteString } from '../../host/lib/bytes.ts';
import { Slice } from '../../host/lib/slice.ts';
import { DEFAULT_ENCODING_LIMITS } from '../../host/values/limits.ts';
import { type ModuleType, ModuleValue } from '../../host/values/module.ts';
import { SetValue } from '../../host/values/set.ts';

const slice = (text: string) => Slice.of(text);
const NOW = 1_700_000_000_000;

/** Writes down what the keyspace tells. */
class Recorder implements KeyspaceObserver {
  readonly lines: string[] = [];

  #note(what: string, db: Database, key: Slice): void {
    this.lines.push(`${what} ${key.toByteString()}@${db.index}`);
  }

  modified(db: Database, key: Slice): void {
    this.#note('modified', db, key);
  }

  becameReady(db: Database, key: Slice): void {
    this.#note('ready', db, key);
  }

  lostValue(db: Database, key: Slice, type: number): void {
    this.#note(`lost ${type}`, db, key);
  }

  event(_class: number, name: string, key: Slice, db: Database): void {
    this.#note(`event ${name}`, db, key);
  }

  removedByServer(db: Database, key: Slice, isLazy: boolean): void {
    this.#note(isLazy ? 'unlinked' : 'deleted', db, key);
  }

  released(_value: unknown, key: Slice, db: Database): void {
    this.#note('released', db, key);
  }

  losing(db: Database, key: Slice, loss: string): void {
    this.#note(`losing ${loss}`, db, key);
  }

  flushStarted(only: Database | null): void {
    this.lines.push(`flush of ${only?.index ?? 'all'} starts`);
  }

  flushEnded(only: Database | null): void {
    this.lines.push(`flush of ${only?.index ?? 'all'} ended`);
  }

  willFlush(db: Database): void {
    this.lines.push(`flush ${db.index}`);
  }

  willSwap(a: Database, b: Database): void {
    this.lines.push(`swap ${a.index} ${b.index}`);
  }

  swapped(a: Database, b: Database): void {
    this.lines.push(`swapped ${a.index} ${b.index}`);
  }

  take(): string[] {
    return this.lines.splice(0);
  }
}

function setUp() {
  const recorder = new Recorder();
  const keyspace = new Keyspace(16, recorder);
  keyspace.nowMs = NOW;
  const db = keyspace.database(0);
  const set = (key: string, value: string, expireMs = NO_EXPIRE) =>
    keyspace.setExpire(db, keyspace.setString(db, slice(key), slice(value)), expireMs);
  const get = (key: string, from: Database = db) => {
    const ref = keyspace.peek(from, slice(key));
    return ref === 0 ? null : from.stringOf(ref).toByteString();
  };
  return { recorder, keyspace, db, set, get };
}

function setOf(...members: string[]): SetValue {
  const value = new SetValue(DEFAULT_ENCODING_LIMITS);
  for (const member of members) value.add(member as ByteString);
  return value;
}

const TYPE: ModuleType = {
  name: 'test-type',
  encodingVersion: 0,
  free: () => {},
  unlink: () => {},
  memoryUsage: () => 0,
  freeEffort: () => 1,
  digest: () => {},
  tag: 0,
  canCopy: false,
  copy: () => null,
};

describe('expired keys', () => {
  test('are not found, and deleted when somebody looks', () => {
    const { recorder, keyspace, db, set } = setUp();
    keyspace.eventMask = EVENT_ALL;
    set('k', 'v', NOW);
    recorder.take();
    expect(keyspace.lookupRead(db, slice('k'))).toBe(0);
    expect(db.size).toBe(0);
    expect(keyspace.stats).toMatchObject({ hits: 0, misses: 1, expired: 1 });
    expect(recorder.take()).toEqual(['deleted k@0', 'event expired k@0', 'modified k@0']);
  });

  test('live until the millisecond of their time', () => {
    const { keyspace, set, get } = setUp();
    set('k', 'v', NOW + 1);
    expect(get('k')).toBe('v');
    keyspace.nowMs = NOW + 1;
    expect(get('k')).toBeNull();
  });

  test('only hide where they must not be deleted', () => {
    const { keyspace, db, set, get } = setUp();
    keyspace.deletesExpired = false;
    set('k', 'v', NOW - 1);
    expect(get('k')).toBeNull();
    expect(db.size).toBe(1);
  });

  test('are deleted as UNLINK does when lazyfree-lazy-expire says so', () => {
    const { recorder, keyspace, set, get } = setUp();
    keyspace.lazyFree.expire = true;
    set('k', 'v', NOW);
    get('k');
    expect(recorder.take()).toContain('unlinked k@0');
  });

  test('come back when the command that made them expire is rolled back', () => {
    const { keyspace, db, set, get } = setUp();
    set('k', 'v', NOW + 1000);
    const savepoint = keyspace.journal.open();
    keyspace.setExpire(db, keyspace.lookupWrite(db, slice('k')), NOW - 1);
    set('new', 'v', NOW - 1);
    expect([get('k'), get('new')]).toEqual([null, null]);
    keyspace.journal.rollback(savepoint);
    expect(get('k')).toBe('v');
    expect(db.expireOf(db.find(slice('k')))).toBe(NOW + 1000);
    expect(db.size).toBe(1);
  });
});

describe('looking up', () => {
  test('counts hits and misses and marks the access', () => {
    const { keyspace, db, set } = setUp();
    set('k', 'v');
    keyspace.lruClock = 99;
    keyspace.lookupUntouched(db, slice('k'));
    expect(db.lruOf(db.find(slice('k')))).toBe(0);
    keyspace.lookupRead(db, slice('k'));
    expect(db.lruOf(db.find(slice('k')))).toBe(99);
    keyspace.lookupRead(db, slice('no'));
    keyspace.peek(db, slice('no'));
    expect(keyspace.stats).toMatchObject({ hits: 2, misses: 1 });
  });

  test('announces misses to those who listen', () => {
    const { recorder, keyspace, db } = setUp();
    keyspace.lookupRead(db, slice('a'));
    keyspace.eventMask = EVENT_KEY_MISS;
    keyspace.lookupRead(db, slice('b'));
    keyspace.lookupWrite(db, slice('c'));
    expect(recorder.take()).toEqual(['event keymiss b@0']);
  });

  test('a database that is used for the first time has the clock of the others', () => {
    const { keyspace } = setUp();
    keyspace.lruClock = 1234;
    expect(keyspace.database(7).lruClock).toBe(1234);
    expect([...keyspace.usedDatabases()].map((db) => db.index)).toEqual([0, 7]);
  });
});

describe('writing', () => {
  test('strings that are integers are marked as such, unless the writer knows better', () => {
    const { keyspace, db } = setUp();
    const flags = (ref: number) => db.flagsOf(ref);
    expect(flags(keyspace.setString(db, slice('a'), slice('123')))).toBe(FLAG_INT);
    expect(flags(keyspace.setString(db, slice('a'), slice('0123')))).toBe(0);
    expect(flags(keyspace.setStringAs(db, slice('a'), slice('123'), FLAG_RAW))).toBe(FLAG_RAW);
  });

  test('a policy that counts accesses is told of an overwritten key and keeps its counter', () => {
    const { keyspace, db, set } = setUp();
    set('k', 'v');
    keyspace.accessPolicy = {
      touch: (of, ref) => of.setLru(ref, of.lruOf(ref) + 5),
      frequencyOf: (of, ref) => of.lruOf(ref),
    };
    set('k', 'w');
    set('k', 'x'.repeat(3000));
    expect(db.lruOf(db.find(slice('k')))).toBe(10);
  });

  test('putting a value in place of another announces no new key', () => {
    const { recorder, keyspace, db } = setUp();
    keyspace.eventMask = EVENT_NEW;
    keyspace.put(db, slice('k'), setOf('a'));
    keyspace.put(db, slice('k'), setOf('b'));
    expect(recorder.take()).toEqual(['event new k@0', 'ready k@0', 'lost 3 k@0', 'ready k@0']);
    expect(db.size).toBe(1);
  });

  test('a module value is released once nothing can bring it back', () => {
    const { recorder, keyspace, db, set } = setUp();
    const add = () => keyspace.add(db, slice('m'), new ModuleValue(TYPE, 1, 1));
    add();
    set('m', 'text');
    expect(recorder.take()).toEqual(['ready m@0', 'lost 7 m@0', 'released m@0']);
    keyspace.remove(db, db.find(slice('m')), slice('m'));
    add();
    const savepoint = keyspace.journal.open();
    keyspace.remove(db, db.find(slice('m')), slice('m'));
    keyspace.journal.rollback(savepoint);
    expect(recorder.take()).toEqual(['ready m@0', 'lost 7 m@0']);
    keyspace.journal.open();
    keyspace.remove(db, db.find(slice('m')), slice('m'));
    expect(recorder.take()).toEqual(['lost 7 m@0']);
    keyspace.journal.commit();
    expect(recorder.take()).toEqual(['released m@0']);
  });

  test('a record that moves keeps its value, encoding, time and access mark', () => {
    const { recorder, keyspace, db, set, get } = setUp();
    const other = keyspace.database(3);
    set('n', '12', NOW + 5);
    db.setLru(db.find(slice('n')), 42);
    keyspace.add(db, slice('m'), new ModuleValue(TYPE, 1, 1), NOW + 7);
    const value = db.valueOf(db.find(slice('m')));
    recorder.take();
    keyspace.move(db, db.find(slice('n')), other, slice('n2'));
    keyspace.move(db, db.find(slice('m')), db, slice('m2'));
    const ref = other.find(slice('n2'));
    expect([get('n2', other), other.expireOf(ref), other.lruOf(ref)]).toEqual(['12', NOW + 5, 42]);
    expect(other.flagsOf(ref)).toBe(FLAG_INT);
    expect(db.valueOf(db.find(slice('m2')))).toBe(value);
    expect(db.expireOf(db.find(slice('m2')))).toBe(NOW + 7);
    expect([db.size, other.size]).toEqual([1, 1]);
    expect(recorder.take()).toEqual(['lost 7 m@0', 'ready m2@0']);
  });

  test('flushing returns how many keys there were and releases module values', () => {
    const { recorder, keyspace, db, set } = setUp();
    set('a', '1');
    keyspace.add(db, slice('m'), new ModuleValue(TYPE, 1, 1));
    keyspace.setString(keyspace.database(2), slice('b'), slice('1'));
    recorder.take();
    expect(keyspace.flush(db)).toBe(2);
    expect(recorder.take()).toEqual([
      'flush of 0 starts',
      'flush 0',
      'released @0',
      'flush of 0 ended',
    ]);
    expect(keyspace.flush(null)).toBe(1);
    expect(keyspace.ledger.valueBytes).toBe(0);
  });

  test('swapped databases exchange their keys and tell before and after', () => {
    const { recorder, keyspace, db, set, get } = setUp();
    const other = keyspace.database(1);
    set('a', '1');
    keyspace.swap(db, other);
    expect([get('a'), get('a', other)]).toEqual([null, '1']);
    expect(recorder.take()).toEqual(['swap 0 1', 'swapped 0 1']);
  });
});

describe('a snapshot under way', () => {
  test('gets each record before its first change, and none that is newer than it', () => {
    const { keyspace, db, set } = setUp();
    set('a', '1');
    set('b', '2', NOW + 1000);
    const saved: string[] = [];
    const epoch = 9;
    keyspace.snapshot = {
      epoch,
      beforeChange: (of, ref) => {
        saved.push(`${of.keyOf(ref).toByteString()}=${of.stringOf(ref).toByteString()}`);
        of.setEpoch(ref, epoch);
      },
      beforeFlush: (of) => saved.push(`flush ${of.index}`),
    };
    db.epoch = epoch;
    set('a', 'x');
    set('a', 'y');
    set('new', '1');
    set('new', '2');
    keyspace.remove(db, db.find(slice('b')), slice('b'));
    keyspace.setString(keyspace.database(5), slice('late'), slice('1'));
    keyspace.setString(keyspace.database(5), slice('late'), slice('2'));
    keyspace.flush(db);
    expect(saved).toEqual(['a=1', 'b=2', 'flush 0']);
  });
});
