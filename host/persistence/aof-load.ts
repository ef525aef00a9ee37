// Replays an append-only file: its base, an RDB or commands, and then the commands since. The
// commands run through the executor for a client without a socket, as if it were then.

import type { Client } from '../dispatch/client.ts';
import type { Dispatcher } from '../dispatch/dispatch.ts';
import type { CommandEntry } from '../dispatch/spec.ts';
import { queueCommand } from '../dispatch/transaction.ts';
import type { Argv } from '../lib/argv.ts';
import type { Log } from '../lib/log.ts';
import { RdbError, RdbReader } from '../rdb/reader.ts';
import type { AofFile, AofPaths, Manifest } from './aof-manifest.ts';
import { AofReader, type Found } from './aof-reader.ts';
import type { RdbLoader } from './rdb-loader.ts';
import { errorText, type Storage, type StorageFile, sequential } from './storage.ts';

/** The data set cannot be loaded; the log has said why. The server must not start. */
export class AofLoadError extends Error {
  constructor(text: string) {
    super(text);
    this.name = 'AofLoadError';
  }
}

export interface AofLoadParts {
  readonly storage: Storage;
  readonly paths: AofPaths;
  readonly dispatcher: Dispatcher;
  /** Of its own, without a socket; propagates nowhere. */
  readonly client: Client;
  readonly log: Log;
  /** aof-load-truncated. */
  readonly allowsTruncated: boolean;
  /** Makes the loader of an RDB base, which keeps keys whose time has come. */
  readonly rdbLoader: (reader: RdbReader) => RdbLoader;
}

export interface AofLoadResult {
  readonly isTruncated: boolean;
  /** Sizes of the base and of all files. */
  readonly baseBytes: number;
  readonly totalBytes: number;
}

type FileOutcome = 'ok' | 'empty' | 'truncated';

/** Work between two looks at the event loop, in milliseconds, and how often the clock is read. */
const SLICE_MS = 8;
const COMMANDS_BETWEEN_LOOKS = 32;

/**
 * Commands that may give a time counted from now. All others run with a clock that stands before
 * every expire time: while a file is replayed no key is past its time, because the file says
 * itself when each was deleted.
 */
const RELATIVE_TIME_COMMANDS = new Set([
  'expire',
  'pexpire',
  'setex',
  'psetex',
  'getex',
  'restore',
  'restore-asking',
]);

export class AofLoading {
  /** For INFO: bytes of all files, and how many of them have been replayed. */
  totalBytes = 0;
  readonly startMs: number;
  readonly #parts: AofLoadParts;
  readonly #manifest: Manifest;
  #bytesBefore = 0;
  #bytesOfFile = 0;

  constructor(parts: AofLoadParts, manifest: Manifest) {
    this.#parts = parts;
    this.#manifest = manifest;
    this.startMs = parts.dispatcher.executor.clock.monotonicMs();
  }

  get loadedBytes(): number {
    return this.#bytesBefore + this.#bytesOfFile;
  }

