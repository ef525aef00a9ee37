// Skips builds whose inputs and output are what they were: by content, so that a checkout or a
// touched file costs nothing, and a damaged or deleted output is made again.

import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What was built last: digests of all inputs and of the output, as hex SHA-256. */
interface Stamp {
  readonly inputs: string;
  readonly output: string;
}

/** Digest of the files' names and contents and of `settings` (flags, compiler, versions). */
export async function digestInputs(
  files: readonly string[],
  settings: readonly string[],
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(settings));
  const contents = await Promise.all(files.map((path) => readFile(path)));
  for (const [index, bytes] of contents.entries()) {
    hash.update(JSON.stringify([files[index], bytes.length])).update(bytes);
  }
  return hash.digest('hex');
}

/** Size in bytes of `out` if it is what a build from `inputs` wrote; null: build it. */
export async function sizeIfUpToDate(
  stampPath: string,
  inputs: string,
  out: string,
): Promise<number | null> {
  const stamp = await readIfExists(stampPath);
  const output = stamp === null ? null : await readIfExists(out);
  if (stamp === null || output === null) return null;
  try {
    const { inputs: oldInputs, output: oldOutput } = JSON.parse(stamp.toString()) as Stamp;
    return oldInputs === inputs && oldOutput === digest(output) ? output.length : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null; // a torn stamp
    throw error;
  }
}

/** Notes that `output` was built from `inputs`. */
export async function writeStamp(
  stampPath: string,
  inputs: string,
  output: Uint8Array,
): Promise<void> {
  const stamp: Stamp = { inputs, output: digest(output) };
  await writeAtomically(stampPath, JSON.stringify(stamp));
}

/** Writes a file so that a reader, or a build running beside this one, never sees half of it. */
export async function writeAtomically(
  path: string,
  data: string | Uint8Array,
  mode = 0o644,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}.partial`;
  await writeFile(partial, data, { mode });
  await rename(partial, path);
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function readIfExists(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
