// The other examples without a server: that they load, log and answer.

import { describe, expect, test } from 'vitest';
import { compileAssemblyScript } from '../../build/asc.ts';
import { FakeHost } from './fake-host.ts';

async function compiled(name: string): Promise<Uint8Array> {
  const entry = new URL(`../../guest-as/examples/${name}.ts`, import.meta.url).pathname;
  return (await compileAssemblyScript({ entry })).wasm;
}

describe('config', () => {
  const config = compiled('config');

  test.each([
    [[], 0, 'notice Max connections set to 100', ':100'],
    [['max_connections=500'], 0, 'notice Max connections set to 500', ':500'],
    [['max_connections=2147483647'], 0, 'notice Max connections set to 2147483647', ':2147483647'],
  ])('%j is taken over', async (args, status, line, reply) => {
    const host = new FakeHost();
    expect(host.load(await config, ...args)).toBe(status);
    expect(host.log.at(-1)).toBe(line);
    expect(host.run('config.maxconn')).toEqual([reply]);
    expect(host.run('config.maxconn', 'x')).toEqual(['-arity']);
  });

  test.each([
    ['max_connections=5oo', "Invalid max_connections '5oo': expected 1 to 2147483647"],
    ['max_connections=0', "Invalid max_connections '0': expected 1 to 2147483647"],
    ['max_connections=', "Invalid max_connections '': expected 1 to 2147483647"],
    [
      'max_connections=2147483648',
      "Invalid max_connections '2147483648': expected 1 to 2147483647",
    ],
    ['colour=red', "Unknown argument 'colour=red'"],
  ])('%s is refused with a reason', async (argument, reason) => {
    const host = new FakeHost();
    expect(host.load(await config, argument)).toBe(1);
    expect(host.log.at(-1)).toBe(`warning ${reason}`);
    expect(host.commands.size).toBe(0);
  });

  test('says goodbye when unloaded', async () => {
    const host = new FakeHost();
    host.load(await config);
    expect(host.unload()).toBe(0);
    expect(host.log.at(-1)).toBe('notice Config unloading');
  });
});

describe('mymodule', () => {
  const mymodule = compiled('mymodule');

  async function loaded(): Promise<FakeHost> {
    const host = new FakeHost();
    expect(host.load(await mymodule)).toBe(0);
    return host;
  }

  test('loads with its own commands and those of the counter', async () => {
    const host = await loaded();
    expect(host.log.at(-1)).toBe('notice MyModule loaded with commands');
    expect([...host.commands.keys()]).toEqual([
      'mymodule.hello',
      'mymodule.multiply',
      'mymodule.setcaps',
      'mymodule.getcaps',
      'mymodule.waitfor',
      'counter.incr',
      'counter.get',
      'counter.stats',
      'counter.set',
    ]);
    expect(host.run('counter.incr', 'k', '5')).toEqual([':5']);
  });

  test('greets, with a bulk string where a simple one would not do', async () => {
    const host = await loaded();
    expect(host.run('mymodule.hello')).toEqual(['+Hello, World!']);
    expect(host.run('mymodule.hello', 'Redis')).toEqual(['+Hello, Redis!']);
    expect(host.run('mymodule.hello', 'a\r\nb')).toEqual(['$Hello, a\r\nb!']);
    expect(host.run('mymodule.hello', 'x'.repeat(9000))).toEqual([`+Hello, ${'x'.repeat(9000)}!`]);
    expect(host.run('mymodule.hello', 'a', 'b')).toEqual(['-arity']);
    expect(host.liveStrings).toBe((await loaded()).liveStrings); // every greeting was freed
  });

  test.each([
    ['6', '7', ':42'],
    ['-5', '3', ':-15'],
    ['0', '-9223372036854775808', ':0'],
    ['-1', '9223372036854775807', ':-9223372036854775807'],
    ['-1', '-9223372036854775808', '-ERR multiplication would overflow'],
    ['-9223372036854775808', '-1', '-ERR multiplication would overflow'],
    ['4294967296', '2147483648', '-ERR multiplication would overflow'],
    ['4294967296', '-2147483648', ':-9223372036854775808'],
    ['abc', '5', '-ERR first argument is not an integer'],
    ['5', '1.5', '-ERR second argument is not an integer'],
  ])('multiplies %s by %s', async (a, b, reply) => {
    expect((await loaded()).run('mymodule.multiply', a, b)).toEqual([reply]);
  });

  test('stores and returns upper case', async () => {
    const host = await loaded();
    expect(host.run('mymodule.setcaps', 'k', 'shout ä 1')).toEqual(['+OK']);
    expect(host.keys.get('k')).toEqual(Buffer.from('SHOUT ä 1'));
    host.keys.set('low', Buffer.from('low'));
    expect(host.run('mymodule.getcaps', 'low')).toEqual(['$LOW']);
    expect(host.run('mymodule.getcaps', 'none')).toEqual(['_']);
    host.run('counter.incr', 'c');
    expect(host.run('mymodule.getcaps', 'c')).toEqual([
      '-WRONGTYPE Operation against a key holding the wrong kind of value',
    ]);
  });

  test('waits for a value, is woken by its event and lets go of everything', async () => {
    const host = await loaded();
    host.keys.set('k', Buffer.from('old'));
    expect(host.run('mymodule.waitfor', 'k', 'old', '0')).toEqual(['+OK']);
    expect(host.run('mymodule.waitfor', 'k', 'new', '50')).toEqual([]);
    expect(host.blocked.timeoutMs).toBe(50n);
    const event = host.heap.alloc(4);
    new Uint8Array(host.memory.buffer).set([0x73, 0x65, 0x74, 0], event);
    host.invoke(host.subscriber, 1, 8, event, host.string('k'));
    expect(host.blocked.data).toBe(0); // another value: still waiting
    host.keys.set('k', Buffer.from('new'));
    host.invoke(host.subscriber, 1, 8, event, host.string('k'));
    expect(host.blocked.data).not.toBe(0);
    host.collect();
    host.replies = [];
    host.invoke(host.blocked.reply, 1, 0, 0);
    host.invoke(host.blocked.free, 1, host.blocked.data);
    expect(host.replies).toEqual(['+OK']);
  });

  test('a timeout answers null and unblocks, once', async () => {
    const host = await loaded();
    host.run('mymodule.waitfor', 'k', 'new', '50');
    host.replies = [];
    host.invoke(host.blocked.timeout, 1, 0, 0);
    expect(host.replies).toEqual(['_']);
    const { data } = host.blocked;
    host.invoke(host.blocked.free, 1, data);
    host.blocked.data = 0;
    host.invoke(host.blocked.timeout, 1, 0, 0);
    expect(data).not.toBe(0);
    expect(host.blocked.data).toBe(0);
  });

  test.each(['x', '-1', '1.5'])('refuses the timeout %s', async (timeout) => {
    const host = await loaded();
    expect(host.run('mymodule.waitfor', 'k', 'v', timeout)).toEqual(['-ERR invalid timeout']);
  });

  test('refuses a timeout that the clock cannot reach', async () => {
    const host = await loaded();
    expect(host.run('mymodule.waitfor', 'k', 'v', '9223372036854775807')).toEqual([
      '-ERR timeout is out of range',
    ]);
  });
});

