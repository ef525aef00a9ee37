import fc from 'fast-check';
import RedisParser from 'redis-parser';
import { describe, expect, test } from 'vitest';
import { formatDouble } from '../../host/lib/number.ts';
import { Slice } from '../../host/lib/slice.ts';
import type { AggregateKind } from '../../host/resp/sink.ts';
import { RespWriter } from '../../host/resp/writer.ts';

/** A reply as data: what `tell` says to a writer and what RESP2 makes of it. */
type Reply =
  | {
      readonly is: 'simple' | 'error' | 'bulk' | 'slice' | 'verbatim' | 'bigNumber';
      readonly text: string;
    }
  | { readonly is: 'integer'; readonly value: number | bigint }
  | { readonly is: 'double'; readonly value: number }
  | { readonly is: 'bool'; readonly value: boolean }
  | { readonly is: 'null' | 'nullArray' }
  | {
      readonly is: 'list';
      readonly kind: AggregateKind;
      readonly isDeferred: boolean;
      readonly items: readonly Reply[];
    };

function writer(protocol: 2 | 3 = 2, initialBytes?: number): RespWriter {
  const made = new RespWriter(formatDouble, initialBytes);
  made.protocol = protocol;
  return made;
}

function written(target: RespWriter): string {
  return target.buffer.latin1Slice(0, target.length);
}

function tell(target: RespWriter, reply: Reply): void {
  switch (reply.is) {
    case 'simple':
    case 'error':
    case 'bulk':
    case 'bigNumber':
      target[reply.is](reply.text);
      return;
    case 'slice':
      target.slice(new Slice(Buffer.from(`..${reply.text}.`, 'latin1'), 2, 2 + reply.text.length));
      return;
    case 'verbatim':
      target.verbatim('txt', reply.text);
      return;
    case 'integer':
      target.integer(reply.value);
      return;
    case 'double':
      target.double(reply.value);
      return;
    case 'bool':
      target.bool(reply.value);
      return;
    case 'list':
      tellList(target, reply.kind, reply.isDeferred, reply.items);
      return;
    default:
      target[reply.is]();
  }
}

/** Pairs for maps: their length is half of what follows. */
function tellList(
  target: RespWriter,
  kind: AggregateKind,
  isDeferred: boolean,
  items: readonly Reply[],
): void {
  const length = kind === 'map' ? items.length / 2 : items.length;
  const mark = isDeferred ? target.deferred() : 0;
  if (!isDeferred) target[kind](length);
  for (const item of items) tell(target, item);
  if (isDeferred) target.setDeferred(mark, kind, length);
}

/** The same reply as redis-parser gives it: buffers as text, integers as text. */
function inResp2(reply: Reply): unknown {
  switch (reply.is) {
    case 'simple':
      return reply.text.replace(/[\r\n]/g, ' ');
    case 'error':
      return `error ${reply.text.replace(/[\r\n]/g, ' ')}`;
    case 'integer':
      return String(reply.value);
    case 'double':
      return formatDouble(reply.value);
    case 'bool':
      return reply.value ? '1' : '0';
    case 'null':
    case 'nullArray':
      return null;
    case 'list':
      return reply.items.map(inResp2);
    default:
      return reply.text;
  }
}

/** What an independent parser makes of RESP2 bytes. */
function decode(bytes: Buffer): unknown[] {
  const replies: unknown[] = [];
  const parser = new RedisParser({
    returnReply: (reply: unknown) => void replies.push(plain(reply)),
    returnError: (error: Error) => void replies.push(plain(error)),
    returnFatalError: (error: Error) => {
      throw error;
    },
    returnBuffers: true,
    stringNumbers: true,
  });
  parser.execute(bytes);
  return replies;
}

function plain(reply: unknown): unknown {
  if (Buffer.isBuffer(reply)) return reply.toString('latin1');
  if (reply instanceof Error) return `error ${reply.message}`;
  return Array.isArray(reply) ? reply.map(plain) : reply;
}

const bytes = fc.uint8Array({ maxLength: 80 }).map((b) => Buffer.from(b).toString('latin1'));
const lines = fc.string({ maxLength: 30, unit: 'grapheme-ascii' });
const replies = fc.letrec<{ reply: Reply }>((tie) => ({
  reply: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ is: fc.constantFrom('simple', 'error'), text: lines }) as fc.Arbitrary<Reply>,
    fc.record({
      is: fc.constantFrom('bulk', 'slice', 'verbatim'),
      text: bytes,
    }) as fc.Arbitrary<Reply>,
    fc
      .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
      .map((value): Reply => ({ is: 'integer', value })),
    fc.integer().map((value): Reply => ({ is: 'integer', value })),
    fc.maxSafeNat().map((value): Reply => ({ is: 'integer', value })),
    fc.double({ noNaN: true }).map((value): Reply => ({ is: 'double', value })),
    fc.boolean().map((value): Reply => ({ is: 'bool', value })),
    fc.constantFrom<Reply>({ is: 'null' }, { is: 'nullArray' }),
    fc
      .tuple(
        fc.constantFrom<AggregateKind>('array', 'map', 'set', 'push'),
        fc.boolean(),
        fc.array(tie('reply'), { maxLength: 6 }),
      )
      .map(([kind, isDeferred, items]): Reply => {
        const even = kind === 'map' ? items.slice(0, items.length - (items.length % 2)) : items;
        return { is: 'list', kind, isDeferred, items: even };
      }),
  ),
})).reply;

