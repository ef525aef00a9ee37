// What the builder collects must be what the protocol would have said: every reply is told to a
// writer and to a builder, and the builder's value, told to a writer, must give the same bytes.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDouble } from '../../host/lib/number.ts';
import { NODE } from '../../host/module/call-reply.ts';
import { ReplyBuilder } from '../../host/module/reply-builder.ts';
import type { ReplySink } from '../../host/resp/sink.ts';
import { RespWriter } from '../../host/resp/writer.ts';

type Tell = (sink: ReplySink) => void;

function written(tell: Tell, protocol: 2 | 3): string {
  const writer = new RespWriter(formatDouble);
  writer.protocol = protocol;
  tell(writer);
  return writer.buffer.latin1Slice(0, writer.length);
}

function built(tell: Tell, protocol: 2 | 3) {
  const builder = new ReplyBuilder();
  builder.begin(protocol, Number.POSITIVE_INFINITY);
  tell(builder);
  return builder.finish();
}

const text = fc.string({ maxLength: 20 }).map((value) => value.replace(/[^\0-\xff]/g, '?'));
const scalar: fc.Arbitrary<Tell> = fc.oneof(
  text.map(
    (value): Tell =>
      (sink) =>
        sink.simple(value),
  ),
  text.map(
    (value): Tell =>
      (sink) =>
        sink.error(`ERR ${value}`),
  ),
  text.map(
    (value): Tell =>
      (sink) =>
        sink.bulk(value),
  ),
  text.map(
    (value): Tell =>
      (sink) =>
        sink.bytes(Buffer.from(value, 'latin1'), 0, value.length),
  ),
  text.map(
    (value): Tell =>
      (sink) =>
        sink.verbatim('txt', value),
  ),
  fc.integer().map(
    (value): Tell =>
      (sink) =>
        sink.integer(value),
  ),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(
    (value): Tell =>
      (sink) =>
        sink.integer(value),
  ),
  fc.double({ noNaN: true }).map(
    (value): Tell =>
      (sink) =>
        sink.double(value),
  ),
  fc.boolean().map(
    (value): Tell =>
      (sink) =>
        sink.bool(value),
  ),
  fc.constant<Tell>((sink) => sink.null()),
  fc.constant<Tell>((sink) => sink.nullArray()),
  fc.bigInt().map(
    (value): Tell =>
      (sink) =>
        sink.bigNumber(value.toString()),
  ),
);
const { reply } = fc.letrec<{ reply: Tell }>((tie) => {
  const parts = fc.array(tie('reply'), { maxLength: 4 });
  const pairs = fc.array(fc.tuple(tie('reply'), tie('reply')), { maxLength: 3 });
  return {
    reply: fc.oneof(
      { maxDepth: 4 },
      { weight: 4, arbitrary: scalar },
      {
        weight: 2,
        arbitrary: fc.tuple(fc.constantFrom('array', 'set', 'push'), fc.boolean(), parts).map(
          ([kind, isLate, tells]): Tell =>
            (sink) => {
              const mark = isLate ? sink.deferred() : sink[kind](tells.length);
              for (const tell of tells) tell(sink);
              if (mark !== undefined) sink.setDeferred(mark, kind, tells.length);
            },
        ),
      },
      {
        weight: 1,
        arbitrary: pairs.map(
          (tells): Tell =>
            (sink) => {
              sink.map(tells.length);
              for (const tell of tells.flat()) tell(sink);
            },
        ),
      },
    ),
  };
});

describe.each([2, 3] as const)('in RESP%i', (protocol) => {
  test('any reply comes out as it went in', () => {
    fc.assert(
      fc.property(reply, (tell) => {
        const value = built(tell, protocol);
        expect(written((sink) => value.writeTo(sink), protocol)).toBe(written(tell, protocol));
      }),
    );
  });

  test('a reply is told in its own protocol whatever the writer speaks', () => {
    const value = built((sink) => sink.map(0), protocol);
    const other = protocol === 2 ? 3 : 2;
    expect(written((sink) => value.writeTo(sink), other)).toBe(
      protocol === 3 ? '%0\r\n' : '*0\r\n',
    );
  });
});

test('going back forgets what was told since', () => {
  const value = built((sink) => {
    sink.array(2);
    sink.integer(1);
    const mark = sink.mark();
    sink.array(5);
    sink.rewind(mark);
    sink.error('ERR no');
    expect(sink.errorSince(mark)).toBe('ERR no');
    expect(sink.errorSince(0)).toBe(null);
    expect(sink.errorSince(sink.mark())).toBe(null);
  }, 2);
  expect(written((sink) => value.writeTo(sink), 2)).toBe('*2\r\n:1\r\n-ERR no\r\n');
});

test('attributes belong to the reply behind them', () => {
  const value = built((sink) => {
    sink.attribute(1);
    sink.bulk('ttl');
    sink.integer(5);
    sink.bulk('value');
  }, 3);
  expect(value.kind).toBe(NODE.bulk);
  expect(value.attribute?.parts).toHaveLength(2);
  expect(value.needsResp3).toBe(true);
});

test('whether RESP3 is needed is known of the whole', () => {
  const nested: Tell = (sink) => {
    sink.array(1);
    sink.array(1);
    sink.bool(true);
  };
  expect(built(nested, 3).needsResp3).toBe(true);
  expect(built(nested, 2).needsResp3).toBe(false);
  expect(built((sink) => sink.bulk('x'), 3).needsResp3).toBe(false);
});

test('no reply at all is a reply of no type', () => {
  expect(built(() => {}, 2).type).toBe(-1);
});

test('a reply that is shorter than announced is a trap', () => {
  expect(() => built((sink) => sink.array(2), 2)).toThrow('shorter than it announced');
});
