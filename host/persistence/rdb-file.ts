// The RDB file on disk: written under another name, synced, renamed, and the folder synced too,
// so that at any moment there is one complete file under the right name.

import { basename, dirname } from 'node:path';
import { isSystemError, systemErrorText } from '../lib/system-error.ts';
import type { ChunkSink } from '../rdb/writer.ts';
import { appendAll, removeIfThere, type Storage, type StorageFile, synced } from './storage.ts';

/** Why a file could not be written; the message is Redis's log line. */
export class SaveError extends Error {
  constructor(text: string) {
    super(text);
    this.name = 'SaveError';
  }
}

export interface RdbFileNames {
  /** Absolute, in the same folder as `path`. */
  readonly temporaryPath: string;
  readonly path: string;
}

/**
 * Writes the whole file while everything waits. `produce` writes the chunks. Throws SaveError; the
 * temporary file is then gone.
 */
export function writeRdbFileSync(
  storage: Storage,
  names: RdbFileNames,
  produce: (sink: ChunkSink) => void,
): void {
  const { temporaryPath, path } = names;
  const file = attempt(openErrorText(names), () => storage.create(temporaryPath));
  let isOpen = true;
  try {
    attempt(writeErrorText('rdbSaveRio'), () => {
      produce({ write: (chunk) => appendAll(file, chunk) });
    });
    attempt(writeErrorText('fsync'), () => file.fdatasyncNow());
    isOpen = false;
    attempt(writeErrorText('fclose'), () => file.close());
    attempt(renameErrorText(names), () => storage.rename(temporaryPath, path));
    attempt(directoryErrorText, () => storage.syncDirectory(dirname(path)));
  } catch (error) {
    if (isOpen) file.close();
    removeIfThere(storage, temporaryPath);
    throw error;
  }
}

/** Chunks on their way to a file that is written in the background. */
export class ChunkQueue implements ChunkSink {
  #chunks: Buffer[] = [];
  /** Bytes waiting. */
  pendingBytes = 0;

  write(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.pendingBytes += chunk.length;
  }

  /** All chunks, which are the caller's from then on. */
  take(): Buffer[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.pendingBytes = 0;
    return chunks;
  }
}

/** The same file written without waiting. Methods throw or reject with SaveError. */
export class BackgroundRdbFile {
  readonly #storage: Storage;
  readonly #names: RdbFileNames;
  #file: StorageFile | null = null;

  constructor(storage: Storage, names: RdbFileNames) {
    this.#storage = storage;
    this.#names = names;
  }

  open(): void {
    const create = (): StorageFile => this.#storage.create(this.#names.temporaryPath);
    this.#file = attempt(openErrorText(this.#names), create);
  }

  async write(chunks: readonly Buffer[]): Promise<void> {
    const file = this.#opened();
    for (const chunk of chunks) {
      await attemptLater(writeErrorText('rdbSaveRio'), file.appendLater(chunk));
    }
  }

  /** Makes the file the one under the right name. */
  async commit(): Promise<void> {
    const file = this.#opened();
    const { later } = this.#storage;
    await attemptLater(writeErrorText('fsync'), synced(file));
    this.#file = null;
    attempt(writeErrorText('fclose'), () => file.close());
    const { temporaryPath, path } = this.#names;
    await attemptLater(renameErrorText(this.#names), later.rename(temporaryPath, path));
    await attemptLater(directoryErrorText, later.syncDirectory(dirname(path)));
  }

  /** Removes what there is of it; never rejects for a file that is not there. */
  async discard(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    file?.close();
    await this.#storage.later.unlink(this.#names.temporaryPath).catch((error: unknown) => {
      if (!isSystemError(error) || error.code !== 'ENOENT') throw error;
    });
  }

  #opened(): StorageFile {
    if (this.#file === null) throw new Error('the file is not open');
    return this.#file;
  }
}

type ErrorText = (reason: string) => string;

function openErrorText({ temporaryPath }: RdbFileNames): ErrorText {
  return (reason) =>
    `Failed opening the temp RDB file ${basename(temporaryPath)} (in server root dir ` +
    `${dirname(temporaryPath)}) for saving: ${reason}`;
}

function writeErrorText(operation: string): ErrorText {
  return (reason) => `Write error while saving DB to the disk(${operation}): ${reason}`;
}

function renameErrorText({ temporaryPath, path }: RdbFileNames): ErrorText {
  return (reason) =>
    `Error moving temp DB file ${basename(temporaryPath)} on the final destination ` +
    `${basename(path)} (in server root dir ${dirname(path)}): ${reason}`;
}

function directoryErrorText(reason: string): string {
  return `Failed to fsync directory while saving DB: ${reason}`;
}

function attempt<T>(text: ErrorText, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw asSaveError(error, text);
  }
}

async function attemptLater<T>(text: ErrorText, action: Promise<T>): Promise<T> {
  try {
    return await action;
  } catch (error) {
    throw asSaveError(error, text);
  }
}

/** Only the system's errors are told in Redis's words; any other is a bug and stays itself. */
function asSaveError(error: unknown, text: ErrorText): unknown {
  return isSystemError(error) ? new SaveError(text(systemErrorText(error))) : error;
}
