import { describe, expect, test } from 'vitest';
import { bytesOf } from '../../host/lib/bytes.ts';
import { binary128OfExact } from '../../host/module/long-double.ts';
import { GuestMemory } from '../../host/module/memory.ts';
import { formatPrintf } from '../../host/module/printf.ts';
import { ModuleTrap } from '../../host/module/trap.ts';
import { VarArgs } from '../../host/module/varargs.ts';
import { type Arg, hasGcc, nativePrintf, type PrintfCase } from './native-printf.ts';

const FORMAT_PTR = 1024;
const ARGS_PTR = 8192;
const STRINGS_PTR = 16_384;

/** Lays format and arguments out as clang does and formats them. */
function guestPrintf({ format, args }: PrintfCase, maxBytes = 100_000) {
  const memory = new GuestMemory(new WebAssembly.Memory({ initial: 1 }));
  memory.writeByteString(FORMAT_PTR, bytesOf(`${format}\0`));
  let ptr = ARGS_PTR;
  let strings = STRINGS_PTR;
  const align = (size: number): number => {
    const at = Math.ceil(ptr / size) * size;
    ptr = at + size;
    return at;
  };
  for (const arg of args) {
    if (arg.kind === 'i32' || arg.kind === 'pointer') memory.writeU32(align(4), arg.value);
    else if (arg.kind === 'i64') memory.writeU64(align(8), arg.value);
    else if (arg.kind === 'f64') memory.writeF64(align(8), arg.value);
    else if (arg.kind === 'string') {
      memory.writeU32(align(4), arg.value === null ? 0 : strings);
      memory.writeByteString(strings, bytesOf(`${arg.value ?? ''}\0`));
      strings += (arg.value ?? '').length + 1;
    } else {
      const { low, high } = binary128OfExact({ ...arg, kind: 'finite' });
      const at = align(16);
      memory.writeU64(at, low);
      memory.writeU64(at + 8, high);
    }
  }
  return formatPrintf(memory, FORMAT_PTR, new VarArgs(memory, ARGS_PTR), maxBytes);
}

const i32 = (value: number): Arg => ({ kind: 'i32', value });
const i64 = (value: bigint): Arg => ({ kind: 'i64', value });
const f64 = (value: number): Arg => ({ kind: 'f64', value });
const string = (value: string | null): Arg => ({ kind: 'string', value });
const pointer = (value: number): Arg => ({ kind: 'pointer', value });
const longDouble = (mantissa: bigint, exponent: number, isNegative = false): Arg => {
  return { kind: 'longDouble', mantissa, exponent, isNegative };
};

/** A deterministic source of test data. */
class Random {
  #state = 0x2545f491n;

  next(): bigint {
    let x = this.#state;
    x ^= (x << 13n) & 0xffffffffffffffffn;
    x ^= x >> 7n;
    x ^= (x << 17n) & 0xffffffffffffffffn;
    this.#state = x;
    return x;
  }

  below(limit: number): number {
    return Number(this.next() % BigInt(limit));
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T; // below length
  }
}

function directive(random: Random, conversion: string, maxPrecision: number): string {
  const flags = ['-', '+', ' ', '#', '0'].filter(() => random.below(4) === 0).join('');
  const width = random.below(3) === 0 ? String(random.below(30) + 1) : '';
  const precision = random.below(2) === 0 ? `.${random.below(maxPrecision)}` : '';
  return `%${flags}${width}${precision}${conversion}`;
}

const INTEGERS = [0, 1, -1, 7, 8, 255, 256, 65_535, 65_536, 2 ** 31 - 1, -(2 ** 31), 123_456_789];
const DOUBLES = [
  0,
  -0,
  1,
  -1,
  0.5,
  1.5,
  2.5,
  3.5,
  0.1,
  0.125,
  0.0625,
  1 / 3,
  2 / 3,
  9.5,
  99.5,
  999_999.5,
  9.999_999_5,
  123_456,
  1_234_567,
  1e5,
  1e6,
  1e-4,
  1e-5,
  1e15,
  1e16,
  1e17,
  1e21,
  1e22,
  1e23,
  1e100,
  1.797_693_134_862_315_7e308,
  5e-324,
  2.225_073_858_507_201_4e-308,
  1e-310,
  Math.PI,
  100,
  1000.125,
  0.000_123_45,
  4.35,
  1.005,
  2 ** 53,
  2 ** 63,
  2 ** 64,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];

