// The manifest of the append-only file: which files, in which order, hold the data set. One line
// a file, replaced as a whole by renaming.
//
//   file appendonly.aof.2.base.rdb seq 2 type b      base: a snapshot, RDB or commands
//   file appendonly.aof.5.incr.aof seq 5 type i      incr: the commands since, in order of seq
//   file appendonly.aof.4.incr.aof seq 4 type h      history: superseded, to be deleted
//
// Format: https://redis.io/docs/management/persistence/ ("Log rewriting", multi part AOF).

import { byteString, bytesOf } from '../lib/bytes.ts';
import { splitQuoted } from '../lib/quoted-words.ts';
import { appendAll, errorText, readWhole, type Storage } from './storage.ts';

export type AofFileType = 'base' | 'incr' | 'history';

export interface AofFile {
  /** Of a file in the append-only directory. */
  readonly name: string;
  readonly seq: number;
  readonly type: AofFileType;
}

/** A manifest that cannot be used. `message` has the lines Redis logs, `\n` between log calls. */
export class ManifestError extends Error {
  /** What is wrong, without the frame around it. */
  readonly reason: string;

  constructor(reason: string, at: { readonly number: number; readonly line: string } | null) {
    const place = at ? `\nReading the manifest file, at line ${at.number}\n>>> '${at.line}'` : '';
    super(`*** FATAL AOF MANIFEST FILE ERROR ***${place}\n${reason}`);
    this.name = 'ManifestError';
    this.reason = reason;
  }
}

const LINE_MAX_BYTES = 1024;
const LETTER: Record<AofFileType, string> = { base: 'b', incr: 'i', history: 'h' };
const TYPE_OF_LETTER: Record<string, AofFileType> = { b: 'base', i: 'incr', h: 'history' };
const INVALID = 'Invalid AOF manifest file format';

/** The set of files; immutable, so that a change takes effect only when it is on disk. */
export class Manifest {
  readonly base: AofFile | null;
  readonly incrs: readonly AofFile[];
  readonly history: readonly AofFile[];
  /** The highest numbers given so far. */
  readonly baseSeq: number;
  readonly incrSeq: number;

  constructor(files: readonly AofFile[] = [], baseSeq = 0, incrSeq = 0) {
    this.base = files.find((file) => file.type === 'base') ?? null;
    this.incrs = files.filter((file) => file.type === 'incr');
    this.history = files.filter((file) => file.type === 'history');
    this.baseSeq = Math.max(baseSeq, this.base?.seq ?? 0);
    this.incrSeq = Math.max(incrSeq, this.incrs.at(-1)?.seq ?? 0);
  }

  /** What is loaded, in this order. */
  get live(): readonly AofFile[] {
    return this.base === null ? this.incrs : [this.base, ...this.incrs];
  }

  get isEmpty(): boolean {
    return this.live.length === 0;
  }

  get all(): readonly AofFile[] {
    return [...(this.base ? [this.base] : []), ...this.history, ...this.incrs];
  }

  withIncr(name: string): Manifest {
    return this.#with([...this.all, { name, seq: this.incrSeq + 1, type: 'incr' }]);
  }

  /**
   * A new base that stands for the former one and for all incrs but those in `keptIncrs`; what it
   * replaces becomes history.
   */
  withBase(name: string, keptIncrs: readonly AofFile[]): Manifest {
    const gone = this.live.filter((file) => !keptIncrs.includes(file));
    const seq = this.baseSeq + 1;
    return this.#with([
      { name, seq, type: 'base' },
      ...gone.map((file): AofFile => ({ ...file, type: 'history' })),
      ...this.history,
      ...keptIncrs,
    ]);
  }

  withoutHistory(): Manifest {
    return this.#with(this.live);
  }

  #with(files: readonly AofFile[]): Manifest {
    return new Manifest(files, this.baseSeq, this.incrSeq);
  }

  format(): string {
    const line = (file: AofFile): string =>
      `file ${quoteName(file.name)} seq ${file.seq} type ${LETTER[file.type]}\n`;
    return this.all.map(line).join('');
  }
}

