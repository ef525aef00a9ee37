import { describe, expect, test } from 'vitest';
import { AofInstance } from '../support/aof-instance.ts';
import { MemoryDisk } from '../support/memory-disk.ts';

const FILE = '/data/appendonlydir/appendonly.aof.1.incr.aof';
const SET_A = '*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nset\r\n$1\r\na\r\n$1\r\n1\r\n';

async function booted(fsync: 'always' | 'everysec' | 'no') {
  const disk = new MemoryDisk('/data');
  const server = await new AofInstance(disk, { fsync }).boot();
  return { disk, server, text: () => disk.read(FILE).toString('latin1') };
}

/** Lets an fdatasync that the memory disk carries out in a later turn end. */
function laterTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

describe('what is written', () => {
  test('commands with SELECT where the database changes, MULTI around several effects', async () => {
    const { server, text } = await booted('no');
    server.turn('set a 1', 'select 2', 'rpush l 1 2', 'get a');
    server.turn('select 0', 'multi', 'set x 1', 'select 3', 'set y 2', 'exec');
    const words = text()
      .split('\r\n')
      .filter((line) => !/^[*$]/.test(line) && line !== '');
    expect(words.join(' ')).toBe(
      'SELECT 0 set a 1 SELECT 2 rpush l 1 2 ' + 'SELECT 0 MULTI set x 1 SELECT 3 set y 2 EXEC',
    );
  });

  test('the bytes are those of Redis', async () => {
    const { server, text } = await booted('no');
    server.turn('set a 1');
    expect(text()).toBe(SET_A);
  });

  test('aof-timestamp-enabled notes each second once', async () => {
    const { server, text } = await booted('no');
    server.options.hasTimestamps = true;
    server.turn('set a 1', 'set a 1');
    server.pass(1000);
    server.turn('set a 1');
    const stamps = text().match(/#TS:\d+\r\n/g);
    expect(stamps).toEqual(['#TS:1700000000\r\n', '#TS:1700000001\r\n']);
  });

  test('nothing is written for reads, and replies leave at once', async () => {
    const { server, text } = await booted('always');
    expect(server.turn('get a').outcome).toBe('released');
    expect(text()).toBe('');
  });

  test('keys that expire are deleted in the file without a client waiting', async () => {
    const { server, text } = await booted('no');
    server.turn('set a 1 px 50');
    server.advance(100);
    server.turn('get a');
    expect(text()).toMatch(/\r\nDEL\r\n\$1\r\na\r\n$/);
  });
});

describe('appendfsync always', () => {
  test('holds replies until the file is synced', async () => {
    const { disk, server } = await booted('always');
    disk.isSyncSlow = true;
    const turn = server.turn('set a 1');
    expect(turn.outcome).toBe('held');
    expect(disk.finishSyncs()).toBe(1);
    expect(turn.outcome).toBe('released');
  });

  test('turns that come meanwhile share the next fdatasync, in order', async () => {
    const { disk, server } = await booted('always');
    disk.isSyncSlow = true;
    const first = server.turn('set a 1');
    const second = server.turn('set a 2');
    const third = server.turn('set a 3');
    expect(disk.pendingSyncs).toBe(1);
    disk.finishSyncs();
    expect([first, second, third].map((turn) => turn.outcome)).toEqual([
      'released',
      'held',
      'held',
    ]);
    expect(disk.finishSyncs()).toBe(1);
    expect([second.outcome, third.outcome]).toEqual(['released', 'released']);
  });

  test('a turn of reads does not overtake one that waits', async () => {
    const { disk, server } = await booted('always');
    disk.isSyncSlow = true;
    server.turn('set a 1');
    const reads = server.turn('get a');
    expect(reads.outcome).toBe('held');
    disk.finishSyncs();
    expect(reads.outcome).toBe('released');
  });

  test('on a full disk clients get MISCONF, reads go on, and it recovers by itself', async () => {
    const { disk, server, text } = await booted('always');
    server.turn('set a 1');
    await laterTurn();
    disk.freeBytes = 5;
    const refused = server.turn('set a 2');
    const misconf = 'MISCONF Errors writing to the AOF file: No space left on device';
    expect(refused.outcome).toBe(misconf);
    expect(text()).toBe(SET_A); // the short write has been taken back
    expect(server.turn('set a 3').replies).toEqual([`-${misconf}\r\n`]);
    expect(server.turn('ping').replies).toEqual([`-${misconf}\r\n`]);
    const read = server.turn('get a');
    expect([read.outcome, ...read.replies]).toEqual(['released', '$1\r\n2\r\n']);
    expect(server.aof.info.aof_last_write_status).toBe('err');

    disk.freeBytes = 1000;
    server.pass(1100);
    await laterTurn();
    expect(server.aof.info.aof_last_write_status).toBe('ok');
    expect(server.logLines.join('')).toContain(
      'AOF write error looks solved. The server can write again.',
    );
    expect(text()).toBe(`${SET_A}*3\r\n$3\r\nset\r\n$1\r\na\r\n$1\r\n2\r\n`);
    expect(server.turn('set a 4').replies).toEqual(['+OK\r\n']);
  });

  test('a failure that is noticed before the turn has ended is not acknowledged either', async () => {
    const { disk, server } = await booted('always');
    disk.freeBytes = 0;
    server.raw('set', 'a', '1');
    server.endTurn(); // what the writer itself does at the end of a turn may come first
    expect(server.turn().outcome).toMatch(/^MISCONF/);
    expect(server.turn('get a').outcome).toBe('released');
    disk.freeBytes = 0;
    const now = await booted('always');
    now.disk.freeBytes = 0;
    now.server.raw('set', 'a', '1');
    now.server.endTurn();
    expect(now.server.aof.writer.endTurnNow()).toMatch(/^MISCONF/);
    expect(now.server.aof.writer.endTurnNow()).toBeNull();
  });

  test('keys that expire meanwhile do not cut off clients that only read', async () => {
    const { disk, server } = await booted('always');
    server.turn('set a 1 px 3000', 'set b 1');
    await laterTurn();
    disk.freeBytes = 0;
    server.turn('set b 2');
    server.advance(5000);
    const read = server.turn('get a');
    expect([read.outcome, ...read.replies]).toEqual(['released', '$-1\r\n']);
  });

  test('EXEC of a transaction with writes is refused too', async () => {
    const { disk, server } = await booted('always');
    server.turn('multi', 'set a 1');
    const other = server.instance.createClient();
    disk.freeBytes = 0;
    server.rawAs(other, 'set', 'b', '1');
    server.turn();
    expect(server.turn('exec').replies[0]).toMatch(/^-EXECABORT .*MISCONF Errors writing/);
  });

  test('bytes whose fdatasync failed are written again, not only synced again', async () => {
    const { disk, server, text } = await booted('always');
    disk.syncError = 'EIO';
    const turn = server.turn('set a 1');
    await laterTurn();
    expect(turn.outcome).toBe('MISCONF Errors writing to the AOF file: Input/output error');
    disk.syncError = null;
    const before = disk.operations;
    server.pass(1100);
    await laterTurn();
    expect(disk.operations - before).toBe(3); // truncate, append, sync
    expect(text()).toBe(SET_A);
    expect(server.aof.writer.failure).toBeNull();
  });

  test('turns behind a failed one that only read are served', async () => {
    const { disk, server } = await booted('always');
    disk.isSyncSlow = true;
    disk.syncError = 'EIO';
    const write = server.turn('set a 1');
    const read = server.turn('get b');
    disk.finishSyncs();
    expect(write.outcome).toMatch(/^MISCONF/);
    expect(read.outcome).toBe('released');
  });

  test('where a short write cannot be taken back, writing goes on behind it', async () => {
    const { disk, server, text } = await booted('always');
    disk.freeBytes = 9;
    disk.truncateError = 'EIO';
    server.turn('set a 1');
    disk.freeBytes = 1000;
    server.pass(1100);
    await laterTurn();
    expect(text()).toBe(SET_A);
    expect(server.logLines.join('')).toContain('Could not remove short write from the');
  });

  test('endTurnNow blocks until the turn is safe', async () => {
    const { disk, server } = await booted('always');
    disk.isSyncSlow = true;
    server.raw('set', 'a', '1');
    expect(server.aof.writer.endTurnNow()).toBeNull();
    expect(server.aof.writer.syncedPosition).toBe(server.aof.writer.position);
    disk.freeBytes = 0;
    server.raw('set', 'a', '2');
    expect(server.aof.writer.endTurnNow()).toMatch(/^MISCONF .*No space left on device$/);
  });
});

describe('appendfsync everysec', () => {
  test('writes at the end of the turn, syncs a second later', async () => {
    const { disk, server, text } = await booted('everysec');
    const synced = disk.syncCount;
    expect(server.turn('set a 1').outcome).toBe('released');
    expect(text()).toBe(SET_A);
    expect(disk.syncCount).toBe(synced);
    server.pass(1100);
    await laterTurn();
    expect(disk.syncCount).toBe(synced + 1);
    expect(server.aof.writer.syncedPosition).toBe(SET_A.length);
  });

  test('postpones writes while an fdatasync is slow, for two seconds', async () => {
    const { disk, server, text } = await booted('everysec');
    disk.isSyncSlow = true;
    server.turn('set a 1');
    server.pass(1100);
    expect(disk.pendingSyncs).toBe(1);
    expect(server.turn('set a 2').outcome).toBe('released');
    server.pass(1500);
    expect(text()).toBe(SET_A);
    expect(server.aof.infoWhenOn.aof_buffer_length).toBeGreaterThan(0);
    server.pass(1000);
    expect(text().length).toBeGreaterThan(SET_A.length);
    expect(server.aof.infoWhenOn.aof_delayed_fsync).toBe(1);
    expect(server.logLines.join('')).toContain(
      'Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without ' +
        'waiting for fsync to complete, this may slow down Redis.',
    );
  });

  test('a failed fdatasync refuses writes until one succeeds', async () => {
    const { disk, server } = await booted('everysec');
    disk.syncError = 'EIO';
    server.turn('set a 1');
    server.pass(1100);
    await laterTurn();
    expect(server.turn('set a 2').replies[0]).toBe(
      '-MISCONF Errors writing to the AOF file: Input/output error\r\n',
    );
    disk.syncError = null;
    server.pass(2200);
    await laterTurn();
    expect(server.turn('set a 2').replies[0]).toBe('+OK\r\n');
  });

  test('an error that lasts is logged twice a minute', async () => {
    const { disk, server } = await booted('everysec');
    disk.freeBytes = 0;
    server.turn('set a 1');
    server.pass(40_000);
    const lines = server.logLines.filter((line) => line.includes('Error writing to the AOF file'));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('Error writing to the AOF file: No space left on device');
  });
});

describe('changing appendfsync while the server runs', () => {
  test('from everysec to always while a sync is under way loses and repeats nothing', async () => {
    const { disk, server, text } = await booted('everysec');
    disk.isSyncSlow = true;
    server.turn('rpush l 1');
    server.pass(1100);
    server.turn('rpush l 2');
    server.options.fsync = 'always';
    const turn = server.turn('rpush l 3');
    while (disk.finishSyncs() > 0);
    expect(turn.outcome).toBe('released');
    server.options.fsync = 'everysec';
    server.turn('rpush l 4');
    const words = text()
      .match(/\$1\r\n[1-4]\r\n/g)
      ?.map((bulk) => bulk[4]);
    expect(words).toEqual(['0', '1', '2', '3', '4'].slice(1));
    expect(server.aof.writer.position).toBe(text().length);
  });
});
