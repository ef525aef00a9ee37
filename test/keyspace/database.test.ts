import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Database } from '../../host/keyspace/database.ts';
import { TYPE_SET, TYPE_STRING } from '../../host/keyspace/record.ts';
import { NO_EXPIRE } from '../../host/keyspace/records.ts';
import { Argv } from '../../host/lib/argv.ts';
import type { ByteString } from '../../host/lib/bytes.ts';
import { Slice } from '../../host/lib/slice.ts';
import { Ledger } from '../../host/values/ledger.ts';
import { DEFAULT_ENCODING_LIMITS } from '../../host/values/limits.ts';
import { type ModuleType, ModuleValue } from '../../host/values/module.ts';
import { SetValue } from '../../host/values/set.ts';
import { change, contentsOf, lookedUp, type Model, SEED, Subject } from './database-support.ts';

const fresh = () => new Database(0, new Ledger(), SEED);
const slice = (text: string) => Slice.of(text);

function scanKeys(db: Database, between: () => void = () => {}): Set<string> {
  const seen = new Set<string>();
  let cursor = 0;
  do {
    cursor = db.scan(cursor, (ref) => seen.add(db.keyOf(ref).toByteString()));
    between();
  } while (cursor !== 0);
  return seen;
}

function expectSame(db: Database, model: Model): void {
  expect(contentsOf(db)).toEqual(model);
  expect(lookedUp(db, model.keys())).toEqual(model);
  expect(db.size).toBe(model.size);
  const expiring = [...model.values()].filter((content) => content.expireMs !== NO_EXPIRE);
  expect(db.expiresSize).toBe(expiring.length);
  expect(scanKeys(db)).toEqual(new Set(model.keys()));
}