function integerCases(random: Random): PrintfCase[] {
  const cases: PrintfCase[] = [];
  for (let i = 0; i < 1500; i++) {
    const value =
      random.below(2) === 0 ? random.pick(INTEGERS) : Number(random.next() & 0xffffffffn);
    const conversion = random.pick([
      'd',
      'i',
      'u',
      'x',
      'X',
      'o',
      'hd',
      'hu',
      'hhd',
      'hhu',
      'hhx',
      'hx',
      'ho',
    ]);
    cases.push({ format: directive(random, conversion, 15), args: [i32(value | 0)] });
  }
  for (let i = 0; i < 500; i++) {
    const value = random.below(3) === 0 ? BigInt(random.pick(INTEGERS)) : random.next();
    const conversion = random.pick([
      'lld',
      'lli',
      'llu',
      'llx',
      'llX',
      'llo',
      'jd',
      'ju',
      'jx',
      'qd',
    ]);
    cases.push({ format: directive(random, conversion, 25), args: [i64(value)] });
  }
  for (let i = 0; i < 300; i++) {
    // long, size_t and ptrdiff_t have 32 bits in the guest; natively the values are widened.
    const value = random.pick(INTEGERS);
    const isSigned = random.below(2) === 0;
    const conversion = random.pick(
      isSigned ? ['ld', 'li', 'zd', 'td'] : ['lu', 'lx', 'zu', 'zx', 'lo', 'tx'],
    );
    const nativeType = isSigned ? 'long' : 'unsigned long)(unsigned';
    cases.push({ format: directive(random, conversion, 15), args: [i32(value)], nativeType });
  }
  return cases;
}

function doubleCases(random: Random): PrintfCase[] {
  const view = new DataView(new ArrayBuffer(8));
  const cases: PrintfCase[] = [];
  for (let i = 0; i < 3000; i++) {
    view.setBigUint64(0, random.next());
    const raw = view.getFloat64(0);
    const drawn = random.pick([
      () => random.pick(DOUBLES),
      () => (Number.isNaN(raw) ? 0 : raw),
      () => Number(random.next() % 2_000_000n) / random.pick([1, 2, 4, 8, 10, 100, 1024, 1000]),
    ])();
    const conversion = random.pick(['f', 'F', 'e', 'E', 'g', 'G', 'a', 'A', 'lf', 'lg']);
    cases.push({
      format: directive(random, conversion, random.pick([3, 8, 25, 60])),
      args: [f64(drawn)],
    });
  }
  for (const value of DOUBLES) {
    for (const conversion of [
      'f',
      'e',
      'g',
      'a',
      '.0f',
      '.0e',
      '.0g',
      '.0a',
      '.1f',
      '.17g',
      '#g',
      '#.0f',
      '#.3g',
      '.1100f',
      '#a',
      '#.0a',
      '#.0e',
    ]) {
      // glibc 2.36 writes "1.e+06" here; C demands the zeros, as it writes them elsewhere.
      if (conversion === '#g' && value === 999_999.5) continue;
      cases.push({ format: `%${conversion}`, args: [f64(value)] });
    }
  }
  return cases;
}

function longDoubleCases(random: Random): PrintfCase[] {
  const cases: PrintfCase[] = [];
  for (let i = 0; i < 1000; i++) {
    const mantissa = random.next() >> BigInt(random.pick([0, 0, 1, 11, 40, 60]));
    const exponent = random.pick([
      0, -1, -3, -63, -70, 10, 300, -300, 4000, -4000, 16_300, -16_400, -16_445,
    ]);
    const conversion = random.pick(['Lf', 'Le', 'Lg', 'La', 'LF', 'LE', 'LG', 'LA']);
    const format = directive(random, conversion, random.pick([3, 8, 30]));
    cases.push({ format, args: [longDouble(mantissa, exponent, random.below(2) === 0)] });
  }
  return cases;
}