  /**
   * Loads everything; yields now and then, where the caller may let others work. Throws
   * AofLoadError. The caller has set `isLoading`.
   */
  *run(): Generator<void, AofLoadResult> {
    const { log } = this.#parts;
    const files = this.#manifest.live;
    const sizes = files.map((file) => this.#sizeOf(file));
    this.totalBytes = sizes.reduce((sum, size) => sum + size, 0);
    let isTruncated = false;
    for (const [index, file] of files.entries()) {
      const startMs = this.#monotonicMs();
      const outcome = yield* this.#file(file);
      const isLast = index === files.length - 1;
      if (outcome === 'truncated' && !isLast) {
        this.#fail('Fatal error: the truncated file is not the last file');
      }
      isTruncated = outcome === 'truncated';
      if (outcome !== 'empty') {
        const seconds = ((this.#monotonicMs() - startMs) / 1000).toFixed(3);
        log.notice(`DB loaded from ${file.type} file ${file.name}: ${seconds} seconds`);
      }
      this.#bytesBefore += sizes[index] as number; // as many as files
      this.#bytesOfFile = 0;
    }
    const baseBytes = this.#manifest.base === null ? 0 : (sizes[0] as number); // the base is first
    return { isTruncated, baseBytes, totalBytes: this.totalBytes };
  }

  #monotonicMs(): number {
    return this.#parts.dispatcher.executor.clock.monotonicMs();
  }

  #pathOf(file: AofFile): string {
    return `${this.#parts.paths.directory}/${file.name}`;
  }

  #sizeOf(file: AofFile): number {
    const { storage } = this.#parts;
    let reason = 'No such file or directory';
    try {
      const size = storage.sizeOf(this.#pathOf(file));
      if (size !== null) return size;
    } catch (error) {
      reason = errorText(error);
    }
    return this.#fail(`Unable to obtain the AOF file ${file.name} length. stat: ${reason}`);
  }

  *#file(file: AofFile): Generator<void, FileOutcome> {
    const { name } = file;
    let open: StorageFile;
    try {
      open = this.#parts.storage.openRead(this.#pathOf(file));
    } catch (error) {
      const reason = errorText(error);
      return this.#fail(
        `Fatal error: can't open the append log file ${name} for reading: ${reason}`,
      );
    }
    try {
      if (open.sizeBytes === 0) return 'empty';
      const offset = yield* this.#preamble(name, open);
      return yield* this.#commands(name, open, offset);
    } finally {
      open.close();
    }
  }

  /** Loads the RDB a file may begin with; returns where the commands begin. */
  *#preamble(name: string, file: StorageFile): Generator<void, number> {
    const { log, rdbLoader, paths } = this.#parts;
    const magic = Buffer.alloc(5);
    if (file.read(magic, 0, 5, 0) < 5 || magic.toString('latin1') !== 'REDIS') return 0;
    const isOldStyle = name === paths.prefix;
    log.notice(
      isOldStyle
        ? 'Reading RDB preamble from AOF file...'
        : 'Reading RDB base file on AOF loading...',
    );
    const reader = RdbReader.ofSource(sequential(file));
    try {
      const loader = rdbLoader(reader);
      loader.begin();
      while (this.#slice((isTimeUp) => loadRecords(loader, isTimeUp))) {
        this.#bytesOfFile = reader.offset;
        yield;
      }
    } catch (error) {
      if (error instanceof RdbError) {
        log.warning(`Internal error in RDB reading offset ${error.offset} -> ${error.reason}`);
      } else {
        log.warning(`Internal error in RDB reading offset ${reader.offset}: ${errorText(error)}`);
      }
      const what = isOldStyle ? `RDB preamble of the AOF file ${name}` : `RDB base file ${name}`;
      this.#fail(`Error reading the ${what}, AOF loading aborted`);
    }
    if (isOldStyle) log.notice('Reading the remaining AOF tail...');
    return reader.offset;
  }

  *#commands(name: string, file: StorageFile, offset: number): Generator<void, FileOutcome> {
    const { client, log } = this.#parts;
    const reader = new AofReader(file, offset);
    const replay = new Replay(this.#parts, name, (text) => this.#fail(text));
    let found = 'command' as Found;
    try {
      const work = (isTimeUp: () => boolean): boolean => {
        found = replay.some(reader, isTimeUp);
        return found === 'command';
      };
      while (this.#slice(work)) {
        this.#bytesOfFile = reader.offset;
        yield;
      }
    } catch (error) {
      if (error instanceof AofLoadError) throw error;
      const reason = errorText(error);
      this.#fail(`Unrecoverable error reading the append only file ${name}: ${reason}`);
    }
    const { transaction } = client;
    client.transaction = null;
    client.db = this.#parts.dispatcher.executor.keyspace.database(0);
    if (found === 'end' && transaction === null) return 'ok';
    if (found === 'malformed' && !endsInZeros(file, reader.commandStart)) {
      return this.#malformed(name, reader.troubleAt);
    }
    if (transaction !== null) {
      log.warning(`Revert incomplete MULTI/EXEC transaction in AOF file ${name}`);
    }
    // Redis differs: cut inside of a transaction, it leaves the MULTI behind, and what is appended
    // next ends up in that transaction.
    const validBytes = transaction === null ? reader.commandStart : replay.multiStart;
    return this.#truncate(file, name, validBytes);
  }

  #malformed(name: string, offset: number): never {
    this.#parts.log.warning(
      `Bad file format reading the append only file ${name}: make a backup of your AOF file, ` +
        'then use ./redis-check-aof --fix <filename.manifest>',
    );
    return this.#fail(`The first byte of ${name} that cannot be right is at offset ${offset}`);
  }

  #truncate(file: StorageFile, name: string, validBytes: number): FileOutcome {
    const { log, allowsTruncated, storage } = this.#parts;
    const dropped = file.sizeBytes - validBytes;
    if (allowsTruncated) {
      log.warning(`!!! Warning: short read while loading the AOF file ${name}!!!`);
      log.warning(`!!! Truncating the AOF ${name} at offset ${validBytes} !!!`);
      try {
        const writable = storage.openAppend(file.path);
        try {
          writable.truncate(validBytes);
          writable.fdatasyncNow();
        } finally {
          writable.close();
        }
        log.warning(`The last ${dropped} bytes of ${name} were no whole command and are dropped`);
        log.warning(`AOF ${name} loaded anyway because aof-load-truncated is enabled`);
        return 'truncated';
      } catch (error) {
        log.warning(`Error truncating the AOF file ${name}: ${errorText(error)}`);
      }
    }
    log.warning(
      `Unexpected end of file reading the append only file ${name}. You can: 1) Make a backup ` +
        'of your AOF file, then use ./redis-check-aof --fix <filename.manifest>. 2) ' +
        "Alternatively you can set the 'aof-load-truncated' configuration option to yes and " +
        'restart the server.',
    );
    return this.#fail(
      `The last ${dropped} bytes of ${name}, from offset ${validBytes} on, are no whole command`,
    );
  }

  /** Runs `work` as one unit of work, which propagates nothing; true while there is more. */
  #slice(work: (isTimeUp: () => boolean) => boolean): boolean {
    const { executor } = this.#parts.dispatcher;
    const endMs = this.#monotonicMs() + SLICE_MS;
    let hasMore = false;
    executor.unit(() => {
      const { keyspace, propagation } = executor;
      const { nowMs } = keyspace;
      const effects = propagation.length;
      try {
        hasMore = work(() => this.#monotonicMs() >= endMs);
      } finally {
        keyspace.nowMs = nowMs;
        propagation.truncate(effects);
      }
    });
    return hasMore;
  }

  #fail(text: string): never {
    this.#parts.log.warning(text);
    throw new AofLoadError(text);
  }
}

