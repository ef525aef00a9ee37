// Runs the C compilers of this machine and of npm on small sources, for tests of the header.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HEADERS = fileURLToPath(new URL('../../guest-c', import.meta.url));

/** True if a program can be started. */
export function hasProgram(name: string): boolean {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** A folder that disappears with its content. */
export class TemporaryFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'redcell-abi-'));

  write(files: Readonly<Record<string, string>>): string[] {
    return Object.entries(files).map(([name, text]) => {
      const path = join(this.path, name);
      writeFileSync(path, text);
      return path;
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

/** Compiles with warnings as errors into a shared object; returns the diagnostics, '' if none. */
export function compileNative(command: readonly string[], sources: string[], out: string): string {
  const [program = 'gcc', ...flags] = command;
  const args = ['-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', `-I${HEADERS}`];
  const run = spawnSync(program, [...args, ...flags, ...sources, '-o', out], { encoding: 'utf8' });
  return run.status === 0 ? '' : `${run.stderr}${run.error ?? ''}` || `exit ${run.status}`;
}

/** Compiles for wasm32 with warnings as errors; returns the file, or throws the diagnostics. */
export async function compileWasm(
  files: Readonly<Record<string, string>>,
  flags: readonly string[] = ['-std=gnu11'],
  header = readFileSync(join(HEADERS, 'redismodule.h'), 'utf8'),
): Promise<Uint8Array> {
  const { commands, runLLVM } = await import('@yowasp/clang');
  await runLLVM(undefined, {}, { fetchProgress: () => {} }); // loading it would print its progress
  const diagnostics: string[] = [];
  const note = (bytes: Uint8Array | null) => {
    diagnostics.push(Buffer.from(bytes ?? []).toString());
  };
  const link = ['--no-entry', '--export=RedisModule_OnLoad'].map((flag) => `-Wl,${flag}`);
  const options = ['--target=wasm32-wasip1', '-Wall', '-Wextra', '-Werror', '-fno-exceptions'];
  const args = [...options, '-mexec-model=reactor', ...link, ...flags, ...Object.keys(files)];
  try {
    const tree = await commands.clang(
      [...args, '-o', 'out.wasm'],
      { ...files, 'redismodule.h': header },
      { stdout: note, stderr: note },
    );
    const wasm = tree?.['out.wasm'];
    if (!(wasm instanceof Uint8Array)) throw new Error('no output');
    return wasm;
  } catch (error) {
    throw new Error(diagnostics.join(''), { cause: error });
  }
}

/** Compiles AssemblyScript files, the first being the entry; throws the diagnostics. */
export async function compileAs(files: Readonly<Record<string, string>>): Promise<Uint8Array> {
  const { default: asc } = await import('assemblyscript/asc');
  let wasm: Uint8Array | undefined;
  const diagnostics: string[] = [];
  const result = await asc.main(
    [...Object.keys(files).slice(0, 1), '--outFile', 'out.wasm', '--runtime', 'stub'],
    {
      stdout: { write: () => {} },
      stderr: { write: (text) => void diagnostics.push(text.toString()) },
      readFile: (name) => files[name] ?? null,
      writeFile: (name, contents) => {
        if (name === 'out.wasm' && contents instanceof Uint8Array) wasm = contents;
      },
      listFiles: () => [],
    },
  );
  if (result.error || !wasm) throw new Error(diagnostics.join(''), { cause: result.error });
  return wasm;
}
