import { beforeEach, describe, expect, test } from 'vitest';
import { loadCode } from '../../host/module/code.ts';
import { stackProbe } from '../../host/module/stack-probe.ts';
import { guest } from '../support/guest.ts';
import { TestInstance } from '../support/instance.ts';

test('the probe wants 64 KiB of stack, and nothing while there are', () => {
  const probe = stackProbe();
  let failedAt = 0;
  let deepest = 0;
  const dive = (depth: number): void => {
    deepest = depth;
    if (failedAt === 0) {
      try {
        probe();
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        failedAt = depth;
      }
    }
    dive(depth + 1);
  };
  expect(() => dive(1)).toThrow(RangeError);
  const frameBytes = (984 * 1024) / deepest; // V8's stack
  expect((deepest - failedAt) * frameBytes).toBeGreaterThan(50 * 1024);
  expect((deepest - failedAt) * frameBytes).toBeLessThan(110 * 1024);
});

const KEY = `(call $CreateString (local.get $ctx) (i32.const 1100) (i32.const 3))`;
/** By name: instructions, and how often all is tried. */
const RECURSIONS: [string, string, number][] = [
  ['a write of a string', `(drop (call $StringSet (local.get $key) (local.get $str)))`, 200],
  [
    'an append of its own memory',
    `(drop (call $StringAppendBuffer (local.get $ctx) (local.get $str)
    (i32.const 1100) (i32.const 3)))`,
    20,
  ],
  [
    'a command that is called',
    `(drop (call $Call (local.get $ctx) (i32.const 1120) (i32.const 1140) (local.get $args)))`,
    200,
  ],
  ['memory of the heap', '(drop (call $Alloc (i32.const 24)))', 20],
];

/** `x.dive` writes at each level and calls itself, until there is no stack left. */
function diver(action: string): Buffer {
  return guest({
    uses: [
      'CreateCommand',
      'CreateString',
      'OpenKey',
      'StringSet',
      'StringAppendBuffer',
      'Call',
      'Alloc',
    ],
    strings: {
      1100: 'key',
      1120: 'RPUSH',
      1140: '!cc',
      1160: 'list',
      1180: 'x.dive',
      1200: 'write',
      1220: 'x.dove',
    },
    table: `(table $t (export "__indirect_function_table") 40 funcref)
      (elem (i32.const 1) $run $indirect)`,
    more: `(type $host (func (param i32 i32) (result i32)))
      (func $dive (param $ctx i32) (param $key i32) (param $str i32) (param $args i32)
        ${action}
        (call $dive (local.get $ctx) (local.get $key) (local.get $str) (local.get $args)))
      (func $run (param $ctx i32) (param i32 i32) (result i32)
        (i32.store (i32.const 2000) (i32.const 1160)) (i32.store (i32.const 2004) (i32.const 1100))
        (call $dive (local.get $ctx)
          (call $OpenKey (local.get $ctx) ${KEY} (i32.const 2)) ${KEY} (i32.const 2000))
        (i32.const 0))
      (func $indirect (param $ctx i32) (param i32 i32) (result i32) (i32.const 0))`,
    onLoad: `(drop (call $CreateCommand (local.get $ctx) (i32.const 1180) (i32.const 1)
      (i32.const 1200) (i32.const 0) (i32.const 0) (i32.const 0)))`,
  });
}

describe('a guest that recurses until the stack is used up has done nothing:', () => {
  let server: TestInstance;

  beforeEach(() => {
    server = new TestInstance({ 'enable-debug-command': 'yes' });
  });

  test.each(RECURSIONS)('%s at each level', { timeout: 60_000 }, async (_, action, runs) => {
    const code = await loadCode(diver(action));
    server.instance.modules.load(code, 'x', []);
    server.raw('SET', 'key', 'value');
    server.raw('RPUSH', 'list', 'a', 'b');
    const digest = server.raw('DEBUG', 'DIGEST');
    const { keyspace, executor } = server.instance;
    for (let run = 0; run < runs; run++) {
      const reply = server.raw('x.dive');
      expect(reply).toMatch(/^-ERR module 'guest' trapped in x\.dive: /);
      expect(reply).toMatch(/stack overflow: recursion too deep|out of memory/);
      expect(server.raw('DEBUG', 'DIGEST')).toBe(digest);
    }
    expect([keyspace.journal.isOpen, executor.depth]).toEqual([false, 0]);
    expect(server.effects.slice(2)).toEqual([]);
    expect(server.raw('GET', 'key')).toBe('$5\r\nvalue\r\n');
    expect(server.raw('RPUSH', 'list', 'c')).toBe(':3\r\n');
  });
});
