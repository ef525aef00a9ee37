// Also: host/persistence/commands.ts.
// Also: host/persistence/install.ts.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyspaceDigest } from '../../host/keyspace/digest.ts';
import { RdbError } from '../../host/rdb/reader.ts';
import { temporaryFolder } from '../support/folder.ts';
import { TestInstance } from '../support/instance.ts';

function server(dir: string, settings: Record<string, string> = {}): TestInstance {
  return new TestInstance({ dir, 'enable-debug-command': 'yes', ...settings });
}

const digestOf = (redis: TestInstance): string => keyspaceDigest(redis.instance.keyspace);

/** The texts of the log, without times. */
function logOf(redis: TestInstance): string[] {
  return redis.logLines.map((line) => line.replace(/^.*? [.*#-] /, '').trimEnd());
}

function fill(redis: TestInstance): void {
  redis.raw('SET', 'string', 'value');
  redis.raw('SET', 'expiring', 'value', 'PX', 100_000);
  redis.raw('SET', 'number', 12345);
  redis.raw('SET', 'long', 'abc'.repeat(1000));
  redis.raw('RPUSH', 'list', 'a', 1, 'c');
  redis.raw('SADD', 'ints', 1, 2, 3);
  redis.raw('SADD', 'set', 'a', 'b');
  redis.raw('ZADD', 'zset', 1.5, 'a', '-inf', 'b');
  redis.raw('HSET', 'hash', 'f', 'v');
  redis.raw('SELECT', 3);
  for (let i = 0; i < 300; i++) redis.raw('SADD', 'large', `member-${i}`);
  redis.raw('SELECT', 0);
}

describe('SAVE and loading', () => {
  test('what is saved is loaded by the next instance', async () => {
    const dir = temporaryFolder();
    const first = server(dir);
    fill(first);
    expect(first.raw('SAVE')).toBe('+OK\r\n');
    expect(readdirSync(dir)).toEqual(['dump.rdb']);
    const second = server(dir);
    expect(await second.instance.snapshots.load()).toBe(true);
    expect(digestOf(second)).toBe(digestOf(first));
    expect(second.raw('PTTL', 'expiring')).toBe(':100000\r\n');
    expect(logOf(first)).toContain('DB saved on disk');
    expect(logOf(second)).toEqual(
      expect.arrayContaining([
        'Loading RDB produced by version 7.2.4',
        'RDB age 0 seconds',
        'Done loading RDB, keys loaded: 10, keys expired: 0.',
        'DB loaded from disk: 0.000 seconds',
      ]),
    );
    expect(second.instance.snapshots.info.rdb_last_load_keys_loaded).toBe(10);
  });

  test('the lifecycle loads the file at the start and saves it at the end', async () => {
    const dir = temporaryFolder();
    const first = server(dir, { save: '3600 1' });
    fill(first);
    const request = { isNow: true, isForced: false };
    await first.instance.lifecycle.shutDown({ saving: 'nosave', ...request });
    expect(readdirSync(dir)).toEqual([]);
    await first.instance.lifecycle.shutDown({ saving: 'default', ...request });
    expect(logOf(first)).toContain('Saving the final RDB snapshot before exiting.');
    const second = server(dir);
    await second.instance.lifecycle.load();
    expect(second.raw('GET', 'string')).toBe('$5\r\nvalue\r\n');
    await second.instance.lifecycle.shutDown({ saving: 'default', ...request });
    expect(logOf(second)).not.toContain('Saving the final RDB snapshot before exiting.');
    rmSync(dir, { recursive: true });
    const outcome = second.instance.lifecycle.shutDown({ saving: 'save', ...request });
    expect(await outcome).toBe('refused');
    expect(logOf(second)).toContain("Error trying to save the DB, can't exit.");
  });

  test('no file is no error', async () => {
    const redis = server(temporaryFolder());
    expect(await redis.instance.snapshots.load()).toBe(false);
    expect(redis.logLines).toEqual([]);
  });

  test('keys whose time has come are not loaded', async () => {
    const dir = temporaryFolder();
    const first = server(dir);
    fill(first);
    first.raw('SAVE');
    const second = server(dir);
    second.advance(100_001);
    second.instance.executor.beginTurn();
    await second.instance.snapshots.load();
    expect(second.raw('DBSIZE')).toBe(':8\r\n');
    expect(logOf(second)).toContain('Done loading RDB, keys loaded: 9, keys expired: 1.');
    expect(second.instance.snapshots.info.rdb_last_load_keys_expired).toBe(1);
  });

  test('while a file is loaded commands are refused and INFO tells how far it is', async () => {
    const dir = temporaryFolder();
    const first = server(dir);
    first.raw('DEBUG', 'POPULATE', 100_000);
    first.raw('SAVE');
    const second = server(dir);
    let ms = 0;
    second.clock.monotonicMs = () => ms++; // every look at the clock takes a millisecond
    const { snapshots } = second.instance;
    const loading = snapshots.load();
    expect(second.raw('GET', 'key:1')).toBe('-LOADING Redis is loading the dataset in memory\r\n');
    expect(snapshots.info.loading).toBe(1);
    const size = readFileSync(join(dir, 'dump.rdb')).length;
    expect(snapshots.loadingInfo.loading_total_bytes).toBe(size);
    const loaded = Number(snapshots.loadingInfo.loading_loaded_bytes);
    expect(loaded > 0 && loaded < size).toBe(true);
    await loading;
    expect(snapshots.loadingInfo).toEqual({});
    expect(second.instance.executor.isLoading).toBe(false);
    expect(second.instance.keyspace.deletesExpired).toBe(true);
    expect(second.raw('DBSIZE')).toBe(':100000\r\n');
  });

  test('a file of wrong signature, version or checksum is refused with the offset', async () => {
    const dir = temporaryFolder();
    const first = server(dir);
    fill(first);
    first.raw('SAVE');
    const good = readFileSync(join(dir, 'dump.rdb'));
    const cases: [(bytes: Buffer) => void, string][] = [
      [(bytes) => bytes.write('RUDIS'), 'Wrong signature trying to load DB from file'],
      [(bytes) => bytes.write('REDIS0099'), "Can't handle RDB format version 99"],
      [(bytes) => bytes.write('REDIS00x9'), "Can't handle RDB format version 0"],
      [(bytes) => bytes.fill(0, bytes.length - 7), 'Wrong RDB checksum expected:'],
    ];
    for (const [damage, reason] of cases) {
      const bytes = Buffer.from(good);
      damage(bytes);
      writeFileSync(join(dir, 'dump.rdb'), bytes);
      const second = server(dir);
      const error = await second.instance.snapshots.load().catch((e: unknown) => e);
      expect(error).toBeInstanceOf(RdbError);
      expect((error as RdbError).reason).toContain(reason);
      expect((error as RdbError).offset).toBeGreaterThan(0);
      expect(logOf(second).join('\n')).toContain(reason);
      expect(second.instance.executor.isLoading).toBe(false);
    }
  });

  test('without rdbchecksum the file ends in zeros, and is loaded with a note', async () => {
    const dir = temporaryFolder();
    const first = server(dir, { rdbchecksum: 'no' });
    fill(first);
    first.raw('SAVE');
    expect(readFileSync(join(dir, 'dump.rdb')).subarray(-8)).toEqual(Buffer.alloc(8));
    const second = server(dir);
    await second.instance.snapshots.load();
    expect(digestOf(second)).toBe(digestOf(first));
    expect(logOf(second)).toContain(
      'RDB file was saved with checksum disabled: no check performed.',
    );
  });

  test('rdbcompression decides the size of the file', () => {
    const sizes = ['yes', 'no'].map((rdbcompression) => {
      const dir = temporaryFolder();
      const redis = server(dir, { rdbcompression });
      redis.raw('SET', 'k', 'abc'.repeat(10_000));
      redis.raw('SAVE');
      return readFileSync(join(dir, 'dump.rdb')).length;
    });
    expect(sizes[0]).toBeLessThan(2000);
    expect(sizes[1]).toBeGreaterThan(30_000);
  });

  test('idle times are kept under an LRU policy only', async () => {
    for (const policy of ['allkeys-lru', 'noeviction']) {
      const dir = temporaryFolder();
      const first = server(dir, { 'maxmemory-policy': policy });
      first.raw('SET', 'k', 'v');
      first.advance(50_000);
      first.instance.executor.beginTurn();
      first.raw('SAVE');
      const second = server(dir);
      second.advance(50_000);
      second.instance.executor.beginTurn();
      second.instance.keyspace.lruClock =
        Math.floor(second.instance.keyspace.nowMs / 1000) & 0xffffff;
      await second.instance.snapshots.load();
      const idle = policy === 'allkeys-lru' ? 50 : 0;
      expect(second.raw('OBJECT', 'IDLETIME', 'k')).toBe(`:${idle}\r\n`);
    }
  });

  test('a database number beyond the configured count is refused', async () => {
    const dir = temporaryFolder();
    const first = server(dir);
    fill(first);
    first.raw('SAVE');
    const second = server(dir, { databases: '2' });
    await expect(second.instance.snapshots.load()).rejects.toThrow(
      'configured to handle more than 2 databases',
    );
  });

  test('damaged files never do worse than an error that names the offset', async () => {
    const dir = temporaryFolder();
    const first = server(dir, { rdbchecksum: 'no' });
    fill(first);
    first.raw('SAVE');
    const good = readFileSync(join(dir, 'dump.rdb'));
    const flips = fc.array(fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(flips, async (changes) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        writeFileSync(join(dir, 'dump.rdb'), bytes);
        const redis = server(dir);
        try {
          await redis.instance.snapshots.load();
        } catch (error) {
          expect(error).toBeInstanceOf(RdbError);
          expect((error as RdbError).offset).toBeLessThanOrEqual(good.length);
        }
      }),
      { numRuns: 500 },
    );
  }, 60_000);

  test('a file cut anywhere is refused', async () => {
    const dir = temporaryFolder();
    const first = server(dir);
    first.raw('SET', 'k', 'v');
    first.raw('RPUSH', 'l', 1, 2);
    first.raw('SAVE');
    const good = readFileSync(join(dir, 'dump.rdb'));
    for (let end = 0; end < good.length; end++) {
      writeFileSync(join(dir, 'dump.rdb'), good.subarray(0, end));
      const redis = server(dir);
      await expect(redis.instance.snapshots.load(), `${end} bytes`).rejects.toThrow(RdbError);
    }
  });
});

describe('failing to save', () => {
  test('a missing folder is told in the log, and SAVE answers ERR', () => {
    const dir = temporaryFolder();
    const redis = server(dir);
    rmSync(dir, { recursive: true });
    expect(redis.raw('SAVE')).toBe('-ERR\r\n');
    expect(logOf(redis)).toEqual([
      `Failed opening the temp RDB file temp-${process.pid}.rdb (in server root dir ${dir}) ` +
        'for saving: No such file or directory',
    ]);
  });

  test('a full disk fails both kinds of saving, leaves the old file, and stops writes', async () => {
    const dir = temporaryFolder();
    const redis = server(dir, { save: '3600 1' });
    redis.raw('SET', 'k', 'old');
    redis.raw('SAVE');
    const before = readFileSync(join(dir, 'dump.rdb'));
    redis.raw('SET', 'k', 'new');
    symlinkSync('/dev/full', join(dir, `temp-${process.pid}.rdb`));
    expect(redis.raw('SAVE')).toBe('-ERR\r\n');
    expect(logOf(redis)).toContain(
      'Write error while saving DB to the disk(rdbSaveRio): No space left on device',
    );
    symlinkSync('/dev/full', join(dir, `temp-${process.pid}-1.rdb`));
    expect(redis.raw('BGSAVE')).toBe('+Background saving started\r\n');
    await redis.instance.snapshots.whenIdle();
    expect(logOf(redis)).toContain('Background saving error');
    expect(redis.instance.snapshots.info.rdb_last_bgsave_status).toBe('err');
    expect(readFileSync(join(dir, 'dump.rdb'))).toEqual(before);
    expect(readdirSync(dir)).toEqual(['dump.rdb']);
    expect(redis.raw('SET', 'k', 'v')).toMatch(/^-MISCONF Redis is configured to save RDB/);
    expect(redis.raw('PING')).toMatch(/^-MISCONF/);
    expect(redis.raw('GET', 'k')).toBe('$3\r\nnew\r\n');
    expect(redis.raw('SAVE')).toBe('+OK\r\n');
    expect(redis.raw('SET', 'k', 'v')).toBe('+OK\r\n');
  });
});

describe('BGSAVE', () => {
  test('saves the moment it was called at and counts down the changes', async () => {
    const dir = temporaryFolder();
    const redis = server(dir);
    fill(redis);
    const digest = digestOf(redis);
    const { keyspace, snapshots } = redis.instance;
    expect(redis.raw('BGSAVE')).toBe('+Background saving started\r\n');
    expect(snapshots.info.rdb_bgsave_in_progress).toBe(1);
    redis.raw('SET', 'string', 'later');
    redis.raw('DEL', 'list');
    await snapshots.whenIdle();
    expect(keyspace.dirty).toBe(2);
    expect(snapshots.info).toMatchObject({
      rdb_bgsave_in_progress: 0,
      rdb_last_bgsave_status: 'ok',
      rdb_changes_since_last_save: 2,
      rdb_saves: 1,
    });
    expect(readdirSync(dir)).toEqual(['dump.rdb']);
    const second = server(dir);
    await second.instance.snapshots.load();
    expect(digestOf(second)).toBe(digest);
    expect(logOf(redis)).toEqual([
      `Background saving started by pid ${process.pid}`,
      'DB saved on disk',
      'Background saving terminated with success',
    ]);
  });

  test('a second one, and SAVE, are refused meanwhile', async () => {
    const redis = server(temporaryFolder());
    redis.raw('BGSAVE');
    for (const words of [['BGSAVE'], ['SAVE'], ['BGSAVE', 'SCHEDULE']]) {
      expect(redis.raw(...words)).toBe('-ERR Background save already in progress\r\n');
    }
    await redis.instance.snapshots.whenIdle();
    expect(redis.raw('SAVE')).toBe('+OK\r\n');
  });

  test('inside a transaction it is scheduled, and starts with the next cron', async () => {
    const dir = temporaryFolder();
    const redis = server(dir);
    redis.raw('MULTI');
    redis.raw('BGSAVE');
    expect(redis.raw('EXEC')).toBe('*1\r\n+Background saving scheduled\r\n');
    expect(redis.instance.snapshots.isSaving).toBe(false);
    redis.instance.snapshots.cron();
    await redis.instance.snapshots.whenIdle();
    expect(existsSync(join(dir, 'dump.rdb'))).toBe(true);
  });

  test('save points start it, and after a failure only five seconds later', async () => {
    const dir = join(temporaryFolder(), 'later');
    mkdirSync(dir);
    const redis = server(dir, { save: '10 2' });
    const { snapshots } = redis.instance;
    const turn = async (ms: number): Promise<boolean> => {
      redis.advance(ms);
      snapshots.cron();
      const isSaving = snapshots.isSaving;
      await snapshots.whenIdle();
      return isSaving;
    };
    redis.raw('SET', 'a', 1);
    expect(await turn(11_000)).toBe(false); // one change is too few
    symlinkSync('/dev/full', join(dir, `temp-${process.pid}-1.rdb`));
    redis.raw('SET', 'a', 2);
    expect(await turn(0)).toBe(true);
    expect(logOf(redis)).toContain('2 changes in 10 seconds. Saving...');
    expect(await turn(4000)).toBe(false);
    expect(await turn(2000)).toBe(true);
    expect(snapshots.info.rdb_last_bgsave_status).toBe('ok');
    expect(await turn(11_000)).toBe(false); // nothing has changed since
  });

  test('nothing is propagated by saving', () => {
    const redis = server(temporaryFolder());
    redis.raw('SET', 'a', 1);
    redis.takeEffects();
    redis.raw('SAVE');
    redis.raw('DEBUG', 'RELOAD');
    expect(redis.takeEffects()).toEqual([]);
  });

  test('FLUSHALL gives it up and saves the empty data set if there are save points', async () => {
    const dir = temporaryFolder();
    const redis = server(dir, { save: '3600 1000' });
    fill(redis);
    redis.raw('BGSAVE');
    expect(redis.raw('FLUSHALL')).toBe('+OK\r\n');
    await redis.instance.snapshots.whenIdle();
    expect(logOf(redis)).toContain('Background saving terminated by signal 10');
    expect(redis.instance.snapshots.info.rdb_changes_since_last_save).toBe(0);
    expect(readdirSync(dir)).toEqual(['dump.rdb']);
    const second = server(dir);
    await second.instance.snapshots.load();
    expect(second.raw('DBSIZE')).toBe(':0\r\n');
    const without = server(temporaryFolder());
    fill(without);
    without.raw('FLUSHALL');
    expect(without.logLines).toEqual([]);
  });

  test('INFO persistence shows it', async () => {
    const redis = server(temporaryFolder());
    fill(redis);
    redis.raw('BGSAVE');
    const info = redis.raw('INFO', 'persistence');
    expect(info).toContain('loading:0\r\n');
    expect(info).toContain('rdb_bgsave_in_progress:1\r\n');
    expect(info).toContain('rdb_last_bgsave_status:ok\r\n');
    expect(info).toContain('current_save_keys_total:10\r\n');
    await redis.instance.snapshots.whenIdle();
    expect(redis.raw('INFO', 'persistence')).toContain('rdb_changes_since_last_save:0\r\n');
  });

  test('giving it up leaves no file', async () => {
    const dir = temporaryFolder();
    const redis = server(dir);
    fill(redis);
    redis.raw('BGSAVE');
    redis.instance.snapshots.abort();
    await redis.instance.snapshots.whenIdle();
    expect(readdirSync(dir)).toEqual([]);
    expect(redis.instance.keyspace.snapshot).toBeNull();
    expect(logOf(redis)).toContain('Background saving terminated by signal 10');
  });
});

describe('commands', () => {
  test('LASTSAVE is the time of the start, then of the last snapshot', () => {
    const redis = server(temporaryFolder());
    const start = redis.raw('LASTSAVE');
    redis.advance(5000);
    redis.raw('SAVE');
    expect(Number(redis.raw('LASTSAVE').slice(1))).toBe(Number(start.slice(1)) + 5);
  });

  test('BGSAVE takes SCHEDULE and nothing else', async () => {
    const redis = server(temporaryFolder());
    expect(redis.raw('BGSAVE', 'x')).toBe('-ERR syntax error\r\n');
    expect(redis.raw('BGSAVE', 'SCHEDULE')).toBe('+Background saving started\r\n');
    await redis.instance.snapshots.whenIdle();
  });

  test('SAVE is not allowed in a transaction', () => {
    const redis = server(temporaryFolder());
    redis.raw('MULTI');
    expect(redis.raw('SAVE')).toBe('-ERR Command not allowed inside a transaction\r\n');
  });

  test('DEBUG RELOAD goes through the file and back', () => {
    const redis = server(temporaryFolder());
    fill(redis);
    const digest = digestOf(redis);
    expect(redis.raw('DEBUG', 'RELOAD')).toBe('+OK\r\n');
    expect(digestOf(redis)).toBe(digest);
    redis.raw('SET', 'string', 'changed');
    expect(redis.raw('DEBUG', 'RELOAD', 'NOSAVE')).toBe('+OK\r\n');
    expect(digestOf(redis)).toBe(digest);
    redis.raw('SET', 'other', 'kept');
    redis.raw('SET', 'string', 'changed');
    expect(redis.raw('DEBUG', 'RELOAD', 'NOSAVE', 'NOFLUSH', 'MERGE')).toBe('+OK\r\n');
    expect(redis.raw('GET', 'string')).toBe('$5\r\nvalue\r\n');
    expect(redis.raw('GET', 'other')).toBe('$4\r\nkept\r\n');
    expect(redis.raw('DBSIZE')).toBe(':10\r\n'); // nine of the file, none of them twice
    expect(redis.raw('DEBUG', 'RELOAD', 'NOSAVE', 'NOFLUSH')).toBe(
      '-ERR Error trying to load the RDB dump, check server logs.\r\n',
    );
    expect(logOf(redis).join('\n')).toMatch(/RDB has duplicated key '\w+' in DB 0/);
    expect(redis.raw('DEBUG', 'RELOAD', 'x')).toBe(
      '-ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.\r\n',
    );
  });
});
