import { beforeEach, describe, expect, test } from 'vitest';
import type { Executor } from '../../host/dispatch/call.ts';
import type { Context } from '../../host/dispatch/context.ts';
import { CommandError } from '../../host/dispatch/errors.ts';
import { type CommandEntry, command } from '../../host/dispatch/spec.ts';
import { Argv } from '../../host/lib/argv.ts';
import { RespWriter } from '../../host/resp/writer.ts';
import { TestInstance } from '../support/instance.ts';

let server: TestInstance;
let executor: Executor;

beforeEach(() => {
  server = new TestInstance();
  executor = server.instance.executor;
});

/** Runs a handler as a command of the test's client; returns its reply. */
function run(handler: (ctx: Context) => void, ...words: string[]): string {
  executor.call(server.client, entryOf(handler), Argv.of('try', ...words), server.client.writer);
  return server.takeReply();
}

function entryOf(handler: (ctx: Context) => void): CommandEntry {
  return command({
    name: 'try',
    summary: 'Runs what a test wants.',
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(1)',
    flags: ['write'],
    run: handler,
  });
}

/** Another command, as EXEC, scripts and modules call them. */
function nested(ctx: Context, ...words: string[]): void {
  const found = server.instance.dispatcher.resolve(Argv.of(...words));
  if (!('number' in found)) throw found;
  executor.call(ctx.client, found, Argv.of(...words), new RespWriter(String));
}

describe('a command that fails', () => {
  test('with its own error has that as its only reply', () => {
    const reply = run((ctx) => {
      ctx.reply.array(2);
      ctx.reply.integer(1);
      throw new CommandError('ERR on purpose');
    });
    expect(reply).toBe('-ERR on purpose\r\n');
  });

  test('with an error of ours answers so, says more in the log, and the server lives', () => {
    const reply = run(() => {
      throw new TypeError('a bug');
    });
    expect(reply).toBe('-ERR internal error: see the server log\r\n');
    expect(server.logLines.join('')).toMatch(/internal error in try: TypeError: a bug\n +at /);
    expect(executor.depth).toBe(0);
    expect(server.raw('PING')).toBe('+PONG\r\n');
  });

  test('propagates nothing when it changed nothing', () => {
    run(() => {
      throw new CommandError('ERR no');
    });
    expect(server.takeEffects()).toEqual([]);
  });

  test('is counted as failed, by the code of its error', () => {
    server.raw('SET', 'key', 'text');
    server.raw('INCR', 'key');
    server.raw('LPUSH', 'key', 'x');
    expect([...executor.stats.errors]).toEqual([
      ['ERR', 1],
      ['WRONGTYPE', 1],
    ]);
    expect(executor.stats.totalErrors).toBe(2);
  });
});

describe('the clock', () => {
  test('stands still during a command and inside a unit', () => {
    let [first, second] = [0, 0];
    run((ctx) => {
      first = ctx.nowMs;
      server.clock.advance(50);
      nested(ctx, 'PING');
      second = ctx.nowMs;
    });
    expect(second).toBe(first);
  });

  test('has moved on for the next command of the same turn', () => {
    const before = executor.keyspace.nowMs;
    run(() => server.clock.advance(50));
    run((ctx) => expect(ctx.nowMs).toBe(before + 50));
  });

  test('has whole milliseconds', () => {
    server.clock.advance(0.75);
    server.raw('PING');
    expect(Number.isInteger(executor.keyspace.nowMs)).toBe(true);
  });
});

