// The tools that come with Redis: redis-cli and redis-benchmark.

import { spawn, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningTarget, startTarget } from '../examples/targets.ts';

const hasTools = ['redis-cli', 'redis-benchmark'].every(
  (tool) => spawnSync(tool, ['--version']).status === 0,
);

let target: RunningTarget;

beforeAll(async () => {
  target = await startTarget('c', 'counter');
}, 120_000);

afterAll(() => target?.stop());

/** The server is in this process: nothing may wait for the tool synchronously. */
function run(tool: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(tool, ['-p', String(target.port), ...args]);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk;
      });
    }
    child.once('close', () => resolve(output));
    child.stdin.end(input);
  });
}

describe.skipIf(!hasTools)('redis-cli', () => {
  const cli = (...args: string[]): Promise<string> => run('redis-cli', args);

  test('runs commands, of modules too', async () => {
    expect(await cli('SET', 'key', 'value')).toBe('OK\n');
    expect(await cli('COUNTER.INCR', 'visits', '5')).toBe('5\n');
    expect(await cli('-3', 'CONFIG', 'GET', 'maxmemory')).toContain('maxmemory');
  });

  test('reads commands from its input', async () => {
    expect(await run('redis-cli', [], 'SET a 1\nINCR a\nGET a\n')).toBe('OK\n2\n2\n');
  });

  test('pipes commands in', async () => {
    const commands = Array.from({ length: 1000 }, (_, i) => `SET pipe:${i} ${i}\r\n`).join('');
    expect(await run('redis-cli', ['--pipe'], commands)).toContain('errors: 0, replies: 1000');
  });

  test('lists keys', async () => {
    await cli('MSET', 'scan:1', 'a', 'scan:2', 'b');
    const keys = (await cli('--scan', '--pattern', 'scan:*')).trim().split('\n').sort();
    expect(keys).toEqual(['scan:1', 'scan:2']);
  });

  test('finds big keys, also those of modules', async () => {
    await cli('RPUSH', 'long', ...Array.from({ length: 50 }, (_, i) => `e${i}`));
    const report = await cli('--bigkeys');
    expect(report).toMatch(/Biggest +list found '"long"' has 50 items/);
    expect(report).not.toMatch(/error|ERR/i);
  });

  test('finds keys that take much memory', async () => {
    await cli('SET', 'large', 'x'.repeat(100_000));
    expect(await cli('--memkeys')).toMatch(/Biggest string found '"large"' has \d{6} bytes/);
  });

  test('finds hot keys where the policy is LFU', async () => {
    await cli('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lfu');
    await cli('SET', 'hot', '1');
    await run('redis-cli', [], 'GET hot\n'.repeat(500));
    const report = await cli('--hotkeys');
    await cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    expect(report).toMatch(/hot key found with counter: \d+\tkeyname: "?hot"?/);
  });

  test('shows statistics as they change', async () => {
    const shown = await new Promise<string>((resolve) => {
      const child = spawn('redis-cli', ['-p', String(target.port), '--stat', '-i', '0.1']);
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk;
        if (output.split('\n').length > 4) child.kill();
      });
      child.once('close', () => resolve(output));
    });
    expect(shown).toMatch(/keys +mem +clients +blocked +requests +connections/);
    expect(shown).toMatch(/^\d+ +[\d.]+[KMG] +\d+ +0 +\d+ \(\+\d+\) +\d+/m);
  });

  test('gets what its hints are made of', async () => {
    const docs = await cli('--json', 'COMMAND', 'DOCS', 'counter.incr');
    const { 'counter.incr': incr } = JSON.parse(docs);
    expect(incr).toMatchObject({ group: 'module', module: 'counter' });
    expect(Object.keys(JSON.parse(await cli('--json', 'COMMAND', 'DOCS'))).length).toBeGreaterThan(
      150,
    );
  });
});

describe.skipIf(!hasTools)('redis-benchmark', () => {
  test('finishes its tests of commands that are there', async () => {
    const names =
      'ping_inline,ping_mbulk,set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,zadd,lrange,mset';
    const report = await run('redis-benchmark', ['-q', '-n', '1000', '-t', names]);
    expect(report).not.toMatch(/error|ERR/i);
    for (const name of ['PING_INLINE', 'SET', 'INCR', 'LRANGE_600', 'MSET'])
      expect(report).toContain(name);
  }, 60_000);

  test('pipelines', async () => {
    const report = await run('redis-benchmark', ['-q', '-n', '20000', '-P', '50', '-t', 'set,get']);
    expect(report).toMatch(/SET: [\d.]+ requests per second/);
  }, 60_000);

  test('drives commands of modules', async () => {
    const report = await run('redis-benchmark', [
      '-q',
      '-n',
      '1000',
      '-r',
      '10',
      'COUNTER.INCR',
      'c:__rand_int__',
      '1',
    ]);
    expect(report).toMatch(/requests per second/);
  }, 60_000);
});
