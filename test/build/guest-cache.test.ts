import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  digestInputs,
  sizeIfUpToDate,
  writeAtomically,
  writeStamp,
} from '../../build/guest-cache.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'redcell-cache-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);

describe('the digest of inputs', () => {
  test('depends on contents, names, order and settings and on nothing else', async () => {
    await writeFile(at('a'), '1');
    await writeFile(at('b'), '2');
    const first = await digestInputs([at('a'), at('b')], ['-O2']);
    await writeFile(at('a'), '1');
    expect(await digestInputs([at('a'), at('b')], ['-O2'])).toBe(first);

    const others = [
      await digestInputs([at('a'), at('b')], ['-O3']),
      await digestInputs([at('b'), at('a')], ['-O2']),
      await digestInputs([at('a')], ['-O2']),
    ];
    await writeFile(at('a'), '12');
    await writeFile(at('b'), '');
    others.push(await digestInputs([at('a'), at('b')], ['-O2']));
    expect(new Set([first, ...others]).size).toBe(5);
  });
});

describe('an output', () => {
  const output = Buffer.from('module');

  beforeEach(async () => {
    await writeFile(at('out'), output);
    await writeStamp(at('stamp'), 'inputs', output);
  });

  test('is up to date after its stamp was written', async () => {
    expect(await sizeIfUpToDate(at('stamp'), 'inputs', at('out'))).toBe(output.length);
  });

  test('is not when the inputs are others', async () => {
    expect(await sizeIfUpToDate(at('stamp'), 'others', at('out'))).toBeNull();
  });

  test('is not when it was changed or deleted', async () => {
    await writeFile(at('out'), 'modulf');
    expect(await sizeIfUpToDate(at('stamp'), 'inputs', at('out'))).toBeNull();
    await rm(at('out'));
    expect(await sizeIfUpToDate(at('stamp'), 'inputs', at('out'))).toBeNull();
  });

  test('is not when the stamp is missing or torn', async () => {
    await writeFile(at('stamp'), '{"inputs":"inp');
    expect(await sizeIfUpToDate(at('stamp'), 'inputs', at('out'))).toBeNull();
    await rm(at('stamp'));
    expect(await sizeIfUpToDate(at('stamp'), 'inputs', at('out'))).toBeNull();
  });
});

test('an atomic write makes its folders, sets the mode and leaves nothing else', async () => {
  await writeAtomically(at('deep/er/file'), 'text', 0o755);
  expect(await readFile(at('deep/er/file'), 'utf8')).toBe('text');
  expect((await stat(at('deep/er/file'))).mode & 0o111).not.toBe(0);
  expect(await readdir(at('deep/er'))).toEqual(['file']);
});
