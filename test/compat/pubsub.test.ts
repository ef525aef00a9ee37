import fc from 'fast-check';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { hasOracle } from '../support/oracle.ts';
import { Talk } from '../support/talk.ts';

describe.skipIf(!hasOracle)('pub/sub does as redis-server does', () => {
  let talk: Talk;
  beforeAll(async () => {
    talk = await Talk.start();
  });
  afterAll(() => talk?.stop());

  const conversations: Record<string, readonly string[]> = {
    'channels and patterns count together': [
      'a > PSUBSCRIBE * a?c',
      'a <',
      "a > SUBSCRIBE '' x",
      'a <',
      "b > PUBLISH '' hello",
      'a <',
      'b > PUBLISH xyz hello',
      'a <',
      'a > UNSUBSCRIBE x',
      'a > PUNSUBSCRIBE nosuch *',
      'a <',
      'b > PUBSUB CHANNELS',
      'b > PUBSUB NUMPAT',
      'b > PUBSUB NUMSUB x y',
    ],
    'unsubscribing from nothing is confirmed': [
      'a > UNSUBSCRIBE',
      'a > PUNSUBSCRIBE',
      'a > SUNSUBSCRIBE',
      'A > UNSUBSCRIBE',
      'a > UNSUBSCRIBE nosuch',
    ],
    'few commands are allowed in RESP2, all in RESP3': [
      'a > SUBSCRIBE x',
      'a > GET k',
      'a > CONFIG GET maxmemory',
      'a > PING',
      'a > PING word',
      'a > SUBSCRIBE',
      'A > SUBSCRIBE x',
      'A > GET k',
      'A > PING',
      'a > RESET',
      'a > GET k',
    ],
    'messages of RESP3 are pushes': [
      'A > SUBSCRIBE x',
      'A > PSUBSCRIBE x*',
      'b > PUBLISH x 1',
      'A <', // direct subscribers first, then patterns
      'A <',
      'A > UNSUBSCRIBE',
      'A > PUNSUBSCRIBE',
    ],
    'shard channels are apart': [
      'a > SSUBSCRIBE s',
      'a > SUBSCRIBE s',
      'b > PUBLISH s 1',
      'a <',
      'b > SPUBLISH s 2',
      'a <',
      'b > PUBSUB SHARDCHANNELS',
      'b > PUBSUB SHARDCHANNELS z*',
      'b > PUBSUB SHARDNUMSUB s t',
      'b > PUBSUB CHANNELS s*',
      'a > SUNSUBSCRIBE',
      'a > UNSUBSCRIBE',
    ],
    'inside MULTI': [
      'a > MULTI',
      'a > SUBSCRIBE x',
      'a > PUBLISH y 1',
      'a > EXEC',
      'b > PUBLISH x 1',
      'a <',
      'a > MULTI',
      'a > RESET',
    ],
    'wrong calls': [
      'a > PUBSUB',
      'a > PUBSUB nosuch',
      'a > PUBSUB CHANNELS a b',
      'a > PUBSUB NUMPAT x',
      'a > PUBSUB NUMSUB',
      'a > PUBLISH x',
      'a > SUBSCRIBE',
    ],
    'replies may be off, messages are not': [
      'a > SUBSCRIBE x',
      'b > PUBLISH x 1',
      'a <',
      'a > UNSUBSCRIBE',
      'b > CLIENT REPLY ON',
    ],
    'keyspace events': [
      'b > CONFIG SET notify-keyspace-events KEA',
      'a > PSUBSCRIBE __key*__:*',
      'b > SET k v',
      'a <',
      'a <',
      'b > DEL k',
      'a <',
      'a <',
      'b > SELECT 3',
      'b > LPUSH l 1',
      'a <',
      'a <',
      'b > LPOP l',
      'a <',
      'a <',
      'a <',
      'a <',
      'b > CONFIG SET notify-keyspace-events Kg',
      'b > SET k v',
      'b > DEL k',
      'a <',
      'b > CONFIG SET notify-keyspace-events ""',
    ],
  };

  test.each(Object.entries(conversations))('%s', async (_name, lines) => {
    await talk.expectSame(lines);
  });

  test('random subscriptions', { timeout: 120_000 }, async () => {
    const channel = fc.constantFrom('x', 'y', 'xy', '');
    const name = fc.constantFrom('a', 'b', 'C');
    const pattern = fc.constantFrom('*', 'x*', '?y', '[xy]', 'x');
    const line = fc.oneof(
      fc.tuple(name, channel).map(([who, on]) => `${who} > SUBSCRIBE '${on}'`),
      fc.tuple(name, channel).map(([who, on]) => `${who} > UNSUBSCRIBE '${on}'`),
      fc.tuple(name, pattern).map(([who, on]) => `${who} > PSUBSCRIBE ${on}`),
      fc.tuple(name, pattern).map(([who, on]) => `${who} > PUNSUBSCRIBE ${on}`),
      fc.tuple(name, channel).map(([who, on]) => `${who} > SSUBSCRIBE '${on}'`),
      fc.tuple(name, channel).map(([who, on]) => `${who} > SUNSUBSCRIBE '${on}'`),
      fc.tuple(name).map(([who]) => `${who} > PING`),
      fc.tuple(channel).map(([on]) => `p > PUBSUB NUMSUB '${on}'`),
      fc.constantFrom('p > PUBSUB NUMPAT', 'p > PUBSUB SHARDNUMSUB x y'),
    );
    const seed = Number(process.env.FC_SEED ?? Date.now() & 0xffffff);
    const lists = fc.array(line, { minLength: 20, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(lists, (lines) => talk.expectSame(lines)),
      { numRuns: 70, seed },
    );
  });
});
