import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  BackgroundRdbFile,
  ChunkQueue,
  type RdbFileNames,
  SaveError,
  writeRdbFileSync,
} from '../../host/persistence/rdb-file.ts';
import { nodeStorage } from '../../host/persistence/storage.ts';
import { temporaryFolder } from '../support/folder.ts';

function names(dir: string): RdbFileNames {
  return { temporaryPath: join(dir, 'temp-1.rdb'), path: join(dir, 'dump.rdb') };
}

describe('writeRdbFileSync', () => {
  test('replaces the file by what was produced', () => {
    const dir = temporaryFolder();
    writeFileSync(join(dir, 'dump.rdb'), 'old');
    writeRdbFileSync(nodeStorage, names(dir), (sink) => {
      sink.write(Buffer.from('one '));
      sink.write(Buffer.from('two'));
    });
    expect(readFileSync(join(dir, 'dump.rdb'), 'utf8')).toBe('one two');
    expect(readdirSync(dir)).toEqual(['dump.rdb']);
  });

  test('a producer that fails leaves the old file and no other', () => {
    const dir = temporaryFolder();
    writeFileSync(join(dir, 'dump.rdb'), 'old');
    expect(() =>
      writeRdbFileSync(nodeStorage, names(dir), (sink) => {
        sink.write(Buffer.from('half'));
        throw new TypeError('a bug');
      }),
    ).toThrow(TypeError);
    expect(readFileSync(join(dir, 'dump.rdb'), 'utf8')).toBe('old');
    expect(readdirSync(dir)).toEqual(['dump.rdb']);
  });

  test('each step that can fail has its own text', () => {
    const dir = temporaryFolder();
    mkdirSync(join(dir, 'dump.rdb'));
    mkdirSync(join(dir, 'dump.rdb', 'full'));
    const nothing = () => {};
    expect(() => writeRdbFileSync(nodeStorage, names(dir), nothing)).toThrow(
      new SaveError(
        `Error moving temp DB file temp-1.rdb on the final destination dump.rdb (in server root ` +
          `dir ${dir}): Is a directory`,
      ),
    );
    expect(() => writeRdbFileSync(nodeStorage, names(join(dir, 'no')), nothing)).toThrow(
      `Failed opening the temp RDB file temp-1.rdb (in server root dir ${dir}/no) for saving: ` +
        'No such file or directory',
    );
    symlinkSync('/dev/full', join(dir, 'temp-1.rdb'));
    expect(() =>
      writeRdbFileSync(nodeStorage, names(dir), (sink) => sink.write(Buffer.alloc(10))),
    ).toThrow('Write error while saving DB to the disk(rdbSaveRio): No space left on device');
    expect(readdirSync(dir)).toEqual(['dump.rdb']);
  });
});

describe('BackgroundRdbFile', () => {
  test('becomes the file only when it is committed', async () => {
    const dir = temporaryFolder();
    const file = new BackgroundRdbFile(nodeStorage, names(dir));
    file.open();
    await file.write([Buffer.from('a'), Buffer.from('b')]);
    expect(readdirSync(dir)).toEqual(['temp-1.rdb']);
    await file.commit();
    expect(readFileSync(join(dir, 'dump.rdb'), 'utf8')).toBe('ab');
    expect(readdirSync(dir)).toEqual(['dump.rdb']);
  });

  test('discarded it leaves nothing, opened or not', async () => {
    const dir = temporaryFolder();
    const file = new BackgroundRdbFile(nodeStorage, names(dir));
    await file.discard();
    file.open();
    await file.write([Buffer.from('a')]);
    await file.discard();
    expect(readdirSync(dir)).toEqual([]);
  });

  test('errors of the system reject as SaveError', async () => {
    const dir = temporaryFolder();
    const nowhere = new BackgroundRdbFile(nodeStorage, names(join(dir, 'no')));
    expect(() => nowhere.open()).toThrow(SaveError);
    symlinkSync('/dev/full', join(dir, 'temp-1.rdb'));
    const file = new BackgroundRdbFile(nodeStorage, names(dir));
    file.open();
    await expect(file.write([Buffer.alloc(10)])).rejects.toThrow('No space left on device');
    await file.discard();
    expect(readdirSync(dir)).toEqual([]);
  });
});

test('a queue counts the bytes that wait in it', () => {
  const queue = new ChunkQueue();
  queue.write(Buffer.alloc(10));
  queue.write(Buffer.alloc(5));
  expect(queue.pendingBytes).toBe(15);
  expect(queue.take().length).toBe(2);
  expect(queue.pendingBytes).toBe(0);
  expect(queue.take()).toEqual([]);
});
