// Files as persistence sees them: few operations, each with a clear promise about what survives
// a crash. Behind an interface, so that tests can fail them and take the power away.

import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  write,
  writeSync,
} from 'node:fs';
import { open, rename, unlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { systemErrorText } from '../lib/system-error.ts';
import type { ByteSource } from '../rdb/reader.ts';

/**
 * An open file. What goes wrong is thrown, or rejected with, as the system's error (with its
 * `code`).
 */
export interface StorageFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Writes `bytes[start, end)` at the file's end; returns how many were taken, maybe fewer. */
  append(bytes: Buffer, start: number, end: number): number;
  /** Appends all of `bytes` off the event loop; until then they must stay as they are. */
  appendLater(bytes: Buffer): Promise<void>;
  /** Fills `into[offset, offset + length)` from `position`; returns the count, 0 at the end. */
  read(into: Buffer, offset: number, length: number, position: number): number;
  truncate(lengthBytes: number): void;
  /** Makes what has been appended so far durable, off the event loop; `done` is called once. */
  fdatasync(done: (error: Error | null) => void): void;
  /** The same, blocking. */
  fdatasyncNow(): void;
  /** Nothing may be under way. */
  close(): void;
}

export interface Storage {
  /** Opens for appending, making the file when it is missing. */
  openAppend(path: string): StorageFile;
  /** Makes an empty file, in place of one that is there, and opens it for appending. */
  create(path: string): StorageFile;
  openRead(path: string): StorageFile;
  /** Null when there is no such file; a directory counts as none. Throws on other errors. */
  sizeOf(path: string): number | null;
  isDirectory(path: string): boolean;
  /** Succeeds when the directory is there already. */
  makeDirectory(path: string): void;
  removeDirectory(path: string): void;
  list(path: string): string[];
  /** Atomic; durable only after `syncDirectory`. */
  rename(from: string, to: string): void;
  unlink(path: string): void;
  /** Makes the names in a directory durable: files made, renamed and unlinked. */
  syncDirectory(path: string): void;
  /** The same off the event loop: large files take their time to go. */
  readonly later: LaterStorage;
}

export interface LaterStorage {
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  syncDirectory(path: string): Promise<void>;
}

class NodeFile implements StorageFile {
  readonly path: string;
  readonly #fd: number;
  #sizeBytes: number;

  constructor(path: string, flags: number) {
    this.path = path;
    this.#fd = openSync(path, flags, 0o644);
    this.#sizeBytes = fstatSync(this.#fd).size;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  append(bytes: Buffer, start: number, end: number): number {
    const written = writeSync(this.#fd, bytes, start, end - start);
    this.#sizeBytes += written;
    return written;
  }

  async appendLater(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await writeLater(this.#fd, bytes, at, bytes.length - at);
      if (bytesWritten === 0) throw new Error('the system took no bytes');
      this.#sizeBytes += bytesWritten;
      at += bytesWritten;
    }
  }

  read(into: Buffer, offset: number, length: number, position: number): number {
    return readSync(this.#fd, into, offset, length, position);
  }

  truncate(lengthBytes: number): void {
    ftruncateSync(this.#fd, lengthBytes);
    this.#sizeBytes = lengthBytes;
  }

  fdatasync(done: (error: Error | null) => void): void {
    fdatasync(this.#fd, done);
  }

  fdatasyncNow(): void {
    fdatasyncSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

const writeLater = promisify(write);

const { O_APPEND, O_CREAT, O_RDONLY, O_RDWR, O_TRUNC } = constants;

/** The disk. */
export const nodeStorage: Storage = {
  openAppend: (path) => new NodeFile(path, O_RDWR | O_APPEND | O_CREAT),
  create: (path) => new NodeFile(path, O_RDWR | O_APPEND | O_CREAT | O_TRUNC),
  openRead: (path) => new NodeFile(path, O_RDONLY),
  sizeOf: (path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat === undefined || stat.isDirectory() ? null : stat.size;
  },
  isDirectory: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
  makeDirectory: (path) => {
    try {
      mkdirSync(path, 0o755);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST' || !nodeStorage.isDirectory(path)) throw error;
    }
  },
  removeDirectory: (path) => rmdirSync(path),
  list: (path) => readdirSync(path),
  rename: (from, to) => renameSync(from, to),
  unlink: (path) => unlinkSync(path),
  syncDirectory: (path) => {
    const fd = openSync(path, O_RDONLY);
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  },
  later: {
    rename,
    unlink,
    syncDirectory: async (path) => {
      const directory = await open(path, O_RDONLY);
      try {
        await directory.sync();
      } finally {
        await directory.close();
      }
    },
  },
};

/** Reads a small file whole. */
export function readWhole(storage: Storage, path: string): Buffer {
  const file = storage.openRead(path);
  try {
    const bytes = Buffer.alloc(file.sizeBytes);
    let at = 0;
    while (at < bytes.length) {
      const count = file.read(bytes, at, bytes.length - at, at);
      if (count === 0) break;
      at += count;
    }
    return bytes.subarray(0, at);
  } finally {
    file.close();
  }
}

/** Appends all of `bytes`; a short write is followed by another, which tells the error. */
export function appendAll(file: StorageFile, bytes: Buffer): void {
  let at = 0;
  while (at < bytes.length) {
    const count = file.append(bytes, at, bytes.length);
    if (count === 0) throw new Error('the system took no bytes');
    at += count;
  }
}

/** Resolves when what has been appended is durable. */
export function synced(file: StorageFile): Promise<void> {
  return new Promise((resolve, reject) => {
    file.fdatasync((error) => (error === null ? resolve() : reject(error)));
  });
}

/** A file that is read from start to end. */
export function sequential(file: StorageFile): ByteSource {
  let position = 0;
  return {
    size: file.sizeBytes,
    read: (into, offset, length) => {
      const count = file.read(into, offset, length, position);
      position += count;
      return count;
    },
  };
}

/** Removes a file that need not be there. */
export function removeIfThere(storage: Storage, path: string): void {
  try {
    storage.unlink(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/** `ENOSPC` and the like; undefined for errors that are not the system's. */
function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | null)?.code;
}

/** What the C library says of errors that files have and that Node words differently. */
const C_TEXTS: Readonly<Record<string, string>> = {
  EEXIST: 'File exists',
  EIO: 'Input/output error',
  ELOOP: 'Too many levels of symbolic links',
  ENAMETOOLONG: 'File name too long',
  ENFILE: 'Too many open files in system',
  ENOMEM: 'Cannot allocate memory',
  ETXTBSY: 'Text file busy',
};

/** What strerror says, as Redis's logs and replies have it. */
export function errorText(error: unknown): string {
  const known = C_TEXTS[codeOf(error) ?? ''];
  if (known !== undefined) return known;
  return error instanceof Error ? systemErrorText(error) : String(error);
}
