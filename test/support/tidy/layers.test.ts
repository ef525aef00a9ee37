import { describe, expect, test } from 'vitest';
import { findCycles, findForeignPackages, findLayerBreaks } from './layers.ts';
import { parseSource } from './source.ts';

describe('layers', () => {
  test('an import of a higher layer is found, with its line', () => {
    const file = parseSource('host/resp/x.ts', "\nimport { y } from '../keyspace/y.ts';\n");
    expect(findLayerBreaks([file])).toEqual([
      {
        path: 'host/resp/x.ts',
        line: 2,
        message: 'host/resp imports the layer above it, host/keyspace',
      },
    ]);
  });

  test('types count too: an interface belongs below its user', () => {
    const file = parseSource('host/lib/x.ts', "import type { Y } from '../net/y.ts';");
    expect(findLayerBreaks([file])).toHaveLength(1);
  });

  test.each([
    ["export { y } from '../module/y.ts';"],
    ["export const y = () => import('../module/y.ts');"],
    ["type Y = import('../module/y.ts').Y;"],
    ["export const y = new URL('../module/y.ts', import.meta.url);"],
  ])('siblings do not know each other: %s', (text) => {
    const [finding] = findLayerBreaks([parseSource('host/commands/x.ts', text)]);
    expect(finding?.message).toBe('host/commands imports its sibling host/module');
  });

  test('a listed exception is allowed in its one direction', () => {
    const exceptions = [{ from: 'host/pubsub', to: 'host/module', reason: 'for the test' }];
    const forth = parseSource('host/pubsub/x.ts', "import { y } from '../module/y.ts';");
    const back = parseSource('host/module/y.ts', "import { x } from '../pubsub/x.ts';");
    expect(findLayerBreaks([forth, back], exceptions).map((f) => f.path)).toEqual([back.path]);
  });

  test('imports down and within a folder are allowed', () => {
    const text = "import { y } from '../lib/y.ts';\nimport { z } from './z.ts';";
    expect(findLayerBreaks([parseSource('host/net/x.ts', text)])).toEqual([]);
  });

  test('the list of all commands stands above the features it lists', () => {
    const text = "import { y } from '../module/commands.ts';";
    expect(findLayerBreaks([parseSource('host/commands/all.ts', text)])).toEqual([]);
    const back = "import { all } from '../commands/all.ts';";
    expect(findLayerBreaks([parseSource('host/module/y.ts', back)])).toHaveLength(1);
  });

  test('the host imports neither scripts nor tests', () => {
    const text = "import { y } from '../../test/support/y.ts';";
    const [finding] = findLayerBreaks([parseSource('host/lib/x.ts', text)]);
    expect(finding?.message).toBe('host/ does not import test/support/y.ts');
  });

  test('a folder that the drawing does not have is told', () => {
    const file = parseSource('host/misc/x.ts', "import { y } from '../lib/y.ts';");
    expect(findLayerBreaks([file])[0]?.message).toBe('host/misc/x.ts belongs to no layer');
  });
});

describe('cycles', () => {
  test('a circle of imports is told once, with the whole way round', () => {
    const files = [
      parseSource('host/lib/a.ts', "import { b } from './b.ts';"),
      parseSource('host/lib/b.ts', "import { c } from './c.ts';"),
      parseSource('host/lib/c.ts', "\nimport { a } from './a.ts';"),
    ];
    expect(findCycles(files)).toEqual([
      {
        path: 'host/lib/c.ts',
        line: 2,
        message:
          'imports in a circle: host/lib/a.ts → host/lib/b.ts → host/lib/c.ts → host/lib/a.ts',
      },
    ]);
  });

  test('types make no circle at run time', () => {
    const files = [
      parseSource('host/lib/a.ts', "import { b } from './b.ts';"),
      parseSource('host/lib/b.ts', "import type { A } from './a.ts';"),
      parseSource('host/lib/c.ts', "import { type A } from './c.ts';"),
    ];
    expect(findCycles(files)).toEqual([]);
  });

  test('two ways to one file are no circle', () => {
    const files = [
      parseSource('host/lib/a.ts', "import './b.ts';\nimport './c.ts';"),
      parseSource('host/lib/b.ts', "import './d.ts';"),
      parseSource('host/lib/c.ts', "import './d.ts';"),
      parseSource('host/lib/d.ts', 'export const d = 1;'),
    ];
    expect(findCycles(files)).toEqual([]);
  });
});

describe('packages', () => {
  test('a package of development is found, one of the server and node are not', () => {
    const text = "import fs from 'node:fs';\nimport p from 'pino/file';\nimport v from 'vitest';";
    const findings = findForeignPackages([parseSource('host/lib/x.ts', text)], ['pino']);
    expect(findings).toEqual([
      { path: 'host/lib/x.ts', line: 3, message: 'vitest is no dependency in package.json' },
    ]);
  });

  test('a name that only begins like a dependency is another package', () => {
    const file = parseSource('host/lib/x.ts', "import p from 'pino-pretty';");
    expect(findForeignPackages([file], ['pino'])).toHaveLength(1);
  });
});
