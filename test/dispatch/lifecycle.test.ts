import { beforeEach, describe, expect, test } from 'vitest';
import type { Lifecycle, ShutdownRequest } from '../../host/dispatch/lifecycle.ts';
import { TestInstance } from '../support/instance.ts';
import { silentTransport } from '../support/silent-transport.ts';

const REQUEST: ShutdownRequest = { saving: 'nosave', isNow: false, isForced: false };

let server: TestInstance;
let lifecycle: Lifecycle;
let happened: string[];

beforeEach(() => {
  server = new TestInstance();
  lifecycle = server.instance.lifecycle;
  happened = [];
  lifecycle.attach(async () => void happened.push('end'));
});

function step(name: string, mayEnd: boolean): void {
  lifecycle.onShutdown(async () => {
    happened.push(name);
    return mayEnd;
  });
}

describe('loading', () => {
  test('features load one after the other, in the order they asked', async () => {
    lifecycle.onLoad(async () => {
      await Promise.resolve();
      happened.push('first');
    });
    lifecycle.onLoad(async () => void happened.push('second'));
    await lifecycle.load();
    expect(happened).toEqual(['first', 'second']);
  });

  test('one that fails keeps the others from loading', async () => {
    lifecycle.onLoad(() => Promise.reject(new Error('torn file')));
    lifecycle.onLoad(async () => void happened.push('second'));
    await expect(lifecycle.load()).rejects.toThrow('torn file');
    expect(happened).toEqual([]);
  });
});

describe('shutting down', () => {
  test('all steps are taken in order, then the process ends', async () => {
    step('sync', true);
    step('save', true);
    expect(await lifecycle.shutDown(REQUEST)).toBe('ended');
    expect(happened).toEqual(['sync', 'save', 'end']);
  });

  test('steps know what was asked for', async () => {
    const request: ShutdownRequest = { saving: 'save', isNow: true, isForced: false };
    let seen: ShutdownRequest | null = null;
    lifecycle.onShutdown(async (given) => {
      seen = given;
      return true;
    });
    await lifecycle.shutDown(request);
    expect(seen).toEqual(request);
  });

  test('a step that refuses keeps the process', async () => {
    step('save', false);
    step('never', true);
    expect(await lifecycle.shutDown(REQUEST)).toBe('refused');
    expect(happened).toEqual(['save']);
    expect(lifecycle.isShuttingDown).toBe(false);
  });

  test('a step that throws counts as a refusal, and the log says why', async () => {
    lifecycle.onShutdown(() => Promise.reject(new Error('disk on fire')));
    expect(await lifecycle.shutDown(REQUEST)).toBe('refused');
    expect(server.logLines.join('')).toContain('disk on fire');
  });

  test('FORCE ends the process in spite of a refusal, after the other steps', async () => {
    step('save', false);
    step('sync', true);
    expect(await lifecycle.shutDown({ ...REQUEST, isForced: true })).toBe('ended');
    expect(happened).toEqual(['save', 'sync', 'end']);
  });

  test('no command runs during the last steps; after a refusal they all do', async () => {
    const client = server.instance.createClient();
    client.transport = silentTransport();
    lifecycle.onShutdown(async () => {
      happened.push(server.rawAs(client, 'SET', 'key', 'value'));
      return false;
    });
    await lifecycle.shutDown(REQUEST);
    expect(happened).toEqual(['']);
    expect(server.takeReply(client)).toBe('+OK\r\n');
  });

  test('a second request while one is under way changes nothing', async () => {
    lifecycle.onShutdown(async () => {
      happened.push(await lifecycle.shutDown(REQUEST));
      return true;
    });
    await lifecycle.shutDown(REQUEST);
    expect(happened).toEqual(['already', 'end']);
  });
});

describe('waiting for others', () => {
  test('can be called off, and then nothing has happened', async () => {
    lifecycle.onWait(
      (signal) => new Promise((done) => signal.addEventListener('abort', () => done())),
    );
    step('save', true);
    const outcome = lifecycle.shutDown(REQUEST);
    expect(lifecycle.abort()).toBe(true);
    expect(await outcome).toBe('aborted');
    expect(happened).toEqual([]);
  });

  test('is left out when it is to be now', async () => {
    lifecycle.onWait(() => new Promise(() => {}));
    expect(await lifecycle.shutDown({ ...REQUEST, isNow: true })).toBe('ended');
  });

  test('there is nothing to call off when nothing is waited for', () => {
    expect(lifecycle.abort()).toBe(false);
  });
});
