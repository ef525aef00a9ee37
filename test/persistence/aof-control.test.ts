import { describe, expect, test } from 'vitest';
import { AofInstance } from '../support/aof-instance.ts';
import { MemoryDisk } from '../support/memory-disk.ts';

const DIR = '/data/appendonlydir';

async function boot(disk: MemoryDisk, options: ConstructorParameters<typeof AofInstance>[1] = {}) {
  return new AofInstance(disk, options).boot();
}

/** Starts a second server on the same disk and returns its data set. */
async function contentsAfterRestart(disk: MemoryDisk): Promise<string> {
  const server = await boot(disk);
  return server.contents();
}

function manifest(disk: MemoryDisk): string {
  return disk.read(`${DIR}/appendonly.aof.manifest`).toString();
}

const EVERYTHING = [
  'set s 1',
  'set t text px 100000000',
  'rpush l a b c',
  'sadd i 1 2 3',
  'sadd m x y',
  'hset h f v g w',
  'zadd z 1.5 a -inf b 1e100 c',
  'select 5',
  'set s other',
  'select 0',
];

describe('starting', () => {
  test('in an empty folder makes base, incr and manifest', async () => {
    const disk = new MemoryDisk('/data');
    const server = await boot(disk);
    expect(manifest(disk)).toBe(
      'file appendonly.aof.1.base.rdb seq 1 type b\n' +
        'file appendonly.aof.1.incr.aof seq 1 type i\n',
    );
    const log = server.logLines.join('');
    expect(log).toContain('Creating AOF base file appendonly.aof.1.base.rdb on server start');
    expect(log).toContain('Creating AOF incr file appendonly.aof.1.incr.aof on server start');
    expect(disk.list('/data').filter((name) => name.startsWith('temp'))).toEqual([]);
  });

  test('again goes on in the same file', async () => {
    const disk = new MemoryDisk('/data');
    (await boot(disk)).turn(...EVERYTHING);
    const before = manifest(disk);
    const server = await boot(disk);
    expect(server.raw('get', 's')).toBe('$1\r\n1\r\n');
    server.turn('set s 2');
    expect(manifest(disk)).toBe(before);
    expect(server.logLines.join('')).toContain(
      'Opening AOF incr file appendonly.aof.1.incr.aof on server start',
    );
    const third = await boot(disk);
    expect(third.contents()).toBe(server.contents());
  });

  test('adopts a file of the time before manifests', async () => {
    const disk = new MemoryDisk('/data');
    disk.put('/data/appendonly.aof', Buffer.from('*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n'));
    const server = await boot(disk);
    expect(server.contents()).toBe('0 a -1 1');
    expect(manifest(disk)).toBe(
      'file appendonly.aof seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n',
    );
    expect(disk.sizeOf('/data/appendonly.aof')).toBeNull();
    expect(server.logLines.join('')).toContain(
      'Successfully migrated an old-style AOF file (appendonly.aof) into the AOF directory ' +
        '(appendonlydir).',
    );
  });

  test('deletes what the manifest calls history', async () => {
    const disk = new MemoryDisk('/data', DIR);
    disk.put(`${DIR}/old`, Buffer.from('x'));
    disk.put(`${DIR}/new`, Buffer.alloc(0));
    const text = 'file old seq 1 type h\nfile new seq 2 type i\n';
    disk.put(`${DIR}/appendonly.aof.manifest`, Buffer.from(text));
    await boot(disk);
    expect(disk.sizeOf(`${DIR}/old`)).toBeNull();
    expect(manifest(disk)).toBe('file new seq 2 type i\n');
  });

  test('fails, with a log line, when the directory cannot be made', async () => {
    const disk = new MemoryDisk('/data');
    disk.makeDirectory = () => {
      throw Object.assign(new Error('x'), { code: 'EACCES', errno: -13 });
    };
    const server = new AofInstance(disk);
    expect(() => server.aof.start()).toThrow(
      "Can't open or create append-only dir appendonlydir: Permission denied",
    );
  });
});