describe('a database', () => {
  test('holds what a Map holds, whatever is done to it', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 80, size: 'max' }), (changes) => {
        const ledger = new Ledger();
        const subject = new Subject(ledger);
        for (const step of changes) subject.apply(step);
        expectSame(subject.databases[0], subject.models[0]);
        expectSame(subject.databases[1], subject.models[1]);
      }),
      { numRuns: 200 },
    );
  });

  test('gives all memory back when its keys are gone', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60, size: 'max' }), (changes) => {
        const ledger = new Ledger();
        const empty = fresh().memoryBytes;
        const subject = new Subject(ledger);
        for (const step of changes) subject.apply(step);
        for (const db of subject.databases) {
          for (const key of contentsOf(db).keys()) db.remove(db.find(slice(key)));
          expect(db.memoryBytes).toBeLessThanOrEqual(empty + 1024); // its tables keep some slots
        }
        expect(ledger.valueBytes).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test('keeps 50,000 keys apart', () => {
    const db = fresh();
    const model = new Map<string, string>();
    for (let i = 0; i < 50_000; i++) {
      db.setString(slice(`key:${i}`), slice(`value:${i}`), 0);
      model.set(`key:${i}`, `value:${i}`);
      if (i % 3 !== 0) continue;
      const gone = `key:${(i * 7919) % (i + 1)}`;
      const ref = db.find(slice(gone));
      expect(ref !== 0).toBe(model.delete(gone));
      if (ref !== 0) db.remove(ref);
    }
    expect(db.size).toBe(model.size);
    for (const [key, value] of model) {
      expect(db.stringOf(db.find(slice(key))).toByteString()).toBe(value);
    }
  });

  test('a scan sees every key that stays, while others come and go', () => {
    const db = fresh();
    for (let i = 0; i < 3000; i++) db.setString(slice(`stays:${i}`), slice('x'), 0);
    let turn = 0;
    let next = 0;
    let oldest = 0;
    const seen = scanKeys(db, () => {
      const isGrowing = ++turn % 600 < 300;
      for (let i = 0; i < 8 && isGrowing && turn < 3000; i++) {
        db.setString(slice(`comes:${next++}`), slice('y'), 0);
      }
      for (let i = 0; i < 12 && !isGrowing && oldest < next; i++) {
        db.remove(db.find(slice(`comes:${oldest++}`)));
      }
    });
    for (let i = 0; i < 3000; i++) expect(seen.has(`stays:${i}`)).toBe(true);
  });

  test('an overwritten string keeps its expire time only when asked to', () => {
    const db = fresh();
    const ref = db.setString(slice('k'), slice('one'), 0);
    db.setExpire(ref, 5000);
    db.setString(slice('k'), slice('two'), 0, true);
    expect(db.expireOf(db.find(slice('k')))).toBe(5000);
    db.setString(slice('k'), slice('three'.repeat(1000)), 0, true);
    expect(db.expireOf(db.find(slice('k')))).toBe(5000);
    db.setString(slice('k'), slice('four'), 0);
    expect(db.expireOf(db.find(slice('k')))).toBe(NO_EXPIRE);
    expect(db.expiresSize).toBe(0);
  });

  test('a string may take the place of a value and the other way round', () => {
    const ledger = new Ledger();
    const db = new Database(0, ledger, SEED);
    const value = new SetValue(DEFAULT_ENCODING_LIMITS);
    value.add('m' as ByteString);
    expect(db.typeOf(db.add(slice('k'), value))).toBe(TYPE_SET);
    expect(ledger.valueBytes).toBe(value.memoryBytes);
    const ref = db.setString(slice('k'), slice('text'), 0);
    expect(db.typeOf(ref)).toBe(TYPE_STRING);
    expect(ledger.valueBytes).toBe(0);
    expect(value.ledger).toBeNull();
    expect(db.size).toBe(1);
  });

  test('the access mark is set with the string and by itself', () => {
    const db = fresh();
    db.lruClock = 77;
    const ref = db.setString(slice('k'), slice('v'), 0);
    expect(db.lruOf(ref)).toBe(77);
    db.epoch = 200;
    db.setEpoch(ref, 200);
    db.setLru(ref, 0xffffff);
    expect([db.lruOf(ref), db.epochOf(ref)]).toEqual([0xffffff, 200]);
    db.lruClock = 78;
    expect(db.lruOf(db.setString(slice('k'), slice('w'), 0))).toBe(78);
    expect(db.epochOf(db.find(slice('k')))).toBe(200);
  });

  test('a random key is one of its keys; an empty database has none', () => {
    const db = fresh();
    expect(db.randomRef(() => 0)).toBe(0);
    expect(db.randomExpiring(() => 0)).toBe(0);
    for (const name of ['a', 'b', 'c']) db.setString(slice(name), slice('v'), 0);
    db.setExpire(db.find(slice('b')), 1);
    let turn = 0;
    const cycle = (bound: number) => turn++ % bound;
    const names = Array.from({ length: 30 }, () => db.keyOf(db.randomRef(cycle)).toByteString());
    expect(new Set(names)).toEqual(new Set(['a', 'b', 'c']));
    expect(db.keyOf(db.randomExpiring(cycle)).toByteString()).toBe('b');
  });

  test('editing a string that grows and grows keeps what was written', () => {
    const db = fresh();
    db.setString(slice('k'), slice(''), 0);
    let expected = '';
    for (let i = 0; i < 3000; i++) {
      const part = `${i};`;
      const at = expected.length;
      const view = db.editString(slice('k'), at + part.length, at, at + part.length);
      view.buffer.latin1Write(part, view.start + at);
      expected += part;
    }
    expect(db.stringOf(db.find(slice('k'))).toByteString()).toBe(expected);
  });

  test('prefetching reads what lookups will read, through a rehash too, and changes nothing', () => {
    const db = fresh();
    const touched: number[][] = [];
    const modules = { touch: (tag: number, pointer: number) => touched.push([tag, pointer]) };
    const type = { tag: 7 } as ModuleType; // all that a record keeps of it
    for (let i = 0; i < 100; i++) db.setString(slice(`string:${i}`), slice('v'), 0);
    db.add(slice('a module value'), new ModuleValue(type, 4096, 1));
    db.add(slice('a set'), new SetValue(DEFAULT_ENCODING_LIMITS));
    const before = scanKeys(db);
    const commands = [
      ['PING'],
      ['GET', 'string:1'],
      ['GET', 'none'],
      ['X', 'a module value'],
      ['X', 'a set'],
    ];
    db.prefetch(
      commands.map((words) => Argv.of(...words)),
      commands.length,
      modules,
    );
    expect(touched).toEqual([[7, 4096]]);
    expect(scanKeys(db)).toEqual(before);
  });
});
