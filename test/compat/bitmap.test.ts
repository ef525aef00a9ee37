import fc from 'fast-check';
import { compatSuite } from '../support/compat-suite.ts';
import type { Word } from '../support/differential.ts';

const KEY = fc.constantFrom('a', 'b', 'c', 'h');
const VALUE = fc.constantFrom(
  '',
  '\x00',
  '\x7f',
  'foobar',
  '12',
  '\x00\x00\x7f\x01',
  'long'.repeat(20),
);
const OFFSET = fc.oneof(fc.nat(70).map(String), fc.constantFrom('-1', 'x', '4294967296'));
const INDEX = fc.integer({ min: -60, max: 60 }).map(String);
const BIT = fc.constantFrom('0', '1', '0', '1', '2', 'x');
const UNIT = fc.constantFrom('BIT', 'byte');
const ZERO_OR_ONE = fc.constantFrom('0', '1');
const TYPE = fc.constantFrom(
  'i1',
  'u1',
  'i8',
  'u8',
  'i5',
  'u63',
  'i64',
  'u7',
  'u64',
  'i0',
  'x',
  '',
);
const FIELD = fc.oneof(
  fc.nat(70).map(String),
  fc.nat(9).map((n) => `#${n}`),
  fc.constant('#'),
);
const NUMBER = fc.constantFrom('1', '-1', '100', '-300', '9223372036854775807', '0', 'x');
const OVERFLOW = fc.constantFrom('WRAP', 'sat', 'FAIL', 'no');

const words = (...parts: (string | fc.Arbitrary<string>)[]): fc.Arbitrary<Word[]> =>
  fc.tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)));

const GET_FIELD = words('GET', TYPE, FIELD);
const FIELD_OPERATION = fc.oneof(
  GET_FIELD,
  words('SET', TYPE, FIELD, NUMBER),
  words('INCRBY', TYPE, FIELD, NUMBER),
  words('OVERFLOW', OVERFLOW),
);

compatSuite({
  name: 'bitmap',
  sequences: {
    'bits are set and read, growing the string': [
      'SETBIT k 7 1',
      'GET k',
      'SETBIT k 7 1',
      'SETBIT k 100 0',
      'STRLEN k',
      'GETBIT k 7',
      'GETBIT k 100000',
      'OBJECT ENCODING k',
      'SETBIT k 4294967296 1',
      'SETBIT k 1 2',
    ],
    'positions are found in bytes and bits': [
      'SETRANGE k 2 x',
      'BITPOS k 1',
      'BITPOS k 0',
      'BITPOS k 1 2',
      'BITPOS k 1 0 1',
      'BITPOS k 1 18 23 BIT',
      'BITPOS k 0 0 -1 BIT',
      "SET e ''",
      'BITPOS e 0',
      'BITPOS e 1',
      'BITPOS no 0',
      'BITPOS no 1',
    ],
    'ranges must be integers and units known': [
      'SET k foobar',
      'BITCOUNT k x 1',
      'BITCOUNT k 1 x',
      'BITCOUNT k 1',
      'BITCOUNT k 1 2 nibble',
      'BITCOUNT k 1 2 BIT more',
      'BITPOS k 2',
      'BITPOS k x',
      'BITPOS k 1 x',
      'BITPOS k 1 1 x',
      'BITPOS k 1 1 2 nibble',
      'BITPOS k 1 x y nibble',
      'BITPOS k 1 1 2 BIT more',
      'BITCOUNT k -1 -3',
      'BITCOUNT k 5 30 BIT',
    ],
    'fields overflow as they are told to': [
      'BITFIELD k SET u8 0 255 GET i8 0 INCRBY u8 0 1',
      'BITFIELD k OVERFLOW SAT INCRBY i8 8 200 OVERFLOW FAIL INCRBY i8 8 1',
      'BITFIELD k SET i64 #3 -1 GET u63 192 INCRBY i64 #3 -9223372036854775808',
      'BITFIELD_RO k GET u4 0',
      'BITFIELD_RO k SET u4 0 1',
      'BITFIELD k GET u64 0',
      'BITFIELD k',
      'GET k',
    ],
    'strings of different lengths are combined as if padded': [
      'MSET a abcdef b abc',
      'BITOP AND r a b',
      'GET r',
      'BITOP OR r a b no',
      'GET r',
      'BITOP XOR r a a',
      'GET r',
      'BITOP NOT r b',
      'BITCOUNT r',
      'BITOP NOT r a b',
      'BITOP AND r no none',
      'EXISTS r',
    ],
  },
  command: fc.oneof(
    words('SET', KEY, VALUE),
    words('HSET', 'h', 'f', 'v'),
    words('SETBIT', KEY, OFFSET, BIT),
    words('GETBIT', KEY, OFFSET),
    words('BITCOUNT', KEY),
    // Bad arguments are above: for missing keys 7.0 does not even look at them, 7.2 does.
    words('BITCOUNT', KEY, INDEX, INDEX),
    words('BITCOUNT', KEY, INDEX, INDEX, UNIT),
    words('BITPOS', KEY, ZERO_OR_ONE),
    words('BITPOS', KEY, ZERO_OR_ONE, INDEX),
    words('BITPOS', KEY, ZERO_OR_ONE, INDEX, INDEX),
    words('BITPOS', KEY, ZERO_OR_ONE, INDEX, INDEX, UNIT),
    words('SET', KEY, '\x00\x7f\x7f\x01\x00foo'),
    words('BITOP', fc.constantFrom('AND', 'OR', 'XOR', 'NOT', 'x'), KEY, KEY),
    words('BITOP', fc.constantFrom('and', 'or', 'xor', 'not'), KEY, KEY, KEY),
    fc
      .tuple(words('BITFIELD', KEY), fc.array(FIELD_OPERATION, { maxLength: 4 }))
      .map(([bitfield, operations]) => [...bitfield, ...operations.flat()]),
    fc
      .tuple(words('BITFIELD_RO', KEY), fc.array(GET_FIELD, { maxLength: 3 }))
      .map(([bitfield, operations]) => [...bitfield, ...operations.flat()]),
  ),
});
