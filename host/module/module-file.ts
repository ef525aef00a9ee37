// The bytes of a module's file. Only a regular file of limited size is read, and only where
// modules may lie: whoever may call MODULE LOAD must not make the server wait for a pipe, follow
// a link or fill its memory.

import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { sep } from 'node:path';
import { systemErrorText } from '../lib/system-error.ts';
import { ModuleLoadError } from './load-error.ts';

// A pipe that nobody writes to must not block the opening, either.
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export interface FileRules {
  readonly maxBytes: number;
  /** The directory that the file must lie in, links resolved, at any depth; '': anywhere. */
  readonly directory: string;
}

/** Rejects with ModuleLoadError. */
export async function readModuleFile(path: string, rules: FileRules): Promise<Buffer> {
  checkPath(path);
  try {
    const place = placeOf(path, rules);
    await using file = await open(path, FLAGS);
    const info = await file.stat();
    checkSame(place, info);
    const bytes = Buffer.alloc(sizeOf(info, rules));
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
export function readModuleFileNow(path: string, rules: FileRules): Buffer {
  checkPath(path);
  try {
    const place = placeOf(path, rules);
    const fd = openSync(path, FLAGS);
    try {
      const info = fstatSync(fd);
      checkSame(place, info);
      const bytes = Buffer.alloc(sizeOf(info, rules));
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

/** The path without links, which is inside of the directory; '' where none is demanded. */
function placeOf(path: string, { directory }: FileRules): string {
  if (directory === '') return '';
  const inside = realDirectory(directory);
  const place = realpathSync(path);
  const prefix = inside.endsWith(sep) ? inside : inside + sep;
  if (place.startsWith(prefix)) return place;
  throw new ModuleLoadError(`is not inside of module-dir, ${directory}`);
}

function realDirectory(directory: string): string {
  try {
    return realpathSync(directory);
  } catch (error) {
    const reason = systemErrorText(error as NodeJS.ErrnoException); // fs throws these
    throw new ModuleLoadError(`module-dir ${directory} cannot be read: ${reason}`);
  }
}

/** Somebody may have put a link into the path since it was resolved. */
function checkSame(place: string, opened: Stats): void {
  if (place === '') return;
  const { dev, ino } = statSync(place);
  if (dev === opened.dev && ino === opened.ino) return;
  throw new ModuleLoadError('was replaced while it was opened');
}

function sizeOf(info: Stats, { maxBytes }: FileRules): number {
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