test('an independent parser reads from RESP2 what was said', () => {
  fc.assert(
    fc.property(fc.array(replies, { minLength: 1, maxLength: 5 }), (all) => {
      const target = writer(2, 16);
      for (const reply of all) tell(target, reply);
      expect(decode(target.take())).toEqual(all.map(inResp2));
    }),
    { numRuns: 2000 },
  );
});

describe('RESP3', () => {
  test.each<[Reply, string]>([
    [{ is: 'null' }, '_\r\n'],
    [{ is: 'nullArray' }, '_\r\n'],
    [{ is: 'bool', value: true }, '#t\r\n'],
    [{ is: 'bool', value: false }, '#f\r\n'],
    [{ is: 'double', value: 1.5 }, ',1.5\r\n'],
    [{ is: 'double', value: Number.POSITIVE_INFINITY }, ',inf\r\n'],
    [{ is: 'double', value: Number.NEGATIVE_INFINITY }, ',-inf\r\n'],
    [{ is: 'bigNumber', text: '-123456789012345678901' }, '(-123456789012345678901\r\n'],
    [{ is: 'verbatim', text: 'abc' }, '=7\r\ntxt:abc\r\n'],
  ])('%j is %j', (reply, expected) => {
    const target = writer(3);
    tell(target, reply);
    expect(written(target)).toBe(expected);
  });

  test.each<[AggregateKind, string]>([
    ['array', '*2\r\n:1\r\n:2\r\n'],
    ['set', '~2\r\n:1\r\n:2\r\n'],
    ['push', '>2\r\n:1\r\n:2\r\n'],
    ['map', '%1\r\n:1\r\n:2\r\n'],
  ])('a %s has its own prefix, deferred or not', (kind, expected) => {
    const items: Reply[] = [1, 2].map((value) => ({ is: 'integer', value }));
    for (const isDeferred of [false, true]) {
      const target = writer(3);
      tell(target, { is: 'list', kind, isDeferred, items });
      expect(written(target)).toBe(expected);
    }
  });

  test('attributes are for RESP3 alone', () => {
    const target = writer(3);
    target.attribute(1);
    expect(written(target)).toBe('|1\r\n');
    const old = writer(2);
    old.attribute(1);
    expect(written(old)).toBe('');
  });
});

describe('a deferred length', () => {
  test('moves what is behind it, however long it becomes', () => {
    const target = writer(2, 16);
    const mark = target.deferred();
    for (let i = 0; i < 1000; i++) target.integer(i);
    target.setDeferred(mark, 'array', 1000);
    expect(decode(target.take())[0]).toHaveLength(1000);
  });

  test('of nothing is an empty list', () => {
    const target = writer();
    target.setDeferred(target.deferred(), 'array', 0);
    expect(written(target)).toBe('*0\r\n');
  });
});

describe('going back', () => {
  test('forgets what came after the mark', () => {
    const target = writer();
    target.simple('OK');
    const mark = target.mark();
    target.array(3);
    target.bulk('x');
    target.rewind(mark);
    target.error('ERR no');
    expect(written(target)).toBe('+OK\r\n-ERR no\r\n');
  });

  test('an error is seen where it is the reply', () => {
    const target = writer();
    const first = target.mark();
    target.simple('OK');
    const second = target.mark();
    target.error('ERR no');
    expect(target.errorSince(first)).toBeNull();
    expect(target.errorSince(second)).toBe('ERR no');
    expect(target.errorSince(target.mark())).toBeNull();
  });
});

describe('the buffer', () => {
  test('is handed out once', () => {
    const target = writer();
    target.simple('first');
    const bytes = target.take();
    target.simple('second');
    expect(bytes.toString()).toBe('+first\r\n');
    expect(written(target)).toBe('+second\r\n');
  });

  test('takes bytes that are a reply already', () => {
    const target = writer(2, 4);
    target.raw(Buffer.from('+done\r\n'));
    expect(written(target)).toBe('+done\r\n');
  });
});

test('formats have three characters', () => {
  const target = writer(3);
  target.verbatim('m', 'x');
  target.verbatim('markdown', 'x');
  expect(written(target)).toBe('=5\r\nm  :x\r\n=5\r\nmar:x\r\n');
});

describe('memory', () => {
  test('is kept for the next replies and given back once they are short', () => {
    const target = new RespWriter(formatDouble, 1024);
    target.bulk('x'.repeat(200_000));
    const grown = target.buffer.length;
    target.clear();
    expect(target.buffer.length).toBe(grown);
    target.relax(); // that reply was recent
    expect(target.buffer.length).toBe(grown);
    target.relax();
    expect(target.buffer.length).toBe(1024);
  });

  test('of unsent bytes is left alone', () => {
    const target = new RespWriter(formatDouble, 64);
    target.bulk('x'.repeat(5000));
    target.clear();
    target.simple('OK');
    target.relax();
    target.relax();
    expect(target.buffer.latin1Slice(0, target.length)).toBe('+OK\r\n');
  });
});