describe('effects', () => {
  test('of one command leave as they are', () => {
    server.raw('SET', 'key', 'value');
    expect(server.takeEffects()).toEqual([['SET', 'key', 'value']]);
  });

  test('of nested commands leave together as a transaction, in order', () => {
    run((ctx) => {
      ctx.preventPropagation();
      nested(ctx, 'SET', 'a', '1');
      nested(ctx, 'INCR', 'a');
    });
    expect(server.takeEffects()).toEqual([['MULTI'], ['SET', 'a', '1'], ['INCR', 'a'], ['EXEC']]);
  });

  test('a single nested one needs no transaction', () => {
    run((ctx) => {
      ctx.preventPropagation();
      nested(ctx, 'SET', 'a', '1');
      nested(ctx, 'GET', 'a');
    });
    expect(server.takeEffects()).toEqual([['SET', 'a', '1']]);
  });

  test('a command may be rewritten, kept back, forced or added to', () => {
    run((ctx) => {
      executor.keyspace.dirty++;
      ctx.rewrite('SET', ctx.arg(1), 'rewritten');
    }, 'key');
    run((ctx) => {
      executor.keyspace.dirty++;
      ctx.preventPropagation();
    });
    run((ctx) => {
      ctx.forcesPropagation = true;
    });
    expect(server.takeEffects()).toEqual([['SET', 'key', 'rewritten'], ['try']]);
    run((ctx) => {
      executor.keyspace.dirty++;
      ctx.alsoPropagate(['PUBLISH', 'a', 'b']);
    });
    expect(server.takeEffects()).toEqual([['MULTI'], ['PUBLISH', 'a', 'b'], ['try'], ['EXEC']]);
  });

  test('of a key that expired under a command come before its own', () => {
    server.raw('SET', 'key', 'value', 'PX', '10');
    server.takeEffects();
    server.advance(20);
    server.raw('SETNX', 'key', 'other');
    expect(server.takeEffects()).toEqual([
      ['MULTI'],
      ['DEL', 'key'],
      ['SETNX', 'key', 'other'],
      ['EXEC'],
    ]);
  });
});

describe('work that waits for the end of a command', () => {
  test('jobs run first and their effects leave with the command; other work comes after', () => {
    const order: string[] = [];
    executor.propagation.addSink({
      feed: (_db, argv) => void order.push(`effect ${argv.at(0).toText()}`),
    });
    run((ctx) => {
      ctx.preventPropagation();
      executor.afterCommand(() => order.push('after'));
      executor.inUnit(() => {
        order.push('job');
        nested(ctx, 'SET', 'b', '1');
      });
      nested(ctx, 'SET', 'a', '1');
      order.push('command');
    });
    expect(order).toEqual([
      'command',
      'job',
      'effect MULTI',
      'effect SET',
      'effect SET',
      'effect EXEC',
      'after',
    ]);
  });

  test('a job may add jobs, and later work further work', () => {
    const order: string[] = [];
    run(() => {
      executor.inUnit(() => {
        order.push('job 1');
        executor.inUnit(() => order.push('job 2'));
      });
      executor.afterCommand(() => {
        order.push('after 1');
        executor.afterCommand(() => order.push('after 2'));
      });
    });
    expect(order).toEqual(['job 1', 'job 2', 'after 1', 'after 2']);
  });

  test('between commands both run at once', () => {
    const order: string[] = [];
    executor.inUnit(() => order.push('job'));
    executor.afterCommand(() => order.push('after'));
    expect(order).toEqual(['job', 'after']);
  });

  test('a unit that throws is closed nevertheless', () => {
    expect(() =>
      executor.unit(() => {
        throw new Error('on purpose');
      }),
    ).toThrow('on purpose');
    expect(executor.depth).toBe(0);
  });
});

describe('pushed messages', () => {
  test('wait for the end of the receiver’s own command', () => {
    const bytes = Buffer.from('>1\r\n+hi\r\n');
    const reply = run((ctx) => {
      ctx.reply.array(1);
      executor.sendPush(ctx.client, bytes);
      ctx.reply.integer(1);
    });
    expect(reply).toBe('*1\r\n:1\r\n>1\r\n+hi\r\n');
  });

  test('to others are written at once', () => {
    const other = server.instance.createClient();
    run(() => {
      executor.sendPush(other, Buffer.from('+hi\r\n'));
      expect(server.takeReply(other)).toBe('+hi\r\n');
    });
  });
});

describe('observers', () => {
  test('hear of nested commands too, and whose command led to them', () => {
    const heard: string[] = [];
    const observer = {
      commandEnded: (ctx: Context, outermost: unknown) =>
        void heard.push(`${ctx.entry.fullName} ${outermost === server.client}`),
    };
    executor.addObserver(observer);
    executor.addObserver(observer);
    run((ctx) => nested(ctx, 'PING'));
    expect(heard).toEqual(['ping true', 'try true']);
    executor.removeObserver(observer);
    server.raw('PING');
    expect(heard).toHaveLength(2);
  });
});
