// Guests that run for ever are stopped wherever the server calls them, and it goes on.
// Also: host/module/deadline.ts and host/module/fuel.ts.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { Argv } from '../../host/lib/argv.ts';
import type { ByteString } from '../../host/lib/bytes.ts';
import { systemClock } from '../../host/lib/clock.ts';
import { CALL_MAX_DEPTH } from '../../host/lib/limits.ts';
import type { DataType } from '../../host/module/data-type.ts';
import { ModuleValue } from '../../host/values/module.ts';
import { temporaryFolder } from '../support/folder.ts';
import { type GuestOptions, guest } from '../support/guest.ts';
import { TestInstance } from '../support/instance.ts';
import {
  numberOf,
  RUNAWAY_CALLBACKS,
  type RunawayCallback,
  runawayText,
} from '../support/runaway.ts';
import { wat } from './wat.ts';

const LIMIT_MS = 20;
/** The machine is shared, so this is not the 10 ms that a quiet one keeps. */
const LATE_MAX_MS = 1000;

let folder: string;
let server: TestInstance;

beforeEach(() => {
  folder = temporaryFolder();
  server = create();
});

function create(settings: Readonly<Record<string, string>> = {}): TestInstance {
  return new TestInstance(
    {
      dir: folder,
      'enable-module-command': 'yes',
      'enable-debug-command': 'yes',
      'module-command-time-limit': String(LIMIT_MS),
      'module-callback-time-limit': String(LIMIT_MS),
      'module-load-time-limit': '100',
      ...settings,
    },
    { clock: systemClock },
  );
}

async function load(bytes: Uint8Array, on = server): Promise<string> {
  writeFileSync(join(folder, 'm.wasm'), bytes);
  let reply = on.raw('MODULE', 'LOAD', 'm.wasm');
  while (reply === '') {
    await new Promise(setImmediate);
    reply = on.takeReply();
  }
  return reply;
}

/** A command `x.run` with this body, besides what else a runaway module has. */
async function loadCommand(body: string): Promise<void> {
  expect(await load(wat(runawayText(body)))).toBe('+OK\r\n');
}

const TIMED = (directive: string): string =>
  `stopped at its time limit of ${LIMIT_MS} ms (module-${directive}-time-limit)`;

/** What makes the server call each of them; the reply is told where somebody waits for it. */
const TRIGGERS: Record<RunawayCallback, { run: () => string; where: string }> = {
  command: { run: () => server.raw('x.run'), where: 'x.run' },
  block: { run: () => server.raw('x.block'), where: 'x.block' },
  reply: { run: () => server.raw('x.block', 'now'), where: 'reply callback of x.block' },
  timeout: { run: () => timedOut(), where: 'timeout callback of x.block' },
  free_privdata: {
    run: () => server.raw('x.block', 'now'),
    where: 'free callback of a blocked client',
  },
  disconnect: { run: () => disconnected(), where: 'disconnect callback' },
  timer: { run: () => timed(), where: 'a timer' },
  event: { run: () => server.raw('SET', 'k', 'v'), where: "notification 'set'" },
  job: { run: () => server.raw('SET', 'k', 'v'), where: 'a post-notification job' },
  info: { run: () => server.raw('INFO', 'everything'), where: 'its INFO callback' },
  config_get: { run: () => server.raw('CONFIG', 'GET', 'runaway.number'), where: 'the getter' },
  config_set: {
    run: () => server.raw('CONFIG', 'SET', 'runaway.number', '3'),
    where: 'the setter',
  },
  rdb_load: { run: () => restored(), where: 'rdb_load of type runawayty' },
  rdb_save: { run: () => server.raw('DUMP', 'value'), where: 'rdb_save of type runawayty' },
  aof_rewrite: { run: () => rewritten(), where: 'aof_rewrite of type runawayty' },
  mem_usage: { run: () => server.raw('MEMORY', 'USAGE', 'value'), where: 'mem_usage' },
  digest: { run: () => server.raw('DEBUG', 'DIGEST'), where: 'digest of type runawayty' },
  free: { run: () => server.raw('DEL', 'value'), where: 'free of type runawayty' },
  keys: { run: () => server.raw('COMMAND', 'GETKEYS', 'x.keys', 'a'), where: 'x.keys (keys)' },
};