/** False when all records have been loaded. */
function loadRecords(loader: RdbLoader, isTimeUp: () => boolean): boolean {
  for (let i = 1; loader.next(); i++) {
    if (i % COMMANDS_BETWEEN_LOOKS === 0 && isTimeUp()) return true;
  }
  return false;
}

/**
 * Whether the file ends, from `commandStart` on, with the beginning of a command and then zeros:
 * after a power loss file systems may give a file its new length without its new bytes. Redis
 * differs: it takes them for corruption.
 */
function endsInZeros(file: StorageFile, commandStart: number): boolean {
  const zerosAt = zerosOf(file, commandStart);
  if (zerosAt === file.sizeBytes) return false;
  const found = new AofReader(file, commandStart, zerosAt).next();
  return found === 'short' || found === 'end';
}

/** Offset, not before `from`, from which on there are only zeros: the size if there are none. */
function zerosOf(file: StorageFile, from: number): number {
  const block = Buffer.alloc(64 * 1024);
  let end = file.sizeBytes;
  while (end > from) {
    const start = Math.max(from, end - block.length);
    const count = file.read(block, 0, end - start, start);
    for (let i = count - 1; i >= 0; i--) if (block[i] !== 0) return start + i + 1;
    end = start;
  }
  return end;
}

/** Runs the commands of one file. */
class Replay {
  /** Offset of the MULTI that has no EXEC yet. */
  multiStart = 0;
  readonly #parts: AofLoadParts;
  readonly #name: string;
  readonly #fail: (text: string) => never;
  /** Unix milliseconds at the start of the slice. */
  #nowMs = 0;

  constructor(parts: AofLoadParts, name: string, fail: (text: string) => never) {
    this.#parts = parts;
    this.#name = name;
    this.#fail = fail;
  }

  /** Runs commands until time is up ('command') or there are no more. */
  some(reader: AofReader, isTimeUp: () => boolean): Found {
    this.#nowMs = this.#parts.dispatcher.executor.keyspace.nowMs;
    for (let i = 1; ; i++) {
      const found = reader.next();
      if (found !== 'command') return found;
      this.#one(reader);
      if (i % COMMANDS_BETWEEN_LOOKS === 0 && isTimeUp()) return found;
    }
  }

  #one(reader: AofReader): void {
    const { client, dispatcher } = this.#parts;
    const { argv } = reader;
    const entry = this.#entryOf(argv, reader.commandStart);
    if (client.transaction !== null && entry.name !== 'exec') {
      queueCommand(client.transaction, entry, argv);
      return;
    }
    if (entry.name === 'multi') this.multiStart = reader.commandStart;
    const { executor } = dispatcher;
    const isRelative = RELATIVE_TIME_COMMANDS.has(entry.name) || isRelativeSet(entry, argv);
    executor.keyspace.nowMs = isRelative ? this.#nowMs : 0;
    const errorsBefore = executor.stats.totalErrors;
    executor.call(client, entry, argv, client.writer, { deniesBlocking: true });
    if (executor.stats.totalErrors !== errorsBefore) this.#logError(entry);
    client.writer.clear();
  }

  #entryOf(argv: Argv, offset: number): CommandEntry {
    const found = this.#parts.dispatcher.resolve(argv);
    if ('number' in found) return found;
    const { log } = this.#parts;
    const name = argv.at(0).toText();
    if (found.message.startsWith('ERR unknown')) {
      log.warning(`Unknown command '${name}' reading the append only file ${this.#name}`);
    } else {
      const text = found.message.replace(/^ERR /, '');
      log.warning(`Error reading the append only file ${this.#name}: ${text}`);
    }
    return this.#fail(`The command is at offset ${offset} of ${this.#name}`);
  }

  #logError(entry: CommandEntry): void {
    const { client, log } = this.#parts;
    const error = client.writer.errorSince(0) ?? 'error inside of a transaction';
    log.warning(
      '== CRITICAL == This server is sending an error to its AOF-loading-client: ' +
        `'-${error}' after processing the command '${entry.fullName}'`,
    );
  }
}

/** SET is in every file, and with EX or PX in none that a server wrote: look closely. */
function isRelativeSet(entry: CommandEntry, argv: Argv): boolean {
  if (argv.length < 5 || entry.name !== 'set') return false;
  for (let i = 3; i < argv.length; i++) {
    if (argv.at(i).is('ex') || argv.at(i).is('px')) return true;
  }
  return false;
}