describe.each([true, false])('BGREWRITEAOF with aof-use-rdb-preamble %s', (usesRdb) => {
  const ending = usesRdb ? 'rdb' : 'aof';

  test('replaces everything by a base, without losing what comes meanwhile', async () => {
    const disk = new MemoryDisk('/data');
    const server = await boot(disk, { usesRdb });
    server.turn(...EVERYTHING);
    expect(server.turn('bgrewriteaof').replies).toEqual([
      '+Background append only file rewriting started\r\n',
    ]);
    server.turn('set s 2', 'rpush l d', 'del i', 'set new 1');
    expect(server.turn('bgrewriteaof').replies).toEqual([
      '-ERR Background append only file rewriting already in progress\r\n',
    ]);
    await server.aof.whenIdle();
    server.turn('append new 2');
    expect(manifest(disk)).toBe(
      `file appendonly.aof.2.base.${ending} seq 2 type b\n` +
        'file appendonly.aof.2.incr.aof seq 2 type i\n',
    );
    expect(disk.list(DIR).sort()).toEqual([
      `appendonly.aof.2.base.${ending}`,
      'appendonly.aof.2.incr.aof',
      'appendonly.aof.manifest',
    ]);
    expect(await contentsAfterRestart(disk)).toBe(server.contents());
    expect(server.aof.info.aof_last_bgrewrite_status).toBe('ok');
    const lines = server.logLines.map((line) => line.replace(/^.*?[*#] /, '').trim());
    const from = lines.indexOf(
      'Creating AOF incr file appendonly.aof.2.incr.aof on background rewrite',
    );
    expect(lines.slice(from)).toEqual([
      'Creating AOF incr file appendonly.aof.2.incr.aof on background rewrite',
      `Background append only file rewriting started by pid ${process.pid}`,
      'Background AOF rewrite terminated with success',
      expect.stringMatching(
        /^Successfully renamed the temporary AOF base file temp-rewriteaof-bg-\d+-2\.aof into appendonly\.aof\.2\.base\.(rdb|aof)$/,
      ),
      'Removing the history file appendonly.aof.1.base.rdb in the background'.replace(
        'rdb',
        ending,
      ),
      'Removing the history file appendonly.aof.1.incr.aof in the background',
      'Background AOF rewrite finished successfully',
    ]);
  });

  test('values of more than 64 items come back whole', async () => {
    const disk = new MemoryDisk('/data');
    const server = await boot(disk, { usesRdb });
    for (const count of [1, 63, 64, 65, 128, 200]) {
      const items = Array.from({ length: count }, (_, i) => `item-${i}`);
      server.turn(`rpush l${count} ${items.join(' ')}`);
      server.turn(`sadd s${count} ${items.join(' ')}`);
      server.turn(`hset h${count} ${items.map((item, i) => `${item} ${i}`).join(' ')}`);
      server.turn(`zadd z${count} ${items.map((item, i) => `${i / 3} ${item}`).join(' ')}`);
    }
    server.turn('bgrewriteaof');
    await server.aof.whenIdle();
    expect(await contentsAfterRestart(disk)).toBe(server.contents());
  });

  test('inside of a transaction it is scheduled, and no effect is doubled', async () => {
    const disk = new MemoryDisk('/data');
    const server = await boot(disk, { usesRdb });
    const { replies } = server.turn('multi', 'incr n', 'bgrewriteaof', 'incr n', 'exec');
    expect(replies.at(-1)).toContain('+Background append only file rewriting scheduled\r\n');
    expect(server.aof.info.aof_rewrite_scheduled).toBe(1);
    server.pass(100);
    expect(server.aof.info.aof_rewrite_in_progress).toBe(1);
    await server.aof.whenIdle();
    expect(await contentsAfterRestart(disk)).toBe('0 n -1 2');
  });

  test('a disk that fails leaves the old files in force', async () => {
    const disk = new MemoryDisk('/data');
    const server = await boot(disk, { usesRdb });
    server.turn(...EVERYTHING);
    server.turn('bgrewriteaof');
    disk.syncError = 'EIO';
    await server.aof.whenIdle();
    disk.syncError = null;
    expect(server.aof.info.aof_last_bgrewrite_status).toBe('err');
    expect(server.aof.info.aof_rewrites_consecutive_failures).toBe(1);
    expect(server.logLines.join('')).toContain('Background AOF rewrite terminated with error');
    server.turn('set after 1');
    expect(await contentsAfterRestart(disk)).toBe(server.contents());
    expect(disk.list('/data').filter((name) => name.startsWith('temp'))).toEqual([]);
  });

  test('a manifest that cannot be switched leaves the old files in force', async () => {
    const disk = new MemoryDisk('/data');
    const server = await boot(disk, { usesRdb });
    server.turn(...EVERYTHING);
    server.turn('bgrewriteaof');
    disk.renameError = 'EIO';
    await server.aof.whenIdle();
    disk.renameError = null;
    expect(server.aof.info.aof_last_bgrewrite_status).toBe('err');
    server.turn('set after 1');
    expect(await contentsAfterRestart(disk)).toBe(server.contents());
    server.turn('bgrewriteaof');
    await server.aof.whenIdle();
    expect(server.aof.info.aof_last_bgrewrite_status).toBe('ok');
    expect(await contentsAfterRestart(disk)).toBe(server.contents());
  });
});

describe('rewriting by itself', () => {
  test('begins when the files have grown by auto-aof-rewrite-percentage', async () => {
    const disk = new MemoryDisk('/data');
    const server = await boot(disk, { rewritePercentage: 100, rewriteMinBytes: 1000 });
    server.turn(`set a ${'x'.repeat(500)}`);
    server.pass(100);
    expect(server.aof.info.aof_rewrites).toBe(0);
    server.turn(`set a ${'y'.repeat(500)}`);
    server.pass(100);
    expect(server.aof.info.aof_rewrites).toBe(1);
    expect(server.logLines.join('')).toMatch(/Starting automatic rewriting of AOF on \d+% growth/);
    await server.aof.whenIdle();
    server.pass(100);
    expect(server.aof.info.aof_rewrites).toBe(1);
  });

  test('is tried less and less often when it fails', async () => {
    const disk = new MemoryDisk('/data');
    const server = await boot(disk, { rewritePercentage: 1, rewriteMinBytes: 1 });
    server.turn('set a 1');
    disk.renameError = 'EIO';
    for (let i = 0; i < 5; i++) {
      server.pass(100);
      await server.aof.whenIdle();
    }
    expect(server.aof.info.aof_rewrites).toBe(3);
    expect(server.logLines.join('')).toContain(
      'Background AOF rewrite has repeatedly failed and triggered the limit, will retry in 1 minutes',
    );
    server.pass(61_000);
    await server.aof.whenIdle();
    expect(server.aof.info.aof_rewrites).toBe(4);
  });
});

describe('switching it on and off while the server runs', () => {
  test('on: the first rewrite makes it complete', async () => {
    const disk = new MemoryDisk('/data');
    const server = new AofInstance(disk);
    server.turn(...EVERYTHING);
    expect(server.aof.enable()).toBe(true);
    server.turn('set meanwhile 1');
    expect(server.aof.isWaiting).toBe(true);
    await server.aof.whenIdle();
    expect(server.aof.isWaiting).toBe(false);
    server.turn('set after 1');
    expect(manifest(disk)).toBe(
      'file appendonly.aof.1.base.rdb seq 1 type b\n' +
        'file appendonly.aof.1.incr.aof seq 1 type i\n',
    );
    expect(await contentsAfterRestart(disk)).toBe(server.contents());
  });

  test('on fails when there is no room for it, and stays off', () => {
    const disk = new MemoryDisk('/data');
    const server = new AofInstance(disk);
    disk.makeDirectory = () => {
      throw Object.assign(new Error('x'), { code: 'EROFS', errno: -30 });
    };
    expect(server.aof.enable()).toBe(false);
    expect(server.aof.isOn).toBe(false);
    expect(server.instance.executor.propagation.isActive).toBe(true); // the test's own sink
    server.turn('set a 1');
    expect(server.aof.writer.position).toBe(0);
  });

  test('off: everything is saved and nothing is appended any more', async () => {
    const disk = new MemoryDisk('/data');
    const server = await boot(disk);
    server.turn('set a 1');
    server.aof.disable();
    server.turn('set a 2');
    expect(server.aof.info.aof_enabled).toBe(0);
    expect(server.aof.infoWhenOn).toEqual({});
    expect(await contentsAfterRestart(disk)).toBe('0 a -1 1');
  });

  test('off in the middle of a rewrite, then on again', async () => {
    const disk = new MemoryDisk('/data');
    const server = await boot(disk);
    server.turn(...EVERYTHING);
    server.turn('bgrewriteaof');
    server.aof.disable();
    server.turn('set s 2');
    server.aof.enable();
    await server.aof.whenIdle();
    await server.aof.whenIdle();
    server.turn('set s 3');
    expect(await contentsAfterRestart(disk)).toBe(server.contents());
  });

  test('a rewrite with it switched off counts on from the files that are there', async () => {
    const disk = new MemoryDisk('/data');
    (await boot(disk)).turn('set a 1');
    const server = new AofInstance(disk);
    server.turn('set b 1', 'bgrewriteaof');
    await server.aof.whenIdle();
    expect(manifest(disk)).toBe('file appendonly.aof.2.base.rdb seq 2 type b\n');
    expect(await contentsAfterRestart(disk)).toBe('0 b -1 1');
  });
});

describe('loading while the server runs', () => {
  test('reload brings back what the files have', async () => {
    const disk = new MemoryDisk('/data');
    const server = await boot(disk);
    server.turn(...EVERYTHING);
    const before = server.contents();
    server.aof.reload();
    expect(server.contents()).toBe(before);
    expect(server.logLines.join('')).toContain('Append Only File loaded by DEBUG LOADAOF');
    server.turn('set after 1');
    expect(await contentsAfterRestart(disk)).toBe(server.contents());
  });
});

describe('shutting down', () => {
  test('syncs everything that has been acknowledged', async () => {
    const disk = new MemoryDisk('/data');
    const server = await boot(disk);
    server.turn('set a 1');
    expect(server.aof.shutdown()).toBeNull();
    expect(server.logLines.join('')).toContain('Calling fsync() on the AOF file.');
    const found = disk.afterPowerLoss('prefix', () => 0);
    expect(await contentsAfterRestart(found)).toBe('0 a -1 1');
  });

  test('tells when it could not', async () => {
    const disk = new MemoryDisk('/data');
    const server = await boot(disk);
    disk.freeBytes = 0;
    server.turn('set a 1');
    expect(server.aof.shutdown()).not.toBeNull();
  });
});

describe('what INFO says', () => {
  test('sizes are those of the files', async () => {
    const disk = new MemoryDisk('/data');
    const server = await boot(disk);
    server.turn(...EVERYTHING);
    const sizeOf = (): number =>
      disk
        .list(DIR)
        .filter((name) => !name.endsWith('manifest'))
        .reduce((sum, name) => sum + disk.read(`${DIR}/${name}`).length, 0);
    expect(server.aof.infoWhenOn.aof_current_size).toBe(sizeOf());
    server.turn('bgrewriteaof');
    await server.aof.whenIdle();
    server.turn('set s 7');
    expect(server.aof.infoWhenOn.aof_current_size).toBe(sizeOf());
    const again = await boot(disk);
    expect(again.aof.infoWhenOn.aof_current_size).toBe(sizeOf());
    expect(again.aof.infoWhenOn.aof_base_size).toBe(
      disk.read(`${DIR}/appendonly.aof.2.base.rdb`).length,
    );
  });
});
