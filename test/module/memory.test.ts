import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ByteString, bytesOf } from '../../host/lib/bytes.ts';
import { GuestMemory } from '../../host/module/memory.ts';
import { ModuleTrap } from '../../host/module/trap.ts';

const PAGE = 65_536;

function make(pages = 1): { memory: GuestMemory; raw: WebAssembly.Memory } {
  const raw = new WebAssembly.Memory({ initial: pages, maximum: 10 });
  return { memory: new GuestMemory(raw), raw };
}

/** Every accessor with the number of bytes it touches. */
const ACCESSORS: [string, number, (memory: GuestMemory, ptr: number) => unknown][] = [
  ['readU8', 1, (memory, ptr) => memory.readU8(ptr, 'key')],
  ['readU16', 2, (memory, ptr) => memory.readU16(ptr, 'key')],
  ['readU32', 4, (memory, ptr) => memory.readU32(ptr, 'key')],
  ['readI32', 4, (memory, ptr) => memory.readI32(ptr, 'key')],
  ['readI64', 8, (memory, ptr) => memory.readI64(ptr, 'key')],
  ['readU64', 8, (memory, ptr) => memory.readU64(ptr, 'key')],
  ['readF32', 4, (memory, ptr) => memory.readF32(ptr, 'key')],
  ['readF64', 8, (memory, ptr) => memory.readF64(ptr, 'key')],
  ['writeU8', 1, (memory, ptr) => memory.writeU8(ptr, 1, 'key')],
  ['writeU16', 2, (memory, ptr) => memory.writeU16(ptr, 1, 'key')],
  ['writeU32', 4, (memory, ptr) => memory.writeU32(ptr, 1, 'key')],
  ['writeU64', 8, (memory, ptr) => memory.writeU64(ptr, 1n, 'key')],
  ['writeF32', 4, (memory, ptr) => memory.writeF32(ptr, 1, 'key')],
  ['writeF64', 8, (memory, ptr) => memory.writeF64(ptr, 1, 'key')],
  ['bytes', 5, (memory, ptr) => memory.bytes(ptr, 5, 'key')],
  ['byteString', 5, (memory, ptr) => memory.byteString(ptr, 5, 'key')],
  ['fill', 5, (memory, ptr) => memory.fill(ptr, 5, 0, 'key')],
  ['check', 5, (memory, ptr) => memory.check(ptr, 5, 'key')],
  ['writeByteString', 5, (m, ptr) => m.writeByteString(ptr, bytesOf('12345'), 'key')],
  ['copyIn', 5, (memory, ptr) => memory.copyIn(ptr, Buffer.from('12345'))],
  ['copyIn of many bytes', 50, (memory, ptr) => memory.copyIn(ptr, Buffer.alloc(50))],
  ['move to', 5, (memory, ptr) => memory.move(ptr, 0, 5)],
  ['move from', 5, (memory, ptr) => memory.move(0, ptr, 5)],
];

