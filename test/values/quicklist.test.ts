import { describe, expect, test } from 'vitest';
import type { ByteString } from '../../host/lib/bytes.ts';
import { DEFAULT_ENCODING_LIMITS } from '../../host/values/limits.ts';
import { ListValue } from '../../host/values/list.ts';
import { exceedsNodeLimit, nodeLimit, Quicklist, UNLIMITED } from '../../host/values/quicklist.ts';

const bytes = (text: string) => text as ByteString;

describe('the limit of a node', () => {
  test('is a size for negative directives, the last class for those beyond', () => {
    expect([-1, -2, -3, -4, -5, -9].map((fill) => nodeLimit(fill).bytes)).toEqual([
      4096, 8192, 16384, 32768, 65536, 65536,
    ]);
    expect(exceedsNodeLimit(nodeLimit(-1), 4096, 1e6)).toBe(false);
    expect(exceedsNodeLimit(nodeLimit(-1), 4097, 1)).toBe(true);
  });

  test('is a count for others, and then also 8 KB', () => {
    expect([0, 1, 5, 100_000].map((fill) => nodeLimit(fill).count)).toEqual([1, 1, 5, 32767]);
    expect(exceedsNodeLimit(nodeLimit(5), 8192, 5)).toBe(false);
    expect(exceedsNodeLimit(nodeLimit(5), 8192, 6)).toBe(true);
    expect(exceedsNodeLimit(nodeLimit(5), 8193, 1)).toBe(true);
  });
});

/** A body with nodes of at most three elements, holding the letters a to i. */
function letters(): { body: Quicklist; nodes: () => string[] } {
  const body = new Quicklist(new ListValue(DEFAULT_ENCODING_LIMITS));
  body.setLimit(nodeLimit(3));
  for (const letter of 'abcdefghi') body.pushTail(bytes(letter));
  const nodes = () => {
    const joined: string[] = [];
    for (let node = body.head; node !== null; node = node.next) joined.push(node.items.join(''));
    return joined;
  };
  return { body, nodes };
}

describe('a quicklist', () => {
  test('fills its nodes and opens new ones at either end', () => {
    const { body, nodes } = letters();
    body.pushHead(bytes('0'));
    body.pushTail(bytes('z'));
    expect(nodes()).toEqual(['0', 'abc', 'def', 'ghi', 'z']);
    expect([body.length, body.isSingle]).toEqual([11, false]);
  });

  test('splits a full node in whose middle it inserts and joins what fits', () => {
    const { body, nodes } = letters();
    body.insertAfter(body.locate(3), bytes('+'));
    expect(nodes()).toEqual(['abc', 'd', '+ef', 'ghi']);
    body.insertBefore(body.locate(5), bytes('-'));
    expect(nodes()).toEqual(['abc', 'd+-', 'ef', 'ghi']);
  });

  test('at the edge of a full node uses the neighbour, or a new node', () => {
    const { body, nodes } = letters();
    body.removeFrom(body.locate(3).node, 0, 1);
    body.insertAfter(body.locate(2), bytes('+'));
    expect(nodes()).toEqual(['abc', '+ef', 'ghi']);
    body.insertBefore(body.locate(3), bytes('-'));
    expect(nodes()).toEqual(['abc', '-', '+ef', 'ghi']);
  });

  test('drops a node with its last element', () => {
    const { body, nodes } = letters();
    body.removeFrom(body.locate(4).node, 0, 3);
    expect(nodes()).toEqual(['abc', 'ghi']);
    expect(body.locate(3).node).toBe(body.tail);
  });

  test('without a limit keeps to one node', () => {
    const body = new Quicklist(new ListValue(DEFAULT_ENCODING_LIMITS));
    expect(body.limit).toBe(UNLIMITED);
    for (let i = 0; i < 100; i++) body.pushTail(bytes('x'.repeat(1000)));
    expect([body.isSingle, body.length]).toEqual([true, 100]);
  });
});
