import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../../../build/packages.mjs';
import { type Rewritten, rewrite } from '../../../host/module/rewriter.ts';
import { SourceLocator } from '../../../host/module/source/locator.ts';

const built = join(projectRoot, 'build/out/as/counter.wasm');
let folder: string;
let guest: Rewritten;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'redcell-locator-'));
  guest = rewrite(readFileSync(built));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** The files that places all over the module are in. */
function filesFound(path: string): Set<string> {
  const locator = new SourceLocator(guest.info, path);
  const files = new Set<string>();
  for (let offset = 0; offset < guest.bytes.length; offset += 11) {
    const { source } = locator.locate({ functionIndex: 1, offset });
    if (source !== null) files.add(source.file);
  }
  return files;
}

describe('places in AssemblyScript', () => {
  test('are found by the source map beside the module', () => {
    expect([...filesFound(built)]).toEqual(expect.arrayContaining(['commands.ts', 'type.ts']));
  });

  test.each([
    ['is missing', null],
    ['is empty', ''],
    ['is no JSON', '{"version": 3,'],
    ['is no source map', '[1, 2]'],
    ['has no mappings', '{"version": 3, "sources": []}'],
    [
      'has mappings that mean nothing',
      '{"version": 3, "sources": [], "mappings": "!!;;zzzzzzzzz"}',
    ],
    ['names sources that are not there', '{"version": 3, "sources": [], "mappings": "AAAA,gBCCE"}'],
    ['is nested without end', '['.repeat(100_000)],
  ])('are not known when it %s', (_title, text) => {
    const path = join(folder, 'x.wasm');
    if (text === null) rmSync(`${path}.map`, { force: true });
    else writeFileSync(`${path}.map`, text);
    expect([...filesFound(path)]).toEqual([]);
  });
});
