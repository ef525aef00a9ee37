// The files of an append-only file on disk: makes, renames and deletes them, always in an order
// in which a crash at any moment leaves a manifest whose files are all there.

import type { Log } from '../lib/log.ts';
import type { BaseJob } from './aof-base.ts';
import {
  type AofFile,
  type AofPaths,
  Manifest,
  manifestPath,
  readManifest,
  writeManifest,
} from './aof-manifest.ts';
import { errorText, type Storage, type StorageFile } from './storage.ts';

export interface AofNames {
  /** Absolute: dir. */
  readonly dir: string;
  /** appenddirname. */
  readonly directoryName: string;
  /** appendfilename. */
  readonly fileName: string;
}

export class AofFiles {
  /** What is on disk. */
  manifest = new Manifest();
  readonly #storage: Storage;
  readonly #log: Log;
  readonly #names: AofNames;
  #isRead = false;
  /** Makes the names of temporary bases different: one that was given up may still be open. */
  #basesMade = 0;

  constructor(storage: Storage, log: Log, names: AofNames) {
    this.#storage = storage;
    this.#log = log;
    this.#names = names;
  }

  get paths(): AofPaths {
    const { dir, directoryName, fileName } = this.#names;
    return { directory: `${dir}/${directoryName}`, prefix: fileName };
  }

  /** Bytes of the files that the manifest names, history not counted. */
  get liveBytes(): number {
    const sizes = this.manifest.live.map(({ name }) => this.#storage.sizeOf(this.#pathOf(name)));
    return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  }

  /** Reads the manifest. Throws ManifestError, and Error when the file cannot be read. */
  read(): void {
    const { directoryName } = this.#names;
    if (!this.#storage.isDirectory(this.paths.directory)) {
      this.#log.debug(`The AOF directory ${directoryName} doesn't exist`);
      this.manifest = new Manifest();
    } else {
      if (this.#storage.sizeOf(manifestPath(this.paths)) === null) {
        this.#log.debug(`The AOF manifest file ${this.paths.prefix}.manifest doesn't exist`);
      }
      this.manifest = readManifest(this.#storage, this.paths);
    }
    this.#isRead = true;
  }

  /** Adopts a file of the time before there were manifests. */
  upgrade(): void {
    if (this.#isOldStyle()) this.#adoptOldStyle();
  }

  /** Makes sure that there is a directory and that its manifest has been read. */
  prepare(): void {
    if (!this.#isRead) this.read();
    this.#makeDirectory();
  }

  #makeDirectory(): void {
    const { directoryName, dir } = this.#names;
    try {
      if (this.#storage.isDirectory(this.paths.directory)) return;
      this.#storage.makeDirectory(this.paths.directory);
      this.#storage.syncDirectory(dir);
    } catch (error) {
      const reason = errorText(error);
      throw new Error(`Can't open or create append-only dir ${directoryName}: ${reason}`);
    }
  }

  /** The file that is appended to at start, named by the manifest when this returns. */
  openLast(): StorageFile {
    const last = this.manifest.incrs.at(-1);
    const name = last?.name ?? this.#incrName(this.manifest);
    const file = this.#open(name, (path) => this.#storage.openAppend(path));
    this.#commit(last === undefined ? this.manifest.withIncr(name) : this.manifest, file);
    const verb = last === undefined ? 'Creating' : 'Opening';
    this.#log.notice(`${verb} AOF incr file ${name} on server start`);
    return file;
  }

  /** A new file to append to, named by the manifest when this returns. */
  createIncr(): StorageFile {
    const name = this.#incrName(this.manifest);
    const file = this.#open(name, (path) => this.#storage.create(path));
    this.#log.notice(`Creating AOF incr file ${name} on background rewrite`);
    this.#commit(this.manifest.withIncr(name), file);
    return file;
  }

  /** A file to append to that no manifest names yet. */
  createTemporaryIncr(): StorageFile {
    const name = this.#temporaryIncrName;
    const file = this.#open(name, (path) => this.#storage.create(path));
    this.#log.notice(`Creating AOF incr file ${name} on background rewrite`);
    return file;
  }

  createTemporaryBase(): StorageFile {
    try {
      const number = ++this.#basesMade;
      const suffix = number === 1 ? '' : `-${number}`;
      const name = `temp-rewriteaof-bg-${process.pid}${suffix}.aof`;
      return this.#storage.create(`${this.#names.dir}/${name}`);
    } catch (error) {
      const reason = errorText(error);
      throw new Error(
        `Opening the temp file for AOF rewrite in rewriteAppendOnlyFile(): ${reason}`,
      );
    }
  }

  discard(file: StorageFile): void {
    this.#unlink(file.path);
  }

  /** Writes a base at once, at start; returns its size. */
  createBase(base: BaseJob, isRdb: boolean): number {
    const file = this.createTemporaryBase();
    try {
      base.finish(file);
      file.fdatasyncNow();
    } catch (error) {
      base.abort();
      throw new Error(`Write error writing append only file on disk: ${errorText(error)}`);
    } finally {
      file.close();
    }
    const name = this.#baseName(this.manifest, isRdb);
    this.#rename('base', file.path, name);
    // The manifest follows with the first file to append to.
    this.manifest = this.manifest.withBase(name, []);
    this.#log.notice(`Creating AOF base file ${name} on server start`);
    return this.#storage.sizeOf(this.#pathOf(name)) ?? 0;
  }

  /**
   * Puts a temporary base, complete and synced, in the place of all files before it.
   *
   * @param state 'on': the last incr goes on; 'waiting': the temporary one becomes the first;
   *   'off': nothing is appended.
   */
  adoptBase(file: StorageFile, isRdb: boolean, state: 'on' | 'waiting' | 'off'): void {
    const name = this.#baseName(this.manifest, isRdb);
    this.#rename('base', file.path, name);
    this.#log.notice(
      `Successfully renamed the temporary AOF base file ${baseOf(file.path)} into ${name}`,
    );
    if (state === 'waiting') {
      const incrName = this.#incrName(this.manifest);
      this.#rename('incr', this.#pathOf(this.#temporaryIncrName), incrName);
      this.#log.notice(
        'Successfully renamed the temporary AOF incr file ' +
          `${this.#temporaryIncrName} into ${incrName}`,
      );
      this.#commit(this.manifest.withBase(name, []).withIncr(incrName), null);
      return;
    }
    const last = state === 'on' ? this.manifest.incrs.at(-1) : undefined;
    this.#commit(this.manifest.withBase(name, last === undefined ? [] : [last]), null);
  }

  /** Deletes what a base has replaced. Failing to is no harm: the next start tries again. */
  deleteHistory(): void {
    const { history } = this.manifest;
    if (history.length === 0) return;
    for (const { name } of history) {
      this.#log.notice(`Removing the history file ${name} in the background`);
      this.#unlink(this.#pathOf(name));
    }
    try {
      this.#commit(this.manifest.withoutHistory(), null);
    } catch (error) {
      this.#log.warning((error as Error).message); // writeManifest throws errors only
    }
  }

  /** The manifest is in force when it is on disk. `file`, new with it, is closed if it fails. */
  #commit(manifest: Manifest, file: StorageFile | null): void {
    try {
      writeManifest(this.#storage, this.paths, manifest);
    } catch (error) {
      file?.close();
      throw error;
    }
    this.manifest = manifest;
  }

  // ---- names ------------------------------------------------------------------------------

  #baseName(manifest: Manifest, isRdb: boolean): string {
    return `${this.paths.prefix}.${manifest.baseSeq + 1}.base.${isRdb ? 'rdb' : 'aof'}`;
  }

  #incrName(manifest: Manifest): string {
    return `${this.paths.prefix}.${manifest.incrSeq + 1}.incr.aof`;
  }

