import { describe, expect, test } from 'vitest';
import { serverArguments, startOptions } from '../../build/start-options.mjs';

function argumentsFor(...args: string[]): string[] {
  return serverArguments(startOptions(args), '/p');
}

const EXAMPLES = [
  '--loadmodule',
  '/p/build/out/c/mymodule.wasm',
  '--loadmodule',
  '/p/build/out/c/ratelimit.wasm',
  '--loadmodule',
  '/p/build/out/c/config.wasm',
  'max_connections=500',
];

describe('npm start', () => {
  test('loads the examples built from C', () => {
    expect(argumentsFor()).toEqual(EXAMPLES);
  });

  test('--lang as loads those built from AssemblyScript', () => {
    const expected = EXAMPLES.map((word) => word.replace('/c/', '/as/'));
    expect(argumentsFor('--lang', 'as')).toEqual(expected);
    expect(argumentsFor('--lang=as')).toEqual(expected);
  });

  test('--no-examples loads none', () => {
    expect(argumentsFor('--no-examples', '--port', '7000')).toEqual(['--port', '7000']);
  });

  test('everything else is passed on, behind the examples', () => {
    const rest = ['--port', '7000', '--loadmodule', 'x.wasm', 'a=1', '--appendonly', 'yes'];
    expect(argumentsFor(...rest)).toEqual([...EXAMPLES, ...rest]);
  });

  test('a configuration file stays first', () => {
    expect(argumentsFor('my.conf', '--port', '1')).toEqual(['my.conf', ...EXAMPLES, '--port', '1']);
  });

  test('questions for a text are passed on alone', () => {
    expect(argumentsFor('--version')).toEqual(['--version']);
  });

  test.each([[['--lang', 'rust']], [['--lang=']], [['--lang']]])('%j is refused', (args) => {
    expect(startOptions(args).error).toMatch(/^--lang is c or as, not '/);
  });
});
