import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digest, guests, host, make, type Product } from '../../build/products.mjs';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'redcell-products-'));
  mkdirSync(join(root, 'in'));
  writeFileSync(join(root, 'in/a.txt'), 'one');
  // Counts its runs, and fails for the input 'bad'.
  writeFileSync(
    join(root, 'compile.mjs'),
    `import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
    appendFileSync('runs', 'x');
    const out = process.argv[3] ?? 'out';
    mkdirSync(out + '/host', { recursive: true });
    const text = readFileSync('in/a.txt', 'utf8');
    writeFileSync(out + '/a.txt', text.toUpperCase());
    writeFileSync(out + '/host/launcher.js', '');
    if (text === 'bad') process.exitCode = 1;`,
  );
});

afterEach(() => rmSync(root, { recursive: true }));

const product: Product = {
  name: 'x',
  inputs: ['in'],
  outputs: ['out'],
  command: ['compile.mjs'],
};
const wholeFolder: Product = { ...product, folder: 'out' };

function runs(): number {
  return existsSync(join(root, 'runs')) ? readFileSync(join(root, 'runs')).length : 0;
}

describe('making a product', () => {
  test('builds it the first time and leaves it alone the second', () => {
    expect(make(product, root)).toBe(true);
    expect(readFileSync(join(root, 'out/a.txt'), 'utf8')).toBe('ONE');
    expect(make(product, root)).toBe(true);
    expect(runs()).toBe(1);
  });

  test('builds it again when the content of an input changed', () => {
    make(product, root);
    writeFileSync(join(root, 'in/a.txt'), 'two');
    make(product, root);
    expect(readFileSync(join(root, 'out/a.txt'), 'utf8')).toBe('TWO');
  });

  test('builds it again when an input came or went', () => {
    make(product, root);
    writeFileSync(join(root, 'in/b.txt'), '');
    make(product, root);
    rmSync(join(root, 'in/b.txt'));
    make(product, root);
    expect(runs()).toBe(3);
  });

  test('builds it again when an output was changed or deleted', () => {
    make(product, root);
    writeFileSync(join(root, 'out/a.txt'), 'damaged');
    make(product, root);
    rmSync(join(root, 'out'), { recursive: true });
    make(product, root);
    expect(runs()).toBe(3);
    expect(readFileSync(join(root, 'out/a.txt'), 'utf8')).toBe('ONE');
  });

  test('a build that fails is tried again the next time', () => {
    writeFileSync(join(root, 'in/a.txt'), 'bad');
    expect(make(product, root)).toBe(false);
    expect(make(product, root)).toBe(false);
    expect(runs()).toBe(2);
  });

  test('a folder that is built as a whole loses files that have no source any more', () => {
    mkdirSync(join(root, 'out'));
    writeFileSync(join(root, 'out/old.txt'), '');
    expect(make(wholeFolder, root)).toBe(true);
    expect(existsSync(join(root, 'out/old.txt'))).toBe(false);
    expect(existsSync(join(root, 'out/a.txt'))).toBe(true);
  });

  test('a folder that is built as a whole keeps what it had when the build fails', () => {
    make(wholeFolder, root);
    writeFileSync(join(root, 'in/a.txt'), 'bad');
    expect(make(wholeFolder, root)).toBe(false);
    expect(readFileSync(join(root, 'out/a.txt'), 'utf8')).toBe('ONE');
    expect(existsSync(join(root, `out.${process.pid}`))).toBe(false);
  });
});

describe('the digest', () => {
  test('does not mistake one file for two', () => {
    writeFileSync(join(root, 'in/a.txt'), 'xy');
    const one = digest(root, ['in']);
    writeFileSync(join(root, 'in/a.txt'), 'x');
    writeFileSync(join(root, 'in/b.txt'), 'y');
    expect(digest(root, ['in'])).not.toBe(one);
  });

  test('does not depend on times and permissions', () => {
    const before = digest(root, ['in']);
    chmodSync(join(root, 'in/a.txt'), 0o600);
    expect(digest(root, ['in'])).toBe(before);
  });

  test('a path that does not exist has no files', () => {
    expect(digest(root, ['nowhere'])).toBe(digest(root, []));
  });
});

test('host and guests depend on the lock file: another compiler makes other code', () => {
  for (const { inputs } of [host, guests('c'), guests('as')]) {
    expect(inputs).toContain('package-lock.json');
  }
});
