// Clients that wait for keys, side by side with a real redis-server: who is served, with what,
// and who goes on waiting.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../host/dispatch/client.ts';
import { wordsOf } from '../support/compat-suite.ts';
import { TestInstance } from '../support/instance.ts';
import { hasOracle, Oracle, RawClient } from '../support/oracle.ts';

/** `client: command`; what each client is sent in all is compared. */
const SCENARIOS: Record<string, readonly string[]> = {
  'a push serves the waiting client': ['a: blpop l 0', 'b: rpush l x y', 'b: lrange l 0 -1'],
  'first come, first served': [
    'a: blpop l 0',
    'b: brpop l 0',
    'c: blpop l 0',
    'd: rpush l 1 2',
    'd: rpush l 3',
  ],
  'several keys, one of them comes': ['a: blpop k l m 0', 'b: rpush l x', 'b: exists l'],
  'the same key twice': ['a: blpop l l 0', 'b: rpush l x y', 'b: lrange l 0 -1'],
  'a moved element serves the next': [
    'a: blmove l m left right 0',
    'b: blpop m 0',
    'c: rpush l x y',
    'c: lrange l 0 -1',
    'c: exists m',
  ],
  'a chain back to the same list': ['a: brpoplpush l l 0', 'b: rpush l x y', 'b: lrange l 0 -1'],
  'a destination of another type is told of': [
    'c: set m text',
    'a: blmove l m left right 0',
    'b: brpoplpush l m 0',
    'd: blpop l 0',
    'c: rpush l x',
    'c: exists l',
  ],
  'another type does not wake anybody': [
    'a: blpop l 0',
    'b: bzpopmin l 0',
    'c: set l text',
    'c: del l',
    'c: sadd l x',
    'c: del l',
    'c: zadd l 1 x',
    'c: del l',
    'c: rpush l x',
  ],
  'what is gone at the end of a transaction was never there': [
    'a: blpop l 0',
    'b: multi',
    'b: rpush l x',
    'b: del l',
    'b: exec',
    'b: rpush l y',
  ],
  'what comes in a transaction is served after it': [
    'a: blpop l 0',
    'b: multi',
    'b: rpush l x',
    'b: llen l',
    'b: exec',
    'b: llen l',
  ],
  'several elements at once': [
    'a: blmpop 0 2 k l left count 2',
    'b: blmpop 0 1 l right count 9',
    'c: rpush l 1 2 3 4',
    'c: exists l',
  ],
  'lowest and highest scores': [
    'a: bzpopmin z 0',
    'b: bzpopmax y z 0',
    'c: zadd z 1 a 2 b 3 c',
    'c: zrange z 0 -1',
  ],
  'several members at once': [
    'a: bzmpop 0 2 y z min count 2',
    'b: bzmpop 0 1 z max count 9',
    'c: zadd z 1 a 2 b 3 c',
    'c: exists z',
  ],
  'a member added by increment': ['a: bzpopmin z 0', 'b: zincrby z 2 m', 'b: exists z'],
  'a result stored under the key': [
    'c: zadd y 1 a 2 b',
    'a: bzpopmin z 0',
    'c: zunionstore z 1 y',
    'b: bzpopmax w 0',
    'c: zrangestore w y 0 -1',
    'c: zrange z 0 -1',
  ],
  'a key renamed to the one waited for': [
    'a: blpop l 0',
    'b: rpush m x y',
    'b: rename m l',
    'b: lrange l 0 -1',
  ],
  'a key copied to the one waited for': [
    'a: blpop l 0',
    'b: rpush m x y',
    'b: copy m l',
    'b: lrange l 0 -1',
  ],
  'pushes that add to no list serve nobody': [
    'a: blpop l 0',
    'b: rpushx l x',
    'b: lpushx l x',
    'b: linsert l before a b',
  ],
};

const CLIENTS = ['a', 'b', 'c', 'd'] as const;

interface Step {
  readonly client: string;
  readonly words: readonly string[];
}

function stepOf(line: string): Step {
  const [client, ...words] = wordsOf(line);
  return { client: (client as string).slice(0, -1), words };
}

/** Runs the steps here; what each client was sent after each step. */
function runHere(steps: readonly Step[]): Record<string, string>[] {
  const redcell = new TestInstance();
  const clients: Record<string, Client> = {};
  for (const name of CLIENTS) clients[name] = redcell.instance.createClient();
  return steps.map(({ client, words }) => {
    const sent: Record<string, string> = {};
    sent[client] = redcell.rawAs(clients[client] as Client, ...words);
    for (const name of CLIENTS) {
      if (name !== client) sent[name] = redcell.takeReply(clients[name] as Client);
    }
    return sent;
  });
}

/** Runs the same there, where `expected` tells which replies to wait for. */
async function runThere(
  oracle: Oracle,
  steps: readonly Step[],
  expected: readonly Record<string, string>[],
): Promise<void> {
  const clients: Record<string, RawClient> = {};
  for (const name of CLIENTS) clients[name] = await RawClient.open(oracle.port);
  const control = await RawClient.open(oracle.port);
  await control.call('FLUSHALL');
  const waiting = new Map<string, Promise<string>>();
  for (const [i, { client, words }] of steps.entries()) {
    waiting.set(client, (clients[client] as RawClient).call(...words));
    for (const [name, reply] of Object.entries(expected[i] as Record<string, string>)) {
      if (reply === '') continue;
      expect(await waiting.get(name), `${name} after ${words.join(' ')}`).toBe(reply);
      waiting.delete(name);
    }
    await untilBlocked(control, waiting.size);
  }
  for (const name of CLIENTS) (clients[name] as RawClient).close();
  await untilBlocked(control, 0);
  control.close();
}

async function untilBlocked(control: RawClient, count: number): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    const info = await control.call('INFO', 'clients');
    if (info.includes(`blocked_clients:${count}\r\n`)) return;
  }
  throw new Error(`redis-server does not have ${count} blocked clients`);
}

describe.skipIf(!hasOracle)('waiting clients are served as by redis-server', () => {
  let oracle: Oracle;
  beforeAll(async () => {
    oracle = await Oracle.start();
  });
  afterAll(() => oracle?.stop());

  test.each(Object.entries(SCENARIOS))('%s', async (_title, lines) => {
    const steps = lines.map(stepOf);
    await runThere(oracle, steps, runHere(steps));
  });
});