describe.each(ACCESSORS)('%s', (_name, size, access) => {
  test('reaches exactly to the end of memory', () => {
    const { memory } = make();
    expect(() => access(memory, PAGE - size)).not.toThrow();
    expect(() => access(memory, PAGE - size + 1)).toThrow(ModuleTrap);
  });

  test('traps for addresses that are negative as i32 or would wrap around', () => {
    const { memory } = make();
    for (const ptr of [-1, -4, 2 ** 31, 2 ** 31 - 1, 2 ** 32 - 1, 2 ** 32 - size]) {
      expect(() => access(memory, ptr)).toThrow(/outside the guest's 65536 bytes/);
    }
  });

  test('sees memory that has grown behind its back', () => {
    const { memory, raw } = make();
    access(memory, 0);
    raw.grow(1);
    expect(() => access(memory, PAGE + 100)).not.toThrow();
    raw.grow(1);
    expect(() => access(memory, 0)).not.toThrow();
  });
});

describe('integers and floats', () => {
  test('are little-endian and come back as written', () => {
    const { memory } = make();
    memory.writeU32(8, 0x01020304);
    expect([...memory.bytes(8, 4)]).toEqual([4, 3, 2, 1]);
    memory.writeU32(16, -2);
    expect([memory.readU32(16), memory.readI32(16)]).toEqual([2 ** 32 - 2, -2]);
    memory.writeU64(24, -3n);
    expect([memory.readU64(24), memory.readI64(24)]).toEqual([2n ** 64n - 3n, -3n]);
    memory.writeF64(33, 1.25);
    memory.writeF32(41, -0.5);
    memory.writeU16(45, 0xbeef);
    memory.writeU8(47, 0x1ff);
    expect([memory.readF64(33), memory.readF32(41), memory.readU16(45), memory.readU8(47)]).toEqual(
      [1.25, -0.5, 0xbeef, 0xff],
    );
  });

  test('a write after growth is not lost in a detached view', () => {
    const { memory, raw } = make();
    raw.grow(1);
    memory.writeU32(0, 7);
    memory.writeByteString(4, bytesOf('abc'));
    memory.copyIn(8, Buffer.from('xyz'));
    expect(new Uint32Array(raw.buffer)[0]).toBe(7);
    expect(Buffer.from(raw.buffer, 4, 7).toString('latin1')).toBe('abc\0xyz');
  });
});

describe('byte ranges', () => {
  test('an empty range is fine anywhere up to the end, and after growth', () => {
    const { memory, raw } = make();
    expect(memory.bytes(PAGE, 0).length).toBe(0);
    expect(memory.byteString(0, 0)).toBe('');
    expect(() => memory.bytes(PAGE + 1, 0)).toThrow(ModuleTrap);
    raw.grow(1);
    expect(memory.bytes(0, 0).length).toBe(0);
  });

  test('a length is unsigned and cannot wrap the end', () => {
    const { memory } = make();
    expect(() => memory.bytes(16, -1)).toThrow(ModuleTrap);
    expect(() => memory.bytes(16, 2 ** 32 - 16)).toThrow(ModuleTrap);
    expect(() => memory.bytes(-16, 16)).toThrow(ModuleTrap);
  });

  test('bytes is a view, byteString a copy', () => {
    const { memory } = make();
    memory.copyIn(100, Buffer.from([0xff, 0, 0x80]));
    const view = memory.bytes(100, 3);
    const copy = memory.byteString(100, 3);
    memory.writeU8(100, 1);
    expect(view[0]).toBe(1);
    expect(copy).toBe('\xff\0\x80');
  });

  test('copyIn takes the asked part of its source', () => {
    const { memory } = make();
    const source = Buffer.from(Array.from({ length: 100 }, (_, i) => i));
    memory.copyIn(10, source, 90, 95);
    memory.copyIn(200, source, 20, 80);
    expect([...memory.bytes(9, 7)]).toEqual([0, 90, 91, 92, 93, 94, 0]);
    expect([...memory.bytes(200, 60)]).toEqual([...source.subarray(20, 80)]);
  });

  test('move copies overlapping ranges', () => {
    const { memory } = make();
    memory.writeByteString(0, bytesOf('abcdef'));
    memory.move(2, 0, 4);
    expect(memory.byteString(0, 6)).toBe('ababcd');
  });
});

describe('C strings', () => {
  test('end at their NUL', () => {
    const { memory } = make();
    memory.writeByteString(50, 'h\xe9llo\0rest' as ByteString);
    expect(memory.cstring(50)).toBe('h\xe9llo');
    expect(memory.cstring(55)).toBe('');
  });

  test('trap without a NUL, and beyond the limit', () => {
    const { memory } = make();
    memory.fill(PAGE - 10, 10, 65);
    expect(() => memory.cstring(PAGE - 10, 'name')).toThrow(
      "argument 'name': string at 0x0000fff6",
    );
    expect(() => memory.cstring(PAGE, 'name')).toThrow(ModuleTrap);
    memory.fill(0, 100, 65);
    expect(() => memory.cstring(0, 'name', 99)).toThrow(/longer than 99 bytes/);
    expect(memory.cstring(0, 'name', 100).length).toBe(100);
  });

  test('a prefix needs no NUL', () => {
    const { memory } = make();
    memory.fill(PAGE - 10, 10, 65);
    expect(memory.cstringPrefix(PAGE - 10, 10)).toBe('A'.repeat(10));
    expect(memory.cstringPrefix(PAGE - 10, 3)).toBe('AAA');
    expect(memory.cstringPrefix(PAGE - 10, 0)).toBe('');
    expect(() => memory.cstringPrefix(PAGE - 10, 11)).toThrow(ModuleTrap);
    memory.writeByteString(0, bytesOf('ab\0cd'));
    expect(memory.cstringPrefix(0, 1_000_000)).toBe('ab');
  });

  test('sees strings in memory that has grown', () => {
    const { memory, raw } = make();
    raw.grow(1);
    Buffer.from(raw.buffer).write('new\0', PAGE + 5, 'latin1');
    expect(memory.cstring(PAGE + 5)).toBe('new');
    raw.grow(1);
    expect(memory.cstringPrefix(PAGE + 5, 2)).toBe('ne');
  });
});

test('a trap names the argument, and the function once somebody knows it', () => {
  const { memory } = make();
  try {
    memory.readU32(-4, 'len');
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ModuleTrap);
    const trap = error as ModuleTrap;
    expect(trap.argument).toBe('len');
    trap.inFunction('RedisModule_StringPtrLen').inFunction('RedisModule_Other');
    expect(trap.message).toBe(
      "RedisModule_StringPtrLen: argument 'len': 4 bytes at 0xfffffffc are outside the guest's 65536 bytes of memory",
    );
  }
});

test('grow answers as memory.grow does', () => {
  const { memory } = make();
  expect(memory.grow(2)).toBe(1);
  expect(memory.byteLength).toBe(3 * PAGE);
  expect(memory.grow(100)).toBe(-1);
  expect(memory.grow(0)).toBe(3);
});

test('no address and length reach outside, whatever they are', () => {
  const { memory } = make();
  const u32 = fc.oneof(
    fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 }),
    fc.integer({ min: PAGE - 20, max: PAGE + 20 }),
  );
  fc.assert(
    fc.property(u32, u32, (ptr, length) => {
      const isInside = (ptr >>> 0) + (length >>> 0) <= PAGE;
      let isAccepted = true;
      try {
        const view = memory.bytes(ptr, length);
        expect(view.length).toBe(length >>> 0);
        expect(view.byteOffset).toBe(ptr >>> 0);
      } catch (error) {
        expect(error).toBeInstanceOf(ModuleTrap);
        isAccepted = false;
      }
      expect(isAccepted).toBe(isInside);
    }),
  );
});