describe('ratelimit', () => {
  const ratelimit = compiled('ratelimit');

  async function loaded(): Promise<FakeHost> {
    const host = new FakeHost();
    expect(host.load(await ratelimit)).toBe(0);
    expect(host.log.at(-1)).toBe('notice RateLimit loaded with commands');
    return host;
  }

  test.each([
    [['0', '1'], '-ERR invalid arguments'],
    [['x', '1'], '-ERR invalid arguments'],
    [['1', '-1'], '-ERR invalid arguments'],
    [['5', '1', '0'], '-ERR invalid token count'],
    [['5', '1', 'x'], '-ERR invalid token count'],
    [['5'], '-arity'],
  ])('refuses %j', async (args, reply) => {
    const host = await loaded();
    expect(host.run('ratelimit.check', 'k', ...args)).toEqual([reply]);
    expect(host.called).toEqual([]);
  });

  test('takes from a full bucket, replicates the outcome and refills with time', async () => {
    const host = await loaded();
    expect(host.run('ratelimit.check', 'k', '5', '2', '4')).toEqual(['*2', ':1', ':1']);
    expect(host.called).toEqual([
      { name: 'HSET', format: '!sblbl', args: ['k', 'tokens', 1n, 'last_update', 1_000_000n] },
    ]);
    expect(host.run('ratelimit.check', 'k', '5', '2', '2')).toEqual(['*2', ':0', ':1']);
    host.nowMs += 500n;
    expect(host.run('ratelimit.check', 'k', '5', '2', '2')).toEqual(['*2', ':1', ':0']);
    expect(host.hashes.get('k')).toEqual(
      new Map([
        ['tokens', '0'],
        ['last_update', '1000500'],
      ]),
    );
    host.nowMs += 9_000_000_000_000_000_000n; // overflows when counted in tokens
    expect(host.run('ratelimit.check', 'k', '5', '9', '5')).toEqual(['*2', ':1', ':0']);
  });

  test('a refused request that earned nothing writes nothing', async () => {
    const host = await loaded();
    host.run('ratelimit.check', 'k', '5', '2', '5');
    host.called.length = 0;
    expect(host.run('ratelimit.check', 'k', '5', '2', '5')).toEqual(['*2', ':0', ':0']);
    expect(host.called.map((call) => call.name)).toEqual(['HGET', 'HGET']);
  });

  test('answers with an error for what it cannot read, and frees what it got', async () => {
    const host = await loaded();
    const before = host.liveStrings;
    host.hashes.set('k', new Map([['tokens', 'many']]));
    expect(host.run('ratelimit.check', 'k', '5', '2')).toEqual([
      '-ERR hash value is not an integer',
    ]);
    host.keys.set('s', Buffer.from('text'));
    expect(host.run('ratelimit.check', 's', '5', '2')).toEqual([
      '-WRONGTYPE Operation against a key holding the wrong kind of value',
    ]);
    host.hashes.set('partial', new Map([['tokens', '3']]));
    expect(host.run('ratelimit.check', 'partial', '5', '2')).toEqual(['*2', ':1', ':2']);
    expect(host.liveStrings).toBe(before);
  });
});