/** A name is written as it is unless it has characters that would be taken apart. */
function quoteName(name: string): string {
  if (/^[\x21\x23-\x26\x28-\x5b\x5d-\x7e]+$/.test(name)) return name;
  const escaped = bytesOf(name).replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, (c) => {
    if (c === '"' || c === '\\') return `\\${c}`;
    return `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `"${escaped}"`;
}

/** Throws ManifestError. */
export function parseManifest(bytes: Buffer): Manifest {
  const text = byteString(bytes);
  if (text.length === 0) throw new ManifestError('Found an empty AOF manifest', null);
  const files: AofFile[] = [];
  let at = 0;
  for (let number = 1; at < text.length; number++) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline + 1;
    const isWhole = newline >= 0 && end - at <= LINE_MAX_BYTES;
    const raw = text.slice(at, end);
    at = end;
    if (raw.startsWith('#')) continue;
    if (!isWhole) throw new ManifestError('The AOF manifest file contains too long line', null);
    const line = raw.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
    const file = parseLine(line, files);
    if (typeof file === 'string') throw new ManifestError(file, { number, line });
    files.push(file);
  }
  return new Manifest(files);
}

/** The file a line names, or what is wrong with it. Unknown pairs are allowed: later versions. */
function parseLine(line: string, before: readonly AofFile[]): AofFile | string {
  const words = line === '' ? null : splitQuoted(line);
  if (words === null || words.length < 6 || words.length % 2 !== 0) return INVALID;
  let name = '';
  let seq = 0;
  let letter = '';
  for (let i = 0; i < words.length; i += 2) {
    const [key, value] = [words[i] as string, words[i + 1] as string]; // pairs
    switch (key.toLowerCase()) {
      case 'file':
        name = Buffer.from(value, 'latin1').toString('utf8');
        if (/[/\\]/.test(name)) return "File can't be a path, just a filename";
        break;
      case 'seq':
        seq = Number.parseInt(value, 10) || 0;
        break;
      case 'type':
        letter = value.slice(0, 1);
        break;
    }
  }
  if (name === '' || seq === 0 || letter === '') return INVALID;
  const type = TYPE_OF_LETTER[letter];
  if (type === undefined) return 'Unknown AOF file type';
  if (type === 'base' && before.some((file) => file.type === 'base')) {
    return 'Found duplicate base file information';
  }
  const lastIncr = before.findLast((file) => file.type === 'incr');
  if (type === 'incr' && seq <= (lastIncr?.seq ?? 0)) {
    return 'Found a non-monotonic sequence number';
  }
  return { name, seq, type };
}

/** Where the files are. */
export interface AofPaths {
  /** The append-only directory: `dir`/`appenddirname`. */
  readonly directory: string;
  /** What all names begin with: appendfilename. */
  readonly prefix: string;
}

export function manifestPath(paths: AofPaths): string {
  return `${paths.directory}/${paths.prefix}.manifest`;
}

/** An empty manifest when there is none. Throws ManifestError, or Error when it cannot be read. */
export function readManifest(storage: Storage, paths: AofPaths): Manifest {
  const path = manifestPath(paths);
  if (storage.sizeOf(path) === null) return new Manifest();
  let bytes: Buffer;
  try {
    bytes = readWhole(storage, path);
  } catch (error) {
    throw new Error(
      `Fatal error: can't open the AOF manifest file ${path} for reading: ${errorText(error)}`,
    );
  }
  return parseManifest(bytes);
}

/**
 * Puts a manifest in the place of the present one; when this returns it is durable, and when it
 * throws (an Error with Redis's log text) the present one is still in force.
 */
export function writeManifest(storage: Storage, paths: AofPaths, manifest: Manifest): void {
  const path = manifestPath(paths);
  const temporary = `${paths.directory}/temp-${paths.prefix}.manifest`;
  // Files that the manifest names must have their names on disk before it has.
  step(`Fail to fsync AOF directory ${paths.directory}`, () =>
    storage.syncDirectory(paths.directory),
  );
  step(`Can't open the AOF manifest file ${temporary}`, () => {
    const file = storage.create(temporary);
    try {
      step(`Error trying to write the temporary AOF manifest file ${temporary}`, () =>
        appendAll(file, Buffer.from(manifest.format(), 'latin1')),
      );
      step(`Fail to fsync the temp AOF file ${temporary}`, () => file.fdatasyncNow());
    } finally {
      file.close();
    }
  });
  step(`Error trying to rename the temporary AOF manifest file ${temporary} into ${path}`, () =>
    storage.rename(temporary, path),
  );
  step(`Fail to fsync AOF directory ${paths.directory}`, () =>
    storage.syncDirectory(paths.directory),
  );
}

/** An error of `action` gets the text of the step in front; an inner step keeps its own. */
function step(text: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (error instanceof StepError) throw error;
    throw new StepError(`${text}: ${errorText(error)}`);
  }
}

class StepError extends Error {}
