// The RDB file on disk: written under another name, synced, renamed, and the folder synced too,
// so that at any moment there is one complete file under the right name.

import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { isSystemError, systemErrorText } from '../lib/system-error.ts';
import type { ChunkSink } from '../rdb/writer.ts';

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
export function writeRdbFileSync(names: RdbFileNames, produce: (sink: ChunkSink) => void): void {
  const fd = attempt(openErrorText(names), () => openSync(names.temporaryPath, 'w', 0o644));
  let isOpen = true;
  try {
    attempt(writeErrorText('rdbSaveRio'), () => {
      produce({ write: (chunk) => writeAllSync(fd, chunk) });
    });
    attempt(writeErrorText('fsync'), () => fsyncSync(fd));
    isOpen = false;
    attempt(writeErrorText('fclose'), () => closeSync(fd));
    attempt(renameErrorText(names), () => renameSync(names.temporaryPath, names.path));
    attempt(directoryErrorText, () => syncDirectory(dirname(names.path)));
  } catch (error) {
    if (isOpen) closeSync(fd);
    rmSync(names.temporaryPath, { force: true });
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

/** The same file written without waiting. Methods reject with SaveError. */
export class BackgroundRdbFile {
  readonly #names: RdbFileNames;
  #file: FileHandle | null = null;

  constructor(names: RdbFileNames) {
    this.#names = names;
  }

  async open(): Promise<void> {
    const { temporaryPath } = this.#names;
    this.#file = await attemptAsync(openErrorText(this.#names), open(temporaryPath, 'w', 0o644));
  }

  async write(chunks: readonly Buffer[]): Promise<void> {
    const file = this.#opened();
    for (const chunk of chunks) {
      await attemptAsync(writeErrorText('rdbSaveRio'), writeAll(file, chunk));
    }
  }

  /** Makes the file the one under the right name. */
  async commit(): Promise<void> {
    const file = this.#opened();
    await attemptAsync(writeErrorText('fsync'), file.sync());
    this.#file = null;
    await attemptAsync(writeErrorText('fclose'), file.close());
    const { temporaryPath, path } = this.#names;
    await attemptAsync(renameErrorText(this.#names), rename(temporaryPath, path));
    await attemptAsync(directoryErrorText, syncDirectoryAsync(dirname(path)));
  }

  /** Removes what there is of it; never rejects for a file that is not there. */
  async discard(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close();
    await rm(this.#names.temporaryPath, { force: true });
  }

  #opened(): FileHandle {
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

async function attemptAsync<T>(text: ErrorText, action: Promise<T>): Promise<T> {
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

function writeAllSync(fd: number, chunk: Buffer): void {
  for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at, chunk.length - at);
}

async function writeAll(file: FileHandle, chunk: Buffer): Promise<void> {
  for (let at = 0; at < chunk.length; ) {
    at += (await file.write(chunk, at, chunk.length - at)).bytesWritten;
  }
}

/** Makes a rename in the folder survive a power loss. */
function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

async function syncDirectoryAsync(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
