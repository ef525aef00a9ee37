// A disk in memory that knows what is safe: bytes written and names made are durable only after
// they have been synced. It can lose its power at any operation, and fail as real disks do.

import { constants } from 'node:os';
import { dirname } from 'node:path';
import { setImmediate as setImmediateLater } from 'node:timers/promises';
import type { Storage, StorageFile } from '../../host/persistence/storage.ts';

/** What a file is: its bytes as everybody sees them, and as they were last synced. */
class Inode {
  #bytes: Buffer = Buffer.alloc(0);
  #synced: Buffer = Buffer.alloc(0);
  /** Counts the changes of `bytes`, and which of them is synced. */
  #changes = 0;
  #syncedChanges = 0;

  get bytes(): Buffer {
    return this.#bytes;
  }

  set bytes(bytes: Buffer) {
    this.#bytes = bytes;
    this.#changes++;
  }

  get synced(): Buffer {
    return this.#synced;
  }

  /** Returns what makes the present bytes durable; one that ends late takes nothing back. */
  beginSync(): () => void {
    const [bytes, changes] = [this.#bytes, this.#changes];
    return () => {
      if (changes < this.#syncedChanges) return;
      this.#synced = bytes;
      this.#syncedChanges = changes;
    };
  }
}

/** A change of names that has not been synced yet. */
interface NameChange {
  readonly directory: string;
  readonly apply: (names: Map<string, Inode>) => void;
}

export type DiskError = 'ENOSPC' | 'EIO' | 'EACCES' | 'EDQUOT';

export function systemError(code: DiskError): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: made by the test`), {
    code,
    errno: -constants.errno[code],
  });
}

/** Thrown by every operation from the moment the power is gone. */
export class PowerLoss extends Error {}

/** How bytes that were not synced may survive. */
export type Survival =
  /** A file keeps a prefix of what was appended, cut anywhere. */
  | 'prefix'
  /** The same, and then zeros up to a length that it had. */
  | 'zeros'
  /** Each sector by itself is there or zero. */
  | 'sectors';

const SECTOR_BYTES = 512;

export class MemoryDisk implements Storage {
  #names = new Map<string, Inode>();
  #syncedNames = new Map<string, Inode>();
  #directories = new Set<string>();
  #changes: NameChange[] = [];
  #isDead = false;
  /** Operations so far: what `dieAfter` counts. */
  operations = 0;
  /** The power goes with this operation; it may or may not take effect. */
  dieAfter = Number.POSITIVE_INFINITY;
  /** Bytes that may still be written: a full disk. */
  freeBytes = Number.POSITIVE_INFINITY;
  /** What the next fdatasync calls answer. */
  syncError: DiskError | null = null;
  truncateError: DiskError | null = null;
  renameError: DiskError | null = null;
  /** While set, fdatasync takes until `finishSyncs`. */
  isSyncSlow = false;
  #slowSyncs: (() => void)[] = [];
  syncCount = 0;

  constructor(...directories: string[]) {
    for (const directory of directories) this.#directories.add(directory);
  }

  // ---- Storage ----------------------------------------------------------------------------

  openAppend(path: string): StorageFile {
    return this.#file(path, this.#names.get(path) ?? this.#make(path));
  }

  create(path: string): StorageFile {
    const inode = this.#names.get(path);
    if (inode !== undefined) this.#operate(() => (inode.bytes = Buffer.alloc(0)));
    return this.#file(path, inode ?? this.#make(path));
  }

  openRead(path: string): StorageFile {
    return this.#file(path, this.#existing(path));
  }

  sizeOf(path: string): number | null {
    this.#check();
    return this.#names.get(path)?.bytes.length ?? null;
  }

  isDirectory(path: string): boolean {
    return this.#directories.has(path);
  }

  makeDirectory(path: string): void {
    // Directories are durable at once: no test depends on losing one.
    this.#operate(() => this.#directories.add(path));
  }

  removeDirectory(path: string): void {
    this.#operate(() => this.#directories.delete(path));
  }

  list(path: string): string[] {
    const inside = [...this.#names.keys()].filter((name) => dirname(name) === path);
    return inside.map((name) => name.slice(path.length + 1));
  }

  rename(from: string, to: string): void {
    if (this.renameError !== null) throw systemError(this.renameError);
    const inode = this.#existing(from);
    this.#rename(to, (names) => {
      if (names.get(from) === inode) names.delete(from);
      names.set(to, inode);
    });
  }

  unlink(path: string): void {
    const inode = this.#existing(path);
    this.#rename(path, (names) => {
      if (names.get(path) === inode) names.delete(path);
    });
  }

  syncDirectory(path: string): void {
    this.#operate(() => {
      for (const change of this.#changes) {
        if (change.directory === path) change.apply(this.#syncedNames);
      }
      this.#changes = this.#changes.filter((change) => change.directory !== path);
    });
  }

  readonly later = {
    rename: (from: string, to: string) => inAnotherTurn(() => this.rename(from, to)),
    unlink: (path: string) => inAnotherTurn(() => this.unlink(path)),
    syncDirectory: (path: string) => inAnotherTurn(() => this.syncDirectory(path)),
  };

  // ---- what tests do to it ----------------------------------------------------------------

  /** Ends the fdatasync calls that are under way; returns how many there were. */
  finishSyncs(): number {
    const syncs = this.#slowSyncs;
    this.#slowSyncs = [];
    for (const sync of syncs) sync();
    return syncs.length;
  }

  get pendingSyncs(): number {
    return this.#slowSyncs.length;
  }

  read(path: string): Buffer {
    return Buffer.from(this.#existing(path).bytes);
  }

  /** Puts a file there, durable. */
  put(path: string, bytes: Buffer): void {
    const inode = new Inode();
    inode.bytes = Buffer.from(bytes);
    inode.beginSync()();
    this.#names.set(path, inode);
    this.#syncedNames.set(path, inode);
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** What is found when the power is back: everything synced, and by chance some of the rest. */
  afterPowerLoss(survival: Survival, random: (bound: number) => number): MemoryDisk {
    const names = new Map(this.#syncedNames);
    for (const change of this.#changes) if (random(2) === 1) change.apply(names);
    const found = new MemoryDisk(...this.#directories);
    for (const [path, inode] of names) found.put(path, survivor(inode, survival, random));
    return found;
  }

  // ---- inside -----------------------------------------------------------------------------

  #check(): void {
    if (this.#isDead) throw new PowerLoss('the power is gone');
  }

  #operate(action: () => void): void {
    this.#check();
    this.operations++;
    if (this.operations < this.dieAfter) {
      action();
      return;
    }
    if (this.operations % 2 === 0) action(); // it went just after, or just before
    this.#isDead = true;
    throw new PowerLoss('the power goes');
  }

  #existing(path: string): Inode {
    this.#check();
    const inode = this.#names.get(path);
    if (inode !== undefined) return inode;
    throw Object.assign(new Error('ENOENT'), { code: 'ENOENT', errno: -constants.errno.ENOENT });
  }

  #make(path: string): Inode {
    const inode = new Inode();
    this.#rename(path, (names) => names.set(path, inode));
    return inode;
  }

  #rename(path: string, apply: (names: Map<string, Inode>) => void): void {
    this.#operate(() => {
      apply(this.#names);
      this.#changes.push({ directory: dirname(path), apply });
    });
  }

  #file(path: string, inode: Inode): StorageFile {
    this.#check();
    return {
      path,
      get sizeBytes() {
        return inode.bytes.length;
      },
      append: (bytes, start, end) => this.#append(inode, bytes.subarray(start, end)),
      appendLater: (bytes) =>
        inAnotherTurn(() => {
          for (let at = 0; at < bytes.length; ) at += this.#append(inode, bytes.subarray(at));
        }),
      read: (into, offset, length, position) => {
        this.#check();
        return inode.bytes.copy(into, offset, position, position + length);
      },
      truncate: (lengthBytes) => {
        if (this.truncateError !== null) throw systemError(this.truncateError);
        this.#operate(() => (inode.bytes = Buffer.from(inode.bytes.subarray(0, lengthBytes))));
      },
      fdatasync: (done) => this.#syncLater(inode, done),
      fdatasyncNow: () => this.#sync(inode),
      close: () => {},
    };
  }

  #append(inode: Inode, bytes: Buffer): number {
    const count = Math.min(bytes.length, this.freeBytes);
    if (count === 0) throw systemError('ENOSPC');
    this.#operate(() => {
      this.freeBytes -= count;
      inode.bytes = Buffer.concat([inode.bytes, bytes.subarray(0, count)]);
    });
    return count;
  }

  #sync(inode: Inode, sync = inode.beginSync()): void {
    this.syncCount++;
    if (this.syncError !== null) throw systemError(this.syncError);
    this.#operate(sync);
  }

  /** Syncs what was written when it began; `done` is called in a later turn or by the test. */
  #syncLater(inode: Inode, done: (error: Error | null) => void): void {
    const sync = inode.beginSync();
    const finish = (): void => {
      let failure: Error | null = null;
      try {
        this.#sync(inode, sync);
      } catch (error) {
        failure = error as Error; // systemError or PowerLoss
      }
      done(failure);
    };
    if (this.isSyncSlow) this.#slowSyncs.push(finish);
    else setImmediate(finish);
  }
}

async function inAnotherTurn(action: () => void): Promise<void> {
  await setImmediateLater();
  action();
}

function survivor(inode: Inode, survival: Survival, random: (bound: number) => number): Buffer {
  const { bytes, synced } = inode;
  if (bytes.length < synced.length) return random(2) === 1 ? bytes : synced; // a truncation
  const length = synced.length + random(bytes.length - synced.length + 1);
  const kept = Buffer.from(bytes.subarray(0, length));
  if (survival === 'prefix') return kept;
  if (survival === 'zeros') {
    const tail = Buffer.alloc(random(bytes.length - length + 1));
    return Buffer.concat([kept, tail]);
  }
  const first = Math.ceil(synced.length / SECTOR_BYTES) * SECTOR_BYTES;
  for (let at = first; at < length; at += SECTOR_BYTES) {
    if (random(2) === 1) kept.fill(0, at, Math.min(at + SECTOR_BYTES, length));
  }
  return kept;
}
