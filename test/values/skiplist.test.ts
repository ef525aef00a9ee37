import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ByteString } from '../../host/lib/bytes.ts';
import { SeededRandom } from '../../host/lib/random.ts';
import { SkipList, type SkipNode } from '../../host/values/skiplist.ts';

const SEED = Buffer.from('0123456789abcdef');
const byOrder = (a: SkipNode, b: SkipNode) =>
  a.score - b.score || (a.member < b.member ? -1 : a.member > b.member ? 1 : 0);

const operations = fc.array(
  fc.record({ member: fc.nat(60), score: fc.integer({ min: -5, max: 5 }), isRemove: fc.boolean() }),
  { maxLength: 200 },
);

/** Runs operations: each member is added, re-scored or removed. Returns the nodes in order. */
function build(
  list: SkipList,
  steps: { member: number; score: number; isRemove: boolean }[],
): SkipNode[] {
  const nodes = new Map<number, SkipNode>();
  for (const { member, score, isRemove } of steps) {
    const node = nodes.get(member);
    if (node === undefined) {
      const made = list.makeNode(`m${member}` as ByteString, score);
      list.insert(made);
      nodes.set(member, made);
    } else if (isRemove) {
      list.remove(node);
      nodes.delete(member);
    } else {
      list.reinsert(node, score);
    }
  }
  return [...nodes.values()].sort(byOrder);
}

test('nodes are in order both ways, with the right ranks', () => {
  fc.assert(
    fc.property(operations, (steps) => {
      const list = new SkipList(new SeededRandom(SEED));
      const sorted = build(list, steps);
      expect(list.length).toBe(sorted.length);
      const forward: SkipNode[] = [];
      for (let node = list.head; node !== null; node = node.next[0] ?? null) forward.push(node);
      const backward: SkipNode[] = [];
      for (let node = list.tail; node !== null; node = node.previous) backward.unshift(node);
      expect(forward.map((node) => node.member)).toEqual(sorted.map((node) => node.member));
      expect(backward.map((node) => node.member)).toEqual(sorted.map((node) => node.member));
      sorted.forEach((node, rank) => {
        expect(list.at(rank)).toBe(node);
        expect(list.rankOf(node)).toBe(rank);
      });
    }),
    { numRuns: 300 },
  );
});

test('scores are counted below and up to any bound', () => {
  fc.assert(
    fc.property(operations, fc.integer({ min: -6, max: 6 }), (steps, bound) => {
      const list = new SkipList(new SeededRandom(SEED));
      const sorted = build(list, steps);
      expect(list.countBelow(bound, false)).toBe(sorted.filter((n) => n.score < bound).length);
      expect(list.countBelow(bound, true)).toBe(sorted.filter((n) => n.score <= bound).length);
    }),
  );
});

test('members of one score are counted before and up to any other', () => {
  fc.assert(
    fc.property(operations, fc.nat(60), (steps, pick) => {
      const list = new SkipList(new SeededRandom(SEED));
      const sorted = build(
        list,
        steps.map((step) => ({ ...step, score: 0 })),
      );
      const bound = `m${pick}` as ByteString;
      expect(list.countBefore(bound, false)).toBe(sorted.filter((n) => n.member < bound).length);
      expect(list.countBefore(bound, true)).toBe(sorted.filter((n) => n.member <= bound).length);
    }),
  );
});

test('a node keeps its level when it is taken out and put back', () => {
  const list = new SkipList(new SeededRandom(SEED));
  const nodes = Array.from({ length: 100 }, (_, i) => list.makeNode(`m${i}` as ByteString, i));
  for (const node of nodes) list.insert(node);
  const levels = nodes.map((node) => node.next.length);
  for (const node of nodes) list.remove(node);
  expect([list.length, list.head, list.tail]).toEqual([0, null, null]);
  for (const node of nodes) list.insert(node);
  expect(nodes.map((node) => node.next.length)).toEqual(levels);
  expect(Math.max(...levels)).toBeGreaterThan(1);
});