function timedOut(): string {
  server.raw('x.block');
  server.advance(60);
  return server.takeReply();
}

function disconnected(): string {
  const client = server.instance.createClient();
  server.rawAs(client, 'x.block');
  server.instance.dropClient(client);
  return '';
}

function timed(): string {
  server.raw('x.timer');
  server.advance(5);
  return '';
}

function rewritten(): string {
  const type = server.instance.modules.typeByName('runawayty') as DataType; // it is loaded
  const value = new ModuleValue(type, 4000, type.module.generation);
  expect(type.rewriteAof(value, { key: 'value' as ByteString, databaseIndex: 0 }, () => {})).toBe(
    false,
  );
  return '';
}

let dumped = '';

function restored(): string {
  const argv = Argv.of('RESTORE', 'other', '0', dumped);
  server.instance.dispatcher.dispatch(server.client, argv);
  return server.takeReply();
}

describe('a guest that runs for ever is stopped, the server goes on, and data is as before:', () => {
  test.each(RUNAWAY_CALLBACKS)('%s', async (name) => {
    expect(await load(wat(runawayText()))).toBe('+OK\r\n');
    server.raw('SET', 'k', 'before');
    expect(server.raw('x.set', 'value')).toBe(':1\r\n');
    dumped = server
      .raw('DUMP', 'value')
      .replace(/^\$\d+\r\n/, '')
      .slice(0, -2);
    const digest = server.raw('DEBUG', 'DIGEST-VALUE', 'k');
    expect(server.raw('x.bad', numberOf(name))).toBe(':1\r\n');
    const { run, where } = TRIGGERS[name];
    const start = performance.now();
    const reply = run();
    const tookMs = performance.now() - start;
    server.raw('x.bad', '0');
    const isCommand = name === 'command' || name === 'block';
    const log = server.logLines.join('');
    expect(log).toContain(TIMED(isCommand ? 'command' : 'callback'));
    expect(log).toMatch(new RegExp(`<runaway> trapped in .*${where.replace(/[()]/g, '\\$&')}`));
    if (isCommand) {
      expect(reply).toMatch(/^-ERR module 'runaway' trapped in x\.\w+: stopped at its time limit/);
    }
    expect(tookMs).toBeGreaterThan(LIMIT_MS - 5);
    expect(tookMs).toBeLessThan(LIMIT_MS + LATE_MAX_MS);
    expect(server.raw('PING')).toBe('+PONG\r\n');
    if (name !== 'event' && name !== 'job') {
      expect(server.raw('DEBUG', 'DIGEST-VALUE', 'k')).toBe(digest);
    }
    expect(server.raw('x.run')).toBe(':7\r\n');
  });
});

describe('a module that runs for ever while it is loaded is refused:', () => {
  const LOOP = '(loop $l (br $l))';
  const cases: [string, GuestOptions][] = [
    ['in OnLoad', { onLoad: LOOP }],
    ['in its start function', { more: `(start $s) (func $s ${LOOP})` }],
    ['in _initialize', { more: `(func (export "_initialize") ${LOOP})` }],
  ];
  test.each(cases)('%s', async (_, options) => {
    const reply = await load(guest(options));
    expect(reply).toContain(
      'm.wasm trapped while loading: stopped at its time limit of 100 ms (module-load-time-limit)',
    );
    expect(server.raw('MODULE', 'LIST')).toBe('*0\r\n');
    expect(server.raw('PING')).toBe('+PONG\r\n');
  });

  test('one that runs for ever in OnUnload stays', async () => {
    await load(
      guest({
        more: `(func (export "RedisModule_OnUnload") (param i32) (result i32)
      ${LOOP} (i32.const 0))`,
      }),
    );
    expect(server.raw('MODULE', 'UNLOAD', 'guest')).toContain('operation not possible');
    expect(server.logLines.join('')).toContain(TIMED('callback'));
  });
});

const STRING = `(call $CreateString (local.get 0) (i32.const 1120) (i32.const 5))`;
const WRITE = `(drop (call $StringSet (call $OpenKey (local.get 0) ${STRING} (i32.const 2)) ${STRING}))`;

