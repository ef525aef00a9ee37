import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../build/packages.mjs';
import { startChildServer } from '../support/child-server.ts';
import { temporaryFolder } from '../support/folder.ts';
import { guest } from '../support/guest.ts';

test('tables and memories have limits of their own for the whole process', () => {
  const attempt = (action: string): string =>
    `try { ${action}; console.log('done'); } catch (error) { console.log(error.name); }`;
  const script = `
    import { limitWebAssembly } from '${join(projectRoot, 'host/process/wasm-flags.ts')}';
    limitWebAssembly();
    const table = new WebAssembly.Table({ initial: 65_536, element: 'anyfunc' });
    const memory = new WebAssembly.Memory({ initial: 1 });
    ${attempt("new WebAssembly.Table({ initial: 65_537, element: 'anyfunc' })")}
    ${attempt('table.grow(1)')}
    ${attempt('new WebAssembly.Memory({ initial: 32_769 })')}
    ${attempt('memory.grow(32_768)')}
    ${attempt('memory.grow(1)')}`;
  const loader = join(projectRoot, 'node_modules/tsx/dist/loader.mjs');
  const output = execFileSync(
    process.execPath,
    ['--import', loader, '--input-type=module', '--eval', script],
    { encoding: 'utf8' },
  );
  expect(output.trim().split('\n')).toEqual([
    'RangeError',
    'RangeError',
    'RangeError',
    'RangeError',
    'done',
  ]);
});

test('a server has them: a module that grows its table is told that it cannot', async () => {
  const folder = temporaryFolder();
  const fails = (count: number): string => `(i32.eq (i32.const -1)
    (table.grow $t (ref.null func) (i32.const ${count})))`;
  const bytes = guest({
    onLoad: `(if ${fails(60_000)} (then (return (i32.const 1))))
      (if (i32.eqz ${fails(6_000)}) (then (return (i32.const 1))))`,
  });
  writeFileSync(join(folder, 'grows.wasm'), bytes);
  const server = await startChildServer(folder, '--loadmodule', join(folder, 'grows.wasm'));
  try {
    expect(server.output).toContain("Module 'guest' loaded");
  } finally {
    await server.stop();
  }
});
