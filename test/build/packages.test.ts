import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { missingPackages, nodeRefusal, projectRoot } from '../../build/packages.mjs';

describe('the version of Node', () => {
  test.each([
    ['20.19.0', null],
    ['20.20.2', null],
    ['24.0.0', null],
    ['20.18.9', 'redcell needs Node.js >=20.19.0; this is 20.18.9'],
    ['18.20.0', 'redcell needs Node.js >=20.19.0; this is 18.20.0'],
    ['9.99.99', 'redcell needs Node.js >=20.19.0; this is 9.99.99'],
  ])('%s: %s', (version, refusal) => {
    expect(nodeRefusal(version, '>=20.19.0')).toBe(refusal);
  });

  test('an old Node is told so and nothing is installed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'redcell-node-'));
    mkdirSync(join(folder, 'build'));
    for (const name of ['packages.mjs', 'run.mjs']) {
      cpSync(join(projectRoot, 'build', name), join(folder, 'build', name));
    }
    writeFileSync(join(folder, 'package.json'), '{"engines":{"node":">=99.0.0"}}');
    const run = spawnSync(process.execPath, ['build/run.mjs', 'x.ts'], { cwd: folder });
    expect(run.stderr.toString()).toContain('redcell needs Node.js >=99.0.0; this is ');
    expect(run.status).toBe(1);
    rmSync(folder, { recursive: true });
  });
});

describe('installed packages', () => {
  const lock = {
    packages: {
      '': {},
      'node_modules/a': { version: '1.0.0' },
      'node_modules/a/node_modules/b': { version: '2.0.0' },
      'node_modules/c-darwin': { version: '3.0.0', optional: true },
    },
  };
  const installed = {
    packages: {
      'node_modules/a': { version: '1.0.0' },
      'node_modules/a/node_modules/b': { version: '2.0.0' },
    },
  };

  test('nothing is missing when all are there in the locked version', () => {
    expect(missingPackages(lock, installed)).toEqual([]);
  });

  test('all are missing on a fresh clone, save those for other platforms', () => {
    expect(missingPackages(lock, null)).toEqual(['a', 'b']);
  });

  test('another version counts as missing', () => {
    const packages = { ...installed.packages, 'node_modules/a': { version: '1.0.1' } };
    expect(missingPackages(lock, { packages })).toEqual(['a']);
  });

  test('the packages of this project are recognized as installed', () => {
    const run = spawnSync(process.execPath, ['build/run.mjs', 'build/guest.ts', '--help'], {
      cwd: projectRoot,
    });
    expect(run.stderr.toString()).toBe('');
    expect(run.stdout.toString()).toContain('usage: npm run guest');
  });
});
