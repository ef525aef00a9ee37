// Broken and hostile copies of modules. Half of the changes are made inside of a section or a
// function body whose size is then put right: else hardly any would be read beyond its size.

import { SeededRandom } from '../../host/lib/random.ts';
import { readWasm, SECTION } from '../../host/module/binary.ts';
import { leb } from '../module/wat.ts';

interface Piece {
  readonly id: number;
  readonly content: Buffer;
}

/** A module cut into its sections. */
export interface Seed {
  readonly bytes: Uint8Array;
  readonly pieces: readonly Piece[];
}

export function seedOf(bytes: Uint8Array): Seed {
  const { sections } = readWasm(bytes);
  const file = Buffer.from(bytes);
  const pieces = sections.map(({ id, start, end }) => {
    let contentStart = start + 1;
    while (file.readUInt8(contentStart++) >= 0x80);
    return { id, content: file.subarray(contentStart, end) };
  });
  return { bytes, pieces };
}

/** Mutant number `index`: the same for the same seed. */
export function mutant(seeds: readonly Seed[], seed: number, index: number): Uint8Array {
  const state = Buffer.alloc(16);
  state.writeUInt32LE(seed, 0);
  state.writeUInt32LE(index, 4);
  state.writeUInt32LE(0x9e3779b9, 8);
  const random = new SeededRandom(state);
  for (let i = 0; i < 8; i++) random.below(2); // the first numbers of near seeds resemble
  const chosen = pick(random, seeds);
  let bytes: Buffer;
  switch (random.below(8)) {
    case 0:
    case 1:
      bytes = changed(random, Buffer.from(chosen.bytes), seeds);
      break;
    case 2:
      bytes = joined(rearranged(random, chosen.pieces, seeds));
      break;
    default:
      bytes = joined(withChangedPiece(random, chosen.pieces, seeds));
  }
  return new Uint8Array(bytes);
}

function pick<T>(random: SeededRandom, items: readonly T[]): T {
  return items[random.below(items.length)] as T; // callers pass some
}

/** One to three changes of some bytes. */
function changed(random: SeededRandom, bytes: Buffer, seeds: readonly Seed[]): Buffer {
  let result = bytes;
  for (let left = 1 + random.below(3); left > 0; left--)
    result = changedOnce(random, result, seeds);
  return result;
}

/** Where numbers, types and opcodes change their meaning. */
const TELLING = [
  0, 1, 2, 3, 4, 5, 6, 7, 0x0b, 0x0e, 0x10, 0x14, 0x1c, 0x1f, 0x40, 0x41, 0x5e, 0x60, 0x63, 0x64,
  0x69, 0x6f, 0x70, 0x7b, 0x7f, 0x80, 0xd0, 0xd2, 0xfb, 0xfc, 0xfd, 0xfe, 0xff,
];

function changedOnce(random: SeededRandom, bytes: Buffer, seeds: readonly Seed[]): Buffer {
  const at = random.below(bytes.length + 1);
  const length = 1 + random.below(4);
  const before = bytes.subarray(0, at);
  switch (random.below(7)) {
    case 0: // a bit
      return replaced(bytes, at, (bytes[at] ?? 0) ^ (1 << random.below(8)));
    case 1:
      return replaced(bytes, at, random.below(256));
    case 2:
      return replaced(bytes, at, pick(random, TELLING));
    case 3: {
      const inserted = Array.from({ length }, () =>
        random.below(2) === 0 ? random.below(256) : pick(random, TELLING),
      );
      return Buffer.concat([before, Buffer.from(inserted), bytes.subarray(at)]);
    }
    case 4:
      return Buffer.concat([before, bytes.subarray(at + length)]);
    case 5: // another way to write a number, or another number
      return Buffer.concat([before, number(random, bytes[at] ?? 0), bytes.subarray(at + 1)]);
    default: {
      const other = pick(random, seeds).bytes;
      const from = random.below(other.length);
      return Buffer.concat([before, other.subarray(from, from + 8 * length), bytes.subarray(at)]);
    }
  }
}

function replaced(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  if (at < copy.length) copy.writeUInt8(value, at);
  return copy;
}

function number(random: SeededRandom, byte: number): Buffer {
  const padding = new Array<number>(random.below(5)).fill(0x80);
  switch (random.below(4)) {
    case 0:
      return Buffer.from([byte | 0x80, ...padding, 0]);
    case 1:
      return Buffer.from([byte | 0x80, ...padding, 0x7f]);
    case 2:
      return Buffer.from(leb(byte + 1 - 2 * random.below(2)));
    default:
      return Buffer.from(leb(2 ** random.below(33) - random.below(2)));
  }
}

function rearranged(
  random: SeededRandom,
  pieces: readonly Piece[],
  seeds: readonly Seed[],
): Piece[] {
  const result = pieces.slice();
  if (result.length === 0) return result;
  const at = random.below(result.length);
  const other = random.below(result.length);
  switch (random.below(4)) {
    case 0:
      [result[at], result[other]] = [result[other] as Piece, result[at] as Piece]; // below length
      break;
    case 1:
      result.splice(other, 0, result[at] as Piece);
      break;
    case 2:
      result.splice(at, 1);
      break;
    default: {
      const from = pick(random, seeds).pieces;
      if (from.length > 0) result.splice(at, random.below(2), pick(random, from));
    }
  }
  return result;
}

function withChangedPiece(
  random: SeededRandom,
  pieces: readonly Piece[],
  seeds: readonly Seed[],
): Piece[] {
  if (pieces.length === 0) return rearranged(random, pieces, seeds);
  const result = pieces.slice();
  // Most bytes are code: each section gets its share all the same.
  const at = random.below(result.length);
  const { id, content } = result[at] as Piece; // below length
  const isCode = id === SECTION.code && random.below(8) > 0;
  result[at] = {
    id,
    content: isCode ? withChangedBody(random, content, seeds) : changed(random, content, seeds),
  };
  return result;
}

/** A code section with one body changed and its size put right. */
function withChangedBody(random: SeededRandom, content: Buffer, seeds: readonly Seed[]): Buffer {
  const bodies: Buffer[] = [];
  let pos = 0;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = content.readUInt8(pos++); // the section has been read before
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const count = next();
  for (let i = 0; i < count; i++) {
    const size = next();
    bodies.push(content.subarray(pos, pos + size));
    pos += size;
  }
  if (count > 0) {
    const at = random.below(count);
    bodies[at] = changed(random, bodies[at] as Buffer, seeds); // below length
  }
  return Buffer.concat([
    Buffer.from(leb(count)),
    ...bodies.flatMap((body) => [Buffer.from(leb(body.length)), body]),
  ]);
}

function joined(pieces: readonly Piece[]): Buffer {
  const header = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const parts = pieces.flatMap(({ id, content }) => [
    Buffer.from([id, ...leb(content.length)]),
    content,
  ]);
  return Buffer.concat([header, ...parts]);
}
