// The bytes of a module's file. Only a regular file of limited size is read: whoever may call
// MODULE LOAD must not make the server wait for a pipe, follow a link or fill its memory.

import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { systemErrorText } from '../lib/system-error.ts';
import { ModuleLoadError } from './load-error.ts';

// A pipe that nobody writes to must not block the opening, either.
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Rejects with ModuleLoadError. */
export async function readModuleFile(path: string, maxBytes: number): Promise<Buffer> {
  checkPath(path);
  try {
    await using file = await open(path, FLAGS);
    const bytes = Buffer.alloc(sizeOf(await file.stat(), maxBytes));
    let length = 0;
    for (let count = -1; length < bytes.length && count !== 0; length += count) {
      count = (await file.read(bytes, length, bytes.length - length, length)).bytesRead;
    }
    return bytes.subarray(0, length);
  } catch (error) {
    throw unreadable(error);
  }
}

/** The same for callers that cannot wait. Throws ModuleLoadError. */
export function readModuleFileNow(path: string, maxBytes: number): Buffer {
  checkPath(path);
  try {
    const fd = openSync(path, FLAGS);
    try {
      const bytes = Buffer.alloc(sizeOf(fstatSync(fd), maxBytes));
      let length = 0;
      for (let count = -1; length < bytes.length && count !== 0; length += count) {
        count = readSync(fd, bytes, length, bytes.length - length, length);
      }
      return bytes.subarray(0, length);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw unreadable(error);
  }
}

function checkPath(path: string): void {
  if (path.includes('\0')) throw new ModuleLoadError('cannot be read: its path has a NUL byte');
}

function sizeOf(info: Stats, maxBytes: number): number {
  if (info.isDirectory()) throw new ModuleLoadError('is a directory');
  if (!info.isFile()) throw new ModuleLoadError('is not a regular file');
  if (info.size > maxBytes) {
    throw new ModuleLoadError(
      `is ${info.size} bytes long; module-max-file-bytes allows ${maxBytes}`,
    );
  }
  return info.size;
}

function unreadable(error: unknown): unknown {
  if (error instanceof ModuleLoadError) return error;
  const reason = error as NodeJS.ErrnoException; // fs throws these
  if (reason.code === 'ELOOP') return new ModuleLoadError('is a symbolic link');
  // A socket, or a device without a driver.
  if (reason.code === 'ENXIO') return new ModuleLoadError('is not a regular file');
  return new ModuleLoadError(`cannot be read: ${systemErrorText(reason)}`);
}
