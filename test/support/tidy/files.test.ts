import { describe, expect, test } from 'vitest';
import { findLongFiles, findUntestedFiles, findUnusedFiles } from './files.ts';
import { parseSource } from './source.ts';

const CODE = 'export const x = 1;\n';
const FUNCTION = 'export function f() {}\n';

describe('length', () => {
  test('a file of more than 600 lines is found, one of 600 is not', () => {
    const files = [
      parseSource('host/a.ts', CODE.repeat(600)),
      parseSource('host/b.ts', CODE.repeat(601)),
    ];
    expect(findLongFiles(files)).toEqual([
      { path: 'host/b.ts', line: 601, message: '601 lines, 600 at most: split it by concept' },
    ]);
  });

  test('tables may be longer', () => {
    expect(findLongFiles([parseSource('abi/constants.ts', CODE.repeat(900))])).toEqual([]);
  });
});

describe('use', () => {
  const unused = (...files: [string, string][]): string[] =>
    findUnusedFiles(
      files.map(([path, text]) => parseSource(path, text)),
      { paths: ['host/main.ts'] },
    ).map(({ path }) => path);

  test('a file that nothing imports is found', () => {
    expect(unused(['host/main.ts', CODE], ['host/lib/a.ts', CODE])).toEqual(['host/lib/a.ts']);
  });

  test('a file is used when a used file imports it, in whatever way', () => {
    const main =
      "import './lib/a.ts';\nimport('./lib/b.ts');\nimport type { C } from './lib/c.ts';";
    const files = ['a', 'b', 'c'].map((name): [string, string] => [`host/lib/${name}.ts`, CODE]);
    expect(unused(['host/main.ts', main], ...files)).toEqual([]);
  });

  test('files that import only each other are not used', () => {
    const a = "import './b.ts';";
    const b = "import './a.ts';";
    expect(unused(['host/main.ts', CODE], ['host/a.ts', a], ['host/b.ts', b])).toEqual([
      'host/a.ts',
      'host/b.ts',
    ]);
  });

  test('a test of a source does not make it used: it could be deleted with it', () => {
    const text = "import '../../host/lib/a.ts';\nimport '../support/s.ts';";
    const files: [string, string][] = [
      ['host/main.ts', CODE],
      ['host/lib/a.ts', CODE],
      ['test/lib/a.test.ts', text],
      ['test/support/s.ts', CODE],
    ];
    expect(unused(...files)).toEqual(['host/lib/a.ts']);
  });

  test('declarations are found by the compiler', () => {
    expect(unused(['host/main.ts', CODE], ['host/lib/x.d.ts', 'interface X {}'])).toEqual([]);
  });
});

describe('tests', () => {
  const untested = (...files: [string, string][]): string[] =>
    findUntestedFiles(files.map(([path, text]) => parseSource(path, text))).map((f) => f.path);

  test('a source without a test is found', () => {
    const [finding] = findUntestedFiles([parseSource('host/lib/a.ts', FUNCTION)]);
    expect(finding).toEqual({
      path: 'host/lib/a.ts',
      line: 1,
      message: 'no test: test/lib/a.test.ts is missing and no other imports or names it',
    });
  });

  test('the file of the same name in test/ is its test', () => {
    expect(untested(['host/lib/a.ts', FUNCTION], ['test/lib/a.test.ts', FUNCTION])).toEqual([]);
    expect(untested(['build/a.mjs', FUNCTION], ['test/build/a.test.ts', FUNCTION])).toEqual([]);
    expect(untested(['host/module/api/a.ts', FUNCTION], ['test/abi/a.test.ts', FUNCTION])).toEqual(
      [],
    );
  });

  test('another test that imports it will do', () => {
    const text = "import '../../host/lib/a.ts';";
    expect(untested(['host/lib/a.ts', FUNCTION], ['test/lib/b.test.ts', text])).toEqual([]);
  });

  test('a part that only a tested file of its folder imports is tested with that', () => {
    const whole = "import './part.ts';\nexport function y() {}";
    const tested: [string, string] = ['test/lib/whole.test.ts', FUNCTION];
    expect(untested(['host/lib/whole.ts', whole], ['host/lib/part.ts', FUNCTION], tested)).toEqual(
      [],
    );
    const user: [string, string] = ['host/net/user.ts', "import '../lib/part.ts';"];
    expect(
      untested(['host/lib/whole.ts', whole], ['host/lib/part.ts', FUNCTION], tested, user),
    ).toContain('host/lib/part.ts');
  });

  test('another test that names it in a comment will do', () => {
    const text = '// Here too: host/lib/a.ts.';
    expect(untested(['host/lib/a.ts', FUNCTION], ['test/lib/b.test.ts', text])).toEqual([]);
  });

  test('types and constants need no test of their own', () => {
    const text = 'export interface A { f(): void }\nexport type B = 1;\nexport const c = [1, 2];';
    expect(untested(['host/lib/a.ts', text])).toEqual([]);
  });

  test.each([['export function f() {}'], ['export const f = () => 1;'], ['class A { f() {} }']])(
    '%s needs one',
    (text) => {
      expect(untested(['host/lib/a.ts', text])).toEqual(['host/lib/a.ts']);
    },
  );
});
