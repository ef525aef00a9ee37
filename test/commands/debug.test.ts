import { describe, expect, test } from 'vitest';
import { TestInstance } from '../support/instance.ts';

const server = (): TestInstance => new TestInstance({ 'enable-debug-command': 'yes' });

describe('DEBUG', () => {
  test('it is refused unless enable-debug-command allows it', () => {
    expect(new TestInstance().raw('DEBUG', 'DIGEST')).toMatch(
      /^-ERR DEBUG command not allowed. If the enable-debug-command option is set to "local"/,
    );
    const local = new TestInstance({ 'enable-debug-command': 'local' });
    expect(local.raw('DEBUG', 'DIGEST')).toBe(`+${'0'.repeat(40)}\r\n`);
  });

  test('an unknown subcommand, or one with the wrong words, is told', () => {
    const redis = server();
    expect(redis.raw('DEBUG')).toBe("-ERR wrong number of arguments for 'debug' command\r\n");
    for (const words of [['foo'], ['foo', 'bar'], ['digest', 'x'], ['sleep']]) {
      expect(redis.raw('DEBUG', ...words)).toBe(
        `-ERR unknown subcommand or wrong number of arguments for '${words[0]}'. Try DEBUG HELP.\r\n`,
      );
    }
  });

  test('OBJECT shows encoding, serialized length and idle time', () => {
    const redis = server();
    redis.raw('SET', 's', 'hello');
    redis.raw('RPUSH', 'l', ...Array.from({ length: 3000 }, (_, i) => `element-${i}`));
    redis.advance(5000);
    redis.instance.executor.beginTurn();
    redis.instance.keyspace.lruClock += 5;
    expect(redis.raw('DEBUG', 'OBJECT', 's')).toMatch(
      /^\+Value at:0x[0-9a-f]+ refcount:1 encoding:embstr serializedlength:6 lru:\d+ lru_seconds_idle:5\r\n$/,
    );
    expect(redis.raw('DEBUG', 'OBJECT', 's', 'FAST')).not.toContain('serializedlength');
    expect(redis.raw('DEBUG', 'OBJECT', 'l')).toMatch(
      / encoding:quicklist .* ql_nodes:\d ql_avg_node:\d+\.\d\d ql_listpack_max:-2 ql_compressed:0 ql_uncompressed_size:\d{5}\r\n$/,
    );
    expect(redis.raw('DEBUG', 'OBJECT', 'missing')).toBe('-ERR no such key\r\n');
  });

  test('looking at a key with DEBUG is no access', () => {
    const redis = server();
    redis.raw('SET', 's', 'hello');
    redis.instance.keyspace.lruClock += 9;
    redis.raw('DEBUG', 'OBJECT', 's');
    redis.raw('DEBUG', 'DIGEST-VALUE', 's');
    expect(redis.raw('OBJECT', 'IDLETIME', 's')).toBe(':9\r\n');
  });

  test('PROTOCOL has a sample of every type in both protocols', () => {
    const redis = server();
    const types = ['double', 'bignum', 'null', 'set', 'map', 'attrib', 'push', 'verbatim', 'true'];
    const resp2 = types.map((type) => redis.raw('DEBUG', 'PROTOCOL', type));
    expect(resp2).toEqual([
      '$5\r\n3.141\r\n',
      '$37\r\n1234567999999999999999999999999999999\r\n',
      '$-1\r\n',
      '*3\r\n:0\r\n:1\r\n:2\r\n',
      '*6\r\n:0\r\n:0\r\n:1\r\n:1\r\n:2\r\n:0\r\n',
      '$39\r\nSome real reply following the attribute\r\n',
      '-ERR RESP2 is not supported by this command\r\n',
      '$25\r\nThis is a verbatim\nstring\r\n',
      ':1\r\n',
    ]);
    redis.raw('HELLO', 3);
    const resp3 = types.map((type) => redis.raw('DEBUG', 'PROTOCOL', type));
    expect(resp3).toEqual([
      ',3.141\r\n',
      '(1234567999999999999999999999999999999\r\n',
      '_\r\n',
      '~3\r\n:0\r\n:1\r\n:2\r\n',
      '%3\r\n:0\r\n#f\r\n:1\r\n#t\r\n:2\r\n#f\r\n',
      '|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n$39\r\nSome real reply following the attribute\r\n',
      '>2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n$40\r\nSome real reply following the push reply\r\n',
      '=29\r\ntxt:This is a verbatim\nstring\r\n',
      '#t\r\n',
    ]);
  });

  test('POPULATE makes keys that are not there yet, and propagates nothing', () => {
    const redis = server();
    redis.raw('SET', 'key:1', 'mine');
    redis.takeEffects();
    expect(redis.raw('DEBUG', 'POPULATE', 3)).toBe('+OK\r\n');
    expect(redis.raw('MGET', 'key:0', 'key:1', 'key:2')).toBe(
      '*3\r\n$7\r\nvalue:0\r\n$4\r\nmine\r\n$7\r\nvalue:2\r\n',
    );
    redis.raw('DEBUG', 'POPULATE', 1, 'pre', 10);
    expect(redis.raw('GET', 'pre:0')).toBe('$10\r\nvalue:0\0\0\0\r\n');
    expect(redis.takeEffects()).toEqual([]);
  });

  test('SET-ACTIVE-EXPIRE 0 leaves expired keys until somebody asks', () => {
    const redis = server();
    redis.instance.start();
    redis.raw('DEBUG', 'SET-ACTIVE-EXPIRE', 0);
    redis.raw('SET', 'k', 'v', 'PX', 1);
    redis.advance(1000);
    expect(redis.raw('DBSIZE')).toBe(':1\r\n');
    redis.raw('DEBUG', 'SET-ACTIVE-EXPIRE', 1);
    redis.advance(1000);
    expect(redis.raw('DBSIZE')).toBe(':0\r\n');
    redis.instance.stop();
  });

  test('SLEEP stops everything for so long', () => {
    const start = performance.now();
    expect(server().raw('DEBUG', 'SLEEP', '0.05')).toBe('+OK\r\n');
    expect(performance.now() - start).toBeGreaterThan(45);
  });

  test('ERROR, LOG and HELP do what they say', () => {
    const redis = server();
    expect(redis.raw('DEBUG', 'ERROR', 'CODE two\nlines')).toBe('-CODE two lines\r\n');
    expect(redis.raw('DEBUG', 'LOG', 'a line')).toBe('+OK\r\n');
    expect(redis.logLines.join()).toContain('DEBUG LOG: a line');
    expect(redis.raw('DEBUG', 'HELP')).toContain('DIGEST-VALUE');
  });
});
