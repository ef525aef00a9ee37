import { describe, expect, test } from 'vitest';
import { writeAll } from '../../host/persistence/record-sink.ts';
import { RdbWriter } from '../../host/rdb/writer.ts';
import { AofInstance } from '../support/aof-instance.ts';
import { MemoryDisk } from '../support/memory-disk.ts';

const DIR = '/data/appendonlydir';
const NAME = 'appendonly.aof.1.incr.aof';
const FILE = `${DIR}/${NAME}`;
const MANIFEST = `${DIR}/appendonly.aof.manifest`;

/** A RESP command. */
function resp(line: string): string {
  const words = line.split(' ').map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length}\r\n${words.join('')}`;
}

function file(...lines: string[]): string {
  return lines.map(resp).join('');
}

/** A disk with one incr file. */
function diskWith(text: string): MemoryDisk {
  const disk = new MemoryDisk('/data', DIR);
  disk.put(FILE, Buffer.from(text, 'latin1'));
  disk.put(MANIFEST, Buffer.from(`file ${NAME} seq 1 type i\n`));
  return disk;
}

interface Loaded {
  readonly server: AofInstance;
  readonly disk: MemoryDisk;
  readonly log: string;
  readonly error: string | null;
}

async function load(disk: MemoryDisk | string, allowsTruncated = true): Promise<Loaded> {
  const onDisk = typeof disk === 'string' ? diskWith(disk) : disk;
  const server = new AofInstance(onDisk, { allowsTruncated });
  let error: string | null = null;
  try {
    await server.aof.load();
  } catch (thrown) {
    error = (thrown as Error).message;
  }
  return { server, disk: onDisk, error, log: server.logLines.join('') };
}

const BEGIN = file('SELECT 0', 'set a 1');

describe('replaying commands', () => {
  test('makes the data set, of several databases and with transactions', async () => {
    const { server, log } = await load(
      file('SELECT 0', 'set a 1', 'MULTI', 'rpush l 1 2', 'SELECT 3', 'set b 2', 'EXEC'),
    );
    expect(server.contents()).toBe(
      ['0 a -1 1', '0 l -1 "*2\\r\\n$1\\r\\n1\\r\\n$1\\r\\n2\\r\\n"', '3 b -1 2'].join('\n'),
    );
    expect(log).toContain(`DB loaded from incr file ${NAME}: 0.000 seconds`);
    expect(log).toContain('DB loaded from append only file: 0.000 seconds');
  });

  test('propagates nothing, and counts neither changes nor commands', async () => {
    const { server } = await load(file('SELECT 0', 'set a 1', 'incr a', 'del a'));
    expect(server.effects).toEqual([]);
    expect(server.instance.keyspace.dirty).toBe(0);
    expect(server.instance.executor.stats.totalCalls).toBe(0);
    expect(server.instance.executor.isLoading).toBe(false);
  });

  test('a key whose time has come is there until the file deletes it', async () => {
    const { server } = await load(
      file('SELECT 0', 'hset h f 1', 'pexpireat h 1000', 'hset h g 2', 'persist h'),
    );
    expect(server.raw('hlen', 'h')).toBe(':2\r\n');
    expect(server.raw('pttl', 'h')).toBe(':-1\r\n');
  });

  test('a key whose time has come and that the file does not delete expires after loading', async () => {
    const { server } = await load(file('SELECT 0', 'set a 1 pxat 1000', 'append a 2'));
    expect(server.contents()).toBe('0 a 1000 12');
    expect(server.raw('get', 'a')).toBe('$-1\r\n');
  });

  test('relative times, which files made by hand may have, count from now', async () => {
    const { server } = await load(
      file('SELECT 0', 'set a 1', 'expire a 100', 'set b 1 ex 100', 'setex c 100 1'),
    );
    expect(['a', 'b', 'c'].map((key) => server.raw('ttl', key))).toEqual(Array(3).fill(':100\r\n'));
  });

  test('a command that answers with an error is logged, and loading goes on', async () => {
    const { server, log } = await load(BEGIN + file('lpush a x', 'set b 2'));
    expect(log).toContain(
      '== CRITICAL == This server is sending an error to its AOF-loading-client: ' +
        "'-WRONGTYPE Operation against a key holding the wrong kind of value' after processing " +
        "the command 'lpush'",
    );
    expect(server.raw('get', 'b')).toBe('$1\r\n2\r\n');
  });

  test('many files are replayed in order', async () => {
    const disk = diskWith(BEGIN);
    disk.put(`${DIR}/two`, Buffer.from(file('SELECT 0', 'append a 2')));
    disk.put(MANIFEST, Buffer.from(`file ${NAME} seq 1 type i\nfile two seq 2 type i\n`));
    expect((await load(disk)).server.contents()).toBe('0 a -1 12');
  });

  test('a file of many commands is replayed in slices', async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `rpush l ${i}`);
    const { server } = await load(file('SELECT 0', ...lines));
    expect(server.raw('llen', 'l')).toBe(':5000\r\n');
  });
});

describe('an RDB at the beginning', () => {
  function rdbOf(...commands: string[]): Buffer {
    const source = new AofInstance(new MemoryDisk('/data'));
    for (const command of commands) source.raw(...command.split(' '));
    const writer = new RdbWriter({ isChecksummed: true });
    const { keyspace, snapshots } = source.instance;
    writeAll(snapshots.records(writer, { isAofBase: true }), keyspace);
    return Buffer.from(writer.take());
  }

  function diskWithBase(base: Buffer, name = 'base.rdb'): MemoryDisk {
    const disk = diskWith(file('SELECT 0', 'append a 2'));
    disk.put(`${DIR}/${name}`, base);
    disk.put(MANIFEST, Buffer.from(`file ${name} seq 1 type b\nfile ${NAME} seq 1 type i\n`));
    return disk;
  }

  test('is loaded as the base, with keys whose time has come', async () => {
    const server = new AofInstance(diskWithBase(rdbOf('set a 1', 'set b 1 px 1000')));
    server.advance(5000);
    await server.aof.load();
    expect(server.contents()).toBe('0 a -1 12\n0 b 1700000001000 1');
    const log = server.logLines.join('');
    expect(log).toContain('Reading RDB base file on AOF loading...');
    expect(log).toContain('DB loaded from base file base.rdb: 0.000 seconds');
  });

  test('may be followed by commands in the same file', async () => {
    const tail = Buffer.from(file('SELECT 0', 'append a x'));
    const { server } = await load(diskWithBase(Buffer.concat([rdbOf('set a 1'), tail])));
    expect(server.contents()).toBe('0 a -1 1x2');
  });

  test('damaged, it is refused with the place', async () => {
    const base = rdbOf('set a 1', 'rpush l 1 2 3');
    for (let at = 0; at < base.length; at++) {
      const damaged = Buffer.from(base);
      damaged[at] = (damaged[at] as number) ^ 0x55;
      const { error, log } = await load(diskWithBase(damaged));
      expect(error, `byte ${at}`).not.toBeNull();
      if (at >= 5) {
        expect(log).toMatch(/Internal error in RDB reading offset \d+/);
        expect(error).toBe('Error reading the RDB base file base.rdb, AOF loading aborted');
      }
    }
  });

  test('cut anywhere, it is refused: it is not the end of the file set', async () => {
    const base = rdbOf('set a 1');
    for (let length = 1; length < base.length; length++) {
      const { error } = await load(diskWithBase(base.subarray(0, length)));
      expect(error, `length ${length}`).not.toBeNull();
    }
  });
});

describe('a torn tail', () => {
  const WHOLE = file('SELECT 0', 'set a 1', 'append a 2');
  const TAIL = file('MULTI', 'append a 3', 'append a 4', 'EXEC');

  test('cut at every byte, the file loads up to the last whole command', async () => {
    const text = WHOLE + TAIL;
    for (let length = 1; length < text.length; length++) {
      const { server, disk, error, log } = await load(text.slice(0, length));
      expect(error, `length ${length}`).toBeNull();
      const kept = disk.read(FILE).length;
      expect(kept).toBe(lastWhole(length));
      if (kept === length) continue;
      expect(log).toContain(`!!! Warning: short read while loading the AOF file ${NAME}!!!`);
      expect(log).toContain(`!!! Truncating the AOF ${NAME} at offset ${kept} !!!`);
      expect(log).toContain(`The last ${length - kept} bytes of ${NAME}`);
      expect(log).toContain(`AOF ${NAME} loaded anyway because aof-load-truncated is enabled`);
      if (length > WHOLE.length) expect(server.contents()).toBe('0 a -1 12');
    }
  });

  /** The longest prefix of whole commands outside of the transaction. */
  function lastWhole(length: number): number {
    const ends = [0, file('SELECT 0').length, file('SELECT 0', 'set a 1').length, WHOLE.length];
    return ends.findLast((end) => end <= length) as number; // 0 is always there
  }

  test('with aof-load-truncated no the server does not start, and the file stays', async () => {
    for (const length of [WHOLE.length - 1, WHOLE.length + 3, (WHOLE + TAIL).length - 1]) {
      const { disk, error, log } = await load((WHOLE + TAIL).slice(0, length), false);
      expect(log).toContain(
        `Unexpected end of file reading the append only file ${NAME}. You can: 1) Make a backup ` +
          'of your AOF file, then use ./redis-check-aof --fix <filename.manifest>. 2) ' +
          "Alternatively you can set the 'aof-load-truncated' configuration option to yes and " +
          'restart the server.',
      );
      expect(error).toMatch(/^The last \d+ bytes of .* from offset \d+ on, are no whole command$/);
      expect(disk.read(FILE)).toHaveLength(length);
    }
  });

  test('an open transaction is reverted, and says so', async () => {
    const { server, disk, log } = await load(WHOLE + file('MULTI', 'append a 3'));
    expect(log).toContain(`Revert incomplete MULTI/EXEC transaction in AOF file ${NAME}`);
    expect(disk.read(FILE)).toHaveLength(WHOLE.length);
    expect(server.contents()).toBe('0 a -1 12');
  });

  test('zeros where bytes were lost are dropped as well', async () => {
    const { server, disk } = await load(`${WHOLE}${'\0'.repeat(100_000)}`);
    expect(disk.read(FILE)).toHaveLength(WHOLE.length);
    expect(server.contents()).toBe('0 a -1 12');
  });

  test('in a file that is not the last one it is fatal', async () => {
    const disk = diskWith(WHOLE.slice(0, -1));
    disk.put(`${DIR}/two`, Buffer.from(BEGIN));
    disk.put(MANIFEST, Buffer.from(`file ${NAME} seq 1 type i\nfile two seq 2 type i\n`));
    const { error } = await load(disk);
    expect(error).toBe('Fatal error: the truncated file is not the last file');
  });
});

describe('what cannot be loaded', () => {
  test('bad format is refused with file and offset', async () => {
    const { error, log } = await load(`${BEGIN}*1\r\n%3\r\nfoo\r\n`);
    expect(log).toContain(
      `Bad file format reading the append only file ${NAME}: make a backup of your AOF file, ` +
        'then use ./redis-check-aof --fix <filename.manifest>',
    );
    const at = BEGIN.length + 4;
    expect(error).toBe(`The first byte of ${NAME} that cannot be right is at offset ${at}`);
  });

  test('a command that does not exist', async () => {
    const { error, log } = await load(BEGIN + file('foo bar'));
    expect(log).toContain(`Unknown command 'foo' reading the append only file ${NAME}`);
    expect(error).toBe(`The command is at offset ${BEGIN.length} of ${NAME}`);
  });

  test('a command with too few words', async () => {
    const { error, log } = await load(BEGIN + file('set'));
    expect(log).toContain(
      `Error reading the append only file ${NAME}: wrong number of arguments for 'set' command`,
    );
    expect(error).toBe(`The command is at offset ${BEGIN.length} of ${NAME}`);
  });

  test('a file of the manifest that is not there', async () => {
    const disk = diskWith('');
    disk.unlink(FILE);
    expect((await load(disk)).error).toBe(
      `Unable to obtain the AOF file ${NAME} length. stat: No such file or directory`,
    );
  });

  test('a manifest that makes no sense', async () => {
    const disk = diskWith('');
    disk.put(MANIFEST, Buffer.from('file x\n'));
    const { log, error } = await load(disk);
    expect(error).toContain('Invalid AOF manifest file format');
    expect(log).toContain("# >>> 'file x'");
  });

  test('whatever byte is damaged, it loads, is cut with a log line, or is refused with a place', async () => {
    const text = file('SELECT 0', 'set a 1', 'MULTI', 'rpush l x y', 'incr n', 'EXEC', 'set a 2');
    for (let at = 0; at < text.length; at++) {
      for (const flip of [0x01, 0x10, 0x80]) {
        const bytes = Buffer.from(text, 'latin1');
        bytes[at] = (bytes[at] as number) ^ flip;
        const { error, log, disk } = await load(bytes.toString('latin1'));
        const isCut = disk.read(FILE).length < text.length;
        if (error !== null) expect(error).toMatch(/offset \d+/);
        else if (isCut) expect(log).toMatch(/!!! Truncating the AOF .* at offset \d+ !!!/);
      }
    }
  });
});
