import { describe, expect, test } from 'vitest';
import { EVENT_LOADED } from '../../host/keyspace/events.ts';
import { type LoadOptions, RdbLoader } from '../../host/persistence/rdb-loader.ts';
import { RdbReader } from '../../host/rdb/reader.ts';
import { TestInstance } from '../support/instance.ts';
import { materials } from '../support/values.ts';

/** Loads bytes given in hexadecimal behind a header of version 4, which has no checksum. */
function load(redis: TestInstance, hex: string, changes: Partial<LoadOptions> = {}): RdbLoader {
  const bytes = Buffer.concat([
    Buffer.from('REDIS0004'),
    Buffer.from(`${hex}ff`.replaceAll(' ', ''), 'hex'),
  ]);
  const loader = new RdbLoader(RdbReader.ofBuffer(bytes), {
    keyspace: redis.instance.keyspace,
    materials: materials(redis.instance.keyspace.limits),
    log: redis.instance.log,
    dropsExpired: true,
    replacesKeys: false,
    checksChecksum: true,
    ...changes,
  });
  loader.begin();
  while (loader.next());
  return loader;
}

const hexOf = (text: string): string => Buffer.from(text).toString('hex');
const KEY = '00 01 6b 01 76'; // k = v

describe('RdbLoader', () => {
  test('expire times in seconds and milliseconds belong to the next key only', () => {
    const redis = new TestInstance();
    load(redis, `fd 00000070 ${KEY} 00 01 6c 01 76`, { dropsExpired: false });
    expect(redis.instance.keyspace.database(0).expiresSize).toBe(1);
    expect(redis.raw('PEXPIRETIME', 'k')).toBe(`:${0x70000000 * 1000}\r\n`);
    expect(redis.raw('PEXPIRETIME', 'l')).toBe(':-1\r\n');
  });

  test('expired keys are dropped by primaries and kept by replicas and append-only files', () => {
    const hex = `fc 0100000000000000 ${KEY}`;
    const primary = new TestInstance();
    expect(load(primary, hex).keysExpired).toBe(1);
    expect(primary.instance.keyspace.database(0).size).toBe(0);
    const replica = new TestInstance();
    expect(load(replica, hex, { dropsExpired: false }).keysLoaded).toBe(1);
    expect(replica.instance.keyspace.database(0).size).toBe(1);
  });

  test('databases are selected, and sizes announced are no promise', () => {
    const redis = new TestInstance();
    load(redis, `fe 05 fb 80ffffffff 00 ${KEY}`);
    redis.raw('SELECT', 5);
    expect(redis.raw('GET', 'k')).toBe('$1\r\nv\r\n');
  });

  test('auxiliary fields are kept, and logged if they are for people', () => {
    const redis = new TestInstance();
    const field = (name: string, value: string): string =>
      `fa ${name.length.toString(16).padStart(2, '0')} ${hexOf(name)} ` +
      `${value.length.toString(16).padStart(2, '0')} ${hexOf(value)} `;
    const loader = load(
      redis,
      field('redis-ver', '6.0.1') +
        field('used-mem', '1572864') +
        field('aof-preamble', '1') +
        field('%note', 'hello') +
        field('repl-id', 'abc') +
        field('odd', 'x'),
    );
    expect(loader.fields.get('repl-id')).toBe('abc');
    const log = redis.logLines.join('');
    expect(log).toContain('* Loading RDB produced by version 6.0.1\n');
    expect(log).toContain('* RDB memory usage when created 1.50 Mb\n');
    expect(log).toContain('* RDB has an AOF tail\n');
    expect(log).toContain("* RDB '%note': hello\n");
    expect(log).toContain(". Unrecognized RDB AUX field: 'odd'\n");
  });

  test('empty collections are skipped, the first ten of them with a line', () => {
    const redis = new TestInstance();
    const loader = load(redis, '02 01 6b 00'.repeat(12) + KEY);
    expect(loader.emptyKeysSkipped).toBe(12);
    expect(loader.keysLoaded).toBe(1);
    const lines = redis.logLines.filter((line) => line.includes('skipping empty key: k'));
    expect(lines.length).toBe(10);
    expect(redis.logLines.join('')).toContain(
      'Done loading RDB, keys loaded: 1, keys expired: 0, empty keys skipped: 12.',
    );
  });

  test('a library of functions is left out with a warning, an old one is an error', () => {
    const redis = new TestInstance();
    load(redis, `f5 03 616263 ${KEY}`);
    expect(redis.logLines.join('')).toContain('Functions are not supported');
    expect(redis.raw('GET', 'k')).toBe('$1\r\nv\r\n');
    expect(() => load(new TestInstance(), 'f6 00')).toThrow(
      'Pre-release function format not supported.',
    );
  });

  test('a repeated key is an error, unless keys are to be replaced', () => {
    const hex = `${KEY} 00 01 6b 01 77`;
    expect(() => load(new TestInstance(), hex)).toThrow("RDB has duplicated key 'k' in DB 0");
    const redis = new TestInstance();
    load(redis, hex, { replacesKeys: true });
    expect(redis.raw('GET', 'k')).toBe('$1\r\nw\r\n');
  });

  test('integers come back as integers', () => {
    const redis = new TestInstance();
    load(redis, '00 01 6b c1 3930');
    expect(redis.raw('OBJECT', 'ENCODING', 'k')).toBe('$3\r\nint\r\n');
  });

  test('keys longer than any buffer kept from before are read whole', () => {
    const redis = new TestInstance();
    const long = 'x'.repeat(5000);
    load(redis, `00 5388 ${hexOf(long)} 01 76`.replace('5388', '80 00001388'));
    expect(redis.raw('GET', long)).toBe('$1\r\nv\r\n');
  });

  test('each key is announced to modules', () => {
    const redis = new TestInstance();
    const seen: string[] = [];
    redis.instance.keyEvents.addListener({
      mask: EVENT_LOADED,
      notify: (_class, event, key) => void seen.push(`${event} ${key.toText()}`),
    });
    load(redis, KEY);
    expect(seen).toEqual(['loaded k']);
    expect(redis.instance.keyspace.dirty).toBe(0);
  });
});
