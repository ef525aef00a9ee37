// The rules of the code base that no compiler knows. A failure lists path, line and reason.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { generatedFiles, staleFiles } from '../build/abi/generate.ts';
import { projectRoot } from '../build/packages.mjs';
import { findLongFiles, findUntestedFiles, findUnusedFiles } from './support/tidy/files.ts';
import { findCycles, findForeignPackages, findLayerBreaks } from './support/tidy/layers.ts';
import { type Finding, readSources } from './support/tidy/source.ts';
import { findForbiddenUses } from './support/tidy/usage.ts';

interface PackageJson {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

const sources = readSources(projectRoot);
const packageJson = readJson('package.json') as PackageJson;

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(projectRoot, path), 'utf8'));
}

/** One line a finding, so that a terminal makes links of them. */
function shown(findings: readonly Finding[]): string[] {
  return findings.map(({ path, line, message }) => `${path}:${line} ${message}`);
}

/** Files that npm scripts, node or vitest run. */
function entries(): string[] {
  const scripts = Object.values(packageJson.scripts).flatMap((line) => line.split(' '));
  const named = scripts.filter((word) => /\.m?[tj]s$/.test(word));
  return [...named, 'host/main.ts', 'host/launcher.ts', 'test/support/reporter.ts'];
}

describe('the code base is tidy', () => {
  test('imports point down the layers', () => {
    expect(shown(findLayerBreaks(sources))).toEqual([]);
  });

  test('no imports go in a circle', () => {
    expect(shown(findCycles(sources))).toEqual([]);
  });

  test('the host imports no package that is not installed with it', () => {
    const dependencies = Object.keys(packageJson.dependencies);
    expect(shown(findForeignPackages(sources, dependencies))).toEqual([]);
  });

  test('files are short', () => {
    expect(shown(findLongFiles(sources))).toEqual([]);
  });

  test('time, chance, memory, messages and the end of the process have one door each', () => {
    expect(shown(findForbiddenUses(sources))).toEqual([]);
  });

  test('every file is used', () => {
    expect(shown(findUnusedFiles(sources, { paths: entries() }))).toEqual([]);
  });

  test('every source has its test', () => {
    expect(shown(findUntestedFiles(sources))).toEqual([]);
  });

  test('generated files are what the generator makes now', () => {
    expect(staleFiles(projectRoot, generatedFiles())).toEqual([]);
  });

  test('functions and files have a length limit in the linter', () => {
    const { linter } = readJson('biome.json') as {
      linter: { rules: Record<string, Record<string, unknown>> };
    };
    expect(linter.rules.complexity?.noExcessiveLinesPerFunction).toEqual({
      level: 'error',
      options: { maxLines: 70 },
    });
    expect(linter.rules.style?.noExcessiveLinesPerFile).toEqual({
      level: 'error',
      options: { maxLines: 600 },
    });
  });
});
