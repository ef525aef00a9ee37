import { beforeEach, expect, test } from 'vitest';
import { Probe } from '../support/probe.ts';
import { makeType, setValue } from '../support/probe-type.ts';

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
  probe.server.instance.config.override('enable-debug-command', ['yes']);
});

/** The digest of a key whose value adds `elements`, each ended. */
function digestOf(key: string, type: number): string {
  setValue(probe, type, key, 4096);
  return probe.server.raw('DEBUG', 'DIGEST-VALUE', key);
}

test('the order of elements does not count, what is in them does', () => {
  const adding = (...elements: string[]) => ({
    digest: (md: number | bigint) => {
      for (const element of elements) {
        const ptr = probe.cstring(element);
        probe.api.RedisModule_DigestAddStringBuffer(Number(md), ptr, element.length);
        probe.api.RedisModule_DigestEndSequence(Number(md));
      }
    },
  });
  const first = digestOf('k', makeType(probe, adding('a', 'b'), 'ProbeTyp1'));
  const second = digestOf('k', makeType(probe, adding('b', 'a'), 'ProbeTyp2'));
  const third = digestOf('k', makeType(probe, adding('b', 'c'), 'ProbeTyp3'));
  expect(second).toBe(first);
  expect(third).not.toBe(first);
});

test('an integer counts as its digits', () => {
  const text = makeType(
    probe,
    {
      digest: (md) => {
        probe.api.RedisModule_DigestAddStringBuffer(Number(md), probe.cstring('-12'), 3);
        probe.api.RedisModule_DigestEndSequence(Number(md));
      },
    },
    'ProbeTyp1',
  );
  const number = makeType(
    probe,
    {
      digest: (md) => {
        probe.api.RedisModule_DigestAddLongLong(Number(md), -12n);
        probe.api.RedisModule_DigestEndSequence(Number(md));
      },
    },
    'ProbeTyp2',
  );
  expect(digestOf('k', number)).toBe(digestOf('k', text));
});

test('the callback knows the key and the database', () => {
  const facts: unknown[] = [];
  const type = makeType(probe, {
    digest: (md) => {
      facts.push(probe.textOf(probe.api.RedisModule_GetKeyNameFromDigest(Number(md))));
      facts.push(probe.api.RedisModule_GetDbIdFromDigest(Number(md)));
    },
  });
  digestOf('k', type);
  expect(facts).toEqual(['k', 0]);
});

test('a digest that is none traps', () => {
  expect(probe.trapOf(({ api }) => api.RedisModule_DigestEndSequence(0))).toContain(
    "argument 'md'",
  );
});