function textCases(random: Random): PrintfCase[] {
  const cases: PrintfCase[] = [];
  for (let i = 0; i < 400; i++) {
    const text = random.pick(['', 'a', 'hello', 'with space', 'x'.repeat(40), null]);
    // The flag 0 is undefined for %s and %c in C.
    const format = directive(random, 's', 10).replace(/^(%[-+ #]*)0/, '$1');
    cases.push({ format: format.replaceAll('#', ''), args: [string(text)] });
  }
  for (let i = 0; i < 200; i++) {
    const format = directive(random, 'p', 12).replace('#', '');
    cases.push({ format, args: [pointer(random.pick([0, 1, 16, 0x1234, 0x7fffffff]))] });
  }
  cases.push(
    { format: '100%% of %c%5c%-5c|', args: [i32(65), i32(66), i32(67 + 256)] },
    { format: '%*d|%-*d|%*d|', args: [i32(5), i32(1), i32(5), i32(2), i32(-5), i32(3)] },
    {
      format: '%.*f|%.*f|%*.*f|',
      args: [i32(2), f64(1.005), i32(-1), f64(1.5), i32(9), i32(3), f64(-2)],
    },
    { format: '%.*s|%.*s|', args: [i32(2), string('abc'), i32(-1), string('abc')] },
    {
      format: '%d %lld %d %f %s %Lf %d',
      args: [i32(1), i64(2n), i32(3), f64(4), string('5'), longDouble(6n, 0), i32(7)],
    },
    { format: '%s %s%s', args: [string('a'), string('b'), string('c')] },
    { format: 'no arguments at all', args: [] },
    { format: '%lc %ls', args: [i32(65), pointer(0)] },
    { format: '%.d|%.f|%.s|%.e|', args: [i32(0), f64(2.5), string('x'), f64(15)] },
    { format: "%'d %+05d % 05d %-+5d|", args: [i32(1234567), i32(3), i32(4), i32(5)] },
  );
  return cases;
}

describe.skipIf(!hasGcc())('printf writes what native printf writes', () => {
  test.each([
    ['integers', integerCases],
    ['doubles', doubleCases],
    ['long doubles', longDoubleCases],
    ['text', textCases],
  ])(
    'for %s',
    (_name, makeCases) => {
      const cases = makeCases(new Random());
      const expected = nativePrintf(cases);
      const wrong: unknown[] = [];
      cases.forEach((item, i) => {
        const { text } = guestPrintf(item);
        if (text !== expected[i]) wrong.push({ ...item, text, expected: expected[i] });
      });
      expect(wrong).toEqual([]);
      expect(cases.length).toBeGreaterThan(500);
    },
    120_000,
  );
});

describe('printf', () => {
  const text = (format: string, ...args: Arg[]): string => guestPrintf({ format, args }).text;

  test('uses the sizes of wasm32: long and size_t have 32 bits', () => {
    expect(text('%ld %lu %zu', i32(-1), i32(-1), i32(-1))).toBe('-1 4294967295 4294967295');
    expect(text('%lx %tx %p', i32(-1), i32(-2), pointer(-16))).toBe('ffffffff fffffffe 0xfffffff0');
    expect(text('%lld %llu', i64(-1n), i64(-1n))).toBe('-1 18446744073709551615');
  });

  test('keeps bytes that are no text', () => {
    expect(text('[\xff%s\x80]', string('\xc3\xa9'))).toBe(
      bytesOf('[\xff') + bytesOf('\xc3\xa9') + bytesOf('\x80]'),
    );
  });

  test('prints NaN with its sign, as glibc does', () => {
    expect(text('%f %F %010g', f64(Number.NaN), f64(Number.NaN), f64(Number.NaN))).toBe(
      'nan NAN        nan',
    );
  });

  test('reads no further than the precision of a string', () => {
    const memory = new GuestMemory(new WebAssembly.Memory({ initial: 1 }));
    memory.fill(65_533, 3, 0x41);
    memory.writeByteString(0, bytesOf('%.3s\0%s\0'));
    memory.writeU32(100, 65_533);
    expect(formatPrintf(memory, 0, new VarArgs(memory, 100), 100).text).toBe('AAA');
    expect(() => formatPrintf(memory, 5, new VarArgs(memory, 100), 100)).toThrow(
      "argument '%s': string at 0x0000fffd has no NUL",
    );
  });

  test('copies unknown directives', () => {
    expect(text('%y %5q|%')).toBe('%y %5q|%');
  });

  test('refuses %n and positional arguments', () => {
    expect(() => text('%n', pointer(64))).toThrow(ModuleTrap);
    expect(() => text('%1$d', i32(1))).toThrow(/positional/);
  });

  test('traps when arguments or format are outside memory', () => {
    const memory = new GuestMemory(new WebAssembly.Memory({ initial: 1 }));
    memory.writeByteString(0, bytesOf('%d\0'));
    expect(() => formatPrintf(memory, 0, new VarArgs(memory, -4), 100)).not.toThrow(RangeError);
    expect(() => formatPrintf(memory, 0, new VarArgs(memory, -4), 100)).toThrow("argument '...'");
    expect(() => formatPrintf(memory, -1, new VarArgs(memory, 0), 100)).toThrow("argument 'fmt'");
  });

  test('cuts at the limit and says so', () => {
    const exact = guestPrintf({ format: 'abcde', args: [] }, 5);
    expect(exact).toEqual({ text: 'abcde', isTruncated: false });
    const cut = guestPrintf({ format: 'ab%dcde', args: [i32(12_345)] }, 5);
    expect(cut).toEqual({ text: 'ab123', isTruncated: true });
  });

  test.each(['%2147483647d', '%-2147483647d|', '%02147483647d', '%.2147483647d', '%*d'])(
    '%s costs no more than the limit',
    (format) => {
      const args = format === '%*d' ? [i32(2 ** 31 - 1), i32(5)] : [i32(5)];
      const { text: out, isTruncated } = guestPrintf({ format, args }, 1000);
      expect([out.length, isTruncated]).toEqual([1000, true]);
    },
  );

  test.each(['f', 'e', 'g', '#g', 'a'])(
    '%%.2147483647%s costs no more than the limit',
    (letter) => {
      const flag = letter.length > 1 ? '#' : '';
      const format = `%${flag}.2147483647${letter.at(-1)}`;
      const { text: out } = guestPrintf({ format, args: [f64(1 / 3)] }, 20_000);
      expect(out.startsWith(letter === 'a' ? '0x1.5555' : '0.33333') || letter === 'e').toBe(true);
      expect(out.length).toBeLessThanOrEqual(20_000);
    },
  );
});
