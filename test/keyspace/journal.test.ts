import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Journal } from '../../host/keyspace/journal.ts';
import { Ledger } from '../../host/values/ledger.ts';
import { change, contentsOf, Subject } from './database-support.ts';

const changes = fc.array(change, { maxLength: 40, size: 'max' });

describe('a rollback', () => {
  test('returns the exact former state of all databases', () => {
    fc.assert(
      fc.property(changes, changes, (before, after) => {
        const ledger = new Ledger();
        const journal = new Journal(ledger);
        const subject = new Subject(ledger);
        for (const step of before) subject.apply(step);
        const models = subject.copyModels();
        const { valueBytes } = ledger;
        const expiring = subject.databases.map((db) => db.expiresSize);
        const savepoint = journal.open();
        for (const step of after) subject.apply(step);
        journal.rollback(savepoint);
        expect(subject.databases.map(contentsOf)).toEqual(models);
        expect(subject.databases.map((db) => db.size)).toEqual(models.map((model) => model.size));
        expect(subject.databases.map((db) => db.expiresSize)).toEqual(expiring);
        expect(ledger.valueBytes).toBe(valueBytes);
      }),
      { numRuns: 300 },
    );
  });

  test('of an inner savepoint leaves what the outer one did, which can still be undone', () => {
    fc.assert(
      fc.property(changes, changes, changes, fc.boolean(), (first, outer, inner, keepsInner) => {
        const ledger = new Ledger();
        const journal = new Journal(ledger);
        const subject = new Subject(ledger);
        for (const step of first) subject.apply(step);
        const start = subject.copyModels();
        const one = journal.open();
        for (const step of outer) subject.apply(step);
        const middle = subject.copyModels();
        const two = journal.open();
        for (const step of inner) subject.apply(step);
        if (keepsInner) {
          journal.commit();
        } else {
          journal.rollback(two);
          expect(subject.databases.map(contentsOf)).toEqual(middle);
        }
        journal.rollback(one);
        expect(subject.databases.map(contentsOf)).toEqual(start);
        expect(journal.isOpen).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  test('is followed by changes that go on as if nothing had been', () => {
    fc.assert(
      fc.property(changes, changes, changes, (before, undone, after) => {
        const ledger = new Ledger();
        const journal = new Journal(ledger);
        const subject = new Subject(ledger);
        for (const step of before) subject.apply(step);
        const models = subject.copyModels();
        const savepoint = journal.open();
        for (const step of undone) subject.apply(step);
        journal.rollback(savepoint);
        subject.models = models;
        for (const step of after) subject.apply(step);
        expect(subject.databases.map(contentsOf)).toEqual(subject.models);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a commit', () => {
  test('keeps the changes and costs nothing afterwards', () => {
    fc.assert(
      fc.property(changes, (steps) => {
        const ledger = new Ledger();
        const journal = new Journal(ledger);
        const subject = new Subject(ledger);
        journal.open();
        for (const step of steps) subject.apply(step);
        journal.commit();
        expect(ledger.undo).toBeNull();
        expect(subject.databases.map(contentsOf)).toEqual(subject.models);
      }),
      { numRuns: 50 },
    );
  });

  test('runs what waits for it, releases last, and only when it is the outermost', () => {
    const journal = new Journal(new Ledger());
    const done: string[] = [];
    journal.whenCommitted(() => done.push('at once'));
    expect(done).toEqual(['at once']);
    journal.open();
    journal.open();
    journal.whenReleased(() => done.push('release'));
    journal.whenCommitted(() => {
      done.push('commit');
      journal.whenCommitted(() => done.push('added by commit'));
    });
    journal.commit();
    expect(done).toEqual(['at once']);
    journal.commit();
    expect(done).toEqual(['at once', 'commit', 'added by commit', 'release']);
  });

  test('after an inner rollback does not run what was rolled back', () => {
    const journal = new Journal(new Ledger());
    const done: string[] = [];
    journal.open();
    journal.whenCommitted(() => done.push('outer'));
    const inner = journal.open();
    journal.whenCommitted(() => done.push('inner'));
    journal.whenReleased(() => done.push('inner release'));
    journal.rollback(inner);
    journal.commit();
    expect(done).toEqual(['outer']);
  });
});

describe('what waits for a commit or a rollback may open savepoints itself:', () => {
  test('each action runs once, and those it adds run behind it', () => {
    const journal = new Journal(new Ledger());
    const done: number[] = [];
    journal.open();
    for (let i = 0; i < 10_000; i++) {
      journal.whenReleased(() => {
        journal.open();
        done.push(i);
        if (i < 3) journal.whenReleased(() => done.push(-i));
        journal.commit();
      });
    }
    journal.commit();
    expect(done).toEqual([...Array.from({ length: 10_000 }, (_, i) => i), -0, -1, -2]);
    expect(journal.isOpen).toBe(false);
  });

  test('a rollback among them takes back only what was added under it', () => {
    const journal = new Journal(new Ledger());
    const done: string[] = [];
    journal.open();
    journal.whenReleased(() => {
      const savepoint = journal.open();
      journal.whenReleased(() => done.push('undone'));
      journal.rollback(savepoint);
    });
    journal.whenReleased(() => done.push('second'));
    journal.commit();
    expect(done).toEqual(['second']);
  });

  test('an action that fails does not keep later commits from their work', () => {
    const journal = new Journal(new Ledger());
    const done: string[] = [];
    journal.open();
    journal.whenReleased(() => {
      throw new Error('a bug');
    });
    expect(() => journal.commit()).toThrow('a bug');
    journal.open();
    journal.whenReleased(() => done.push('later'));
    journal.commit();
    expect(done).toEqual(['later']);
  });
});

describe('a rollback within a savepoint', () => {
  test('undoes what was noted outside the keyspace, while a savepoint is open', () => {
    const journal = new Journal(new Ledger());
    const done: string[] = [];
    journal.note(() => done.push('not in a savepoint'));
    const savepoint = journal.open();
    journal.note(() => done.push('first'));
    journal.note(() => done.push('second'));
    journal.rollback(savepoint);
    expect(done).toEqual(['second', 'first']);
  });

  test('hands out what waited for it, of inner savepoints that were kept, too', () => {
    const journal = new Journal(new Ledger());
    const done: string[] = [];
    const outer = journal.open();
    journal.whenUndone(() => done.push('outer'));
    journal.open();
    journal.whenUndone(() => done.push('kept'));
    journal.commit();
    const inner = journal.open();
    journal.whenUndone(() => done.push('inner'));
    for (const action of journal.rollback(inner)) action();
    expect(done).toEqual(['inner']);
    for (const action of journal.rollback(outer)) action();
    expect(done).toEqual(['inner', 'outer', 'kept']);
  });

  test('hands out nothing of what was committed', () => {
    const journal = new Journal(new Ledger());
    journal.open();
    journal.whenUndone(() => expect.unreachable());
    journal.commit();
    expect(journal.rollback(journal.open())).toEqual([]);
  });
});
