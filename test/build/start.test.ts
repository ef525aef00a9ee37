// `npm start`, from the second time on. @module-tag slow

import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { projectRoot } from '../../build/packages.mjs';
import { guests, host, make } from '../../build/products.mjs';
import { LaunchedServer } from '../support/launched.ts';

const command = [process.execPath, join(projectRoot, 'build/start.mjs')];

beforeAll(() => {
  expect([host, guests('c'), guests('as')].map((product) => make(product))).not.toContain(false);
}, 180_000);

test.each(['c', 'as'])('serves with the examples built from %s', async (lang) => {
  const server = await LaunchedServer.start(['--save', '', '--lang', lang], { command });
  onTestFinished(() => server.kill('SIGKILL'));
  const client = await server.client();
  expect(await client.call('MYMODULE.HELLO', 'Redis')).toBe('+Hello, Redis!\r\n');
  expect(await client.call('COUNTER.INCR', 'visits', 5)).toBe(':5\r\n');
  expect(await client.call('RATELIMIT.CHECK', 'user', 100, 100)).toBe('*2\r\n:1\r\n:99\r\n');
  client.close();
  expect(server.output).toContain(`build/out/${lang}/mymodule.wasm`);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
});

test('serves without them when they are not wanted', async () => {
  const server = await LaunchedServer.start(['--save', '', '--no-examples'], { command });
  onTestFinished(() => server.kill('SIGKILL'));
  const client = await server.client();
  expect(await client.call('MODULE', 'LIST')).toBe('*0\r\n');
  client.close();
  await server.stop();
});

test('refuses a language that does not exist', async () => {
  const server = await LaunchedServer.spawn(['--lang', 'rust'], { command });
  expect(await server.ended).toEqual({ code: 1, signal: null });
  expect(server.output).toContain("--lang is c or as, not 'rust'");
});