describe('nothing keeps a guest alive:', () => {
  test.each([
    ['catch_all in a loop', '(loop $l (try (do (loop $m (br $m))) (catch_all)) (br $l))'],
    [
      'handlers one around the other',
      `(loop $a (try (do (loop $b (try (do (loop $c (br $c))) (catch_all (loop $d (br $d))))
        (br $b))) (catch_all ${WRITE})) (br $a))`,
    ],
    ['returning as if nothing had happened', '(try (do (loop $m (br $m))) (catch_all))'],
    ['a loop of host calls', `(loop $l (drop ${STRING}) (br $l))`],
    [
      'a loop of calls that take long each',
      `(loop $l (drop (call $Call (local.get 0) (i32.const 1320) (i32.const 1220) (i32.const 0)))
        (br $l))`,
    ],
    [
      'a loop that has the host copy',
      `(loop $l (call $FreeString (i32.const 0)
        (call $CreateString (local.get 0) (i32.const 0) (i32.const 60000))) (br $l))`,
    ],
    ['a loop of writes', `(loop $l ${WRITE} (br $l))`],
    ['a loop that throws', '(loop $l (try (do (throw $tag)) (catch $tag)) (br $l))'],
  ])('%s', async (_, body) => {
    await loadCommand(body);
    for (let i = 0; i < 5000; i++) server.raw('SET', `key:${i}`, 'v');
    const before = server.raw('DEBUG', 'DIGEST');
    const reply = server.raw('x.run');
    expect(reply).toMatch(/^-ERR module 'runaway' trapped in x\.run: /);
    expect(server.raw('DEBUG', 'DIGEST')).toBe(before);
    expect(server.instance.keyspace.journal.isOpen).toBe(false);
    expect(server.raw('PING')).toBe('+PONG\r\n');
  });
});

describe('limits', () => {
  test('can be changed while the server runs', async () => {
    await loadCommand('(loop $l (br $l))');
    server.raw('CONFIG', 'SET', 'module-command-time-limit', '40');
    expect(server.raw('x.run')).toContain('limit of 40 ms (module-command-time-limit)');
  });

  test('of fuel end a call at the same place on every run', async () => {
    const count = `(local $n i64) (loop $l (local.set $n (i64.add (local.get $n) (i64.const 1)))
      (i64.store (i32.const 5000) (local.get $n)) (br $l))`;
    await loadCommand(count);
    server.raw('CONFIG', 'SET', 'module-command-time-limit', '0');
    const run = (units: number): bigint => {
      server.raw('CONFIG', 'SET', 'module-fuel-limit', units);
      expect(server.raw('x.run')).toContain(
        `stopped at its fuel limit of ${units} units (module-fuel-limit)`,
      );
      const { instance } = server.instance.modules.modules.get('runaway') as {
        instance: { memory: { readU64(ptr: number): bigint } };
      };
      return instance.memory.readU64(5000);
    };
    const first = run(3_000_000);
    expect([run(3_000_000), run(3_000_000)]).toEqual([first, first]);
    expect(run(6_000_000)).toBeGreaterThan(first);
    server.raw('CONFIG', 'SET', 'module-fuel-limit', '0', 'module-command-time-limit', LIMIT_MS);
    expect(server.raw('x.run')).toContain(TIMED('command'));
  });

  test('are shared with what a call leads to', async () => {
    // Calls itself until calls nest too deep, and then runs for ever.
    await loadCommand(`(local $n i32)
      (drop (call $Call (local.get 0) (i32.const 1120) (i32.const 1220) (i32.const 0)))
      (loop $l (br $l))`);
    const start = performance.now();
    expect(server.raw('x.run')).toContain(TIMED('command'));
    expect(performance.now() - start).toBeLessThan(LIMIT_MS + LATE_MAX_MS);
    const nested = server.logLines.filter((line) => line.includes('nest deeper'));
    expect(nested.length).toBe(1);
    expect(nested[0]).toContain(`nest deeper than the limit of ${CALL_MAX_DEPTH}`);
    expect(server.instance.modules.deadline.depth).toBe(0);
  });
});
