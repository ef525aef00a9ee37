import { describe, expect, test } from 'vitest';
import {
  Manifest,
  ManifestError,
  manifestPath,
  parseManifest,
  readManifest,
  writeManifest,
} from '../../host/persistence/aof-manifest.ts';
import { MemoryDisk } from '../support/memory-disk.ts';

const PATHS = { directory: '/d', prefix: 'appendonly.aof' };
const BASE = 'file appendonly.aof.2.base.rdb seq 2 type b\n';
const INCR = 'file appendonly.aof.5.incr.aof seq 5 type i\n';
const HISTORY = 'file appendonly.aof.4.incr.aof seq 4 type h\n';

function parse(text: string): Manifest {
  return parseManifest(Buffer.from(text, 'latin1'));
}

function errorOf(text: string): ManifestError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ManifestError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('parsing a manifest', () => {
  test('finds base, incrs in order, and history', () => {
    const manifest = parse(BASE + HISTORY + INCR);
    expect(manifest.live.map((file) => file.name)).toEqual([
      'appendonly.aof.2.base.rdb',
      'appendonly.aof.5.incr.aof',
    ]);
    expect(manifest.history.map((file) => file.seq)).toEqual([4]);
    expect([manifest.baseSeq, manifest.incrSeq]).toEqual([2, 5]);
  });

  test('what is parsed is written in the same way', () => {
    expect(parse(BASE + HISTORY + INCR).format()).toBe(BASE + HISTORY + INCR);
  });

  test('comments are skipped, unknown pairs and the order of pairs do not matter', () => {
    const manifest = parse(`#hi\n type incr  seq 1abc "file" "a b"  size 7 \n`);
    expect(manifest.incrs).toEqual([{ name: 'a b', seq: 1, type: 'incr' }]);
  });

  test('a name with a blank or quote is written in quotes', () => {
    const manifest = new Manifest().withIncr(`a "b"`);
    expect(manifest.format()).toBe('file "a \\"b\\"" seq 1 type i\n');
    expect(parse(manifest.format()).incrs[0]?.name).toBe('a "b"');
  });

  // The texts are what redis-server 7.0.15 logs for these inputs.
  test.each([
    ['', 'Found an empty AOF manifest', null],
    ['file x\n', 'Invalid AOF manifest file format', "line 1\n>>> 'file x'"],
    ['\nfile a seq 2 type i\n', 'Invalid AOF manifest file format', "line 1\n>>> ''"],
    ['file a seq 0 type i\n', 'Invalid AOF manifest file format', 'line 1'],
    ['file a seq 1 type i odd\n', 'Invalid AOF manifest file format', 'line 1'],
    ['file "a seq 1 type i\n', 'Invalid AOF manifest file format', 'line 1'],
    [`${BASE}file b seq 3 type b\n`, 'Found duplicate base file information', 'line 2'],
    [`${INCR}file b seq 5 type i\n`, 'Found a non-monotonic sequence number', 'line 2'],
    ['file a seq 2 type x\n', 'Unknown AOF file type', "line 1\n>>> 'file a seq 2 type x'"],
    ['file a/b seq 2 type i\n', "File can't be a path, just a filename", 'line 1'],
    [
      `file ${'a'.repeat(2000)} seq 2 type i\n`,
      'The AOF manifest file contains too long line',
      null,
    ],
    [INCR.trimEnd(), 'The AOF manifest file contains too long line', null],
  ])('refuses %j', (text, reason, place) => {
    const error = errorOf(text);
    expect(error.reason).toBe(reason);
    expect(error.message).toMatch(/^\*\*\* FATAL AOF MANIFEST FILE ERROR \*\*\*\n/);
    if (place !== null) expect(error.message).toContain(`Reading the manifest file, at ${place}`);
    else expect(error.message).not.toContain('Reading the manifest file');
  });

  test('cut at any byte, it is refused or has only whole lines', () => {
    const text = BASE + INCR;
    for (let length = 0; length < text.length; length++) {
      const cut = text.slice(0, length);
      if (cut === BASE) expect(parse(cut).live).toHaveLength(1);
      else expect(errorOf(cut).reason).not.toBe('');
    }
  });
});

describe('changing a manifest', () => {
  test('a new base makes history of everything but the incrs that are kept', () => {
    const before = parse(BASE + INCR).withIncr('new');
    const after = before.withBase('base3', before.incrs.slice(-1));
    expect(after.live.map((file) => file.name)).toEqual(['base3', 'new']);
    expect(after.history.map((file) => file.name)).toEqual([
      'appendonly.aof.2.base.rdb',
      'appendonly.aof.5.incr.aof',
    ]);
    expect(after.withoutHistory().format()).toBe(
      'file base3 seq 3 type b\nfile new seq 6 type i\n',
    );
  });

  test('numbers go on when the files that had them are gone', () => {
    const empty = parse(BASE + INCR)
      .withBase('base3', [])
      .withoutHistory();
    expect(empty.incrSeq).toBe(5);
  });
});

describe('a manifest on disk', () => {
  test('there is an empty one where no file is', () => {
    expect(readManifest(new MemoryDisk('/d'), PATHS).isEmpty).toBe(true);
  });

  test('is replaced as a whole: a power loss at any operation leaves the old or the new', () => {
    const next = parse(INCR);
    for (let dieAfter = 1; dieAfter < 12; dieAfter++) {
      for (let seed = 0; seed < 8; seed++) {
        const disk = new MemoryDisk('/d');
        disk.put(manifestPath(PATHS), Buffer.from(BASE));
        disk.dieAfter = dieAfter;
        let isWritten = true;
        try {
          writeManifest(disk, PATHS, next);
        } catch {
          isWritten = false;
        }
        const found = disk.afterPowerLoss('prefix', (bound) => (seed >> (bound % 3)) % bound);
        const text = readManifest(found, PATHS).format();
        if (isWritten) expect(text).toBe(INCR);
        else expect([BASE, INCR]).toContain(text);
      }
    }
  });

  test('is left as it is when the disk is full, and the error says so', () => {
    const disk = new MemoryDisk('/d');
    disk.put(manifestPath(PATHS), Buffer.from(BASE));
    disk.freeBytes = 10;
    expect(() => writeManifest(disk, PATHS, parse(INCR))).toThrow(
      'Error trying to write the temporary AOF manifest file ' +
        '/d/temp-appendonly.aof.manifest: No space left on device',
    );
    expect(readManifest(disk, PATHS).format()).toBe(BASE);
  });
});
