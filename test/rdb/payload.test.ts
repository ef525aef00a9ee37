import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ByteString, bufferOf } from '../../host/lib/bytes.ts';
import { crc64 } from '../../host/lib/crc64.ts';
import { RDB_TYPE } from '../../host/rdb/format.ts';
import {
  contentBytes,
  createPayload,
  isPayloadIntact,
  readPayload,
  typeOfContent,
} from '../../host/rdb/payload.ts';
import { RdbError } from '../../host/rdb/reader.ts';
import { SetValue } from '../../host/values/set.ts';
import { contentOf, elements, materials, SMALL_LIMITS, values } from '../support/values.ts';

const PLACE = { key: 'k' as ByteString, databaseIndex: 0 };
const MATERIALS = materials();

/** A payload with the right footer around any bytes. */
function sealed(hex: string, version = 10): Buffer {
  const body = Buffer.concat([Buffer.from(hex, 'hex'), Buffer.from([version, 0])]);
  const sum = Buffer.alloc(8);
  sum.writeBigUInt64LE(crc64(body));
  return Buffer.concat([body, sum]);
}

function reasonOf(payload: Buffer): string {
  try {
    readPayload(payload, MATERIALS, PLACE);
    return 'accepted';
  } catch (error) {
    if (error instanceof RdbError) return error.reason;
    throw error;
  }
}

describe('payloads', () => {
  test('every value comes back with its content and encoding', () => {
    fc.assert(
      fc.property(values(), fc.boolean(), (value, isCompressing) => {
        const payload = createPayload(value, PLACE, isCompressing);
        expect(isPayloadIntact(payload)).toBe(true);
        const back = readPayload(payload, MATERIALS, PLACE);
        if (Buffer.isBuffer(back)) throw new Error('a string came back');
        expect(contentOf(back)).toEqual(contentOf(value));
        // Loading may choose a more compact encoding; loading again must not change it.
        const again = readPayload(createPayload(back, PLACE, isCompressing), MATERIALS, PLACE);
        if (Buffer.isBuffer(again)) throw new Error('a string came back');
        expect(again.encoding).toBe(back.encoding);
      }),
      { numRuns: 500 },
    );
  });

  test('every string comes back', () => {
    fc.assert(
      fc.property(elements, (text) => {
        const payload = createPayload(bufferOf(text), PLACE, true);
        expect(bufferOf(text).equals(readPayload(payload, MATERIALS, PLACE) as Buffer)).toBe(true);
      }),
    );
  });

  test('a string is laid out as redis-server 7.0.15 dumps it', () => {
    const dumped = '000568656c6c6f0a006372df766534200a';
    expect(createPayload(Buffer.from('hello'), PLACE, true).toString('hex')).toBe(dumped);
    expect(isPayloadIntact(Buffer.from('00c139300a009d94ea2793fc08b9', 'hex'))).toBe(true);
  });

  test('small sets are saved as plain sets, which version 10 knows', () => {
    const set = SetValue.for(SMALL_LIMITS, 'a' as ByteString, 1);
    set.add('a' as ByteString);
    expect(set.encoding).toBe('listpack');
    expect(typeOfContent(set)).toBe(RDB_TYPE.set);
  });

  test('a flipped bit anywhere, or a newer version, is noticed', () => {
    const payload = createPayload(Buffer.from('value'), PLACE, true);
    for (let i = 0; i < payload.length; i++) {
      const bad = Buffer.from(payload);
      bad[i] = (bad[i] as number) ^ 4;
      expect(isPayloadIntact(bad), `byte ${i}`).toBe(false);
    }
    expect(isPayloadIntact(sealed('000161', 11))).toBe(true);
    expect(isPayloadIntact(sealed('000161', 12))).toBe(false);
    expect(isPayloadIntact(Buffer.alloc(9))).toBe(false);
  });

  test.each([
    ['an empty list', '1200', 'Empty collection'],
    ['a list of empty nodes', '12010207070000000000ff', 'Empty collection'],
    ['a node that is neither plain nor packed', '12010500', 'Quicklist integrity check failed.'],
    [
      'a hash with half a pair',
      '100a0a00000001008161 02ff',
      'Hash listpack integrity check failed.',
    ],
    ['a repeated field', '04020161013101610132', 'Duplicate hash fields detected'],
    ['a repeated member', '020201610161', 'Duplicate set members detected'],
    ['a score that is no number', '05010161000000000000f87f', 'Zset with NAN score detected'],
    [
      'a repeated zset member',
      '0502016100000000000000000161000000000000f03f',
      'Zset with duplicate fields detected',
    ],
    ['a damaged intset', '0b0a0300000001000000 0100', 'Intset integrity check failed.'],
    ['a damaged ziplist', '0a0161', 'Ziplist integrity check failed.'],
    ['a damaged zipmap', '090161', 'Zipmap integrity check failed.'],
    ['a stream', '1300', 'Streams cannot be loaded yet (RDB type 19)'],
    ['an old module value', '0600', 'Pre-release module format not supported'],
    ['an unknown type', '3200', 'Unknown RDB encoding type 50'],
    ['half a value', '0205', 'Short read'],
    [
      'a module value',
      '0781cb92dad2a6ba4c0100',
      "The RDB file contains module data I can't load: no matching module type 'y5La0qa6T'",
    ],
  ])('%s is refused with its reason', (_what, hex, reason) => {
    expect(reasonOf(sealed(hex.replaceAll(' ', '')))).toContain(reason.slice(0, 60));
  });

  test.each([
    ['plain list', '01020161c001', { list: ['a', '1'] }],
    ['ziplist list', '0a0e0e0000000a0000000100000161ff', { list: ['a'] }],
    [
      'old zset',
      '03020161fe0162032d312e',
      {
        zset: [
          ['b', -1],
          ['a', Infinity],
        ],
      },
    ],
    ['old zset with text scores', '03010161 0331 2e35', { zset: [['a', 1.5]] }],
    ['plain node', '1202010161010162', { list: ['a', 'b'] }],
    ['set listpack', '140d0d0000000200816102816202ff', { set: ['a', 'b'] }],
  ])('the type %s is understood', (_what, hex, content) => {
    const payload = sealed(hex.replaceAll(' ', ''));
    const value = readPayload(payload, MATERIALS, PLACE);
    if (Buffer.isBuffer(value)) throw new Error('a string came back');
    expect(contentOf(value)).toEqual(content);
  });

  test('damaged payloads are refused or accepted, never worse', () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(values(), flips, (value, changes) => {
        const payload = Buffer.from(createPayload(value, PLACE, true));
        const body = payload.length - 10;
        for (const [at, byte] of changes) payload[at % body] = byte;
        try {
          readPayload(payload, MATERIALS, PLACE);
        } catch (error) {
          expect(error).toBeInstanceOf(RdbError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('serialized length is that of the value alone', () => {
    expect(contentBytes(Buffer.from('hello'), PLACE, true)).toBe(6);
    expect(contentBytes(Buffer.from('12345'), PLACE, true)).toBe(3);
  });
});
