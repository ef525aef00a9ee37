import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ByteString } from '../../host/lib/bytes.ts';
import { SeededRandom } from '../../host/lib/random.ts';
import { HashValue } from '../../host/values/hash.ts';
import { DEFAULT_ENCODING_LIMITS } from '../../host/values/limits.ts';
import { attach, expectExactUndo } from './undo-support.ts';

const bytes = (text: string) => text as ByteString;
const limits = { ...DEFAULT_ENCODING_LIMITS, hashMaxListpackEntries: 20, hashMaxListpackValue: 8 };

type Operation = { field: ByteString; value: ByteString; isDelete: boolean };
const operations = fc.array(
  fc.record<Operation>({
    field: fc.nat(40).map((n) => bytes(`f${n}`)),
    value: fc
      .string({ maxLength: 8 })
      .map((text) => bytes(Buffer.from(text).toString('latin1').slice(0, 9))),
    isDelete: fc.boolean(),
  }),
  { maxLength: 120 },
);

function apply(hash: HashValue, list: Operation[], model?: Map<ByteString, ByteString>): void {
  for (const { field, value, isDelete } of list) {
    if (isDelete) {
      const was = hash.remove(field);
      if (model) expect(was).toBe(model.delete(field));
    } else {
      const isNew = hash.set(field, value);
      if (model) expect(isNew).toBe(!model.has(field));
      model?.set(field, value);
    }
  }
}

describe('a hash', () => {
  test('holds what a Map would hold', () => {
    fc.assert(
      fc.property(operations, (list) => {
        const hash = new HashValue(limits);
        const model = new Map<ByteString, ByteString>();
        apply(hash, list, model);
        expect(hash.size).toBe(model.size);
        for (const [field, value] of model) expect(hash.get(field)).toBe(value);
        expect(hash.get(bytes('none'))).toBeUndefined();
        expect(hash.has(bytes('none'))).toBe(false);
        if (hash.encoding === 'listpack') expect(hash.fields).toEqual([...model.keys()]);
      }),
    );
  });

  test('comes back exactly when its changes are undone', () => {
    fc.assert(
      fc.property(operations, operations, (before, after) => {
        const hash = new HashValue(limits);
        const ledger = attach(hash);
        apply(hash, before);
        const snapshot = () => [
          [...hash.fields],
          [...hash.values],
          hash.fields.map((f) => hash.get(f)),
        ];
        expectExactUndo(hash, ledger, snapshot, () => apply(hash, after));
      }),
      { numRuns: 300 },
    );
  });

  test('counts its bytes by content, so that emptying it restores the count', () => {
    const hash = new HashValue(limits);
    const empty = hash.memoryBytes;
    hash.set(bytes('a'), bytes('1'));
    expect(hash.memoryBytes).toBeGreaterThan(empty);
    hash.set(bytes('a'), bytes('12345678'.repeat(9)));
    hash.remove(bytes('a'));
    expect(hash.memoryBytes).toBe(empty);
  });

  test('turns into a hashtable above either limit and stays one', () => {
    const many = new HashValue(DEFAULT_ENCODING_LIMITS);
    for (let i = 0; i < 512; i++) many.set(bytes(`f${i}`), bytes('v'));
    expect(many.encoding).toBe('listpack');
    many.set(bytes('f512'), bytes('v'));
    expect(many.encoding).toBe('hashtable');
    many.remove(bytes('f1'));
    expect(many.encoding).toBe('hashtable');

    const long = new HashValue(DEFAULT_ENCODING_LIMITS);
    long.set(bytes('f'), bytes('x'.repeat(64)));
    expect(long.encoding).toBe('listpack');
    long.set(bytes('f'), bytes('x'.repeat(65)));
    expect(long.encoding).toBe('hashtable');

    const longField = new HashValue(DEFAULT_ENCODING_LIMITS);
    longField.set(bytes('x'.repeat(65)), bytes(''));
    expect(longField.encoding).toBe('hashtable');
  });

  test('told of many fields converts before they come', () => {
    const hash = new HashValue(DEFAULT_ENCODING_LIMITS);
    hash.expect(512);
    expect(hash.encoding).toBe('listpack');
    hash.expect(513);
    expect(hash.encoding).toBe('hashtable');
  });

  test('is scanned whole and in order while compact, in steps when large', () => {
    const hash = new HashValue(limits);
    for (let i = 0; i < 20; i++) hash.set(bytes(`f${i}`), bytes(`${i}`));
    const seen: string[] = [];
    expect(hash.scan(0, 1, (field, value) => seen.push(`${field}=${value}`))).toBe(0);
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => `f${i}=${i}`));
    hash.set(bytes('f20'), bytes('20'));
    const steps: string[] = [];
    let cursor = 0;
    do cursor = hash.scan(cursor, 10, (field) => steps.push(field));
    while (cursor !== 0);
    expect(new Set(steps).size).toBe(21);
  });

  test('picks each position at random', () => {
    const hash = new HashValue(limits);
    for (let i = 0; i < 4; i++) hash.set(bytes(`f${i}`), bytes(''));
    const random = new SeededRandom(Buffer.from('0123456789abcdef'));
    const picks = new Set(Array.from({ length: 200 }, () => hash.randomPosition(random)));
    expect([...picks].sort()).toEqual([0, 1, 2, 3]);
  });

  test('is cloned with its encoding and then independent', () => {
    const hash = new HashValue(limits);
    hash.set(bytes('a'), bytes('123456789'));
    const copy = hash.clone();
    expect([copy.encoding, copy.memoryBytes]).toEqual([hash.encoding, hash.memoryBytes]);
    copy.set(bytes('a'), bytes('2'));
    expect(hash.get(bytes('a'))).toBe('123456789');
  });
});