  get #temporaryIncrName(): string {
    return `temp-${this.paths.prefix}.incr`;
  }

  #pathOf(name: string): string {
    return `${this.paths.directory}/${name}`;
  }

  #open(name: string, open: (path: string) => StorageFile): StorageFile {
    try {
      return open(this.#pathOf(name));
    } catch (error) {
      throw new Error(`Can't open the append-only file ${name}: ${errorText(error)}`);
    }
  }

  #rename(what: 'base' | 'incr', from: string, name: string): void {
    try {
      this.#storage.rename(from, this.#pathOf(name));
    } catch (error) {
      const reason = errorText(error);
      throw new Error(
        `Error trying to rename the temporary AOF ${what} file ${baseOf(from)} into ${name}: ` +
          reason,
      );
    }
  }

  #unlink(path: string): void {
    try {
      this.#storage.unlink(path);
    } catch (error) {
      this.#log.debug(`The file ${baseOf(path)} could not be removed: ${errorText(error)}`);
    }
  }

  // ---- files without a manifest -----------------------------------------------------------

  #isOldStyle(): boolean {
    const { dir, fileName } = this.#names;
    if (this.#storage.sizeOf(`${dir}/${fileName}`) === null) return false;
    const { base, incrs, isEmpty } = this.manifest;
    if (isEmpty) return true;
    // The manifest has been written and the file not been moved yet.
    const isOnlyBase = incrs.length === 0 && base?.name === fileName;
    return isOnlyBase && this.#storage.sizeOf(this.#pathOf(fileName)) === null;
  }

  #adoptOldStyle(): void {
    const { dir, directoryName, fileName } = this.#names;
    this.#makeDirectory();
    const base: AofFile = { name: fileName, seq: 1, type: 'base' };
    this.#commit(new Manifest([base]), null);
    try {
      this.#storage.rename(`${dir}/${fileName}`, this.#pathOf(fileName));
      this.#storage.syncDirectory(this.paths.directory);
    } catch (error) {
      throw new Error(
        `Error trying to move the old AOF file ${fileName} into dir ${directoryName}: ` +
          errorText(error),
      );
    }
    this.#log.notice(
      `Successfully migrated an old-style AOF file (${fileName}) into the AOF directory ` +
        `(${directoryName}).`,
    );
  }
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
